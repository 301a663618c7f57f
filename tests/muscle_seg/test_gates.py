"""Every gate is tripped by an input that trips no other, and a good input trips none."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import EnhancedCTImageStorage, SecondaryCaptureImageStorage

from radloom.dicom.volume import read_volume
from services.muscle_seg.content import (
    Coarse,
    attenuation_gates,
    coarse,
    front_gate,
    head_gate,
    phantom_gates,
    side_gate,
)
from services.muscle_seg.evidence import Landmark
from services.muscle_seg.gates import Gate
from services.muscle_seg.plausibility import (
    coverage_gates,
    level_gate,
    muscle_gates,
    slice_gates,
)
from services.muscle_seg.series import assess
from services.muscle_seg.slices import FieldOfView, body_mask
from tests.muscle_seg.example import PIXEL_MM, series, torso

SPACING_MM = (PIXEL_MM, PIXEL_MM)
WHOLE = FieldOfView(contact=0.0, muscle_contact=0.0, outside_grid=0.0)


def names(gates: Sequence[Gate]) -> list[str]:
    return [gate.name for gate in gates]


def with_one(instances: list[Dataset], **attributes: object) -> list[Dataset]:
    for name, value in attributes.items():
        setattr(instances[10], name, value)
    return instances


def moved(instances: list[Dataset], by_mm: float) -> list[Dataset]:
    x, y, z = instances[10].ImagePositionPatient
    return with_one(instances, ImagePositionPatient=[x, y, z + by_mm])


def shifted(instances: list[Dataset], by_mm: float) -> list[Dataset]:
    x, y, z = instances[10].ImagePositionPatient
    return with_one(instances, ImagePositionPatient=[x + by_mm, y, z])


def alternating(instances: list[Dataset], by_mm: float) -> list[Dataset]:
    for ds in instances[::2]:
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y + by_mm, z]
    return instances


def unreadable(instances: list[Dataset], name: str, text: str) -> list[Dataset]:
    for ds in instances:
        tag = Tag(name)
        ds[tag] = RawDataElement(tag, "DS", len(text), text.encode(), 0, False, True)  # noqa: FBT003
    return instances


def sagittal() -> list[Dataset]:
    made = series(ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    for k, ds in enumerate(made):
        ds.ImagePositionPatient = [3.0 * k, 0, 0]
    return made


HEADERS = [
    pytest.param(series(Modality="PT"), "not_ct", id="another modality"),
    pytest.param(series(SOPClassUID=SecondaryCaptureImageStorage), "not_ct", id="screenshots"),
    pytest.param(series(SOPClassUID=EnhancedCTImageStorage), "not_ct", id="multi-frame"),
    pytest.param(series(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), "localizer", id="scout"),
    pytest.param(series(19, slice_mm=5), "too_few_slices", id="19 slices"),
    pytest.param(
        with_one(series(), ImageOrientationPatient=[0.999, 0.04, 0, -0.04, 0.999, 0]),
        "mixed_series",
        id="one slice turned",
    ),
    pytest.param(with_one(series(), Rows=50), "mixed_series", id="one slice of another matrix"),
    pytest.param(
        with_one(series(), PixelSpacing=[2, 2]), "mixed_series", id="one slice of other pixels"
    ),
    pytest.param(
        with_one(series(), FrameOfReferenceUID="2.25.81"), "mixed_series", id="two frames"
    ),
    pytest.param(with_one(series(), ConvolutionKernel="B70"), "mixed_series", id="two kernels"),
    pytest.param(with_one(series(), KVP="80"), "mixed_series", id="two tube voltages"),
    pytest.param(sagittal(), "not_axial", id="sagittal"),
    pytest.param(
        series(ImageOrientationPatient=[1, 0, 0, 0, 0.9063, -0.4226]),
        "not_axial",
        id="gantry tilted by 25 degrees",
    ),
    pytest.param(moved(series(), -3.0), "duplicate_positions", id="two slices at one place"),
    pytest.param(shifted(series(), 10.0), "shifted_slices", id="one slice shifted sideways"),
    pytest.param(alternating(series(), 10.0), "shifted_slices", id="two fields of view in turn"),
    pytest.param(series(29)[:10] + series(30)[11:], "irregular_spacing", id="a slice missing"),
    pytest.param(series(20, slice_mm=6), "slice_spacing", id="slices 6 mm apart"),
    pytest.param(series(300, slice_mm=0.3), "slice_spacing", id="slices 0.3 mm apart"),
    pytest.param(series(PixelSpacing=[4, 4]), "pixel_spacing", id="4 mm pixels"),
    pytest.param(series(20, slice_mm=2), "thin_coverage", id="40 mm scanned"),
    pytest.param(series(ImagePositionPatient=None), "geometry", id="no positions"),
    pytest.param(unreadable(series(), "PixelSpacing", "3,0\\abc"), "geometry", id="no numbers"),
    pytest.param(series(ImageOrientationPatient=None), "geometry", id="no orientation"),
    pytest.param(
        series(ImageOrientationPatient=[2, 0, 0, 0, 1, 0]), "orientation", id="no unit vectors"
    ),
]


@pytest.mark.parametrize(("instances", "gate"), HEADERS)
def test_a_series_that_cannot_be_measured_is_stopped_by_one_gate(
    instances: list[Dataset], gate: str
) -> None:
    assert names(assess("2.25.6", instances).failed) == [gate]


def test_a_plain_series_passes_every_header_gate() -> None:
    assert assess("2.25.6", series()).failed == ()


@pytest.mark.parametrize("degrees", [0, 10, 17])
def test_usual_gantry_tilts_pass(degrees: float) -> None:
    radians = np.deg2rad(degrees)
    down = [0, float(np.cos(radians)), float(-np.sin(radians))]
    assert assess("2.25.6", series(ImageOrientationPatient=[1, 0, 0, *down])).failed == ()


@pytest.mark.parametrize(
    ("hu", "gate"),
    [
        (read_volume(series(20)).hu, []),
        (np.full((20, 50, 50), -1000, np.int16), ["not_a_body"]),
        (read_volume(series(20)).hu + 1024, ["hu_scale"]),
        (read_volume(series(20)).hu + 70, ["hu_scale"]),
        (read_volume(series(20)).hu - 60, ["hu_scale"]),
        (np.maximum(read_volume(series(20)).hu, -500), ["hu_scale"]),
        (np.where(read_volume(series(20)).hu > -300, 700, -1000).astype(np.int16), ["hu_scale"]),
    ],
    ids=[
        "a torso",
        "air",
        "without the intercept",
        "70 too many",
        "60 too few",
        "no air",
        "bone all over",
    ],
)
def test_numbers_that_are_no_hounsfield_units_of_a_body_are_stopped(
    hu: NDArray[np.int16], gate: list[str]
) -> None:
    assert sorted(set(names(attenuation_gates(hu)))) == gate


def small(*planes: NDArray[np.int16]) -> Coarse:
    return coarse(np.stack([plane for plane in planes for _ in range(30)]), (3.0, *SPACING_MM))


def round_phantom() -> NDArray[np.int16]:
    y, x = np.mgrid[:100, :120] - np.array([50, 60])[:, None, None]
    hu = np.where(np.hypot(y, x) < 30, -100, -1000)
    hu[np.hypot(y - 15, x) < 6] = 900
    return hu.astype(np.int16)


def skull() -> NDArray[np.int16]:
    y, x = np.mgrid[:100, :120] - np.array([50, 60])[:, None, None]
    radius = np.hypot(y / 1.2, x)
    hu = np.where(radius < 30, -90, -1000)
    hu[radius < 28], hu[radius < 24] = 900, 40
    return hu.astype(np.int16)


def with_liver(column: int) -> NDArray[np.int16]:
    hu = np.where((torso() > 0) & (torso() < 150), -100, torso())  # without the ring of muscle
    y, x = np.mgrid[:100, :120]
    hu[np.hypot(y - 45, x - column) < 20] = 60
    return hu.astype(np.int16)


def test_a_torso_is_a_person_the_right_way_round() -> None:
    made = small(torso())
    assert (
        phantom_gates(made) + head_gate(made) + front_gate(made, 30.0) + side_gate(made, 0.0) == []
    )


@pytest.mark.parametrize(
    "plane", [np.where(torso() > 180, 40, torso()), round_phantom()], ids=["no bone", "round"]
)
def test_a_phantom_is_stopped(plane: NDArray[np.int16]) -> None:
    assert names(phantom_gates(small(plane))) == ["phantom"]


def test_a_head_is_stopped() -> None:
    made = small(skull())
    assert phantom_gates(made) == []
    assert names(head_gate(made)) == ["head"]


def test_a_volume_turned_over_is_noticed_from_its_bone() -> None:
    assert names(front_gate(small(np.ascontiguousarray(torso()[::-1])), 30.0)) == ["orientation"]


@pytest.mark.parametrize(("column", "gate"), [(40, []), (80, ["mirrored"])])
def test_sides_are_told_by_the_liver(column: int, gate: list[str]) -> None:
    assert names(side_gate(small(with_liver(column)), 0.0)) == gate


def test_an_organ_below_l3_tells_no_side() -> None:
    made = small(with_liver(80), torso())
    assert names(side_gate(made, 0.0)) == ["mirrored"]
    assert side_gate(made, 30 * 3.0) == []


@pytest.mark.parametrize(
    ("probability", "upside_down", "gate"),
    [
        (0.5, 0.0, []),
        (0.51, 0.5, []),
        (0.499, 0.0, ["l3_not_covered"]),
        (0.001, 0.9, ["upside_down"]),
        (0.2, 0.9, ["l3_not_covered"]),
        (0.001, 0.89, ["l3_not_covered"]),
        (0.6, 0.9, []),
    ],
)
def test_l3_must_be_covered_the_right_way_up(
    probability: float, upside_down: float, gate: list[str]
) -> None:
    assert names(coverage_gates(probability, upside_down, 0.5)) == gate


CREST = {
    says: Landmark("iliac_crest", None if says is None else 100.0, says, "")
    for says in (True, False, None)
}


@pytest.mark.parametrize(
    ("share", "crest", "gate"),
    [
        (0.7, None, []),
        (1.0, False, []),
        (0.69, None, ["l3_ambiguous"]),
        (0.69, False, ["l3_ambiguous"]),
        (0.69, True, []),
        (0.5, True, []),
        (0.49, True, ["l3_ambiguous"]),
    ],
)
def test_a_level_that_may_be_its_neighbour_is_stopped_unless_bone_confirms_it(
    share: float,
    crest: bool | None,  # noqa: FBT001 - a case of the table
    gate: list[str],
) -> None:
    assert names(level_gate(share, (CREST[crest],))) == gate


def test_another_landmark_that_contradicts_outweighs_the_crest() -> None:
    rib = Landmark("last_rib", 10.0, agrees=False, reason="")
    assert names(level_gate(0.69, (CREST[True], rib))) == ["l3_ambiguous"]


@pytest.mark.parametrize(
    ("view", "gate"),
    [
        (WHOLE, []),
        (FieldOfView(contact=0.06, muscle_contact=0.0, outside_grid=0.0), []),
        (FieldOfView(contact=0.04, muscle_contact=0.5, outside_grid=0.0), []),
        (FieldOfView(contact=0.06, muscle_contact=0.2, outside_grid=0.0), ["fov_truncated"]),
        (FieldOfView(contact=0.0, muscle_contact=0.0, outside_grid=0.03), ["wider_than_grid"]),
    ],
    ids=["whole", "skin touches", "little contact", "muscle cut off", "wider than the window"],
)
def test_a_slice_that_is_cut_off_is_stopped(view: FieldOfView, gate: list[str]) -> None:
    hu = torso()
    assert names(slice_gates(body_mask(hu, SPACING_MM), hu, SPACING_MM, view)) == gate


def test_a_patient_turned_over_is_stopped() -> None:
    hu = np.ascontiguousarray(torso()[::-1])
    assert names(slice_gates(body_mask(hu, SPACING_MM), hu, SPACING_MM, WHOLE)) == ["orientation"]


@pytest.mark.parametrize("pixel_mm", [1.0, 6.0], ids=["a mouse", "a horse"])
def test_a_body_of_impossible_size_is_stopped(pixel_mm: float) -> None:
    hu = torso()
    mm = (pixel_mm, pixel_mm)
    assert names(slice_gates(body_mask(hu, SPACING_MM), hu, mm, WHOLE)) == ["body_area"]


@pytest.mark.parametrize(
    ("area_cm2", "mean_hu", "gate"),
    [
        (150.0, 35.0, []),
        (24.0, 35.0, ["muscle_area"]),
        (351.0, 35.0, ["muscle_area"]),
        (150.0, -11.0, ["muscle_hu"]),
        (150.0, 91.0, ["muscle_hu"]),
        (0.0, float("nan"), ["muscle_area"]),
    ],
)
def test_a_measurement_that_no_adult_has_is_stopped(
    area_cm2: float, mean_hu: float, gate: list[str]
) -> None:
    assert names(muscle_gates(area_cm2, mean_hu)) == gate


@pytest.mark.parametrize(("instances", "gate"), HEADERS)
def test_a_refusal_names_value_and_limit(instances: list[Dataset], gate: str) -> None:
    for failed in assess("2.25.6", instances).failed:
        assert failed.name == gate
        assert failed.measured
        assert failed.limit
        assert failed.measured in failed.reason
        assert failed.limit in failed.reason


@pytest.mark.parametrize(("instances", "gate"), HEADERS)
def test_reasons_hold_no_patient_data(instances: list[Dataset], gate: str) -> None:
    reasons = " ".join(failed.reason for failed in assess("2.25.6", instances).failed)
    assert gate
    assert not any(secret in reasons for secret in ("Nobody", "P-1", "1950", "2.25"))
