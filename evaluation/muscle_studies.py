"""muscle_seg on whole studies: what it must refuse and accept, real CT, crops in z, speed."""

import copy
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from scipy import ndimage

from evaluation.muscle_inputs import fresh, must_accept, must_refuse, pixels, sample
from evaluation.scores import Rate
from radloom.adapters.folder import FolderArchive
from radloom.adapters.object_store import FileObjectStore
from radloom.adapters.onnx import EmbeddedInference
from radloom.dicom.volume import Volume, read_volume
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from services.muscle_seg.content import coarse
from services.muscle_seg.handler import MuscleSeg
from services.muscle_seg.handler.measuring import LOCATOR, Refused
from services.muscle_seg.outcome import Subject
from services.muscle_seg.reading import OUTPUTS, Slice, read
from training.grading import MODEL
from training.real_volume import SAMPLE_L3_BODY, SAMPLE_L3_SLICE
from training.sample_reference import reference

LEAST_SLICES, STEP = 40, 4
"""Shortest crop (120 mm of the sample) and the distance of its ends."""
NEAR_MM = 10.0


class Now:
    """The clock."""

    def now(self) -> datetime:
        """Current time."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Service:
    """muscle_seg in process."""

    handler: MuscleSeg

    @classmethod
    def of(cls, repository: Path, scratch: Path) -> "Service":
        """With the models of a repository."""
        inference = EmbeddedInference(repository)
        objects = FileObjectStore(scratch)
        return cls(MuscleSeg(FolderArchive(scratch / "archive"), inference, objects, Now()))

    def __call__(self, images: Sequence[Dataset]) -> MuscleMeasured:
        """Measures, or refuses."""
        return self.handler.measure_instances(Subject(str(images[0].StudyInstanceUID)), images)


def gates(event: MuscleMeasured) -> list[str]:
    """Names of the gates that refused."""
    return [failed.gate for failed in event.refusal.gates]


def suite(service: Service) -> str:
    """Inputs that must be refused, and good ones, as two tables."""
    images = sample()
    lines = "| must be refused | gate | by that gate alone |\n|---|---|---|\n"
    refused, by_name = 0, 0
    bad = list(must_refuse())
    for case in bad:
        found = gates(service(case.make(fresh(images))))
        refused += bool(found)
        alone = bool(found) and set(found) <= case.gates
        by_name += alone
        told = ", ".join(dict.fromkeys(found)) or "**measured**"
        lines += f"| {case.name} | {told} | {'yes' if alone else 'no'} |\n"
    good = list(must_accept())
    answers = [(case, service(case.make(fresh(images)))) for case in good]
    accepted = sum(event.HasField("measurement") for _, event in answers)
    lines += "\n| must be accepted | grade, area cm2, or gate |\n|---|---|\n"
    lines += "".join(f"| {case.name} | {_outcome(event)} |\n" for case, event in answers)
    return (
        f"Refused: {Rate(refused, len(bad))}, by the gate meant for it alone "
        f"{Rate(by_name, len(bad))}. Accepted: {Rate(accepted, len(good))}.\n\n{lines}"
    )


def _outcome(event: MuscleMeasured) -> str:
    m = event.measurement
    if not event.HasField("measurement"):
        return ", ".join(dict.fromkeys(gates(event)))
    low, high = m.area_interval_cm2.low, m.area_interval_cm2.high
    return f"{m.grade}, {m.area_cm2:.1f} ({low:.1f} to {high:.1f})"


def crops(service: Service) -> str:
    """The sample study cut at both ends: is L3 found, or is the part refused."""
    volume = read_volume(sample())
    low, high = SAMPLE_L3_BODY
    rows: dict[str, list[float]] = {"crop with L3": [], "crop without L3": []}
    for first in range(0, len(volume.hu) - LEAST_SLICES + 1, STEP):
        for last in range(first + LEAST_SLICES, len(volume.hu) + 1, STEP):
            inside, outside = first <= low and high < last, last <= low or first > high
            if inside or outside:
                kind = "crop with L3" if inside else "crop without L3"
                rows[kind].append(_error_mm(service, volume, first, last))
    lines = "| parts | level accepted | of these within 10 mm | worst mm |\n|---|---|---|---|\n"
    for kind, told in rows.items():
        errors = np.abs([error for error in told if np.isfinite(error)])
        near = Rate(int((errors <= NEAR_MM).sum()), len(errors))
        how = f"{near} | {errors.max():.1f}" if len(errors) else "- | -"
        lines += f"| {kind} | {Rate(len(errors), len(told))} | {how} |\n"
    return lines


def _error_mm(service: Service, whole: Volume, first: int, last: int) -> float:
    """Distance of L3 found in a part from the middle of its body; not a number when refused."""
    part = replace(whole, hu=whole.hu[first:last])
    locator = service.handler.inference.describe(LOCATOR)
    try:
        small = coarse(part.hu, part.spacing_mm)
        found, _ = service.handler.locate(part, small, locator)
    except Refused:
        return float("nan")
    return found.z_mm + (first - sum(SAMPLE_L3_BODY) / 2) * whole.spacing_mm[0]


def real(service: Service, data: Path) -> str:
    """Real CT: the sample against its references, and volumes that hold no L3."""
    images = sample()
    event = service(images)
    m = event.measurement
    body_mm = float(images[0].ImagePositionPatient[2]) + sum(SAMPLE_L3_BODY) / 2 * 3.0
    lines = "| study | outcome |\n|---|---|\n"
    lines += f"| sample study (also a development study) | {_outcome(event)} |\n"
    if event.HasField("measurement"):
        lines += (
            f"| L3, from the middle of the body by TotalSegmentator's labels "
            f"| {m.l3.z_mm - body_mm:+.1f} mm |\n"
        )
    lines += _against_reference(service, images)
    for name, made in _without_l3(data):
        lines += f"| {name} | {made if isinstance(made, str) else _outcome(service(made))} |\n"
    return lines


def _against_reference(service: Service, images: Sequence[Dataset]) -> str:
    """The slice that was drawn by hand, by one person who is no clinician."""
    volume = read_volume(images)
    seen = Slice.of(volume.hu[SAMPLE_L3_SLICE], volume.spacing_mm[1:])
    answer = service.handler.inference.infer(
        MODEL, {"hu": seen.grid[None, None]}, outputs=OUTPUTS
    ).outputs
    got = read(seen, {name: np.asarray(each[0], np.float32) for name, each in answer.items()})
    drawn, mask = reference(seen.hu), got.muscle.mask
    dice = 2 * int((drawn & mask).sum()) / (int(drawn.sum()) + int(mask.sum()))
    error = mask.sum() / drawn.sum() - 1
    return (
        f"| slice {SAMPLE_L3_SLICE} against the engineering reference (one non-clinical reader, "
        f"not unseen) | Dice {dice:.3f}, area {error:+.1%} |\n"
    )


def _without_l3(data: Path) -> Iterator[tuple[str, list[Dataset] | str]]:
    """Public volumes that hold no L3; what is not there says so."""
    parts = [data / "cptac_pda_00249" / f"vol256_part{k}.nii.gz" for k in (0, 1)]
    if all(path.is_file() for path in parts):
        yield "CPTAC-PDA C3N-00249, chest and upper abdomen", _from_nifti(parts)
    else:
        yield "CPTAC-PDA C3N-00249", "missing: not measured"
    folder = data / "totalsegmentator" / "example_ct_dicom"
    files = sorted(folder.glob("*.dcm"))
    yield "pelvis to thigh, 20 slices", _repaired(files) if files else "missing: not measured"
    files = sorted((data / "dcmqi").glob("*.dcm"))
    told: list[Dataset] = [dcmread(path) for path in files]
    yield "three slices at the border of chest and abdomen", told or "missing: not measured"


def _from_nifti(paths: Sequence[Path]) -> list[Dataset]:
    """A NIfTI volume in parts, from feet to head, under the sample's header."""
    import nibabel  # noqa: PLC0415 - only where real data is at hand

    loaded = [nibabel.as_closest_canonical(nibabel.load(path)) for path in paths]
    hu = np.concatenate([np.asanyarray(image.dataobj) for image in loaded], axis=2)
    volume = np.clip(hu, -1024, 3071).astype(np.int16)[::-1, ::-1].transpose(2, 1, 0)
    mm = [float(v) for v in loaded[0].header.get_zooms()]
    return _series(np.ascontiguousarray(volume), (mm[2], mm[1], mm[0]))


