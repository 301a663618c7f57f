"""Measures muscle at L3 in a study, or refuses by name."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from opentelemetry import trace
from pydicom import Dataset

from radloom.dicom.part10 import encode
from radloom.dicom.segmentation import build_segmentation
from radloom.dicom.volume import Volume, read_volume
from radloom.errors import Rejected, Unavailable
from radloom.ports import Archive, Clock, Inference, ModelDescription, ObjectStore, Reaction
from radloom.results import algorithm_of
from radloom.wire.v1.common_pb2 import ModelUse
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.muscle_seg_service_pb2 import MeasureRequest, MeasureResponse
from radloom.wire.v1.study_received_pb2 import StudyReceived
from services.muscle_seg import outcome
from services.muscle_seg.gates import (
    Gate,
    attenuation_gates,
    coverage_gate,
    level_gate,
    muscle_gates,
    slice_gates,
)
from services.muscle_seg.l3 import L3Location, locate
from services.muscle_seg.muscle import Muscle, measure
from services.muscle_seg.outcome import Subject
from services.muscle_seg.projections import project
from services.muscle_seg.series import Candidate, assess, choose
from services.muscle_seg.slices import body_mask, field_of_view, place, to_grid, to_source

LOCATOR, ENSEMBLE = "l3_locator", "muscle_ensemble"
MUSCLE_CLASS = 1
LOCATOR_BATCH = 8

tracer = trace.get_tracer("services.muscle_seg")


class Refused(Exception):  # noqa: N818 - control flow inside this module, never an error outside
    """A gate did not pass; becomes a refusal in the event."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        super().__init__(gates[0].name)
        self.gates = tuple(gates)


def require(gates: Sequence[Gate]) -> None:
    """Raises `Refused` when there is any."""
    if gates:
        raise Refused(gates)


@contextmanager
def step(name: str) -> Iterator[None]:
    """A span around one step."""
    with tracer.start_as_current_span(name, attributes={"radloom.step": name.replace(" ", "_")}):
        yield


