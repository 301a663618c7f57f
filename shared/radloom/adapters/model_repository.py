"""Triton's model repository as files: configuration, weights, golden inference."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from google.protobuf import text_format
from numpy.typing import NDArray
from tritonclient.grpc.model_config_pb2 import DataType, ModelConfig
from tritonclient.utils import triton_to_np_dtype

from radloom.errors import Unavailable

GOLDEN_TOLERANCE = 0.02
"""Largest difference from the golden output, as a part of its largest value: fp16 weights on
another device differ by less than 0.01 in probability; a wrong model differs by far more. Relative,
as a variance or a position's probability may nowhere reach 0.02 itself."""

Arrays = Mapping[str, NDArray[np.generic]]


class RepositoryModel:
    """One model of the repository.

    Args:
        folder: Holds `config.pbtxt`, `<version>/model.onnx` and, if it has one, `golden.npz`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    @cached_property
    def config(self) -> ModelConfig:
        """`config.pbtxt`."""
        return text_format.Parse((self.folder / "config.pbtxt").read_text(), ModelConfig())

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """Versions that the policy keeps loaded, the newest last."""
        found = sorted(
            int(path.name)
            for path in self.folder.iterdir()
            if path.name.isdigit() and path.is_dir()
        )
        policy = self.config.version_policy
        if policy.HasField("specific"):
            found = [version for version in found if version in policy.specific.versions]
        elif not policy.HasField("all"):
            found = found[-(policy.latest.num_versions or 1) :]
        return tuple(str(version) for version in found)

    @property
    def parameters(self) -> dict[str, str]:
        """`parameters` of the configuration."""
        return {name: value.string_value for name, value in self.config.parameters.items()}

    def weights(self, version: str) -> Path:
        """File of a version's weights."""
        return self.folder / version / (self.config.default_model_filename or "model.onnx")

    def sha256(self, version: str) -> str:
        """Digest of a version's weights, checked against the one in the configuration.

        Raises:
            Unavailable: The file is missing, or is not the one the configuration names.
        """
        path = self.weights(version)
        if not path.is_file():
            raise Unavailable(
                f"{self.name} version {version} has no {path.name}",
                dependency=f"model:{self.name}",
            )
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        named = self.parameters.get(f"sha256.{version}", digest)
        if digest != named:
            raise Unavailable(
                f"{self.name} version {version}: the weights are {digest[:12]}, config.pbtxt "
                f"names {named[:12]}; restore the file or export the model again",
                dependency=f"model:{self.name}",
            )
        return digest

    def golden(self) -> tuple[Arrays, Arrays]:
        """Known inputs and the outputs they must give.

        Raises:
            Unavailable: The model has none, so nothing proves that it answers right.
        """
        path = self.folder / "golden.npz"
        if not path.is_file():
            raise Unavailable(
                f"{self.name} has no golden.npz; nothing would prove its answers",
                dependency=f"model:{self.name}",
            )
        types = {spec.name: numpy_type(spec.data_type) for spec in self.config.input}
        with np.load(path) as stored:
            inputs = {name: stored[f"input.{name}"].astype(kind) for name, kind in types.items()}
            outputs = {
                name.removeprefix("output."): stored[name]
                for name in stored.files
                if name.startswith("output.")
            }
        return inputs, outputs


def numpy_type(data_type: int) -> np.dtype[np.generic]:
    """Type in numpy of a `TYPE_*` of the configuration."""
    kind: np.dtype[np.generic] = np.dtype(triton_to_np_dtype(DataType.Name(data_type)[5:]))
    return kind


def models_of(repository: Path) -> dict[str, RepositoryModel]:
    """Models by name.

    Raises:
        Unavailable: The folder holds none.
    """
    found = {
        path.parent.name: RepositoryModel(path.parent)
        for path in sorted(repository.glob("*/config.pbtxt"))
    }
    if not found:
        raise Unavailable(
            f"{repository} holds no model; expected folders with config.pbtxt",
            dependency="model_repository",
        )
    return found


def require_golden(name: str, expected: Arrays, answered: Arrays) -> None:
    """Compares a golden inference with what it must give.

    Raises:
        Unavailable: An output is missing, has another shape, or differs.
    """
    for output, want in expected.items():
        got = answered.get(output)
        if got is None or got.shape != want.shape:
            raise Unavailable(
                f"{name}: golden output {output} is missing or misshapen",
                dependency=f"model:{name}",
            )
        worst = float(np.abs(got.astype(np.float64) - want.astype(np.float64)).max())
        limit = GOLDEN_TOLERANCE * float(np.abs(want).max())
        if not worst <= limit:
            raise Unavailable(
                f"{name}: golden output {output} is off by {worst:.3g}, limit {limit:.3g}",
                dependency=f"model:{name}",
            )
