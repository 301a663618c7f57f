from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ImplicitVRLittleEndian

from radloom.errors import Unavailable
from services.redactor.profiles import LONGITUDINAL
from services.redactor.verifier import Doubt, Needles, Reason, Retained, Verification, verify
from services.redactor.verifier.residual import unsafe_words
from tests.redactor.planted_files import (
    HIDING_PLACES,
    NAME,
    SOP_INSTANCE_UID,
    added,
    ct,
    element,
    released,
    written,
)

ORIGINAL = written(ct())
OUTPUT = released(ORIGINAL)


@dataclass(frozen=True)
class Rectangle:
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Read:
    text: str
    confidence: float = 0.9
    box: Rectangle = Rectangle(4, 8, 30, 16)


def reasons(output: bytes, original: bytes = ORIGINAL) -> set[Reason]:
    return {doubt.reason for doubt in verify([original], [output])}


def test_a_reader_that_is_away_is_not_a_doubt() -> None:
    def read_words(_view: NDArray[np.uint8]) -> Sequence[Read]:
        raise Unavailable("textdet_check does not answer", dependency="triton")

    with pytest.raises(Unavailable):
        verify([ORIGINAL], [OUTPUT], read_words=read_words)


def with_word(text: str, confidence: float = 0.9) -> set[Reason]:
    def read_words(view: NDArray[np.uint8]) -> Sequence[Read]:
        return [Read(text, confidence)] if view.shape == (64, 64) else []

    return {one.reason for one in verify([ORIGINAL], [OUTPUT], read_words=read_words)}


def test_an_honest_output_raises_no_doubt() -> None:
    assert verify([ORIGINAL], [OUTPUT]) == ()


def test_an_original_that_was_not_redacted_raises_every_kind_of_doubt() -> None:
    assert reasons(ORIGINAL) >= {
        Reason.KNOWN_NAME,
        Reason.KNOWN_ID,
        Reason.KNOWN_DATE,
        Reason.KNOWN_UID,
        Reason.KNOWN_CONTACT,
        Reason.KNOWN_INSTITUTION,
        Reason.KNOWN_DEVICE,
        Reason.UNCHANGED,
        Reason.UNDECLARED,
        Reason.LEFTOVER,
    }


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_an_identifier_in_a_hiding_place_is_seen(place: str) -> None:
    assert verify([ORIGINAL], [HIDING_PLACES[place](OUTPUT)])


@pytest.mark.parametrize("place", ["utf16_private", "nested_7", "deflated", "phone_other_form"])
def test_implicit_vr_hides_nothing(place: str) -> None:
    original = written(ct(ImplicitVRLittleEndian))
    output = released(original)
    assert verify([original], [output]) == ()
    assert verify([original], [HIDING_PLACES[place](output)])


def test_a_doubt_says_where_but_never_what() -> None:
    output = HIDING_PLACES["nested_7"](OUTPUT)
    (doubt,) = verify([ORIGINAL], [output])
    assert doubt == Doubt(Reason.KNOWN_NAME, "0040A730[0]" + ".0040A730[0]" * 6 + ".0040A160", 0)


def test_a_file_that_does_not_open_is_doubted() -> None:
    assert verify([ORIGINAL], [OUTPUT[:200]]) != ()
    assert reasons(b"no file") == {Reason.NOT_READABLE}


def test_a_bomb_in_a_value_is_doubted_rather_than_inflated() -> None:
    import zlib  # noqa: PLC0415

    bomb = zlib.compress(bytes(80 << 20))
    assert Reason.NOT_READABLE in reasons(element(0x00111001, "OB", bomb)(OUTPUT))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Brown fat", "Brown^Alice"),
        ("White matter", "White^Alice"),
        ("a long stent in the long axis", "Long^Alice"),
        ("the patient may come again", "May^Alice"),
        ("annotation", "Ann^Lee"),
        ("asleep", "Lee^Jo"),
        ("protein", "Tei^Jo"),
    ],
)
def test_an_ordinary_word_is_no_name(text: str, name: str) -> None:
    ds = ct()
    ds.PatientName = name
    original = written(ds)
    output = element(0x00081030, "LO", text)(released(original))
    assert verify([original], [output]) == ()


