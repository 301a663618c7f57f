"""One volume, however its slices were stored."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import RLELossless

from radloom.dicom.volume import SliceOrder, read_geometry, read_volume
from radloom.errors import Rejected
from tests.muscle_seg.example import image, series

SHAPE, SPACING_MM = (5, 6, 7), (4.0, 2.0, 3.0)


def anatomy() -> NDArray[np.int16]:
    """(z, y, x) where no two voxels are alike."""
    return np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)


def stored(order: SliceOrder) -> list[Dataset]:
    """The anatomy as a scanner would store it whose rows and columns run as given."""
    along_x = [-1.0, 0, 0] if order.flip_x else [1.0, 0, 0]
    along_y = [0, -1.0, 0] if order.flip_y else [0, 1.0, 0]
    row, column = (along_y, along_x) if order.transpose else (along_x, along_y)
    spacing = [SPACING_MM[2], SPACING_MM[1]] if order.transpose else [SPACING_MM[1], SPACING_MM[2]]
    x = 50.0 + (SHAPE[2] - 1) * SPACING_MM[2] * order.flip_x
    y = 60.0 + (SHAPE[1] - 1) * SPACING_MM[1] * order.flip_y
    return [
        image(
            k,
            order.to_stored(plane),
            (x, y, 100 + k * SPACING_MM[0]),
            ImageOrientationPatient=[*row, *column],
            PixelSpacing=spacing,
        )
        for k, plane in enumerate(anatomy())
    ]


@given(
    order=st.builds(SliceOrder, st.booleans(), st.booleans(), st.booleans()),
    arrival=st.permutations(range(SHAPE[0])),
)
def test_any_order_and_direction_gives_the_same_volume(
    order: SliceOrder, arrival: list[int]
) -> None:
    instances = stored(order)
    volume = read_volume([instances[k] for k in arrival])
    assert np.array_equal(volume.hu, anatomy())
    assert volume.spacing_mm == pytest.approx(SPACING_MM)
    assert volume.z_mm == pytest.approx([100 + 4.0 * k for k in range(5)])
    assert volume.sop_instance_uids == tuple(str(ds.SOPInstanceUID) for ds in instances)
    for ds, plane in zip(instances, volume.hu, strict=True):
        assert np.array_equal(volume.slice_order.to_stored(plane), ds.pixel_array)


def test_compressed_slices_give_the_same_volume() -> None:
    plain = series(3)
    packed = series(3)
    for ds in packed:
        ds.compress(RLELossless)
    assert np.array_equal(read_volume(packed).hu, read_volume(plain).hu)


def test_the_distance_of_slices_comes_from_positions_not_thickness() -> None:
    assert read_volume(series(4, slice_mm=2.5, SliceThickness=5)).spacing_mm[0] == 2.5


def test_a_tilted_gantry_keeps_the_distance_along_the_normal() -> None:
    tilt = np.deg2rad(15)
    down = [0, float(np.cos(tilt)), float(-np.sin(tilt))]
    geometry = read_geometry(series(4, ImageOrientationPatient=[1, 0, 0, *down]))
    assert geometry.gaps_mm == pytest.approx([3 * np.cos(tilt)] * 3)


def test_rescale_and_padding_become_hounsfield_units_within_range() -> None:
    pixels = np.array([[0, 1024, 2048, -2000, 30000]], dtype=np.int16)
    ds = image(0, pixels, (0, 0, 0), RescaleIntercept=-1024, RescaleSlope=1)
    ds.PixelPaddingValue = -2000
    assert read_volume([ds]).hu.tolist() == [[[-1024, 0, 1024, -1024, 3071]]]


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"ImagePositionPatient": None}, "geometry"),
        ({"ImagePositionPatient": [0, 0]}, "geometry"),
        ({"ImageOrientationPatient": None}, "geometry"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, 0]}, "orientation"),
        ({"PixelSpacing": None}, "geometry"),
        ({"PixelSpacing": [0, 1]}, "spacing"),
        ({"RescaleSlope": None}, "rescale"),
        ({"RescaleIntercept": None}, "rescale"),
        ({"PixelData": b"\0\0"}, "pixels"),
    ],
)
def test_what_is_missing_or_impossible_is_named(attributes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_volume(series(3, **attributes))
    assert refused.value.reason == reason


def test_slices_of_different_size_are_named() -> None:
    small = image(9, np.zeros((4, 4), dtype=np.int16), (0, 0, 99))
    with pytest.raises(Rejected, match=r"\(100, 120\) and \(4, 4\)") as refused:
        read_volume([*series(2), small])
    assert refused.value.reason == "mixed_matrix"
