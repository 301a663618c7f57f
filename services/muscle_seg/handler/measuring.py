"""Measures one series that was chosen, step by step; the first gate that does not pass ends it."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from opentelemetry import trace

from radloom.dicom.part10 import encode
from radloom.dicom.segmentation import SUBCUTANEOUS_FAT, VISCERAL_FAT, build_segmentation
from radloom.dicom.volume import Volume, read_volume
from radloom.errors import Rejected
from radloom.ports import Archive, Clock, Inference, ModelDescription, ObjectStore
from radloom.results import algorithm_of
from radloom.wire.v1.common_pb2 import ObjectRef
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from services.muscle_seg import outcome
from services.muscle_seg.content import Coarse, coarse, content_gates, front_gate, side_gate
from services.muscle_seg.evidence import Landmark, landmarks
from services.muscle_seg.findings import Findings, conclude, grade_gates, level_remarks
from services.muscle_seg.gates import Gate
from services.muscle_seg.grading import Grading
from services.muscle_seg.l3 import L3Location, locate
from services.muscle_seg.plausibility import (
    coverage_gates,
    level_gate,
    muscle_gates,
    slice_gates,
)
from services.muscle_seg.projections import project, upside_down
from services.muscle_seg.reading import MUSCLE_CLASS, OUTPUTS, Reading, Slice, read
from services.muscle_seg.series import Candidate

LOCATOR, ENSEMBLE = "l3_locator", "muscle_ensemble"
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
class Measured:
    """The slice measured, among its neighbours.

    Attributes:
        index: Slice measured, from the feet.
        indices: Slices whose median area was taken.
        areas_cm2: Their areas.
        seen: The slice measured.
        reading: What is in it.
    """

    index: int
    indices: tuple[int, ...]
    areas_cm2: tuple[float, ...]
    seen: Slice
    reading: Reading


@dataclass(frozen=True)
class Measuring:
    """Ports of muscle_seg, and what is done with them for one series.

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

    def measure_chosen(
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
        grading = Grading.of(ensemble.parameters, ensemble.sha256)
        try:
            volume = read_volume(chosen.instances)
        except Rejected as error:
            raise Refused([outcome.unreadable(error)]) from error
        small = coarse(volume.hu, volume.spacing_mm)
        require(content_gates(volume.hu, small))
        with step("locate L3"):
            found, marks = self.locate(volume, small, locator)
        with step("segment muscle"):
            measured = self._segment(volume, found.slice_index, ensemble)
        findings = conclude(
            measured.reading,
            grading,
            measured.seen.field_of_view(),
            height_m=outcome.height_m(chosen.instances),
            neighbours_cm2=measured.areas_cm2,
            about_level=level_remarks(found.candidates[0].probability, marks),
        )
        require(muscle_gates(findings.area_cm2.value, findings.mean_hu.value))
        require(grade_gates(findings))
        uids = [volume.sop_instance_uids[k] for k in measured.indices]
        place = outcome.location(
            found,
            volume.sop_instance_uids[measured.index],
            volume.z_mm[measured.index],
            volume.z_mm[0],
            marks,
        )
        tracking = outcome.tracking_uid(event.study_instance_uid)
        event.measurement.CopyFrom(outcome.measurement(findings, place, tracking))
        event.measurement.slices.extend(outcome.neighbours(uids, measured.areas_cm2))
        with step("build segmentation"):
            self._deliver(event, chosen, volume, measured, findings)

    def locate(
        self, volume: Volume, small: Coarse, locator: ModelDescription
    ) -> tuple[L3Location, tuple[Landmark, ...]]:
        """Where L3 is, and what bone says of it.

        Raises:
            Refused: L3 is not covered, or its level or the volume's sides are in doubt.
        """
        views = project(volume.hu, volume.spacing_mm)
        rows, covered = self._answers(views.windows, locator, ("rows", "covered"))
        (overhead,) = self._answers(upside_down(views.windows), locator, ("covered",))
        found = locate(
            views,
            rows,
            covered,
            slices=len(volume.hu),
            slice_mm=volume.spacing_mm[0],
            half_interval_mm=float(locator.parameters["l3_interval_mm"]),
        )
        threshold = float(locator.parameters["coverage_threshold"])
        require(coverage_gates(found.probability_covered, float(overhead.max()), threshold))
        require(front_gate(small, found.z_mm) + side_gate(small, found.z_mm))
        marks = landmarks(small, found.z_mm)
        require(level_gate(found.candidates[0].probability, marks))
        return found, marks

    def _answers(
        self, windows: NDArray[np.float32], locator: ModelDescription, outputs: Sequence[str]
    ) -> list[NDArray[np.float32]]:
        """Outputs of the locator for all windows, (n, ...) each."""
        parts: list[list[NDArray[np.float32]]] = [[] for _ in outputs]
        for start in range(0, len(windows), LOCATOR_BATCH):
            answer = self.inference.infer(
                LOCATOR,
                {"projections": windows[start : start + LOCATOR_BATCH]},
                outputs=outputs,
                version=locator.version,
                deadline_s=self.inference_deadline_s,
            )
            for part, name in zip(parts, outputs, strict=True):
                part.append(_float32(answer.outputs[name]))
        return [np.concatenate(part) for part in parts]

    def _segment(self, volume: Volume, index: int, ensemble: ModelDescription) -> Measured:
        """Reads the slice of L3 and its neighbours; that of the median area is the measured one."""
        spacing = volume.spacing_mm[1:]
        indices = tuple(k for k in (index, index - 1, index + 1) if 0 <= k < len(volume.hu))
        slices = [Slice.of(volume.hu[k], spacing) for k in indices]
        if any(each.placement is None for each in slices):
            raise Refused([Gate("not_a_body", "no body in a slice at L3", "a body")])
        seen = slices[0]
        require(slice_gates(seen.body, seen.hu, spacing, seen.field_of_view()))
        answer = self.inference.infer(
            ENSEMBLE,
            {"hu": np.stack([each.grid for each in slices])[:, None]},
            outputs=OUTPUTS,
            version=ensemble.version,
            deadline_s=self.inference_deadline_s,
        ).outputs
        areas = tuple(
            each.area_cm2(_float32(mean[MUSCLE_CLASS]))
            for each, mean in zip(slices, answer["mean"], strict=True)
        )
        middle = int(np.argsort(areas, kind="stable")[(len(areas) - 1) // 2])
        chosen = slices[middle]
        require(slice_gates(chosen.body, chosen.hu, spacing, chosen.field_of_view()))
        told = {name: _float32(answer[name][middle]) for name in OUTPUTS}
        return Measured(indices[middle], indices, areas, chosen, read(chosen, told))

    def _deliver(
        self,
        event: MuscleMeasured,
        chosen: Candidate,
        volume: Volume,
        measured: Measured,
        findings: Findings,
    ) -> None:
        """Stores segmentation and votes, and names them in the event."""
        uid = volume.sop_instance_uids[measured.index]
        source = next(ds for ds in chosen.instances if str(ds.SOPInstanceUID) == uid)

        def stored(plane: NDArray[np.bool_]) -> NDArray[np.bool_]:
            return np.ascontiguousarray(volume.slice_order.to_stored(plane))[None]

        fat = [(VISCERAL_FAT, stored(measured.reading.visceral.mask))]
        if findings.subcutaneous_cm2 is not None:
            fat.insert(0, (SUBCUTANEOUS_FAT, stored(measured.reading.subcutaneous.mask)))
        try:
            seg = build_segmentation(
                [source],
                stored(measured.reading.muscle.mask),
                tracking_uid=event.measurement.tracking_uid,
                algorithm=algorithm_of(event.models),
                fat=fat,
            )
        except Rejected as error:
            event.ClearField("measurement")
            raise Refused([outcome.unreadable(error)]) from error
        votes = volume.slice_order.to_stored(measured.reading.muscle.votes)
        m = event.measurement
        m.segmentation.CopyFrom(self._put(event.result_id, "seg.dcm", encode(seg)))
        m.votes.CopyFrom(self._put(event.result_id, "votes.png", outcome.votes_png(votes)))

    def _put(self, result_id: str, name: str, content: bytes) -> ObjectRef:
        """Stores an object of a result.

        Named by content: a re-run whose bytes differ, by a corrected name or by another device's
        rounding, must not meet an object that is there already.
        """
        digest = hashlib.sha256(content).hexdigest()
        return self.objects.put(f"results/{result_id}/{digest}/{name}", content)


def _float32(array: NDArray[np.generic]) -> NDArray[np.float32]:
    return np.asarray(array, dtype=np.float32)
