"""Inference on a Triton server over gRPC. The only module that knows tritonclient's calls."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from opentelemetry import propagate
from tritonclient import grpc as client
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from radloom.adapters.model_repository import models_of, require_golden
from radloom.errors import Rejected, Unavailable
from radloom.ports import InferenceResult, ModelDescription

Arrays = Mapping[str, NDArray[np.generic]]
ADMIN_DEADLINE_S = 10.0


class TritonInference:
    """Implements `ports.Inference` on a server.

    Args:
        url: `grpc://host:port`, or `grpcs://host:port` for TLS.
        repository: Local copy of the model repository: its golden inferences prove the server.
        mode: "remote", or "managed" when tests started the server themselves.
    """

    def __init__(
        self, url: str, repository: Path, *, mode: Literal["managed", "remote"] = "remote"
    ) -> None:
        scheme, _, address = url.partition("://")
        if scheme not in ("grpc", "grpcs") or not address:
            raise ValueError(f"inference URL {url!r}; expected grpc://HOST:PORT or grpcs://...")
        self.mode: Literal["embedded", "managed", "remote"] = mode
        self._models = models_of(repository)
        self._client = client.InferenceServerClient(address, ssl=scheme == "grpcs")

    def infer(
        self,
        model: str,
        inputs: Arrays,
        *,
        outputs: Sequence[str] = (),
        version: str = "",
        request_id: str = "",
        deadline_s: float = 60.0,
    ) -> InferenceResult:
        """Runs `model` once; see `ports.Inference`."""
        if deadline_s <= 0:
            raise Unavailable(f"{model}: the deadline has passed", dependency=f"model:{model}")
        tensors = [_input(name, array) for name, array in inputs.items()]
        wanted = [client.InferRequestedOutput(name) for name in outputs] or None
        headers: dict[str, str] = {}
        propagate.inject(headers)
        try:
            answer = self._client.infer(
                model,
                tensors,
                model_version=version,
                outputs=wanted,
                request_id=request_id,
                headers=headers,
                client_timeout=deadline_s,
            )
        except InferenceServerException as error:
            raise named(error, model) from error
        response = answer.get_response()
        made = {tensor.name: answer.as_numpy(tensor.name) for tensor in response.outputs}
        return InferenceResult(made, response.model_version)

    def ready(self, model: str) -> None:
        """Runs the golden inference on the server; see `ports.Inference`."""
        if model not in self._models:
            raise Unavailable(f"no local copy of {model}", dependency=f"model:{model}")
        inputs, expected = self._models[model].golden()
        answer = self.infer(model, inputs, outputs=tuple(expected))
        require_golden(model, expected, answer.outputs)

    def kind(self, model: str) -> Literal["cpu", "gpu"]:
        """Device the server resolved the model to; `KIND_AUTO` falls back to CPU silently."""
        groups = self._config(model).get("instance_group", [])
        kinds = {str(group.get("kind", "")) for group in groups}
        return "gpu" if "KIND_GPU" in kinds else "cpu"

    def describe(self, model: str, version: str = "") -> ModelDescription:
        """Version, weights digest and parameters; see `ports.Inference`."""
        try:
            metadata = self._client.get_model_metadata(
                model, version, as_json=True, client_timeout=ADMIN_DEADLINE_S
            )
        except InferenceServerException as error:
            raise named(error, model) from error
        parameters = {
            name: str(value.get("string_value", ""))
            for name, value in self._config(model).get("parameters", {}).items()
        }
        chosen = version or max(metadata["versions"], key=int)
        digest = parameters.get(f"sha256.{chosen}", "")
        if not digest:
            raise Unavailable(
                f"{model}: the server's configuration names no sha256.{chosen}, so a result "
                "could not say what made it",
                dependency=f"model:{model}",
            )
        return ModelDescription(model, chosen, digest, parameters)

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def _config(self, model: str) -> dict[str, Any]:
        try:
            answer = self._client.get_model_config(
                model, as_json=True, client_timeout=ADMIN_DEADLINE_S
            )
        except InferenceServerException as error:
            raise named(error, model) from error
        config = answer if isinstance(answer, dict) else json.loads(answer)
        return dict(config["config"])


def _input(name: str, array: NDArray[np.generic]) -> Any:  # noqa: ANN401 - tritonclient has no types
    tensor = client.InferInput(name, array.shape, np_to_triton_dtype(array.dtype))
    tensor.set_data_from_numpy(array)
    return tensor


def named(error: InferenceServerException, model: str) -> Rejected | Unavailable:
    """What a server's status means for the caller."""
    status = str(error.status() or "").rsplit(".", 1)[-1]
    if status == "INVALID_ARGUMENT":
        return Rejected(f"{model}: {error.message()}", reason="inference_input")
    if status == "UNAVAILABLE" and "restricted" in str(error.message()).lower():
        raise ValueError(
            f"{model}: the server restricts this call; give the service its key, or leave "
            "model-config open"
        ) from error
    return Unavailable(f"{model}: Triton answers {status}", dependency=f"model:{model}")