def _series(hu: NDArray[np.int16], spacing_mm: tuple[float, float, float]) -> list[Dataset]:
    """A volume as a series, under the header of the sample study."""
    head = sample()[0]
    made = []
    for k in range(len(hu)):
        ds = copy.deepcopy(head)
        ds.SOPInstanceUID = f"2.25.9{k:04d}"
        ds.ImagePositionPatient = [0.0, 0.0, k * spacing_mm[0]]
        ds.PixelSpacing = list(spacing_mm[1:])
        made.append(ds)
    return pixels(made, lambda _: hu)


def _repaired(files: Sequence[Path]) -> list[Dataset]:
    """The pelvis series, whose UIDs are empty, with UIDs."""
    images: list[Dataset] = [dcmread(path) for path in files]
    for k, ds in enumerate(images):
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID
        ds.SOPInstanceUID = f"2.25.8{k:04d}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID = "2.25.81", "2.25.82"
    return images


# ---------------------------------------------------------------- speed


def speed(repository: Path) -> dict[str, float]:
    """Seconds and memory of one slice and of a series of 300, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service.of(repository, Path(folder))
        inference = service.handler.inference
        volume = read_volume(sample())
        seen = Slice.of(volume.hu[SAMPLE_L3_SLICE], volume.spacing_mm[1:])
        told: dict[str, float] = {}
        for name in ("first", "slice"):
            start, cpu = time.perf_counter(), time.process_time()
            given = {"hu": np.stack([seen.grid] * 3)[:, None]}
            answer = inference.infer(MODEL, given, outputs=OUTPUTS).outputs
            read(seen, {key: np.asarray(each[0], np.float32) for key, each in answer.items()})
            told[f"{name}_s"] = time.perf_counter() - start
            told[f"{name}_cpu_s"] = time.process_time() - cpu
        series = _fine(volume.hu)
        start, cpu = time.perf_counter(), time.process_time()
        event = service(series)
        told["series_s"] = time.perf_counter() - start
        told["series_cpu_s"] = time.process_time() - cpu
        told["series_measured"] = float(event.HasField("measurement"))
    told["memory_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return told


def _fine(hu: NDArray[np.int16]) -> list[Dataset]:
    """The sample as 300 slices of 488 by 404 pixels: 1.12 mm apart, pixels of 0.75 mm."""
    tall = ndimage.zoom(hu, (300 / len(hu), 1, 1), order=1)
    fine = tall.repeat(4, axis=1).repeat(4, axis=2)
    return _series(np.asarray(fine, np.int16), (3.0 * len(hu) / 300, 0.75, 0.75))


def speed_table(repository: Path) -> str:
    """Speed of a fresh process, with one thread per inference as shipped."""
    command = [sys.executable, "-m", "evaluation.muscle_studies", str(repository)]
    made = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this program
    told = json.loads(made.stdout)
    return (
        "| step | wall s | CPU s |\n|---|---|---|\n"
        f"| three slices to numbers, models loaded | {told['slice_s']:.2f} "
        f"| {told['slice_cpu_s']:.2f} |\n"
        f"| series of 300 slices in memory to result | {told['series_s']:.2f} "
        f"| {told['series_cpu_s']:.2f} |\n\n"
        f"Peak memory of that process: {told['memory_gb']:.2f} GB, the series and the evaluation's "
        f"copies of it included.\n"
    )


if __name__ == "__main__":
    print(json.dumps(speed(Path(sys.argv[1]))))
