"""Turns published OCR models into the repository's `textdet*` and `textrec*`: `python -m` this.

Nothing is trained. The weights are those of two pinned wheels of RapidOCR, which carry PaddleOCR's
PP-OCR networks as ONNX (both Apache-2.0). What changes: pixels go in as bytes and are normalised in
the graph, a recogniser answers the best character and its probability instead of all of them
(18,710 numbers per column of 8 pixels), and weights are stored in half precision and widened when
loaded, so that they take half the space and run as before.

Usage: `python -m training.text_models FOLDER_WITH_WHEELS [REPOSITORY]`, after
`pip download --no-deps rapidocr==3.10.0 rapidocr-onnxruntime==1.4.4 -d FOLDER_WITH_WHEELS`.
"""

import hashlib
import io
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).parents[1]
CHARACTERS = ROOT / "services" / "redactor" / "pixels" / "characters"
MIN_HALVED = 256
"""Shorter tensors (biases, shapes, normalisation) stay as they are: they weigh nothing."""

Array = NDArray[np.generic]


@dataclass(frozen=True)
class Source:
    """Where a model comes from and what it becomes.

    Attributes:
        name: Model in the repository.
        wheel: File name of the wheel begins so.
        member: Path of the ONNX file in the wheel.
        sha256: Digest of that file.
        what: Its name as published.
        reads: True for a recogniser.
        eight_bit: Weights stored as 8 bits with a scale per column; only the widest layer.
    """

    name: str
    wheel: str
    member: str
    sha256: str
    what: str
    reads: bool = False
    eight_bit: str = ""


SOURCES = (
    Source(
        "textdet",
        "rapidocr-3.10.0",
        "rapidocr/models/PP-OCRv6_det_small.onnx",
        "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        "PP-OCRv6 small detector",
    ),
    Source(
        "textrec",
        "rapidocr-3.10.0",
        "rapidocr/models/PP-OCRv6_rec_small.onnx",
        "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        "PP-OCRv6 small recogniser",
        reads=True,
        eight_bit="linear_8.w_0",
    ),
    Source(
        "textdet_check",
        "rapidocr_onnxruntime-1.4.4",
        "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
        "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
        "PP-OCRv4 mobile detector",
    ),
    Source(
        "textrec_check",
        "rapidocr_onnxruntime-1.4.4",
        "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
        "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
        "PP-OCRv4 mobile recogniser",
        reads=True,
    ),
)


def published(source: Source, wheels: Path) -> bytes:
    """ONNX file of a wheel.

    Raises:
        ValueError: It is not the pinned one.
    """
    found = sorted(wheels.glob(f"{source.wheel}-*.whl"))
    if len(found) != 1:
        raise ValueError(f"{wheels} holds {len(found)} wheels {source.wheel}, expected one")
    with zipfile.ZipFile(found[0]) as wheel:
        content = wheel.read(source.member)
    digest = hashlib.sha256(content).hexdigest()
    if digest != source.sha256:
        raise ValueError(f"{source.member} has digest {digest}, expected {source.sha256}")
    return content


def constants_to_initializers(graph: onnx.GraphProto) -> None:
    """Weights that hide in Constant nodes become initialisers, as elsewhere."""
    for node in [n for n in graph.node if n.op_type == "Constant"]:
        tensor = node.attribute[0].t
        tensor.name = node.output[0]
        graph.initializer.append(tensor)
        graph.node.remove(node)


