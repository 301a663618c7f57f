import base64
import zlib

import numpy as np
import pytest

from evaluation.redactor.burning import Label, burnt
from evaluation.redactor.byte_search import Haystack
from evaluation.redactor.headers import HeaderScore, new_errors
from evaluation.redactor.objects import Source, content_of, series, sources
from evaluation.redactor.ours import Headers
from evaluation.redactor.pixels import PixelScore, blanked, coverage, excess_area
from evaluation.redactor.planting import planted
from evaluation.redactor.report_writer import EPONYM, NEUTRAL, Marked, Report, reports
from evaluation.redactor.ten_actions import ActionScore, count, study
from evaluation.redactor.texts import TextScore

ROWS = [0x00080050, 0x00080080, 0x00080090, 0x00081010, 0x00101040, 0x00104000, 0x00321032]
HIDDEN = "Quarlumwick"


@pytest.fixture(scope="module")
def objects() -> dict[str, Source]:
    return {one.name: one for one in sources()}


@pytest.mark.parametrize(
    "packed",
    [
        HIDDEN.encode(),
        HIDDEN.upper().encode(),
        HIDDEN.encode("utf-16-le"),
        HIDDEN.encode("utf-16-be"),
        zlib.compress(HIDDEN.encode()),
        base64.b64encode(f"a{HIDDEN}".encode()),
        zlib.compress(base64.b64encode(f"a long line with {HIDDEN}".encode())),
    ],
)
def test_a_value_is_found_however_it_is_packed(packed: bytes) -> None:
    assert Haystack(b"\0" * 131 + b"xx" + packed + b"\0\0").has(HIDDEN)


def test_a_value_that_is_not_there_is_not_found() -> None:
    assert not Haystack(b"\0" * 200 + b"Quarlum wick").has(HIDDEN)


def test_a_tool_that_does_nothing_leaves_nearly_all_and_keeps_all(
    objects: dict[str, Source],
) -> None:
    score = HeaderScore()
    for name in ("CT_small.dcm", "test-SR.dcm", "presentation"):
        one = planted(objects[name], ROWS, 5)
        score.add(one, one.content)
    assert sum(score.leaked.values()) >= 0.99 * sum(score.planted.values()) > 100
    assert score.kept == score.useful > 0


def test_a_refused_file_leaks_nothing_and_counts_as_refused(objects: dict[str, Source]) -> None:
    score = HeaderScore()
    score.add(planted(objects["CT_small.dcm"], ROWS, 5), None)
    assert (score.files, score.processed, score.refused) == (1, 0, ["CT_small.dcm"])
    assert not score.planted


def test_the_engine_leaves_no_identifier_in_a_ct_and_keeps_what_is_useful(
    objects: dict[str, Source],
) -> None:
    one = planted(objects["CT_small.dcm"], ROWS, 6)
    score = HeaderScore()
    score.add(one, Headers()([one.content])[0])
    assert (score.processed, sum(score.leaked.values())) == (1, 0)
    assert score.kept == score.useful


def test_the_same_seed_plants_the_same_values(objects: dict[str, Source]) -> None:
    first, again = (planted(objects["rtplan.dcm"], ROWS, 7) for _ in range(2))
    assert first.truths == again.truths
    assert first.truths != planted(objects["rtplan.dcm"], ROWS, 8).truths


def test_an_object_has_no_new_errors_against_itself(objects: dict[str, Source]) -> None:
    ct = objects["CT_small.dcm"]
    assert new_errors([ct], [ct.content]) == []
    assert new_errors([ct], [None]) == []


def test_an_attribute_that_went_missing_is_a_new_error(objects: dict[str, Source]) -> None:
    ct = objects["CT_small.dcm"]
    ds = ct.dataset()
    del ds.Modality
    assert any("Modality" in kind for _, kind in new_errors([ct], [content_of(ds)]))


def test_a_missing_file_fails_every_action() -> None:
    one, score = study(series(), 3), ActionScore()
    count(score, one, [None] * len(one.inputs))
    assert score.total.total() > 100
    assert score.passed.total() == 0


def test_untouched_files_pass_only_what_must_stay() -> None:
    one, score = study(series(), 3), ActionScore()
    count(score, one, one.inputs)
    assert score.passed["tag_retained"] == score.total["tag_retained"]
    assert score.passed["pixels_retained"] == score.total["pixels_retained"]
    for action in ("text_removed", "date_shifted", "uid_changed"):
        assert score.passed[action] == 0


# -------------------------------------------------------------------------------------- reports


def test_marks_of_a_report_lie_on_their_words() -> None:
    for one in reports(3, 50):
        ends = [0, *(mark.end for mark in one.marks)]
        assert all(mark.start >= end for mark, end in zip(one.marks, ends, strict=False))
        for mark in one.marks:
            assert one.text[mark.start : mark.end].strip()
            if mark.kind == "PHONE":
                assert any(c.isdigit() for c in one.text[mark.start : mark.end])


def test_a_span_of_which_one_letter_stays_is_missed() -> None:
    text = "Seen by Ann Lee for Hodgkin disease"
    one = Report(text, (Marked(8, 15, "NAME"), Marked(20, 27, EPONYM)), {}, prose=True)
    score = TextScore()
    assert not score.add(one, [(8, 14)])
    assert score.add(one, [(8, 11), (12, 15)])
    assert (score.covered["NAME"], score.spans["NAME"], score.clean) == (1, 2, 1)
    assert (score.eponyms, score.eponyms_kept) == (2, 2)


def test_words_outside_identifiers_that_went_count_as_over_redaction() -> None:
    one = Report("Lungs are clear. AB", (Marked(17, 19, NEUTRAL),), {}, prose=True)
    score = TextScore()
    assert score.add(one, [(0, 5), (17, 19)])
    assert (score.taken, score.words) == (1, 3)


# --------------------------------------------------------------------------------------- pixels


def test_a_blanked_box_is_covered_also_where_its_colour_was_there_before() -> None:
    before = np.zeros((1, 20, 20), np.int64)
    before[0, 5:10, 5:10] = 9
    after = before.copy()
    after[0, 4:11, 4:11] = 0
    label = Label("x", True, (5, 5, 10, 10), -1, 9, 1.0)  # noqa: FBT003 - its only flag
    assert coverage(blanked(before, after), label) == 1
    assert coverage(blanked(before, before), label) == 0


def test_area_outside_padded_labels_is_excess() -> None:
    changed = np.zeros((1, 40, 40), np.bool_)
    changed[0, 0:20, 0:20] = True
    label = Label("x", True, (0, 0, 14, 14), -1, 9, 1.0)  # noqa: FBT003 - its only flag
    assert excess_area(changed, [label]) == 0
    assert excess_area(changed, []) == pytest.approx(0.25)


def test_an_image_left_as_it_is_leaks_unless_it_is_held() -> None:
    image = burnt(3, 1)
    score = PixelScore()
    assert score.add(image, image.content)
    assert score.add(image, image.content, held=True)
    assert (score.leaking, score.held, score.covered) == (1, 1, 0)
    assert score.boxes >= 2
    assert score.safe_kept == score.safe


def test_every_label_lies_within_its_image() -> None:
    for number in range(12):
        image = burnt(4, number)
        ds = Source(image.name, image.content).dataset()
        for label in image.labels:
            left, top, right, bottom = label.box
            assert 0 <= left < right <= ds.Columns
            assert 0 <= top < bottom <= ds.Rows
