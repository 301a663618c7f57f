"""SEG, SR and key image in front of validators and readers that others wrote."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset

from radloom.dicom.part10 import encode
from radloom.dicom.report import Predecessor
from services.publisher.identity import subject_of
from services.publisher.rendering import Current, RenderedResult, render
from tests.peers import validators
from tests.publisher.example import TRACKING_UID, Example, ct_slice, measured

SAMPLE = Path(__file__).parents[2] / "samples" / "ct_torso"
pytestmark = pytest.mark.peer


@dataclass(frozen=True)
class Files:
    """A rendered result on disk."""

    example: Example
    result: RenderedResult
    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.dcm"

    @property
    def scratch(self) -> Path:
        folder = self.folder / "scratch"
        folder.mkdir(exist_ok=True)
        return folder


def written(example: Example, folder: Path, replaces: Current | None = None) -> Files:
    result = render(
        example.event,
        example.seg,
        example.source,
        subject=subject_of(example.source[0]),
        replaces=replaces,
    )
    files = Files(example, result, folder)
    for name, ds in (("seg", result.seg), ("sr", result.sr), ("key", result.key)):
        files.path(name).write_bytes(encode(ds))
    files.path("source").write_bytes(encode(example.source[0]))
    return files


def real_slice() -> FileDataset:
    """The middle of L3 in the sample study (samples/NOTICE)."""
    return dcmread(SAMPLE / "0073.dcm")


def torso_muscle(image: Dataset) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Something muscle-like in the real slice; how well is not the question here."""
    hounsfield = image.pixel_array.astype(np.int32) - 1024
    mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (hounsfield > -29) & (hounsfield < 150)
    return mask


def defective_slice() -> Dataset:
    """A slice as real archives hold some: no character set, odd name, blank identifiers."""
    image = ct_slice()
    image.SpecificCharacterSet = None
    image.PatientName = "NOBODY NORA"
    image.PatientSex = None
    image.StudyID = image.AccessionNumber = image.ReferringPhysicianName = None
    return image


@pytest.fixture(scope="module", params=["synthetic", "real", "defective", "successor"])
def files(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Files]:
    folder = tmp_path_factory.mktemp(request.param)
    match request.param:
        case "synthetic":
            yield written(measured(fat=True), folder)
        case "real":
            image = real_slice()
            yield written(measured(image, torso_muscle(image)), folder)
        case "defective":
            yield written(measured(defective_slice(), height_m=None, grade="B"), folder)
        case _:
            first = written(measured(), folder)
            report = Predecessor(
                str(first.result.sr.SeriesInstanceUID), str(first.result.sr.SOPInstanceUID)
            )
            later = measured(revision=2, result_id="0aa1b2c3-0000-4000-8000-000000000002")
            yield written(later, folder, Current(first.result.statement, report))


def inherited(line: str, files: Files) -> bool:
    """Whether the validator says the same of the source, whose value was copied."""
    told = line.partition(" - Module=")[0]
    return any(told in other for other in validators.dciodvfy(files.path("source")))


@pytest.mark.parametrize("name", ["seg", "sr", "key"])
def test_dciodvfy_finds_nothing_but_our_own_coding_scheme(files: Files, name: str) -> None:
    found = [
        line
        for line in validators.dciodvfy(files.path(name))
        if "Unrecognized defined term = <99RADLOOM>" not in line and not inherited(line, files)
    ]
    assert found == []


NEWER_THAN_PIXELMED = (
    "different code meaning",  # letter case of (121233, DCM)
    '/CODE (276214006,SCT,"Finding category"): Content Item not in template',
    '/TEXT (122405,DCM,"Algorithm Manufacturer"): Content Item not in template',
    '99RADLOOM,"',  # qualitative evaluations of our own, which TID 1410 has since 2023
)
"""What PixelMed's templates of 2022 do not know of the standard as it is now."""


def test_pixelmed_finds_no_error_in_the_report(files: Files) -> None:
    found = validators.sr_validator(files.path("sr"))
    assert [line for line in found if line.startswith("Error")] == []
    assert [line for line in found if not any(known in line for known in NEWER_THAN_PIXELMED)] == []


def test_dcmtk_reads_the_report_without_complaint(files: Files) -> None:
    found = validators.dsrdump(files.path("sr"))
    # The character set of the report is UTF-8, which the checker of DCMTK 3.6.7 cannot check.
    assert [line for line in found if "Specific Character Set: ISO_IR 192" not in line] == []


def test_dcmqi_reads_the_numbers_of_the_statement(files: Files) -> None:
    group, *_ = validators.tid1500reader(files.path("sr"), files.scratch)["Measurements"]
    told = {
        item["quantity"]["CodeValue"]: float(item["value"]) for item in group["measurementItems"]
    }
    statement = files.result.statement
    assert told["42798000"] == float(statement.area_cm2)
    assert told["112031"] == float(statement.mean_hu)
    assert group["TrackingUniqueIdentifier"] == TRACKING_UID
    assert group["Finding"]["CodeValue"] == "127954009"
    assert group["FindingSite"]["CodeValue"] == "36470004"


def test_dcmqi_reads_the_mask_voxel_by_voxel(files: Files) -> None:
    image = nibabel.load(validators.segimage2itkimage(files.path("seg"), files.scratch))
    voxels = np.asarray(image.dataobj)
    assert int(np.count_nonzero(voxels)) == int(files.example.mask.sum())
    row_mm, column_mm = image.header.get_zooms()[1], image.header.get_zooms()[0]
    area = np.count_nonzero(voxels) * float(row_mm) * float(column_mm) / 100
    assert area == pytest.approx(files.example.event.measurement.area_cm2, rel=1e-5)
