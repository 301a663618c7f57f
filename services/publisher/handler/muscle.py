"""Delivers muscle measurements: segmentation, SR, key image and transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom import Dataset

from radloom.dicom.part10 import decode, encode
from radloom.dicom.report import Predecessor
from radloom.dicom.source import acquired
from radloom.errors import Rejected
from radloom.fhir.muscle import DicomObjects, build_withdrawal
from radloom.fhir.observations import Subject
from radloom.ports import Reaction
from radloom.results import state
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from services.publisher import ledger
from services.publisher.handler.delivery import Delivery, is_late, said_already, standing, step
from services.publisher.identity import confirmed
from services.publisher.ledger import Entry, Result, Status
from services.publisher.muscle_result import result_of
from services.publisher.rendering import Current, RenderedResult, render

KINDS = ("seg", "sr", "key")
"""Order in which instances are stored and listed in the ledger; further pictures follow."""


@dataclass(frozen=True)
class MuscleDelivery(Delivery):
    """Handler of `muscle.measured`."""

    def on_muscle_measured(self, event: MuscleMeasured) -> Reaction:
        """Delivers a measurement, or keeps a refusal in the ledger.

        Raises:
            Rejected: Event, segmentation, images and identity contradict each other, or a
                destination refuses the result for good.
            Unavailable: Something needed does not answer.
        """
        mine = result_of(event)
        history = self.history(mine)
        if is_late(mine, history):
            return Reaction()
        match event.WhichOneof("outcome"):
            case "measurement":
                return self._measured(event, mine, history)
            case "refusal":
                return self._refused(event, mine, history)
            case _:
                raise Rejected("neither measurement nor refusal", reason="no_outcome")

    def _measured(self, event: MuscleMeasured, mine: Result, history: Sequence[Entry]) -> Reaction:
        entry = said_already(mine, history)
        if entry is None:
            result = self._rendered(event, standing(history, mine))
            objects = (
                (result.seg, self._segmentation(event)),
                (result.sr, encode(result.sr)),
                (result.key, encode(result.key)),
                *((each.capture, encode(each.capture)) for each in result.pictures.values()),
            )
            entry = self.send(mine, objects, result.bundle, _quantity)
        return self.delivered(entry, subject_key=event.subject_key)

    def _refused(self, event: MuscleMeasured, mine: Result, history: Sequence[Entry]) -> Reaction:
        """Sends nothing; what was delivered of an earlier revision is taken back."""
        former, now = standing(history, mine), self.clock.now()
        if former is not None:
            with step("withdraw"):
                self.record.transaction(self._withdrawal(former, event))
        return Reaction(
            effects=(
                ledger.end_others(mine, Status.WITHDRAWN, now),
                ledger.write(Entry(mine, Status.WITHHELD), now),
            )
        )

    def _rendered(self, event: MuscleMeasured, former: Entry | None) -> RenderedResult:
        with step("fetch"):
            seg = decode(self._segmentation(event))
            source = self.ingest.retrieve_series(
                event.study_instance_uid, event.series_instance_uid
            )
            subject = self._subject(event, source)
        with step("render"):
            replaces = None if former is None else _as_current(former)
            votes = None
            if event.measurement.HasField("votes"):
                votes = self.objects.get(event.measurement.votes)
            return render(event, seg, source, subject=subject, replaces=replaces, votes=votes)

    def _segmentation(self, event: MuscleMeasured) -> bytes:
        return self.objects.get(event.measurement.segmentation)

    def _subject(self, event: MuscleMeasured, source: Sequence[Dataset]) -> Subject:
        identity = self.custodian.resolve_subject(event.subject_key)
        return confirmed(identity, source, self.patient_system)

    def _withdrawal(self, former: Entry, refusal: MuscleMeasured) -> Mapping[str, object]:
        event = MuscleMeasured.FromString(former.result.event)
        source = self.ingest.retrieve_series(event.study_instance_uid, event.series_instance_uid)
        seg, sr, key, *_ = (instance["sop_instance_uid"] for instance in former.instances)
        return build_withdrawal(
            state(event),
            subject=self._subject(event, source),
            acquired=acquired(source[0]),
            objects=DicomObjects(seg, sr, key),
            cause=refusal.result_id,
        )


def _quantity(resource: Mapping[str, Any]) -> object:
    """Status, value and unit of an Observation with a quantity."""
    quantity = resource.get("valueQuantity")
    if quantity is None:
        return None
    return resource.get("status"), quantity.get("value"), quantity.get("code")


def _as_current(former: Entry) -> Current:
    report = former.instances[KINDS.index("sr")]
    predecessor = Predecessor(report["series_instance_uid"], report["sop_instance_uid"])
    return Current(state(MuscleMeasured.FromString(former.result.event)), predecessor)
