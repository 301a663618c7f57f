"""Members of the shipped ensemble as single models behind a Triton ensemble."""

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from numpy.typing import NDArray
from tritonclient.grpc import model_config_pb2

from radloom.adapters.onnx import EmbeddedInference
from radloom.adapters.triton import TritonInference
from tests.peers.triton import triton

pytest.importorskip("torch", reason="of the training extra: pip install -e '.[training]'")

from training.judge import run
from training.split import Merged, split

MODEL = Path(__file__).parents[2] / "triton_models/muscle_ensemble"
Tensors = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped ensemble, split."""
    out = tmp_path_factory.mktemp("split")
    split(MODEL, out)
    return out


@pytest.fixture(scope="module")
def hu() -> NDArray[np.float32]:
    """The golden slice of the shipped ensemble."""
    return np.asarray(np.load(MODEL / "golden.npz")["input.hu"], dtype=np.float32)


@pytest.fixture(scope="module")
def merged(hu: NDArray[np.float32]) -> Tensors:
    """What the merged graph answers."""
    return run(MODEL / "1/model.onnx", "hu", hu)


def test_the_ensemble_proves_itself_and_answers_as_the_merged_graph_to_the_bit(
    repository: Path, hu: NDArray[np.float32], merged: Tensors
) -> None:
    inference = EmbeddedInference(repository)
    inference.ready("muscle_ensemble")
    made = inference.infer("muscle_ensemble", {"hu": hu}).outputs
    for name, expected in merged.items():
        np.testing.assert_array_equal(made[name], expected)


@pytest.mark.peer
def test_a_triton_server_answers_from_the_members_as_from_the_merged_graph(
    repository: Path, hu: NDArray[np.float32], merged: Tensors, tmp_path: Path
) -> None:
    with triton(repository, tmp_path / "log") as server:
        inference = TritonInference(server.grpc_url, repository)
        inference.ready("muscle_ensemble")
        made = inference.infer("muscle_ensemble", {"hu": hu}).outputs
        told = inference.describe("muscle_ensemble")
    for name, expected in merged.items():
        np.testing.assert_array_equal(made[name], expected)
    assert told.parameters["members"] == configuration(MODEL).parameters["members"].string_value


def test_a_replaced_member_changes_the_mean_and_its_own_map_only(
    tmp_path: Path, hu: NDArray[np.float32], merged: Tensors
) -> None:
    models = split(MODEL, tmp_path)
    first, second = (tmp_path / models[k] for k in (0, 1))
    for name in ("1/model.onnx", "config.pbtxt"):
        text = (second / name).read_bytes().replace(models[1].encode(), models[0].encode())
        (first / name).write_bytes(text)
    made = EmbeddedInference(tmp_path).infer("muscle_ensemble", {"hu": hu}).outputs
    np.testing.assert_array_equal(made["members"][0, 0], merged["members"][0, 1])
    np.testing.assert_array_equal(made["members"][0, 1:], merged["members"][0, 1:])
    assert not np.array_equal(made["mean"], merged["mean"])


def test_a_graph_that_does_not_match_its_members_is_refused(tmp_path: Path) -> None:
    text = (MODEL / "config.pbtxt").read_text()
    names = configuration(MODEL).parameters["members"].string_value
    (tmp_path / "config.pbtxt").write_text(text.replace(names, names.split(",")[0]))
    (tmp_path / "1").mkdir()
    (tmp_path / "1/model.onnx").write_bytes((MODEL / "1/model.onnx").read_bytes())
    with pytest.raises(ValueError, match="softmaxes for 1 members"):
        Merged.read(tmp_path)


def configuration(folder: Path) -> model_config_pb2.ModelConfig:
    """Configuration of a model."""
    text = (folder / "config.pbtxt").read_text()
    return text_format.Parse(text, model_config_pb2.ModelConfig())