@pytest.mark.parametrize(
    "text", ["Mrs Brown came", "BROWN, ALICE", "brownalice", "Alice_Brown.jpg"]
)
def test_a_name_that_is_also_a_word_is_seen_where_it_is_a_name(text: str) -> None:
    ds = ct()
    ds.PatientName = "Brown^Alice"
    original = written(ds)
    output = element(0x00081030, "LO", text)(released(original))
    assert Reason.KNOWN_NAME in reasons(output, original)


def test_a_maker_called_like_the_site_is_no_doubt() -> None:
    ds = ct()
    ds.InstitutionName = ds.StationName = "TOSHIBA"
    ds.Manufacturer = "TOSHIBA"
    original = written(ds)
    output = added(lambda one: setattr(one, "Manufacturer", "TOSHIBA"))(released(original))
    assert verify([original], [output]) == ()


def test_shifted_dates_may_meet_other_dates_of_the_study() -> None:
    ds = ct()
    output = dcmread(BytesIO(released(written(ds), LONGITUDINAL)))
    ds.ContentDate = output.StudyDate  # where the shift takes the study's own day
    original = written(ds)
    assert verify([original], [released(original, LONGITUDINAL)]) == ()


def test_what_a_profile_keeps_is_no_needle() -> None:
    output = element(0x00080080, "LO", "Quillford Infirmary")(OUTPUT)
    retained = frozenset({Retained.INSTITUTION})
    assert verify([ORIGINAL], [output], retained=retained) == ()
    assert verify([ORIGINAL], [output]) != ()


def test_identifiers_that_only_the_records_know_are_sought() -> None:
    output = element(0x00181030, "LO", "Wrenfield and GH-998877")(OUTPUT)
    assert verify([ORIGINAL], [output]) == ()
    found = verify([ORIGINAL], [output], identity=["Wrenfield, Maud", "GH-998877"])
    assert {doubt.reason for doubt in found} == {Reason.KNOWN_NAME, Reason.KNOWN_ID}


def test_an_object_must_say_that_it_was_de_identified() -> None:
    def silent(ds: FileDataset) -> None:
        del ds.DeidentificationMethod, ds.DeidentificationMethodCodeSequence
        ds.PatientIdentityRemoved = "NO"
        ds.BurnedInAnnotation = "YES"

    found = verify([ORIGINAL], [added(silent)(OUTPUT)])
    assert {one.place for one in found if one.reason == Reason.UNDECLARED} == {
        "00120062",
        "00120063",
        "00280301",
    }


def test_pixels_may_change_in_blanked_boxes_alone() -> None:
    def blank(ds: FileDataset) -> None:
        cells = np.frombuffer(ds.PixelData, "<u2").reshape(32, 32).copy()
        cells[4:8, 10:20] = 0
        ds.PixelData = cells.tobytes()

    output = added(blank)(OUTPUT)
    box, smaller = Rectangle(10, 4, 20, 8), Rectangle(10, 4, 19, 8)
    assert verify([ORIGINAL], [output], blanked=[{0: [box]}]) == ()
    assert {one.reason for one in verify([ORIGINAL], [output], blanked=[{0: [smaller]}])} == {
        Reason.PIXELS_CHANGED
    }


SAFE = ["L", "R", "120 kV", "5 cm", "WL", "512", "Axial", "z", "T1", "SAG", "FLAIR", "Zoom 1.5"]
SETTINGS = ["Se3", "kVp120", "DFOV35.0cm", "TR500TE15", "TR500TE 15", "W 400 L40", "MI0.8"]


@pytest.mark.parametrize("text", SAFE + SETTINGS)
def test_markers_and_measures_in_pixels_are_safe(text: str) -> None:
    assert with_word(text) == set()


DOUBTFUL = ["12/03/2024", "Krzysztof", "4417", "A1234", "x72", "12 MAY 45", "kVp1201", "ID123"]
DOUBTFUL += ["12MAR45", "kVp120Fernando", "3 Dec"]


@pytest.mark.parametrize("text", DOUBTFUL)
def test_any_other_word_in_pixels_is_doubted(text: str) -> None:
    assert with_word(text) == {Reason.WORD}


def test_a_known_word_in_pixels_is_doubted_however_unsure_the_reader_is() -> None:
    assert with_word("Fernsby", 0.1) == {Reason.NEEDLE_WORD}
    assert with_word("Krzysztof", 0.1) == set()


