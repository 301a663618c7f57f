"""The shipped detectors and recognisers, embedded: what they find and read on drawn text."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from radloom.adapters.onnx import EmbeddedInference
from services.redactor.pixels.detection import DetectionSettings, regions_in
from services.redactor.pixels.reading import CHECK, REMOVAL, Engine, Reader, alphabet, decoded
from services.redactor.pixels.views import plain_views, turned
from tests.redactor.drawn_text import Scene, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def inference() -> EmbeddedInference:
    return EmbeddedInference(ROOT / "triton_models")


@pytest.fixture(scope="module")
def scene() -> Scene:
    made = Scene(np.full((128, 416), 0.1))
    write(made, "MILLER", (10, 20), height=18)
    write(made, "1962-11-30", (240, 20), height=14, contrast=0.5)
    write(made, "SUPINE", (40, 80), height=12, contrast=0.3)
    return made


def grey(scene: Scene) -> NDArray[np.uint8]:
    return np.rint(scene.picture * 255).astype(np.uint8)


@pytest.mark.parametrize("model", ["textdet", "textrec", "textdet_check", "textrec_check"])
def test_every_model_gives_its_golden_answer(model: str, inference: EmbeddedInference) -> None:
    inference.ready(model)
    assert inference.describe(model).parameters["training_provenance"] == "published"


@pytest.mark.parametrize("engine", [REMOVAL, CHECK])
def test_drawn_lines_are_read_where_they_stand(
    engine: Engine, scene: Scene, inference: EmbeddedInference
) -> None:
    reader = Reader(lambda model, inputs: inference.infer(model, inputs).outputs, engine)
    words = {word.text.replace(" ", ""): word for word in reader.words(grey(scene))}
    assert set(words) == {"MILLER", "1962-11-30", "SUPINE"}
    for label in scene.labels:
        box = words[label.text].box
        left, top, right, bottom = label.box
        assert box.left <= left + 1
        assert box.top <= top + 1
        assert box.right >= right - 1
        assert box.bottom >= bottom - 1
        assert box.height < 3 * label.height


@pytest.mark.parametrize(("quarter_turns", "angle"), [(1, 270), (-1, 90)])
def test_lines_that_run_up_or_down_are_read_too(
    quarter_turns: int, angle: int, scene: Scene, inference: EmbeddedInference
) -> None:
    image = np.ascontiguousarray(np.rot90(grey(scene), quarter_turns))
    words = Reader(lambda model, inputs: inference.infer(model, inputs).outputs).words(image)
    assert ("SUPINE", angle) in {(word.text, word.angle) for word in words}


def test_a_word_does_not_show_its_text_when_printed(
    scene: Scene, inference: EmbeddedInference
) -> None:
    words = Reader(lambda model, inputs: inference.infer(model, inputs).outputs).words(grey(scene))
    assert "MILLER" not in repr(words)


def test_a_line_is_read_alike_whatever_stands_beside_it(
    scene: Scene, inference: EmbeddedInference
) -> None:
    reader = Reader(lambda model, inputs: inference.infer(model, inputs).outputs)
    regions, _ = reader.detect(grey(scene))
    together = reader.read(grey(scene), regions)
    alone = [reader.read(grey(scene), [region])[0] for region in regions]
    assert [w.text for w in together] == [w.text for w in alone]


def test_the_best_path_drops_repetitions_and_blanks() -> None:
    classes = np.array([0, 3, 3, 0, 3, 1, 1, 0])
    text, confidence = decoded(classes, np.linspace(0.1, 0.8, 8), ("", "a", "b", "c"))
    assert text == "cca"
    assert confidence == pytest.approx((0.2 + 0.5 + 0.6) / 3)


def test_nothing_but_blanks_reads_as_nothing() -> None:
    assert decoded(np.zeros(5, np.int64), np.ones(5), ("", "a")) == ("", 0.0)


@pytest.mark.parametrize(("recogniser", "size"), [("textrec", 18710), ("textrec_check", 6625)])
def test_an_alphabet_has_a_character_for_every_class(recogniser: str, size: int) -> None:
    characters = alphabet(recogniser)
    assert len(characters) == size
    assert characters[0] == ""
    assert characters[-1] == " "


def map_with(*rectangles: tuple[int, int, int, int]) -> NDArray[np.float32]:
    made = np.zeros((200, 300), np.float32)
    for left, top, right, bottom in rectangles:
        made[top:bottom, left:right] = 0.9
    return made


def test_a_core_grows_back_around_its_line() -> None:
    regions, large = regions_in(map_with((100, 50, 200, 60)), DetectionSettings())
    box = regions[0].box((200, 300))
    assert not large
    assert box.left < 96
    assert box.right > 204
    assert box.top < 46
    assert box.bottom > 64
    assert box.height < 35


def test_a_box_over_a_large_part_of_the_image_is_no_text_but_a_doubt() -> None:
    regions, large = regions_in(map_with((20, 20, 280, 180)), DetectionSettings())
    assert (regions, large) == ((), True)


def test_a_region_of_the_turned_view_comes_back_to_its_place() -> None:
    image = np.zeros((200, 300), np.uint8)
    cv2.rectangle(image, (40, 30), (139, 49), 255, -1)
    view = turned(image)
    regions, _ = regions_in(
        view.pixels.astype(np.float32) / np.float32(255), DetectionSettings(growth=0)
    )
    box = view.placed(regions[0]).box((200, 300))
    assert abs(box.left - 40) <= 2
    assert abs(box.right - 140) <= 2
    assert abs(box.top - 30) <= 2
    assert abs(box.bottom - 50) <= 2


def test_a_large_image_is_seen_in_bands_that_hold_every_row() -> None:
    views = list(plain_views(np.zeros((5000, 2400), np.uint8)))
    seen = np.zeros(5000, int)
    for view in views:
        if view.kind == "plain":
            assert view.pixels.size <= 4_200_000
            seen[view.top : view.top + view.pixels.shape[0]] += 1
    assert seen.min() >= 1
    assert [view.kind for view in views].count("overview") == 1


def silent(
    model: str, inputs: Mapping[str, NDArray[np.generic]]
) -> Mapping[str, NDArray[np.generic]]:
    assert model == "textdet"
    batch, rows, columns, _ = inputs["image"].shape
    assert rows % 32 == columns % 32 == 0
    return {"probability": np.zeros((batch, 1, rows, columns), np.float32)}


@pytest.mark.parametrize("shape", [(1, 1), (33, 65), (64, 64, 3)])
def test_images_of_any_size_fit_the_detector(shape: tuple[int, ...]) -> None:
    assert Reader(silent).words(np.zeros(shape, np.uint8)) == ()
