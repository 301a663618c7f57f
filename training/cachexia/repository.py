"""Writes trained models in the form of the model repository: graph, configuration, golden, card."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from services.cachexia_scorer import risk, survival
from services.cachexia_scorer.conformal import COVERAGE
from services.cachexia_scorer.risk import FEATURES, Head
from training.cachexia.cohort import Cohort
from training.cachexia.ensemble import Ensemble
from training.cachexia.graph import INPUTS, risk_model, survival_model

MAX_BATCH = 64
GOLDEN_PATIENTS = 8

# The models are a table lookup's worth of arithmetic, so they stay on the CPU; and requests are
# not batched by the server: the same evidence then gives the same answer to the bit.
CONFIG = """name: "{name}"
backend: "onnxruntime"
default_model_filename: "model.onnx"
max_batch_size: {batch}
{tensors}version_policy {{ latest {{ num_versions: 2 }} }}
instance_group [ {{ kind: KIND_CPU count: 1 }} ]
# No dynamic batching: an answer must not depend on who else asked.
parameters {{ key: "intra_op_thread_count" value {{ string_value: "1" }} }}
parameters {{ key: "enable_mem_arena" value {{ string_value: "0" }} }}
# Written by training/cachexia: digest of the weights, provenance, what the model may be used for.
{parameters}model_warmup [ {{
  name: "zeros"
  batch_size: 1
{warmup}}} ]
"""

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Trained:
    """Models of one training run.

    Attributes:
        heads: Risk, a head each.
        survival: None where too few deaths were known.
        survival_patients: What survival was trained on; others than the heads.
    """

    heads: Mapping[Head, Ensemble]
    survival: Ensemble | None
    survival_patients: int = 0


@dataclass(frozen=True)
class Provenance:
    """What every configuration says about the run.

    Attributes:
        training: "simulation" or "site".
        mode: "active" only by a passed gate.
        gate: "passed", "failed" or "not run".
        patients: Number that the risk heads were trained on.
    """

    training: str
    mode: str
    gate: str
    patients: int

    @property
    def parameters(self) -> dict[str, str]:
        """As parameters of a configuration."""
        return {
            "training_provenance": self.training,
            "mode": self.mode,
            "gate": self.gate,
            "training_patients": str(self.patients),
            "coverage": f"{COVERAGE:.2f}",
        }


def tensors(cohort: Cohort) -> dict[str, NDArray[np.float32]]:
    """Inputs of the models for all patients of a cohort."""
    return {
        "features": cohort.features.astype(np.float32),
        "observed": cohort.observed.astype(np.float32),
        "error_sd": cohort.error_sd.astype(np.float32),
    }


def write(folder: Path, trained: Trained, golden: Cohort, said: Provenance) -> dict[str, str]:
    """Writes every model but its card; returns the digest of the weights by model.

    Args:
        folder: Model repository.
        trained: The models.
        golden: Patients whose answers become the golden inference. Never patients of a site: the
            file would carry their values.
        said: What the configurations say.
    """
    models = {risk.MODEL: risk_model({str(head): made for head, made in trained.heads.items()})}
    if trained.survival is not None:
        models[survival.MODEL] = survival_model(trained.survival)
    asked = tensors(golden.take(np.arange(GOLDEN_PATIENTS)))
    own = {
        risk.MODEL: {
            f"interval_factor.{head}": f"{ensemble.interval_factor:.4f}"
            for head, ensemble in trained.heads.items()
        }
    }
    if trained.survival is not None:
        factor = f"{trained.survival.interval_factor:.4f}"
        # No gate judges survival, so it never becomes active.
        own[survival.MODEL] = {
            "interval_factor": factor,
            "mode": "shadow",
            "gate": "not run",
            "training_patients": str(trained.survival_patients),
        }
    return {
        name: _write_model(folder / name, model, asked, said.parameters | own[name])
        for name, model in models.items()
    }


def _write_model(
    folder: Path, model: onnx.ModelProto, asked: Arrays, said: Mapping[str, str]
) -> str:
    (folder / "1").mkdir(parents=True, exist_ok=True)
    content = model.SerializeToString(deterministic=True)
    (folder / "1" / "model.onnx").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    text = config_text(folder.name, model, {"sha256.1": digest, **said})
    (folder / "config.pbtxt").write_text(text)
    stored = {f"input.{name}": array for name, array in asked.items()}
    stored |= {f"output.{name}": array for name, array in run(model, asked).items()}
    np.savez_compressed(folder / "golden.npz", **stored)  # type: ignore[arg-type] # stubs lack **kwargs
    return digest


def run(model: onnx.ModelProto, asked: Arrays) -> dict[str, NDArray[np.float32]]:
    """Answers of a model, in process."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(asked)), strict=True))


def config_text(name: str, model: onnx.ModelProto, parameters: Mapping[str, str]) -> str:
    """config.pbtxt of a model."""
    lines = [
        f'{kind} [ {{ name: "{value.name}" data_type: TYPE_FP32 '
        f"dims: [{value.type.tensor_type.shape.dim[1].dim_value}] }} ]\n"
        for kind, values in (("input", model.graph.input), ("output", model.graph.output))
        for value in values
    ]
    warmup = "".join(
        f'  inputs {{ key: "{key}" value {{ data_type: TYPE_FP32 dims: [{len(FEATURES)}] '
        "zero_data: true } }\n"
        for key in INPUTS
    )
    said = "".join(
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n'
        for key, value in parameters.items()
    )
    return CONFIG.format(
        name=name, batch=MAX_BATCH, tensors="".join(lines), parameters=said, warmup=warmup
    )
