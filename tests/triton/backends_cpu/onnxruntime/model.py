"""Triton Python-based backend named `onnxruntime`: the production repository, unchanged, on CPU.

Runs inside the server's stub, in an environment of its own (`tests/peers/install_triton.sh`).
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import triton_python_backend_utils as backend

if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
    # The stub of nvidia-pytriton 0.7.0 would answer with empty or wrong tensors, and READY.
    raise RuntimeError(f"numpy {np.__version__}: this stub needs numpy below 2")


class TritonPythonModel:
    """One model instance."""

    def initialize(self, args):
        """Opens the weights with the threads and memory that the configuration asks for."""
        config = json.loads(args["model_config"])
        asked = {k: v["string_value"] for k, v in config.get("parameters", {}).items()}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(asked.get("intra_op_thread_count", 0))
        options.enable_cpu_mem_arena = asked.get("enable_mem_arena", "1") == "1"
        file = config.get("default_model_filename") or "model.onnx"
        path = Path(args["model_repository"]) / args["model_version"] / file
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.inputs = [spec.name for spec in self.session.get_inputs()]

    def execute(self, requests):
        """Answers each request; a fault answers that request alone."""
        return [self.answer(request) for request in requests]

    def answer(self, request):
        """Outputs that the request asks for."""
        feed = {
            name: backend.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs
        }
        wanted = list(request.requested_output_names())
        try:
            made = self.session.run(wanted, feed)
        except Exception as error:  # noqa: BLE001 - becomes the answer's status
            return backend.InferenceResponse(error=backend.TritonError(f"onnxruntime: {error}"))
        return backend.InferenceResponse(
            [backend.Tensor(name, array) for name, array in zip(wanted, made)]
        )
