"""Burned-in text leaves every kind of pixels, and nothing else does."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.utils import set_pixel_data
from pydicom.uid import (
    JPEG2000,
    MPEG2MPML,
    CTImageStorage,
    EncapsulatedPDFStorage,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from radloom.adapters.onnx import EmbeddedInference
from radloom.errors import Rejected
from services.redactor.pixels import Decision, PixelRedaction, PixelSettings, redact_pixels
from services.redactor.pixels.boxes import Box, covered, painted
from services.redactor.pixels.frames import frames_of
from services.redactor.pixels.gate import must_be_read, text_like
from services.redactor.pixels.reading import Infer
from services.redactor.pixels.verdicts import Reason
from tests.redactor.drawn_text import Scene, object_of, picture_of, reopened, write

ROOT = Path(__file__).parents[2]
Arrays = Mapping[str, NDArray[np.generic]]


@pytest.fixture(scope="module")
def infer() -> Infer:
    inference = EmbeddedInference(ROOT / "triton_models")
    return lambda model, inputs: inference.infer(model, inputs).outputs


def nobody_may_ask(model: str, inputs: Arrays) -> Arrays:
    raise AssertionError(f"{model} was asked for {inputs['image'].shape}")


def scene_with(name: str = "MILLER ANNA", *, contrast: float = 0.8) -> Scene:
    made = Scene(np.full((128, 256), 0.05))
    made.picture[60:110, 150:240] = picture_of(np.random.default_rng(1), 50, 90, "film")
    write(made, name, (12, 16), height=14, contrast=contrast)
    write(made, "W 400 L 40", (12, 90), height=12, contrast=contrast, identifying=False)
    return made


def assert_name_is_gone(scene: Scene, made: PixelRedaction, frame: int = 0) -> None:
    boxes = [blanked.box for blanked in made.blanked if blanked.frame == frame]
    mask = painted(boxes, scene.picture.shape)
    for label in scene.labels:
        share = covered(Box(*label.box), mask)
        assert share >= 0.8 if label.identifying else share < 0.2


def assert_rest_is_untouched(before: Dataset, after: Dataset, made: PixelRedaction) -> None:
    mask = painted([b.box for b in made.blanked], (before.Rows, before.Columns))
    old, new = before.pixel_array, after.pixel_array
    np.testing.assert_array_equal(old[~mask], new[~mask])
    assert (old[mask] != new[mask]).any()


KINDS = [
    {"bits": 8},
    {"bits": 12},
    {"bits": 16},
    {"bits": 16, "signed": True},
    {"bits": 12, "photometric": "MONOCHROME1"},
    {"photometric": "RGB"},
    {"photometric": "YBR_FULL"},
    {"photometric": "PALETTE COLOR"},
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_name_leaves_any_kind_of_samples_and_a_setting_stays(
    kind: dict[str, object], infer: Infer
) -> None:
    scene = scene_with()
    ds = object_of(scene, **kind)  # type: ignore[arg-type] # parameters of a test case
    before = reopened(ds)
    made = redact_pixels(ds, infer=infer)
    after = reopened(ds)
    assert made.decision is Decision.READ
    assert_name_is_gone(scene, made)
    assert_rest_is_untouched(before, after, made)
    assert [kept.reason.value for kept in made.kept][:1] == ["parameter"]
    assert after.ImageType[0] == "DERIVED"
    assert_paint_shows_as_darkest(after, made)


def assert_paint_shows_as_darkest(after: Dataset, made: PixelRedaction) -> None:
    samples = after.pixel_array
    paint = samples[made.blanked[0].box.slices()].reshape(-1, after.SamplesPerPixel)
    assert (paint == paint[0]).all()
    if after.SamplesPerPixel > 1:
        assert paint[0, 0] == 0
    elif after.PhotometricInterpretation == "MONOCHROME2":
        assert paint[0, 0] == samples.min()
    else:
        assert paint[0, 0] == samples.max()


@pytest.mark.parametrize(
    ("syntax", "kind"),
    [
        (RLELossless, {"bits": 12}),
        (RLELossless, {"photometric": "RGB"}),
        (JPEG2000Lossless, {"bits": 16, "signed": True}),
        (JPEG2000Lossless, {"photometric": "RGB"}),
        (JPEG2000, {"bits": 12}),
        (JPEG2000, {"photometric": "RGB"}),
    ],
)
def test_a_compressed_object_keeps_its_transfer_syntax(
    syntax: str, kind: dict[str, object], infer: Infer
) -> None:
    scene = scene_with()
    ds = object_of(scene, **kind)  # type: ignore[arg-type] # parameters of a test case
    ratios = [2.0] if syntax == JPEG2000 else None
    ds.compress(syntax, generate_instance_uid=False, j2k_cr=ratios)
    ds = reopened(ds)
    before = reopened(ds)
    made = redact_pixels(ds, infer=infer)
    after = reopened(ds)
    assert after.file_meta.TransferSyntaxUID == syntax
    assert_name_is_gone(scene, made)
    assert_rest_is_untouched(before, after, made)


def test_lossy_jpeg_becomes_lossless_and_says_that_it_was_lossy(infer: Infer) -> None:
    scene = scene_with()
    ds = jpeg_of(object_of(scene, photometric="RGB"))
    before = reopened(ds)
    made = redact_pixels(ds, infer=infer)
    after = reopened(ds)
    assert after.file_meta.TransferSyntaxUID == JPEG2000Lossless
    assert after.PhotometricInterpretation == "YBR_FULL"
    assert after.LossyImageCompression == "01"
    assert_name_is_gone(scene, made)
    assert_rest_is_untouched(before, after, made)


def jpeg_of(ds: Dataset) -> Dataset:
    import cv2  # noqa: PLC0415 - the only encoder of lossy JPEG here

    ok, stream = cv2.imencode(".jpg", ds.pixel_array[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert ok
    ds.PixelData = encapsulate([stream.tobytes()])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    ds.PhotometricInterpretation = "YBR_FULL_422"
    ds.LossyImageCompression = "01"
    return reopened(ds)


def cine(scenes: list[Scene], photometric: str = "MONOCHROME2") -> Dataset:
    ds = object_of(scenes[0], photometric=photometric, sop_class=UltrasoundMultiFrameImageStorage)
    ds.NumberOfFrames = len(scenes)
    ds.PixelData = b"".join(object_of(s, photometric=photometric).PixelData for s in scenes)
    return ds


@pytest.mark.parametrize("photometric", ["RGB", "PALETTE COLOR"])
def test_text_leaves_every_frame_also_a_name_that_comes_late(
    photometric: str, infer: Infer
) -> None:
    late = scene_with()
    write(late, "NOVAK PETER", (12, 52), height=14, contrast=0.8)
    moving = []
    for shade in range(6):
        scene = scene_with()
        scene.picture[70:100, 200:230] = 0.1 * shade
        moving.append(scene)
    frames = [*moving[:4], late, *moving[4:]]
    ds = cine(frames, photometric)
    made = redact_pixels(ds, infer=infer, settings=PixelSettings(searched_frames=2))
    assert made.frames == made.distinct_frames == len(frames)
    for index, scene in enumerate(frames):
        assert_name_is_gone(scene, made, index)
    reopened(ds)


def test_identical_frames_are_read_once(infer: Infer) -> None:
    asked: list[str] = []

    def counting(model: str, inputs: Arrays) -> Arrays:
        asked.append(model)
        return infer(model, inputs)

    redact_pixels(object_of(scene_with()), infer=counting)
    once = len(asked)
    asked.clear()
    made = redact_pixels(cine([scene_with()] * 5), infer=counting)
    assert len(asked) == once
    assert (made.frames, made.distinct_frames) == (5, 1)
    assert {blanked.frame for blanked in made.blanked} == {0, 1, 2, 3, 4}


def test_frames_without_paint_keep_their_compressed_bytes() -> None:
    ds = cine([scene_with(), scene_with("NOVAK PETER")])
    ds.compress(RLELossless, generate_instance_uid=False)
    old = list(generate_frames(ds.PixelData, number_of_frames=2))
    frames = frames_of(ds)
    assert frames is not None
    frames.change(1, lambda samples: samples.fill(0))
    frames.finish()
    new = list(generate_frames(ds.PixelData, number_of_frames=2))
    assert new[0] == old[0]
    assert new[1] != old[1]
    assert reopened(ds).pixel_array[1].max() == 0


def test_planes_stored_one_after_the_other_stay_so(infer: Infer) -> None:
    scene = scene_with()
    ds = object_of(scene, photometric="RGB")
    ds.PixelData = ds.pixel_array.transpose(2, 0, 1).tobytes()
    ds.PlanarConfiguration = 1
    before = reopened(ds)
    made = redact_pixels(ds, infer=infer)
    after = reopened(ds)
    assert after.PlanarConfiguration == 1
    assert_name_is_gone(scene, made)
    assert_rest_is_untouched(before, after, made)


def test_pixels_that_share_their_chroma_are_painted_too(infer: Infer) -> None:
    scene = scene_with()
    ds = object_of(scene, photometric="YBR_FULL")
    full = ds.pixel_array
    pairs = np.stack([full[:, ::2, 0], full[:, 1::2, 0], full[:, ::2, 1], full[:, ::2, 2]], axis=2)
    ds.PixelData = pairs.tobytes()
    ds.PhotometricInterpretation = "YBR_FULL_422"
    made = redact_pixels(ds, infer=infer)
    assert_name_is_gone(scene, made)
    new = np.frombuffer(ds.PixelData, np.uint8).reshape(pairs.shape)
    mask = painted([b.box for b in made.blanked], scene.picture.shape)
    left, right = mask[:, ::2], mask[:, 1::2]
    np.testing.assert_array_equal(new[~left & ~right], pairs[~left & ~right])
    assert (new[left & right][:, :2] == 0).all()


def test_text_that_no_usual_window_shows_is_found_at_its_grey_level(infer: Infer) -> None:
    scene = scene_with()
    ds = object_of(scene, bits=16)
    samples = np.full((128, 256), 1000, np.uint16)
    samples[60:110, 150:240] = 60000
    ink = scene.picture > 0.5
    samples[:50][ink[:50]] = 1900
    ds.PixelData = samples.tobytes()
    ds.WindowCenter, ds.WindowWidth = 40000, 40000
    made = redact_pixels(ds, infer=infer)
    assert_name_is_gone(Scene(scene.picture, scene.labels[:1]), made)


def test_words_of_the_header_go_even_if_they_are_on_the_allow_list(infer: Infer) -> None:
    scene = scene_with("CHEST")
    quiet = redact_pixels(object_of(scene), infer=infer)
    told = redact_pixels(object_of(scene), infer=infer, identifies=lambda text: text == "CHEST")
    assert quiet.blanked == ()
    assert [blanked.reason for blanked in told.blanked][:1] == [Reason.IDENTITY]


def test_an_empty_header_changes_nothing_about_what_goes(infer: Infer) -> None:
    scene = scene_with()
    ds = object_of(scene)
    assert "PatientName" not in ds
    assert_name_is_gone(scene, redact_pixels(ds, infer=infer))


def test_without_selection_every_text_goes(infer: Infer) -> None:
    scene = scene_with()
    made = redact_pixels(object_of(scene), infer=infer, settings=PixelSettings(keep_harmless=False))
    mask = painted([b.box for b in made.blanked], scene.picture.shape)
    assert all(covered(Box(*label.box), mask) >= 0.8 for label in scene.labels)
    assert made.kept == ()


def test_the_same_object_is_redacted_alike_every_time(infer: Infer) -> None:
    one, other = object_of(scene_with()), object_of(scene_with())
    assert redact_pixels(one, infer=infer) == redact_pixels(other, infer=infer)
    assert one.PixelData == other.PixelData


# ------------------------------------------------------------------ the gate


def slice_of(scene: Scene) -> Dataset:
    return object_of(scene, bits=16, signed=True, sop_class=CTImageStorage)


def test_a_slice_without_anything_like_text_is_not_read() -> None:
    scene = Scene(np.full((128, 128), 0.05))
    rows, columns = np.indices((128, 128))
    scene.picture[(rows - 64) ** 2 + (columns - 64) ** 2 < 45**2] = 0.6
    ds = slice_of(scene)
    old = ds.PixelData
    made = redact_pixels(ds, infer=nobody_may_ask)
    assert made.decision is Decision.NO_TEXT_LIKE_STRUCTURE
    assert (ds.PixelData, ds.ImageType[0]) == (old, "ORIGINAL")


@pytest.mark.parametrize("height", [7, 10, 16, 24, 40])
@pytest.mark.parametrize("turned", [0, 90, 270])
@pytest.mark.parametrize("contrast", [0.12, 0.9])
def test_the_gate_opens_for_text(height: int, turned: int, contrast: float) -> None:
    scene = Scene(np.full((400, 400), 0.1))
    write(scene, "MILLER ANNA", (20, 20), height=height, turned=turned, contrast=contrast)
    assert text_like(np.rint(scene.picture * 255).astype(np.uint8))


def test_a_slice_that_only_looks_like_text_to_the_gate_is_searched_no_further() -> None:
    scene = Scene(np.full((128, 128), 0.05))
    for column in range(20, 90, 8):
        scene.picture[60:67, column : column + 4] = 0.6
    asked: list[str] = []

    def silent(model: str, inputs: Arrays) -> Arrays:
        asked.append(model)
        return {"probability": np.zeros((1, 1, *inputs["image"].shape[1:3]), np.float32)}

    made = redact_pixels(slice_of(scene), infer=silent)
    assert (made.decision, made.ocr_ran) == (Decision.NOTHING_DETECTED, True)
    assert asked == ["textdet", "textdet"]


def test_a_name_on_a_slice_is_removed(infer: Infer) -> None:
    scene = scene_with()
    assert_name_is_gone(scene, redact_pixels(slice_of(scene), infer=infer))


def changed(change: Callable[[Dataset], None]) -> Dataset:
    ds = slice_of(scene_with())
    change(ds)
    return ds


MUST = {
    "annotation": lambda ds: setattr(ds, "BurnedInAnnotation", "YES"),
    "screen save": lambda ds: setattr(ds, "ImageType", ["DERIVED", "SECONDARY", "SCREEN SAVE"]),
    "ultrasound": lambda ds: setattr(ds, "SOPClassUID", UltrasoundImageStorage),
    "no class": lambda ds: delattr(ds, "SOPClassUID"),
}


@pytest.mark.parametrize("change", MUST.values(), ids=MUST)
def test_what_somebody_may_have_written_on_is_read_whatever_it_looks_like(
    change: Callable[[Dataset], None],
) -> None:
    assert must_be_read(changed(change))


def test_the_gate_does_not_believe_that_nothing_was_burned_in() -> None:
    ds = changed(lambda ds: setattr(ds, "BurnedInAnnotation", "NO"))
    ds.SOPClassUID = UltrasoundImageStorage
    assert must_be_read(ds)


def test_an_object_without_pixels_is_left_alone() -> None:
    ds = Dataset()
    ds.SOPClassUID = EncapsulatedPDFStorage
    assert redact_pixels(ds, infer=nobody_may_ask).decision is Decision.NOT_AN_IMAGE


# ------------------------------------------------------------------ refusals


def cut_short(ds: Dataset) -> None:
    ds.PixelData = ds.PixelData[:100]


def video(ds: Dataset) -> None:
    ds.PixelData = encapsulate([b"\0" * 100])
    ds.file_meta.TransferSyntaxUID = MPEG2MPML


def broken_stream(ds: Dataset) -> None:
    ds.PixelData = encapsulate([b"\xff\x4f\xff\x51" + b"\0" * 60])
    ds.file_meta.TransferSyntaxUID = JPEG2000Lossless


def too_many(ds: Dataset) -> None:
    ds.NumberOfFrames = 10**6


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut_short, "pixels_undecodable"),
        (video, "pixels_unsupported"),
        (broken_stream, "pixels_undecodable"),
        (too_many, "pixels_too_large"),
    ],
)
def test_pixels_that_cannot_be_read_are_refused(
    damage: Callable[[Dataset], None], reason: str
) -> None:
    ds = object_of(scene_with())
    damage(ds)
    with pytest.raises(Rejected) as refused:
        redact_pixels(ds, infer=nobody_may_ask)
    assert refused.value.reason == reason
    assert "MILLER" not in str(refused.value)


def test_a_picture_of_one_grey_needs_no_reading() -> None:
    ds = object_of(scene_with())
    set_pixel_data(ds, np.full((128, 256), 7, np.uint8), "MONOCHROME2", 8)
    made = redact_pixels(ds, infer=nobody_may_ask)
    assert (made.decision, made.blanked) == (Decision.READ, ())
