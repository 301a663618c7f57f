"""Embedded inference and a real Triton server give the same answers and the same errors."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from radloom.adapters.model_repository import models_of
from radloom.adapters.onnx import EmbeddedInference
from radloom.adapters.triton import TritonInference
from radloom.errors import Rejected, Unavailable
from radloom.ports import Inference
from tests.peers.triton import Triton, triton

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.parent.name for path in ROOT.glob("triton_models/*/config.pbtxt"))
Arrays = Mapping[str, NDArray[np.generic]]

CONFIG = """
backend: "onnxruntime"
max_batch_size: 4
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] } ]
version_policy { latest { num_versions: 2 } }
"""

CHAIN = """
platform: "ensemble"
max_batch_size: 4
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]
output [ { name: "z" data_type: TYPE_FP32 dims: [ 3 ] } ]
ensemble_scheduling { step [
  { model_name: "scale" model_version: -1
    input_map { key: "x" value: "x" } output_map { key: "y" value: "m" } },
  { model_name: "scale" model_version: -1
    input_map { key: "x" value: "m" } output_map { key: "y" value: "z" } }
] }
"""


def write_scale(folder: Path, version: int, factor: float) -> None:
    """A model that multiplies by `factor`."""
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        "scale",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor("factor", TensorProto.FLOAT, [1], [factor])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / str(version)).mkdir(parents=True)
    onnx.save(model, str(folder / str(version) / "model.onnx"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for name in SHIPPED:
        shutil.copytree(ROOT / "triton_models" / name, folder / name)
    for version, factor in ((1, 2.0), (2, 10.0)):
        write_scale(folder / "scale", version, factor)
    (folder / "scale" / "config.pbtxt").write_text(
        CONFIG
        + 'parameters { key: "sha256.2" value { string_value: "'
        + digest_of_scale(folder)
        + '" } }\n'
    )
    (folder / "chain" / "1").mkdir(parents=True)
    (folder / "chain" / "config.pbtxt").write_text(CHAIN)
    return folder


def digest_of_scale(folder: Path) -> str:
    return hashlib.sha256((folder / "scale" / "2" / "model.onnx").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def server(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    log = tmp_path_factory.mktemp("triton") / "log"
    with triton(repository, log) as running:
        yield running


@pytest.fixture(scope="module", params=["embedded", "managed"])
def inference(request: pytest.FixtureRequest, repository: Path) -> Inference:
    if request.param == "embedded":
        return EmbeddedInference(repository)
    running: Triton = request.getfixturevalue("server")
    return TritonInference(running.grpc_url, repository, mode="managed")


X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.peer
@pytest.mark.parametrize("model", SHIPPED)
def test_shipped_models_answer_alike_to_the_bit(
    model: str, repository: Path, server: Triton
) -> None:
    inputs, _ = models_of(repository)[model].golden()
    embedded = EmbeddedInference(repository).infer(model, inputs)
    managed = TritonInference(server.grpc_url, repository).infer(model, inputs)
    assert embedded.model_version == managed.model_version
    assert set(embedded.outputs) == set(managed.outputs)
    for name, made in embedded.outputs.items():
        assert made.dtype == managed.outputs[name].dtype == np.float32
        np.testing.assert_array_equal(made, managed.outputs[name])


@pytest.mark.peer
@pytest.mark.parametrize("model", SHIPPED)
def test_shipped_models_prove_themselves_and_say_what_they_are(
    model: str, inference: Inference
) -> None:
    inference.ready(model)
    told = inference.describe(model)
    assert told.version == "1"
    assert len(told.sha256) == 64
    assert told.parameters["training_provenance"] in {"simulation", "published"}
    assert inference.kind(model) == "cpu"


@pytest.mark.peer
def test_the_newest_version_answers_unless_another_is_named(inference: Inference) -> None:
    newest = inference.infer("scale", {"x": X})
    older = inference.infer("scale", {"x": X}, version="1")
    assert (newest.model_version, older.model_version) == ("2", "1")
    np.testing.assert_array_equal(newest.outputs["y"], X * 10)
    np.testing.assert_array_equal(older.outputs["y"], X * 2)


@pytest.mark.peer
def test_an_ensemble_walks_its_steps(inference: Inference) -> None:
    np.testing.assert_array_equal(inference.infer("chain", {"x": X}).outputs["z"], X * 100)


@pytest.mark.peer
def test_only_requested_outputs_come_back(inference: Inference, repository: Path) -> None:
    inputs, _ = models_of(repository)["muscle_ensemble"].golden()
    answer = inference.infer("muscle_ensemble", inputs, outputs=("mi",))
    assert set(answer.outputs) == {"mi"}


REFUSED: list[tuple[str, Arrays]] = [
    ("shape", {"x": np.zeros((1, 4), np.float32)}),
    ("type", {"x": np.zeros((1, 3), np.float64)}),
    ("batch", {"x": np.zeros((5, 3), np.float32)}),
    ("missing input", {}),
    ("unexpected input", {"x": X, "other": X}),
]


@pytest.mark.peer
@pytest.mark.parametrize(("case", "inputs"), REFUSED, ids=[case for case, _ in REFUSED])
def test_a_call_that_can_never_succeed_is_rejected(
    case: str, inputs: Arrays, inference: Inference
) -> None:
    with pytest.raises(Rejected) as refused:
        inference.infer("scale", inputs)
    assert refused.value.reason == "inference_input", case


@pytest.mark.peer
@pytest.mark.parametrize(
    ("model", "version", "deadline_s"),
    [("nobody", "", 10.0), ("scale", "7", 10.0), ("scale", "", 0.0)],
    ids=["unknown model", "unknown version", "deadline passed"],
)
def test_what_may_exist_later_is_unavailable(
    model: str, version: str, deadline_s: float, inference: Inference
) -> None:
    with pytest.raises(Unavailable):
        inference.infer(model, {"x": X}, version=version, deadline_s=deadline_s)


@pytest.mark.peer
def test_a_model_without_golden_inference_is_never_ready(inference: Inference) -> None:
    with pytest.raises(Unavailable, match="golden"):
        inference.ready("scale")


@pytest.fixture
def tampered(repository: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repository, tmp_path / "tampered"))


def test_a_golden_output_that_differs_is_not_ready(tampered: Path) -> None:
    path = tampered / "l3_locator" / "golden.npz"
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["output.covered"] = arrays["output.covered"] - 0.1
    np.savez(path, **arrays)
    with pytest.raises(Unavailable, match=r"off by 0\.1"):
        EmbeddedInference(tampered).ready("l3_locator")


def test_weights_that_are_not_those_of_the_configuration_are_not_run(tampered: Path) -> None:
    weights = tampered / "l3_locator" / "1" / "model.onnx"
    weights.write_bytes(weights.read_bytes() + b"\0")
    embedded = EmbeddedInference(tampered)
    with pytest.raises(Unavailable, match=r"config\.pbtxt names"):
        embedded.ready("l3_locator")


def becomes_unavailable(inference: Inference, model: str) -> bool:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            inference.ready(model)
        except Unavailable:
            return True
    return False


@pytest.mark.peer
def test_a_server_whose_stub_was_killed_is_not_ready(repository: Path, tmp_path: Path) -> None:
    with triton(repository, tmp_path / "log") as running:
        inference = TritonInference(running.grpc_url, repository)
        inference.ready("l3_locator")
        children = subprocess.run(
            ["pgrep", "-P", str(running.pid), "-f", "l3_locator"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        os.kill(int(children[0]), signal.SIGKILL)
        assert becomes_unavailable(inference, "l3_locator")


@pytest.mark.peer
def test_no_server_at_all_is_unavailable(repository: Path) -> None:
    inference = TritonInference("grpc://127.0.0.1:9", repository)
    with pytest.raises(Unavailable):
        inference.infer("scale", {"x": X}, deadline_s=2.0)