@dataclass(frozen=True)
class MuscleSeg:
    """Handler of `study.received` and behind `MuscleSegService`.

    Attributes:
        archive: Ingest, which holds the images.
        inference: Runs `l3_locator` and `muscle_ensemble`.
        objects: Where segmentations are put.
        clock: Tells when a measurement was taken.
        inference_deadline_s: Longest single inference, seconds.
    """

    archive: Archive
    inference: Inference
    objects: ObjectStore
    clock: Clock
    inference_deadline_s: float = 60.0

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
            require([] if candidates else [Gate("not_ct", "the study holds no CT series")])
            chosen = choose(candidates)
            event.series_instance_uid = chosen.series_instance_uid
            event.acquired = outcome.acquired_on(chosen.instances)
            content = outcome.content_sha256(chosen.instances)
            event.result_id = outcome.result_id(content, models, version("radloom"))
            require(chosen.failed)
            self._measure_chosen(event, chosen, locator, ensemble)
        except Refused as refused:
            event.refusal.CopyFrom(outcome.refusal(refused.gates))
            trace.get_current_span().set_attribute("radloom.gate", refused.gates[0].name)
        if not event.result_id:
            nothing = f"{subject.study_instance_uid} {subject.study_revision}"
            event.result_id = outcome.result_id(nothing, models, version("radloom"))
        return event

    def _measure_chosen(
        self,
        event: MuscleMeasured,
        chosen: Candidate,
        locator: ModelDescription,
        ensemble: ModelDescription,
    ) -> None:
        """Fills `event` with the measurement.

        Raises:
            Refused: A gate did not pass.
        """
        try:
            volume = read_volume(chosen.instances)
        except Rejected as error:
            raise Refused([Gate(error.reason, str(error))]) from error
        require(attenuation_gates(volume.hu))
        with step("locate L3"):
            found = self._locate(volume, locator)
        threshold = float(locator.parameters["coverage_threshold"])
        require(coverage_gate(found.probability_covered, threshold))
        require(level_gate(found.candidates[0].probability))
        with step("segment muscle"):
            muscle = self._segment(volume, found.slice_index, ensemble)
        require(muscle_gates(muscle))
        with step("build segmentation"):
            self._deliver(event, chosen, volume, found, muscle)

    def _locate(self, volume: Volume, locator: ModelDescription) -> L3Location:
        views = project(volume.hu, volume.spacing_mm)
        rows, covered = [], []
        for start in range(0, len(views.windows), LOCATOR_BATCH):
            answer = self.inference.infer(
                LOCATOR,
                {"projections": views.windows[start : start + LOCATOR_BATCH]},
                version=locator.version,
                deadline_s=self.inference_deadline_s,
            )
            rows.append(answer.outputs["rows"])
            covered.append(answer.outputs["covered"])
        return locate(
            views,
            _float32(np.concatenate(rows)),
            _float32(np.concatenate(covered)),
            slices=len(volume.hu),
            slice_mm=volume.spacing_mm[0],
            half_interval_mm=float(locator.parameters["l3_interval_mm"]),
        )

    def _segment(self, volume: Volume, index: int, ensemble: ModelDescription) -> Muscle:
        hu = volume.hu[index]
        spacing = volume.spacing_mm[1:]
        body = body_mask(hu, spacing)
        if not body.any():
            raise Refused([Gate("not_a_body", "no body in the slice of L3")])
        placement = place(body, spacing)
        require(slice_gates(body, hu, spacing, field_of_view(hu, body, placement)))
        answer = self.inference.infer(
            ENSEMBLE,
            {"hu": to_grid(hu, placement)[None, None]},
            outputs=("mean", "members"),
            version=ensemble.version,
            deadline_s=self.inference_deadline_s,
        )
        mean = _float32(answer.outputs["mean"])[0, MUSCLE_CLASS]
        members = _float32(answer.outputs["members"])[0]
        return measure(
            hu,
            to_source(mean, placement),
            np.stack([to_source(member, placement) for member in members]),
            spacing,
            float(ensemble.parameters["area_interval_factor"]),
        )

    def _deliver(
        self,
        event: MuscleMeasured,
        chosen: Candidate,
        volume: Volume,
        found: L3Location,
        muscle: Muscle,
    ) -> None:
        """Stores the segmentation and completes the event."""
        uid = volume.sop_instance_uids[found.slice_index]
        source = next(ds for ds in chosen.instances if str(ds.SOPInstanceUID) == uid)
        tracking = outcome.tracking_uid(event.study_instance_uid)
        try:
            seg = build_segmentation(
                [source],
                np.ascontiguousarray(volume.slice_order.to_stored(muscle.mask))[None],
                tracking_uid=tracking,
                algorithm=algorithm_of(event.models),
            )
        except Rejected as error:
            raise Refused([Gate(error.reason, str(error))]) from error
        content = encode(seg)
        # Named by content: a re-run whose bytes differ, by a corrected name or by another device's
        # rounding, must not meet an object that is there already.
        name = hashlib.sha256(content).hexdigest()
        ref = self.objects.put(f"results/{event.result_id}/{name}/seg.dcm", content)
        l3 = outcome.location(found, uid, volume.z_mm[found.slice_index])
        height = outcome.height_m(chosen.instances)
        event.measurement.CopyFrom(outcome.measurement(muscle, l3, height, ref, tracking))

    def _use(self, model: ModelDescription) -> ModelUse:
        return ModelUse(
            name=model.name,
            version=model.version,
            sha256=model.sha256,
            mode=self.inference.mode,
            training_provenance=model.parameters.get("training_provenance", ""),
        )


def _float32(array: NDArray[np.generic]) -> NDArray[np.float32]:
    return np.asarray(array, dtype=np.float32)
