"""The inference that a URL names."""

from pathlib import Path

from radloom.adapters.onnx import EmbeddedInference
from radloom.adapters.triton import TritonInference
from radloom.ports import Inference


def open_inference(url: str, repository: Path) -> Inference:
    """Embedded when `url` is empty, otherwise the Triton server at `grpc://` or `grpcs://`."""
    return TritonInference(url, repository) if url else EmbeddedInference(repository)
