"""Delivers a result to archive and record, and says so once both acknowledged.

Every step may be repeated: the objects derive from the event, the archive takes the same bytes
twice, the record is addressed by identifiers. A process that dies between any two steps leaves a
`pending` row, and the redelivered event does all of it again to the same effect.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

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
from radloom.results import Statement, state
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.result_delivered_pb2 import DeliveredInstance, ResultDelivered
from services.publisher import ledger
from services.publisher.ledger import Entry, Status
from services.publisher.rendering import Current, RenderedResult, render

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
    """

    ingest: Archive
    custodian: Custodian
    objects: ObjectStore
    archive: Archive
    record: FhirServer
    database: Transactions
    clock: Clock
    patient_system: str = ""

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
        event, current = mine.event, _current(history)
        if current is not None and _says_the_same(current, mine):
            return self._repeated(current, mine)
        result = self._rendered(event, current)
        contents = [self._segmentation(event), encode(result.sr), encode(result.key)]
        with self.database.transaction() as connection:
            ledger.write(mine, self.clock.now())(connection)
        with _step("store"):
            instances = self._store(result, contents)
        with _step("record"):
            resources = self.record.transaction(result.bundle)
            self._read_back(result.bundle, resources)
        now = self.clock.now()
        delivered = Entry(event, Status.DELIVERED, instances, resources)
        announcement = ResultDelivered(
            result_id=event.result_id,
            study_instance_uid=event.study_instance_uid,
            subject_key=event.subject_key,
            tracking_uid=event.measurement.tracking_uid,
            instances=[DeliveredInstance(**instance) for instance in instances],
            resources=resources,
        )
        announcement.delivered_at.FromDatetime(now)
        study, by = event.study_instance_uid, event.result_id
        return Reaction(
            events=(announcement,),
            effects=(
                ledger.replace_current(study, by, Status.SUPERSEDED, now),
                ledger.write(delivered, now),
            ),
        )

    def _repeated(self, current: Entry, mine: Entry) -> Reaction:
        """Nothing new to tell: the delivered result now stands for the later revision too."""
        now = self.clock.now()
        if current.result_id == mine.result_id:
            kept = Entry(mine.event, Status.DELIVERED, current.instances, current.resources)
            return Reaction(effects=(ledger.write(kept, now),))
        kept = Entry(mine.event, Status.SUPERSEDED)
        return Reaction(effects=(ledger.write(kept, now),))

    def _refused(self, mine: Entry, history: Sequence[Entry]) -> Reaction:
        """Sends nothing; what was delivered of an earlier revision is taken back."""
        event, current, now = mine.event, _current(history), self.clock.now()
        if current is not None:
            with _step("withdraw"):
                self.record.transaction(self._withdrawal(current, event))
        study, by = event.study_instance_uid, event.result_id
        return Reaction(
            effects=(
                ledger.replace_current(study, by, Status.WITHDRAWN, now),
                ledger.write(Entry(event, Status.WITHHELD), now),
            )
        )

    # ------------------------------------------------------------ what is sent

    def _rendered(self, event: MuscleMeasured, current: Entry | None) -> RenderedResult:
        with _step("fetch"):
            seg = decode(self._segmentation(event))
            source = self.ingest.retrieve_series(
                event.study_instance_uid, event.series_instance_uid
            )
            subject = self._subject(event, source)
        with _step("render"):
            replaces = None if current is None else _standing(current)
            return render(event, seg, source, subject=subject, replaces=replaces)

    def _segmentation(self, event: MuscleMeasured) -> bytes:
        return self.objects.get(event.measurement.segmentation)

    def _subject(self, event: MuscleMeasured, source: Sequence[Dataset]) -> Subject:
        """Who the custodian says was examined, if the images say the same."""
        identity = self.custodian.resolve_subject(event.subject_key)
        for image in source:
            if str(image.get("PatientID") or "") != identity.patient_id:
                raise Rejected(
                    "images and subject key belong to different patients; nothing was sent",
                    reason="identity_mismatch",
                )
        return Subject(identity.patient_id, identity.issuer_of_patient_id, self.patient_system)

    def _withdrawal(self, current: Entry, refusal: MuscleMeasured) -> Mapping[str, object]:
        event = current.event
        source = self.ingest.retrieve_series(event.study_instance_uid, event.series_instance_uid)
        seg, sr, key = (instance["sop_instance_uid"] for instance in current.instances)
        return build_withdrawal(
            state(event),
            subject=self._subject(event, source),
            acquired=acquired(source[0]),
            objects=DicomObjects(seg, sr, key),
            cause=refusal.result_id,
        )

    # ------------------------------------------------------------ proof of delivery

    def _store(self, result: RenderedResult, contents: Sequence[bytes]) -> list[dict[str, str]]:
        """Stores the three objects; returns what the archive acknowledged."""
        acknowledged = {item.sop_instance_uid for item in self.archive.store(contents)}
        instances = []
        for ds, content in zip((result.seg, result.sr, result.key), contents, strict=True):
            if ds.SOPInstanceUID not in acknowledged:
                raise Rejected(
                    f"the archive did not acknowledge the {ds.Modality} object",
                    reason="not_acknowledged",
                )
            instances.append(
                {
                    "sop_class_uid": str(ds.SOPClassUID),
                    "sop_instance_uid": str(ds.SOPInstanceUID),
                    "series_instance_uid": str(ds.SeriesInstanceUID),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )
        return instances

    def _read_back(self, bundle: Mapping[str, object], resources: Sequence[str]) -> None:
        """What the record now holds under each quantity must be the quantity sent."""
        entries = bundle["entry"]
        assert isinstance(entries, list)
        if len(entries) != len(resources):
            raise Rejected(
                f"the record answered {len(resources)} of {len(entries)} entries",
                reason="not_acknowledged",
            )
        for entry, reference in zip(entries, resources, strict=True):
            sent = entry["resource"]
            if "valueQuantity" not in sent:
                continue
            held = self.record.read(reference)
            if any(held.get(name) != sent[name] for name in ("valueQuantity", "status")):
                raise Rejected(
                    f"{reference} does not hold the quantity sent", reason="readback_differs"
                )


def _current(history: Sequence[Entry]) -> Entry | None:
    return next((entry for entry in history if entry.status is Status.DELIVERED), None)


def _says_the_same(current: Entry, mine: Entry) -> bool:
    return ledger.fingerprint(current.event) == ledger.fingerprint(mine.event)


def _standing(current: Entry) -> Current:
    report = current.instances[KINDS.index("sr")]
    statement: Statement = state(current.event)
    predecessor = Predecessor(report["series_instance_uid"], report["sop_instance_uid"])
    return Current(statement, predecessor)


@contextmanager
def _step(name: str) -> Iterator[None]:
    with _tracer.start_as_current_span(f"publisher {name}") as span:
        span.set_attribute("radloom.step", name)
        yield
