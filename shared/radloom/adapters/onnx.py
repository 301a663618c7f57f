"""Inference in process: the same repository, the same answers and errors as a Triton server."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tritonclient.grpc.model_config_pb2 import ModelConfig, ModelEnsembling

from radloom.adapters.deadlines import Deadlines
from radloom.adapters.model_repository import (
    RepositoryModel,
    models_of,
    numpy_type,
    require_golden,
)
from radloom.errors import Rejected, Unavailable
from radloom.ports import InferenceResult, ModelDescription

Arrays = Mapping[str, NDArray[np.generic]]
_BACKENDS = ("onnxruntime", "onnxruntime_onnx")


class EmbeddedInference:
    """Implements `ports.Inference` with onnxruntime on the CPU.

    Args:
        repository: Folder that Triton would be given.
    """

    mode: Literal["embedded", "managed", "remote"] = "embedded"

    def __init__(self, repository: Path) -> None:
        self._models = models_of(repository)
        self._sessions: dict[tuple[str, str], onnxruntime.InferenceSession] = {}
        self._digests: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def infer(
        self,
        model: str,
        inputs: Arrays,
        *,
        outputs: Sequence[str] = (),
        version: str = "",
        request_id: str = "",  # noqa: ARG002 - names the call in a server's trace; there is none
        deadline_s: float = 60.0,
    ) -> InferenceResult:
        """Runs `model` once; see `ports.Inference`."""
        if deadline_s <= 0:
            raise Unavailable(f"{model}: the deadline has passed", dependency=f"model:{model}")
        found = self._model(model)
        chosen = self._version(found, version)
        require_inputs(found.config, inputs)
        wanted = self._wanted(found.config, outputs)
        if found.config.HasField("ensemble_scheduling"):
            answers = self._walk(found.config.ensemble_scheduling, inputs, deadline_s)
            return InferenceResult({name: answers[name] for name in wanted}, chosen)
        session = self._session(found, chosen)
        with ended_after(deadline_s) as options:
            try:
                made = session.run(wanted, dict(inputs), options)
            except Exception as error:  # onnxruntime's own classes share no narrower base
                cause = "the deadline has passed" if options.terminate else "onnxruntime failed"
                raise Unavailable(
                    f"{model}: {cause} ({type(error).__name__})", dependency=f"model:{model}"
                ) from error
        return InferenceResult(dict(zip(wanted, made, strict=True)), chosen)

    def ready(self, model: str) -> None:
        """Runs the golden inference; see `ports.Inference`."""
        inputs, expected = self._model(model).golden()
        answer = self.infer(model, inputs, outputs=tuple(expected))
        require_golden(model, expected, answer.outputs)

    def kind(self, model: str) -> Literal["cpu", "gpu"]:
        """Always the CPU."""
        self._model(model)
        return "cpu"

    def describe(self, model: str, version: str = "") -> ModelDescription:
        """Version, weights digest and parameters; see `ports.Inference`."""
        found = self._model(model)
        chosen = self._version(found, version)
        self._session(found, chosen)
        return ModelDescription(model, chosen, self._digests[model, chosen], found.parameters)

    def _model(self, name: str) -> RepositoryModel:
        if name not in self._models:
            raise Unavailable(
                f"no model {name}; there are {', '.join(self._models)}", dependency=f"model:{name}"
            )
        return self._models[name]

    @staticmethod
    def _version(model: RepositoryModel, wanted: str) -> str:
        if not model.versions or (wanted and wanted not in model.versions):
            raise Unavailable(
                f"{model.name} has no version {wanted or '(any)'}; there are "
                f"{', '.join(model.versions) or 'none'}",
                dependency=f"model:{model.name}",
            )
        return wanted or model.versions[-1]

    @staticmethod
    def _wanted(config: ModelConfig, outputs: Sequence[str]) -> list[str]:
        known = [spec.name for spec in config.output]
        unknown = sorted(set(outputs) - set(known))
        if unknown:
            raise Rejected(
                f"unknown output {unknown[0]!r}; expected one of {known}",
                reason="inference_output",
            )
        return list(outputs) or known

    def _session(self, model: RepositoryModel, version: str) -> onnxruntime.InferenceSession:
        with self._lock:
            key = (model.name, version)
            if key not in self._sessions:
                self._digests[key] = model.sha256(version)
                self._sessions[key] = open_session(model, version)
            return self._sessions[key]

    def _walk(
        self, scheduling: ModelEnsembling, inputs: Arrays, deadline_s: float
    ) -> dict[str, NDArray[np.generic]]:
        ends = time.monotonic() + deadline_s
        tensors = dict(inputs)
        for step in scheduling.step:
            given = {inner: tensors[outer] for inner, outer in step.input_map.items()}
            version = "" if step.model_version < 0 else str(step.model_version)
            left_s = ends - time.monotonic()
            answer = self.infer(step.model_name, given, version=version, deadline_s=left_s)
            tensors |= {outer: answer.outputs[inner] for inner, outer in step.output_map.items()}
        return tensors


@contextmanager
def ended_after(deadline_s: float) -> Iterator[onnxruntime.RunOptions]:
    """Options of a run that onnxruntime ends, between two nodes, once the deadline has passed."""
    options = onnxruntime.RunOptions()
    with _DEADLINES.ending(deadline_s, lambda: setattr(options, "terminate", True)):
        yield options


_DEADLINES = Deadlines()


def open_session(model: RepositoryModel, version: str) -> onnxruntime.InferenceSession:
    """Session set up as the configuration's parameters say.

    Raises:
        Unavailable: Another backend is configured, or the weights cannot be read.
    """
    config, parameters = model.config, model.parameters
    if config.backend not in _BACKENDS and config.platform not in _BACKENDS:
        raise Unavailable(
            f"{model.name}: backend {config.backend or config.platform!r} has no embedded runner",
            dependency=f"model:{model.name}",
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(parameters.get("intra_op_thread_count", "0"))
    options.enable_cpu_mem_arena = parameters.get("enable_mem_arena", "1") == "1"
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(model.weights(version)), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own classes share no narrower base
        raise Unavailable(
            f"{model.name} version {version} cannot be loaded ({type(error).__name__})",
            dependency=f"model:{model.name}",
        ) from error


def require_inputs(config: ModelConfig, inputs: Arrays) -> None:
    """Refuses what Triton would refuse, with what was expected.

    Raises:
        Rejected: An input is missing, unknown, of another type or shape, or the batch too large.
    """
    unknown = sorted(set(inputs) - {spec.name for spec in config.input})
    if unknown:
        raise Rejected(f"{config.name}: unexpected input {unknown[0]!r}", reason="inference_input")
    for spec in config.input:
        array = inputs.get(spec.name)
        if array is None:
            raise Rejected(
                f"{config.name}: input {spec.name!r} is missing", reason="inference_input"
            )
        want = numpy_type(spec.data_type)
        if array.dtype != want:
            raise Rejected(
                f"{config.name}: {spec.name} is {array.dtype}, expected {want}",
                reason="inference_input",
            )
        _require_shape(config, spec.name, tuple(spec.dims), array.shape)


def _require_shape(
    config: ModelConfig, name: str, dims: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    inner = shape
    if config.max_batch_size:
        if not shape or not 1 <= shape[0] <= config.max_batch_size:
            raise Rejected(
                f"{config.name}: {name} has shape {shape}; the first axis is the batch, "
                f"1 to {config.max_batch_size}",
                reason="inference_input",
            )
        inner = shape[1:]
    fits = len(inner) == len(dims) and all(
        want in (-1, got) for want, got in zip(dims, inner, strict=False)
    )
    if not fits:
        raise Rejected(
            f"{config.name}: {name} has shape {shape}, expected {dims} per item",
            reason="inference_input",
        )
