"""What the verifier alone could read is painted, and it is asked again."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread

from radloom.dicom.part10 import encode
from services.redactor.guard import silent_pydicom
from services.redactor.pixels.boxes import Box
from services.redactor.pixels.reading import Word
from services.redactor.pixels.second_look import paint_over
from services.redactor.redaction import Made, StudyRedaction
from tests.ingest.example import STUDY, ct
from tests.redactor.flow import instruments, project


def redacted(readings: int) -> Made:
    """One instance; the verifier's reader sees a word in its first views and in none later."""
    asked = 0

    def read_words(_view: NDArray[np.uint8]) -> Sequence[Word]:
        nonlocal asked
        asked += 1
        return [Word("Quarstenbury", 0.9, Box(2, 2, 8, 6))] if asked <= readings else []

    content = encode(ct(1))
    study = StudyRedaction(project(), replace(instruments(), read_words=read_words))
    study.know(lambda: [content])
    made = study.redact(content)
    study.close()
    return made


def test_a_word_that_is_gone_after_the_paint_holds_nothing() -> None:
    made = redacted(readings=3)
    assert made.copy.reasons == ()
    assert made.copy.record["pixels"]["second_look"] > 0


def test_a_word_that_is_read_again_holds_the_copy() -> None:
    assert redacted(readings=6).copy.reasons == ("verifier:pixels:word",)


def test_paint_covers_the_box_in_equal_frames_and_nothing_else() -> None:
    ds = ct(1)
    rows, columns = int(ds.Rows), int(ds.Columns)
    frame = np.full((rows, columns), 50, np.uint16)
    frame[2:6, 2:8] = 900
    other = np.full((rows, columns), 70, np.uint16)
    ds.NumberOfFrames = 3
    ds.PixelData = np.stack([frame, other, frame]).astype("<u2").tobytes()
    painted = paint_over(ds, [(0, Box(2, 2, 8, 6))])
    after = np.frombuffer(ds.PixelData, "<u2").reshape(3, rows, columns)
    assert sorted(painted) == [0, 2]
    assert (after[[0, 2]] == 50).all()
    assert (after[1] == 70).all()


def test_an_invalid_value_is_in_no_warning_of_pydicom() -> None:
    content = encode(ct(1)).replace(STUDY.encode(), b"x" * len(STUDY))
    with warnings.catch_warnings(record=True) as loud:
        warnings.simplefilter("always")
        _ = dcmread(BytesIO(content)).StudyInstanceUID
    with warnings.catch_warnings(record=True) as silent, silent_pydicom():
        warnings.simplefilter("always")
        _ = dcmread(BytesIO(content)).StudyInstanceUID
    assert any("xxxx" in str(one.message) for one in loud)
    assert silent == []
