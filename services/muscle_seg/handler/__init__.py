"""Measures muscle at L3 in a study, or refuses by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry import trace
from pydicom import Dataset

from radloom.errors import Rejected, Unavailable
from radloom.ports import ModelDescription, Reaction
from radloom.wire.v1.common_pb2 import ModelUse
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.muscle_seg_service_pb2 import MeasureRequest, MeasureResponse
from radloom.wire.v1.study_received_pb2 import StudyReceived
from services.muscle_seg import outcome
from services.muscle_seg.gates import Gate
from services.muscle_seg.handler.measuring import (
    ENSEMBLE,
    LOCATOR,
    Measuring,
    Refused,
    require,
    step,
)
from services.muscle_seg.outcome import Subject
from services.muscle_seg.series import Candidate, assess, choose

__all__ = ["ENSEMBLE", "LOCATOR", "MuscleSeg"]


@dataclass(frozen=True)
class MuscleSeg(Measuring):
    """Handler of `study.received` and behind `MuscleSegService`."""

    def on_study_received(self, event: StudyReceived) -> Reaction:
        """Measures a study that ingest released.

        Raises:
            Unavailable: Ingest does not answer, or gives fewer instances than it announced.
        """
        subject = Subject(event.study_instance_uid, event.subject_key, event.revision)
        series = {
            s.series_instance_uid: s.instance_count for s in event.series if s.modality == "CT"
        }
        return Reaction(events=(self._measure_series(subject, series),))

    def measure_study(self, request: MeasureRequest) -> MeasureResponse:
        """Measures a study that ingest holds, for a caller who waits.

        Raises:
            Rejected: Ingest holds no such study, or no such series in it.
        """
        subject = Subject(request.study_instance_uid)
        found = self.archive.series(request.study_instance_uid)
        if not found:
            raise Rejected("ingest holds no such study", reason="not_found")
        asked = request.series_instance_uid
        series = {
            str(s.SeriesInstanceUID): int(s.get("NumberOfSeriesRelatedInstances") or 0)
            for s in found
            if (s.SeriesInstanceUID == asked if asked else s.get("Modality") == "CT")
        }
        if asked and not series:
            raise Rejected("the study holds no such series", reason="not_found")
        return MeasureResponse(result=self._measure_series(subject, series))

    def measure_instances(self, subject: Subject, instances: Sequence[Dataset]) -> MuscleMeasured:
        """Measures the best series among `instances` of one study."""
        by_series: dict[str, list[Dataset]] = {}
        for ds in instances:
            by_series.setdefault(str(ds.SeriesInstanceUID), []).append(ds)
        return self._measure(subject, [assess(uid, group) for uid, group in by_series.items()])

    def _measure_series(self, subject: Subject, series: Mapping[str, int]) -> MuscleMeasured:
        """Retrieves series, given with their counts, one by one; keeps pixels of the best only."""
        best: list[Candidate] = []
        with step("choose series"):
            for uid, announced in series.items():
                instances = self.archive.retrieve_series(subject.study_instance_uid, uid)
                if len(instances) < max(1, announced):
                    # Half a series could be measured at another slice, or refused for good.
                    raise Unavailable(
                        f"ingest gave {len(instances)} of {max(1, announced)} instances",
                        dependency="ingest",
                        affects_all=False,
                    )
                best = [choose([*best, assess(uid, instances)])]
        return self._measure(subject, best)

    def _measure(self, subject: Subject, candidates: Sequence[Candidate]) -> MuscleMeasured:
        locator, ensemble = (self.inference.describe(name) for name in (LOCATOR, ENSEMBLE))
        models = [self._use(locator), self._use(ensemble)]
        event = outcome.outcome(subject, "", models, self.clock.now())
        try:
            require([] if candidates else [Gate("not_ct", "no CT series", "one in the study")])
            chosen = choose(candidates)
            event.series_instance_uid = chosen.series_instance_uid
            event.acquired = outcome.acquired_on(chosen.instances)
            content = outcome.content_sha256(chosen.instances)
            event.result_id = outcome.result_id(content, models, version("radloom"))
            require(chosen.failed)
            self.measure_chosen(event, chosen, locator, ensemble)
        except Refused as refused:
            event.refusal.CopyFrom(outcome.refusal(refused.gates))
            trace.get_current_span().set_attribute("radloom.gate", refused.gates[0].name)
        if not event.result_id:
            nothing = f"{subject.study_instance_uid} {subject.study_revision}"
            event.result_id = outcome.result_id(nothing, models, version("radloom"))
        return event

    def _use(self, model: ModelDescription) -> ModelUse:
        return ModelUse(
            name=model.name,
            version=model.version,
            sha256=model.sha256,
            mode=self.inference.mode,
            training_provenance=model.parameters.get("training_provenance", ""),
        )