@pytest.mark.parametrize("view", range(3))
def test_a_word_is_placed_in_the_frame_whatever_view_shows_it(view: int) -> None:
    """One bright rectangle is read; the doubt must say where it is in the frame."""
    rows, columns = 32, 32
    frame = np.zeros((rows, columns), np.uint8)
    frame[5:9, 12:26] = 200
    asked = iter(range(3))

    def read_words(shown: NDArray[np.uint8]) -> Sequence[Read]:
        y, x = np.nonzero(shown > 100)
        box = Rectangle(int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1)
        return [Read("Krzysztof", box=box)] if next(asked) == view else []

    (word,) = unsafe_words(frame, read_words, lambda _: False)
    assert np.abs(np.subtract(word.edges, (12, 5, 26, 9))).max() <= 1


def test_every_distinct_frame_is_read_once_in_every_view() -> None:
    ds = ct()
    ds.NumberOfFrames = 3
    ds.PixelData = ds.PixelData * 2 + bytes(len(ds.PixelData))
    original = written(ds)
    seen = []

    def read_words(view: NDArray[np.uint8]) -> Sequence[Read]:
        seen.append(view.shape)
        return [Read("Krzysztof")] if not view.any() else []

    found = verify([original], [released(original)], read_words=read_words)
    assert seen == [(64, 64), (32, 32), (32, 32)] * 2
    assert {one.place for one in found} == {"frame 2"}


def test_a_validator_counts_new_kinds_of_errors_alone() -> None:
    def validate(content: bytes) -> Sequence[str]:
        lines = ["Error - Value is zero for value 1 of attribute <Slope> = <0>"]
        if content == OUTPUT:
            lines.append("Error - Value is zero for value 2 of attribute <Slope> = <00>")
        elif content != ORIGINAL:
            lines.append("Error - Missing attribute Element=<PatientSex> Module=<Patient>")
        return [*lines, "Warning - something new " + str(len(content))]

    assert verify([ORIGINAL], [OUTPUT], validate=validate) == ()
    worse = element(0x00181030, "LO", "Thorax")(OUTPUT)
    found = verify([ORIGINAL], [worse], validate=validate)
    assert [one.reason for one in found] == [Reason.CONFORMANCE]


def refers_to(uid: str, own: str) -> bytes:
    ds = ct()
    ds.SOPInstanceUID = own
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = ds.SOPClassUID, uid
    ds.SourceImageSequence = [item]
    return written(ds)


def test_references_must_resolve_where_they_did() -> None:
    one, two = ORIGINAL, refers_to(SOP_INSTANCE_UID, SOP_INSTANCE_UID + "2")
    outputs = [released(one), released(two)]
    assert verify([one, two], outputs) == ()

    def lost(ds: FileDataset) -> None:
        ds.SourceImageSequence[0].ReferencedSOPInstanceUID = "2.25.4711"

    broken = verify([one, two], [outputs[0], added(lost)(outputs[1])])
    assert broken == (Doubt(Reason.REFERENCE, "00081155", 1),)


def test_a_reference_that_led_nowhere_before_may_do_so() -> None:
    one = refers_to("1.2.3.4.5.6789", SOP_INSTANCE_UID)
    assert verify([one], [released(one)]) == ()


def test_one_series_stays_one_and_two_stay_two() -> None:
    two = refers_to(SOP_INSTANCE_UID, SOP_INSTANCE_UID + "2")
    split = added(lambda ds: setattr(ds, "SeriesInstanceUID", "2.25.99"))(released(two))
    assert verify([ORIGINAL, two], [OUTPUT, split]) == (Doubt(Reason.REFERENCE, "0020000E", 1),)


def test_an_object_of_an_earlier_run_counts_for_references() -> None:
    one, two = ORIGINAL, refers_to(SOP_INSTANCE_UID, SOP_INSTANCE_UID + "2")
    headers = [dcmread(BytesIO(content)) for content in (one, two)]
    verification = Verification(Needles.gather(headers))
    verification.note(one, released(one))
    assert verification.check(two, released(two)) == ()
    assert verification.close() == ()


def test_the_name_as_it_is_spelled_is_among_the_needles() -> None:
    needles = Needles.gather([ct()])
    assert NAME in needles.names
    assert len(needles.days) == 2
