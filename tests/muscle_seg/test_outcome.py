"""What the event says besides the numbers."""

import pytest
from pydicom import Dataset

from services.muscle_seg.outcome import acquired_on


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"StudyDate": "20240102"}, "2024-01-02"),
        ({"StudyDate": "20240102", "StudyTime": "030405"}, "2024-01-02"),
        (
            {"StudyDate": "20240102", "StudyTime": "030405", "TimezoneOffsetFromUTC": "+0100"},
            "2024-01-02T03:04:05+01:00",
        ),
        ({}, ""),
        ({"StudyDate": ""}, ""),
    ],
)
def test_the_event_says_when_the_study_was_made(attributes: dict[str, str], told: str) -> None:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    assert acquired_on([ds]) == told