def packed(
    tensor: onnx.TensorProto, *, eight_bit: bool
) -> tuple[list[Array], list[onnx.NodeProto]]:
    """Smaller tensors for a weight, and the nodes that widen them when the model is loaded."""
    name, weights = tensor.name, numpy_helper.to_array(tensor)
    if not eight_bit:
        widen = helper.make_node("Cast", [f"{name}.0"], [name], to=TensorProto.FLOAT)
        return [weights.astype(np.float16)], [widen]
    scale = np.abs(weights).max(axis=0, keepdims=True) / 127
    steps = np.rint(weights / scale).astype(np.int8)
    return [steps, scale.astype(np.float32)], [
        helper.make_node("Cast", [f"{name}.0"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", f"{name}.1"], [name]),
    ]


def shrink(graph: onnx.GraphProto, eight_bit: str) -> None:
    """Stores large weights small; onnxruntime folds the widening away when it loads them."""
    widening: list[onnx.NodeProto] = []
    for tensor in list(graph.initializer):
        large = int(np.prod(tensor.dims)) >= MIN_HALVED
        if tensor.data_type != TensorProto.FLOAT or not large:
            continue
        arrays, nodes = packed(tensor, eight_bit=tensor.name == eight_bit)
        graph.initializer.remove(tensor)
        graph.initializer.extend(
            numpy_helper.from_array(array, f"{tensor.name}.{i}") for i, array in enumerate(arrays)
        )
        widening += nodes
    nodes = [*widening, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def bytes_in(graph: onnx.GraphProto, axes: Sequence[int | str]) -> None:
    """Replaces the input by `image`: bytes, (b, rows, columns, 3), scaled to -1..1 inside."""
    inner = graph.input[0].name
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, axes))
    graph.initializer.append(
        numpy_helper.from_array(np.array(1 / 127.5, np.float32), "pixel.scale")
    )
    graph.initializer.append(numpy_helper.from_array(np.array(-1, np.float32), "pixel.offset"))
    nodes = [
        helper.make_node("Cast", ["image"], ["pixel.float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["pixel.float"], ["pixel.planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Mul", ["pixel.planes", "pixel.scale"], ["pixel.scaled"]),
        helper.make_node("Add", ["pixel.scaled", "pixel.offset"], [inner]),
        *graph.node,
    ]
    del graph.node[:]
    graph.node.extend(nodes)


def best_out(graph: onnx.GraphProto) -> None:
    """Replaces all probabilities by the best `character` and its `probability`, (b, columns)."""
    inner = graph.output[0].name
    del graph.output[:]
    for name in ("character", "probability"):
        graph.output.append(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "columns"])
        )
    graph.node.extend(
        [
            helper.make_node("ArgMax", [inner], ["character.index"], axis=2, keepdims=0),
            helper.make_node("Cast", ["character.index"], ["character"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMax", [inner], ["probability"], axes=[2], keepdims=0),
        ]
    )


def made_from(content: bytes, source: Source) -> onnx.ModelProto:
    """The repository's model of a published one."""
    model = onnx.load_from_string(content)
    constants_to_initializers(model.graph)
    shrink(model.graph, source.eight_bit)
    if source.reads:
        bytes_in(model.graph, ["batch", 48, "width", 3])
        best_out(model.graph)
    else:
        bytes_in(model.graph, ["batch", "height", "width", 3])
        inner = model.graph.output[0].name
        del model.graph.output[:]
        axes: list[int | str] = ["batch", 1, "height", "width"]
        model.graph.output.append(
            helper.make_tensor_value_info("probability", TensorProto.FLOAT, axes)
        )
        model.graph.node.append(helper.make_node("Identity", [inner], ["probability"]))
    del model.graph.value_info[:]
    del model.metadata_props[:]
    onnx.checker.check_model(model)
    return model


def characters_of(content: bytes) -> str:
    """Alphabet of a recogniser, one character per line, in the order of its classes."""
    properties = {p.key: p.value for p in onnx.load_from_string(content).metadata_props}
    return properties["character"].rstrip("\n") + "\n"


CONFIG = """name: "{name}"
backend: "onnxruntime"
default_model_filename: "model.onnx"
max_batch_size: 8
input [ {{ name: "image" data_type: TYPE_UINT8 dims: {dims} }} ]
{outputs}version_policy {{ latest {{ num_versions: 2 }} }}
instance_group [ {{ kind: KIND_AUTO count: 1 }} ]
# No dynamic batching: an answer must not depend on who else asked.
# One thread per inference: images are read side by side. No arena: it would keep its peak.
parameters {{ key: "intra_op_thread_count" value {{ string_value: "1" }} }}
parameters {{ key: "enable_mem_arena" value {{ string_value: "0" }} }}
# Written by training/text_models.py: digest of the weights and where they come from.
parameters {{ key: "sha256.1" value {{ string_value: "{digest}" }} }}
parameters {{ key: "training_provenance" value {{ string_value: "published" }} }}
parameters {{ key: "published_as" value {{ string_value: "{what} ({wheel})" }} }}
model_warmup [ {{
  name: "zeros"
  batch_size: 1
  inputs {{ key: "image" value {{ data_type: TYPE_UINT8 dims: {warm} zero_data: true }} }}
}} ]
"""

CARD = """# {name}

{what} of PaddleOCR (https://github.com/PaddlePaddle/PaddleOCR, Apache-2.0), as ONNX in the wheel
`{wheel}` of RapidOCR (https://github.com/RapidAI/RapidOCR, Apache-2.0). {size:.1f} MB.

{tensors}
- Changed by `training/text_models.py`: {changes}.
- SHA-256 of the published file: `{source}`
- SHA-256 of `1/model.onnx`: `{digest}`
- Licence: Apache-2.0, see `NOTICE`.

## For, and not for

{purpose} Trained by its authors on documents and
scenes, not on medical images; nothing here was trained further. It says what looks like text, not
what identifies somebody.

## Measured

By `python -m training.text_models` against the published file, on drawn lines of text:
{measured}. What it finds on images with burned-in text is in `docs/evaluation/redactor.md`.
"""

NOTICE = """This model is derived from PaddleOCR, Copyright (c) PaddlePaddle Authors, and was taken
from RapidOCR, Copyright (c) RapidAI (SWHL). Both are licensed under the Apache License, Version 2.0
(https://www.apache.org/licenses/LICENSE-2.0); the project's LICENSE file holds its text.

File: {member} of {wheel}
Changes: {changes}.
"""

DETECTS = """- Input `image` (b, rows, columns, 3): bytes, both sides multiples of 32.
- Output `probability` (b, 1, rows, columns): of each pixel to lie in the core of a text line."""

READS = """- Input `image` (b, 48, columns, 3): bytes, one line of text, columns a multiple of 8.
- Outputs `character` and `probability` (b, columns / 8): class of the most probable character and
  how probable it is. Class 0 is the blank of CTC; class n is line n of
  `services/redactor/pixels/characters/{name}.txt`; the last is the space."""


def drawn_lines() -> NDArray[np.uint8]:
    """Image with four lines of drawn text, (192, 480, 3): OpenCV's own Hershey strokes."""
    image = np.tile(np.linspace(20, 90, 480, dtype=np.uint8), (192, 1))
    for row, text in enumerate(("SAMPLE^PATIENT", "1970-01-31 12:45", "ID 4711-08", "WARD 7 / L")):
        face = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX)[row % 2]
        cv2.putText(image, text, (12, 38 + 44 * row), face, 0.9, 230, 1 + row % 2, cv2.LINE_AA)
    return np.repeat(image[:, :, None], 3, axis=2)


def golden_input(source: Source) -> NDArray[np.uint8]:
    """Input of the golden inference: one drawn image, or its four lines."""
    image = drawn_lines()
    if not source.reads:
        return image[None]
    return np.stack([image[44 * row + 4 : 44 * row + 52, :320] for row in range(3)])


def compared(content: bytes, made: bytes, pixels: NDArray[np.uint8], *, reads: bool) -> str:
    """Sentence on how far the made model is from the published one."""
    old, new = onnxruntime.InferenceSession(content), onnxruntime.InferenceSession(made)
    scaled = pixels.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(127.5) - 1
    expected = old.run(None, {old.get_inputs()[0].name: scaled})[0]
    answer = dict(
        zip([o.name for o in new.get_outputs()], new.run(None, {"image": pixels}), strict=True)
    )
    if not reads:
        return f"largest difference {np.abs(expected - answer['probability']).max():.4f}"
    same = (expected.argmax(2) == answer["character"]).mean()
    worst = np.abs(expected.max(2) - answer["probability"]).max()
    return f"{same:.1%} of the characters alike, probabilities within {worst:.4f}"


def write(source: Source, wheels: Path, repository: Path) -> str:
    """Writes one model with everything beside it; returns a line that says how large and alike."""
    content = published(source, wheels)
    made = made_from(content, source).SerializeToString(deterministic=True)
    folder = repository / source.name
    (folder / "1").mkdir(parents=True, exist_ok=True)
    (folder / "1" / "model.onnx").write_bytes(made)
    pixels = golden_input(source)
    measured = compared(content, made, pixels, reads=source.reads)
    write_beside(source, folder, hashlib.sha256(made).hexdigest(), measured)
    write_golden(folder, pixels)
    if source.reads:
        CHARACTERS.mkdir(parents=True, exist_ok=True)
        text = characters_of(content)
        (CHARACTERS / f"{source.name}.txt").write_text(text, encoding="utf-8")
    return f"{source.name}: {len(made) / 1e6:.2f} MB, {measured}"


def write_beside(source: Source, folder: Path, digest: str, measured: str) -> None:
    """Configuration, card and notice."""
    changes = "bytes in, normalised inside; weights in half precision, widened when loaded"
    if source.reads:
        changes += "; best character and its probability out"
    if source.eight_bit:
        changes += f"; the last layer ({source.eight_bit}) in 8 bits with a scale per character"
    outputs = ("character", "probability") if source.reads else ("probability",)
    shape = "[-1]" if source.reads else "[1, -1, -1]"
    size = (folder / "1" / "model.onnx").stat().st_size / 1e6
    config = CONFIG.format(
        name=source.name,
        dims="[48, -1, 3]" if source.reads else "[-1, -1, 3]",
        warm="[48, 320, 3]" if source.reads else "[256, 256, 3]",
        outputs="".join(
            f'output [ {{ name: "{name}" data_type: TYPE_FP32 dims: {shape} }} ]\n'
            for name in outputs
        ),
        digest=digest,
        what=source.what,
        wheel=source.wheel,
    )
    (folder / "config.pbtxt").write_text(config)
    purpose = "Reads" if source.reads else "Finds"
    engine = "the redactor's verifier" if source.name.endswith("_check") else "the redactor"
    card = CARD.format(
        name=source.name,
        what=source.what,
        wheel=source.wheel,
        size=size,
        tensors=(READS if source.reads else DETECTS).format(name=source.name),
        changes=changes,
        source=source.sha256,
        digest=digest,
        purpose=f"{purpose} text that was burned into images, for {engine}.",
        measured=measured,
    )
    (folder / "MODEL_CARD.md").write_text(card)
    notice = NOTICE.format(member=source.member, wheel=source.wheel, changes=changes)
    (folder / "NOTICE").write_text(notice)


def write_golden(folder: Path, pixels: NDArray[np.uint8]) -> None:
    """Known input and the answer that it must give."""
    session = onnxruntime.InferenceSession((folder / "1" / "model.onnx").read_bytes())
    names = [output.name for output in session.get_outputs()]
    answers = dict(zip(names, session.run(None, {"image": pixels}), strict=True))
    buffer = io.BytesIO()
    stored: dict[str, Array] = {
        f"output.{name}": np.asarray(answer).round(3) for name, answer in answers.items()
    }
    stored["input.image"] = pixels
    np.savez_compressed(buffer, **stored)  # type: ignore[arg-type] # stubs lack **kwargs
    (folder / "golden.npz").write_bytes(buffer.getvalue())


def main(arguments: Sequence[str]) -> None:
    """Makes all four models."""
    wheels = Path(arguments[0])
    repository = Path(arguments[1]) if len(arguments) > 1 else ROOT / "triton_models"
    for source in SOURCES:
        print(write(source, wheels, repository))


if __name__ == "__main__":
    main(sys.argv[1:])
