"""Delivers a result to archive and record, and says so once both acknowledged.

Every step may be repeated: the objects derive from the event, the archive takes the same bytes
twice, the record is addressed by identifiers. A process that dies between any two steps leaves a
`pending` row, and the redelivered event does all of it again to the same effect.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry import trace
from pydicom import Dataset

from radloom.dicom.part10 import decode, encode
from radloom.dicom.report import Predecessor
from radloom.dicom.source import acquired
from radloom.errors import Rejected
from radloom.fhir.muscle import DicomObjects, build_withdrawal
from radloom.fhir.observations import Subject
from radloom.ports import (
    Archive,
    Clock,
    Custodian,
    FhirServer,
    ObjectStore,
    Reaction,
    Transactions,
)
from radloom.results import state
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.result_delivered_pb2 import DeliveredInstance, ResultDelivered
from services.publisher import ledger
from services.publisher.ledger import Entry, Status
from services.publisher.rendering import Current, RenderedResult, render, subject_of

KINDS = ("seg", "sr", "key")
"""Order in which instances are stored and listed in the ledger."""

_tracer = trace.get_tracer("radloom.publisher")


@dataclass(frozen=True)
class Publisher:
    """Handler of `muscle.measured`.

    Attributes:
        ingest: Source images.
        custodian: Identity behind the subject key.
        objects: Segmentations that muscle_seg made.
        archive: Where SEG, SR and key image go.
        record: Where the FHIR transaction goes.
        database: Holds the ledger.
        clock: Tells when the last acknowledgement came.
        patient_system: URI of patient identifiers in the record; empty when the site has none.
        archive_address: Where results go, for the ledger; holds no credentials.
        record_address: As for the archive.
    """

    ingest: Archive
    custodian: Custodian
    objects: ObjectStore
    archive: Archive
    record: FhirServer
    database: Transactions
    clock: Clock
    patient_system: str = ""
    archive_address: str = ""
    record_address: str = ""

    def on_muscle_measured(self, event: MuscleMeasured) -> Reaction:
        """Delivers a measurement, or keeps a refusal in the ledger.

        Raises:
            Rejected: Event, segmentation, images and identity contradict each other, or a
                destination refuses the result for good.
            Unavailable: Something needed does not answer.
        """
        with self.database.reading() as connection:
            history = ledger.history(connection, event.study_instance_uid)
        mine = Entry(event, Status.PENDING)
        if any(other.order > mine.order for other in history):
            return Reaction()  # a later result has spoken; this one came by a retry
        match event.WhichOneof("outcome"):
            case "measurement":
                return self._measured(mine, history)
            case "refusal":
                return self._refused(mine, history)
            case _:
                raise Rejected("neither measurement nor refusal", reason="no_outcome")

    def _measured(self, mine: Entry, history: Sequence[Entry]) -> Reaction:
        for other in history:
            if other.status is Status.DELIVERED and _say_the_same(other, mine):
                return self._delivered(replace(other, event=mine.event))
        standing = _standing(history, mine)
        result = self._rendered(mine.event, standing)
        contents = [self._segmentation(mine.event), encode(result.sr), encode(result.key)]
        pending = replace(
            mine,
            instances=_instances(result, contents),
            archive=self.archive_address,
            record=self.record_address,
        )
        with self.database.transaction() as connection:
            ledger.write(pending, self.clock.now())(connection)
        with _step("store"):
            self._store(pending, contents)
        with _step("record"):
            resources = self.record.transaction(result.bundle)
            self._read_back(result.bundle, resources)
        return self._delivered(replace(pending, resources=resources))

    def _delivered(self, entry: Entry) -> Reaction:
        """The result stands alone now, and everybody may know."""
        event, now = entry.event, self.clock.now()
        announcement = ResultDelivered(
            result_id=event.result_id,
            study_instance_uid=event.study_instance_uid,
            subject_key=event.subject_key,
            tracking_uid=event.measurement.tracking_uid,
            instances=[DeliveredInstance(**instance) for instance in entry.instances],
            resources=entry.resources,
        )
        announcement.delivered_at.FromDatetime(now)
        return Reaction(
            events=(announcement,),
            effects=(
                ledger.end_others(event, Status.SUPERSEDED, now),
                ledger.write(replace(entry, status=Status.DELIVERED), now),
            ),
        )

    def _refused(self, mine: Entry, history: Sequence[Entry]) -> Reaction:
        """Sends nothing; what was delivered of an earlier revision is taken back."""
        standing, now = _standing(history, mine), self.clock.now()
        if standing is not None:
            with _step("withdraw"):
                self.record.transaction(self._withdrawal(standing, mine.event))
        return Reaction(
            effects=(
                ledger.end_others(mine.event, Status.WITHDRAWN, now),
                ledger.write(replace(mine, status=Status.WITHHELD), now),
            )
        )

    # ------------------------------------------------------------ what is sent

    def _rendered(self, event: MuscleMeasured, standing: Entry | None) -> RenderedResult:
        with _step("fetch"):
            seg = decode(self._segmentation(event))
            source = self.ingest.retrieve_series(
                event.study_instance_uid, event.series_instance_uid
            )
            subject = self._subject(event, source)
        with _step("render"):
            replaces = None if standing is None else _as_current(standing)
            return render(event, seg, source, subject=subject, replaces=replaces)

    def _segmentation(self, event: MuscleMeasured) -> bytes:
        return self.objects.get(event.measurement.segmentation)

    def _subject(self, event: MuscleMeasured, source: Sequence[Dataset]) -> Subject:
        """Who the custodian says was examined, if the images say the same."""
        identity = self.custodian.resolve_subject(event.subject_key)
        patient_id = identity.patient_id.strip()
        issuer = identity.issuer_of_patient_id.strip()
        for image in source:
            told = subject_of(image)
            # Some devices leave the issuer out; where both name one, it is part of the identity.
            if told.identifier != patient_id or (told.issuer and issuer and told.issuer != issuer):
                raise Rejected(
                    "images and subject key belong to different patients; nothing was sent",
                    reason="identity_mismatch",
                )
        return Subject(patient_id, issuer, self.patient_system)

    def _withdrawal(self, standing: Entry, refusal: MuscleMeasured) -> Mapping[str, object]:
        event = standing.event
        source = self.ingest.retrieve_series(event.study_instance_uid, event.series_instance_uid)
        seg, sr, key = (instance["sop_instance_uid"] for instance in standing.instances)
        return build_withdrawal(
            state(event),
            subject=self._subject(event, source),
            acquired=acquired(source[0]),
            objects=DicomObjects(seg, sr, key),
            cause=refusal.result_id,
        )

    # ------------------------------------------------------------ proof of delivery

    def _store(self, pending: Entry, contents: Sequence[bytes]) -> None:
        acknowledged = {item.sop_instance_uid for item in self.archive.store(contents)}
        missing = [i for i in pending.instances if i["sop_instance_uid"] not in acknowledged]
        if missing:
            raise Rejected(
                f"the archive did not acknowledge {len(missing)} of {len(contents)} objects",
                reason="not_acknowledged",
            )

    def _read_back(self, bundle: Mapping[str, Any], resources: Sequence[str]) -> None:
        """What the record now holds under each quantity must be the quantity sent."""
        entries = bundle["entry"]
        if len(entries) != len(resources):
            raise Rejected(
                f"the record answered {len(resources)} of {len(entries)} entries",
                reason="not_acknowledged",
            )
        for entry, reference in zip(entries, resources, strict=True):
            sent = entry["resource"]
            if "valueQuantity" not in sent:
                continue
            if _told(self.record.read(reference)) != _told(sent):
                raise Rejected(
                    f"{reference} does not hold the quantity sent", reason="readback_differs"
                )


def _told(observation: Mapping[str, Any]) -> tuple[object, ...]:
    quantity = observation.get("valueQuantity", {})
    return observation.get("status"), quantity.get("value"), quantity.get("code")


def _standing(history: Sequence[Entry], mine: Entry) -> Entry | None:
    """The study's latest other result that a destination may hold: delivered, or on its way."""
    for entry in history:
        sent = entry.status in (Status.DELIVERED, Status.PENDING)
        if sent and entry.instances and entry.result_id != mine.result_id:
            return entry
    return None


def _say_the_same(one: Entry, other: Entry) -> bool:
    return ledger.fingerprint(one.event) == ledger.fingerprint(other.event)


def _as_current(standing: Entry) -> Current:
    report = standing.instances[KINDS.index("sr")]
    predecessor = Predecessor(report["series_instance_uid"], report["sop_instance_uid"])
    return Current(state(standing.event), predecessor)


def _instances(result: RenderedResult, contents: Sequence[bytes]) -> list[dict[str, str]]:
    """Fields of DeliveredInstance for each object, in the order of `KINDS`."""
    return [
        {
            "sop_class_uid": str(ds.SOPClassUID),
            "sop_instance_uid": str(ds.SOPInstanceUID),
            "series_instance_uid": str(ds.SeriesInstanceUID),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for ds, content in zip((result.seg, result.sr, result.key), contents, strict=True)
    ]


@contextmanager
def _step(name: str) -> Iterator[None]:
    with _tracer.start_as_current_span(f"publisher {name}") as span:
        span.set_attribute("radloom.step", name)
        yield
