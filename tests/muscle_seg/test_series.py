"""Which of a study's series is measured."""

import pytest
from pydicom import Dataset

from services.muscle_seg.series import assess, choose
from tests.muscle_seg.example import series

ORIGINAL = ["ORIGINAL", "PRIMARY", "AXIAL"]


def best(**candidates: list[Dataset]) -> str:
    return choose(
        [assess(uid, instances) for uid, instances in candidates.items()]
    ).series_instance_uid


@pytest.mark.parametrize(
    "worse",
    [
        pytest.param(series(2, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), id="scout"),
        pytest.param(series(ConvolutionKernel="B70f"), id="sharp kernel"),
        pytest.param(series(ImageType=["DERIVED", "SECONDARY", "MPR"]), id="reformatted"),
        pytest.param(series(90, slice_mm=1.0), id="thin slices, noisier"),
        pytest.param(series(25), id="shorter"),
        pytest.param(series(ImageOrientationPatient=[0, 1, 0, 0, 0, -1]), id="sagittal"),
    ],
)
def test_the_better_series_wins_in_whatever_order_they_come(worse: list[Dataset]) -> None:
    better = series(30, ConvolutionKernel="B30f", ImageType=ORIGINAL)
    assert best(a=worse, b=better) == "b"
    assert best(a=better, b=worse) == "a"


def test_equal_series_are_decided_by_uid_so_that_a_rerun_chooses_alike() -> None:
    assert best(b=series(), a=series()) == "a"


def test_when_none_may_be_measured_the_one_with_the_fewest_faults_is_refused() -> None:
    scout = series(2, Modality="CT", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    chosen = choose([assess("a", scout), assess("b", series(20, slice_mm=2))])
    assert chosen.series_instance_uid == "b"
    assert [gate.name for gate in chosen.failed] == ["thin_coverage"]


def test_the_reasons_say_what_made_up_the_score() -> None:
    found = assess("a", series(30, ConvolutionKernel="B30f"))
    assert found.reasons == (
        "original axial images",
        "soft-tissue kernel",
        "slices 3.0 mm apart",
        "87 mm scanned",
    )
