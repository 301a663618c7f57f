from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from radloom.dicom.part10 import decode, encode
from radloom.dicom.segmentation import area_cm2, build_segmentation, mask_of
from radloom.errors import Rejected
from radloom.results import algorithm_of
from radloom.wire.v1.common_pb2 import ModelUse

ALGORITHM = algorithm_of([ModelUse(name="muscle", version="1", sha256="ab" * 32)])
TRACKING_UID = "2.25.12345"


def slice_of(rows: int, columns: int, index: int = 0) -> Dataset:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = f"2.25.1{index}"
    ds.SeriesInstanceUID = "2.25.2"
    ds.StudyInstanceUID = "2.25.3"
    ds.FrameOfReferenceUID = "2.25.4"
    ds.Modality = "CT"
    ds.PatientName = "M\u00fcller^Jos\u00e9"
    ds.PatientID = "1"
    ds.StudyDate, ds.StudyTime = "20240102", "030405"
    ds.Rows, ds.Columns = rows, columns
    ds.PixelSpacing = [0.7, 0.7]
    ds.ImagePositionPatient = [0.0, 0.0, 3.0 * index]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SliceThickness = 3
    return ds


def disc(rows: int = 24, columns: int = 30) -> NDArray[np.bool_]:
    y, x = np.ogrid[:rows, :columns]
    mask: NDArray[np.bool_] = (y - 10) ** 2 + (x - 17) ** 2 < 40
    return mask


def build(source: list[Dataset], mask: NDArray[np.bool_]) -> Dataset:
    return build_segmentation(source, mask, tracking_uid=TRACKING_UID, algorithm=ALGORITHM)


def test_a_second_run_gives_the_same_bytes() -> None:
    assert encode(build([slice_of(24, 30)], disc()[None])) == encode(
        build([slice_of(24, 30)], disc()[None])
    )


def test_one_other_pixel_gives_another_instance() -> None:
    changed = disc()
    changed[0, 0] = True
    first, second = (build([slice_of(24, 30)], mask[None]) for mask in (disc(), changed))
    assert first.SOPInstanceUID != second.SOPInstanceUID


@given(
    st.integers(8, 24).flatmap(
        lambda rows: st.lists(
            st.lists(st.booleans(), min_size=rows, max_size=rows), min_size=8, max_size=24
        )
    )
)
def test_the_mask_read_back_is_the_mask_written(rows: list[list[bool]]) -> None:
    mask = np.array(rows, dtype=np.bool_)
    mask[0, 0] = True  # an empty mask is refused
    seg = decode(encode(build([slice_of(*mask.shape)], mask[None])))
    found, frame = mask_of(seg, "2.25.10")
    assert frame == 1
    assert np.array_equal(found, mask)


def test_each_slice_keeps_its_own_mask() -> None:
    masks = np.stack([disc(), np.roll(disc(), 5, axis=0), np.roll(disc(), 3, axis=1)])
    seg = decode(encode(build([slice_of(24, 30, i) for i in range(3)], masks)))
    for i in range(3):
        found, _ = mask_of(seg, f"2.25.1{i}")
        assert np.array_equal(found, masks[i])


def test_a_slice_that_was_not_segmented_has_no_mask() -> None:
    with pytest.raises(Rejected, match="0 frames"):
        mask_of(build([slice_of(24, 30)], disc()[None]), "2.25.99")


def test_the_result_carries_tracking_uid_colour_and_references() -> None:
    seg = build([slice_of(24, 30)], disc()[None])
    segment = seg.SegmentSequence[0]
    assert segment.TrackingUID == TRACKING_UID
    assert len(segment.RecommendedDisplayCIELabValue) == 3
    reference = seg.ReferencedSeriesSequence[0]
    assert reference.SeriesInstanceUID == "2.25.2"
    assert reference.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == "2.25.10"


@pytest.mark.parametrize("character_set", ["", None, "ISO_IR 100"])
def test_names_survive_whatever_the_source_says_of_its_characters(
    character_set: str | None,
) -> None:
    source = slice_of(24, 30)
    source.SpecificCharacterSet = character_set
    assert str(decode(encode(build([source], disc()[None]))).PatientName) == "M\u00fcller^Jos\u00e9"


def test_a_name_without_carets_and_a_sex_of_no_defined_term_are_tolerated() -> None:
    source = slice_of(24, 30)
    source.PatientName, source.PatientSex = "MUELLER JOSE", "X"
    seg = build([source], disc()[None])
    assert str(seg.PatientName) == "MUELLER JOSE"
    assert not seg.PatientSex


def test_private_and_unlisted_attributes_of_the_source_do_not_travel() -> None:
    source = slice_of(24, 30)
    source.PatientComments = "told in confidence"
    source.private_block(0x0011, "VENDOR", create=True).add_new(1, "LO", "told in confidence")
    assert b"confidence" not in encode(build([source], disc()[None]))


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "FrameOfReferenceUID", "PixelSpacing"])
def test_a_source_that_cannot_be_referred_to_is_refused_by_attribute(keyword: str) -> None:
    source = slice_of(24, 30)
    setattr(source, keyword, None)
    with pytest.raises(Rejected, match=keyword) as refused:
        build([source], disc()[None])
    assert refused.value.reason == "unusable_source"


@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((1, 24, 30), np.bool_),
        disc()[None].astype(np.uint8),
        disc(),
        disc(30, 24)[None],
        np.stack([disc(), disc()]),
    ],
    ids=["empty", "not boolean", "no slice axis", "transposed", "one slice too many"],
)
def test_a_mask_that_does_not_fit_is_refused(mask: NDArray[np.bool_]) -> None:
    with pytest.raises(Rejected, match="mask is"):
        build([slice_of(24, 30)], mask)


def test_the_area_is_pixels_times_spacing() -> None:
    assert area_cm2(np.ones((10, 20), np.bool_), (0.5, 0.8)) == pytest.approx(0.8)
    assert Decimal(str(area_cm2(np.eye(10, dtype=np.bool_), (3.0, 3.0)))) == Decimal("0.9")
