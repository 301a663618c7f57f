"""From trained weights to the model repository: merge, calibrate, fp16, golden, card.

Every number in config.pbtxt and in the cards is measured here, on simulated data that was not
trained on, and written here; none is written by hand.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxconverter_common import float16
from torch import Tensor, nn

from training.cards import config_text, ensemble_card, locator_card
from training.fit_muscle import ARCHITECTURES
from training.judge import judge_locator, judge_muscle, run
from training.networks import Ensemble, L3Locator
from training.real_volume import locator_input, muscle_input
from training.skeleton_spine import ROW_MM, ROWS

OPSET = 17


@dataclass(frozen=True)
class Calibration:
    """What an export reads and where it writes.

    Attributes:
        weights: Folder of trained weights, `<architecture>-<fold>.pt` and `l3-<fold>.pt`.
        held_out: Simulated data that was not trained on; see `training.simulate`.
        repository: Model repository.
        volume: DICOM folder of the golden inference.
    """

    weights: Path
    held_out: Path
    repository: Path
    volume: Path


class LocatorGraph(nn.Module):
    """The folds' pooled answer as probabilities; the temperature calibrates coverage.

    Rows are pooled by their logarithm, as coverage is by its logit: a level that one fold rules out
    keeps little, so a doubt that the folds do not share weighs less than in a mean.
    """

    def __init__(self, folds: list[L3Locator], temperature: float) -> None:
        super().__init__()
        self.folds = nn.ModuleList(folds)
        self.temperature = temperature
        self.heights = nn.Parameter(
            torch.arange(ROWS, dtype=torch.float32) * ROW_MM, requires_grad=False
        )

    def forward(self, projections: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Row probabilities (b, 192), coverage probability (b, 1), spread of the folds (b, 1).

        The spread is the standard deviation of the folds' mean rows, mm.
        """
        answers = [fold(projections) for fold in self.folds]
        logs = torch.stack([answer[0].log_softmax(1) for answer in answers], 1)
        rows = logs.exp()
        covered = torch.stack([answer[2] for answer in answers], 1).mean(1)
        means = (rows * self.heights).sum(2)
        spread = ((means - means.mean(1, keepdim=True)) ** 2).mean(1, keepdim=True).sqrt()
        return logs.mean(1).softmax(1), (covered / self.temperature).sigmoid(), spread


def write_onnx(graph: nn.Module, example: Tensor, name: str, outputs: list[str], path: Path) -> str:
    """Exports as fp16 with fp32 inputs and outputs; returns the SHA-256 of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        graph.eval(),
        (example,),
        str(path),
        input_names=[name],
        output_names=outputs,
        dynamic_axes={key: {0: "batch"} for key in (name, *outputs)},
        opset_version=OPSET,
        dynamo=False,
    )
    half = float16.convert_float_to_float16(
        onnx.load(str(path)), keep_io_types=True, op_block_list=PRECISE
    )
    onnx.save(with_float_outputs(half), str(path))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def with_float_outputs(model: onnx.ModelProto) -> onnx.ModelProto:
    """Adds the casts that `keep_io_types` forgets for outputs that other nodes read too."""
    graph = model.graph
    for output in graph.output:
        if output.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            continue
        inner = f"{output.name}_half"
        for node in graph.node:
            node.input[:] = [inner if name == output.name else name for name in node.input]
            node.output[:] = [inner if name == output.name else name for name in node.output]
        cast = onnx.helper.make_node("Cast", [inner], [output.name], to=onnx.TensorProto.FLOAT)
        graph.node.append(cast)
        output.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    onnx.checker.check_model(model)
    return model


PRECISE = [
    *float16.DEFAULT_OP_BLOCK_LIST,
    "Softmax",
    "Log",
    "Clip",
    "ReduceMean",
    "Div",
    "TopK",
    "ReduceSum",
    "LogSoftmax",
    "Exp",
]
"""Kept in fp32: HU beyond 2048 lose units in fp16, and small probabilities vanish."""


def write_model(
    repository: Path,
    name: str,
    parameters: Mapping[str, str],
    tensors: tuple[list[tuple[str, list[int]]], list[tuple[str, list[int]]]],
    golden: Mapping[str, NDArray[np.generic]],
    card: str,
) -> None:
    """Everything beside the weights: configuration, golden inference, card."""
    folder = repository / name
    (folder / "config.pbtxt").write_text(config_text(name, *tensors, parameters))
    np.savez_compressed(folder / "golden.npz", **golden)  # type: ignore[arg-type] # stubs lack **kwargs
    (folder / "MODEL_CARD.md").write_text(card)


def export_ensemble(given: Calibration) -> None:
    """Merges the members found in the weights folder and writes `muscle_ensemble`."""
    members, names = [], []
    for path in sorted(given.weights.glob("*-*.pt")):
        architecture = path.stem.split("-")[0]
        if architecture in ARCHITECTURES:
            member = ARCHITECTURES[architecture]()
            member.load_state_dict(torch.load(path))
            members.append(member.eval())
            names.append(path.stem)
    weights = given.repository / "muscle_ensemble" / "1" / "model.onnx"
    outputs = ["mean", "var", "mi", "members"]
    digest = write_onnx(Ensemble(members), torch.zeros(1, 1, 256, 256), "hu", outputs, weights)
    valid = np.load(given.held_out)
    judged = judge_muscle(weights, valid["i"], valid["l"])
    hu = muscle_input(given.volume)
    made = run(weights, "hu", hu)
    log = curves(given.weights, names, "member")
    (given.repository / "muscle_ensemble" / "curves.csv").write_text(log)
    m = len(members)
    shapes = [("mean", [5, 256, 256]), ("var", [5, 256, 256]), ("mi", [1, 256, 256])]
    parameters = {
        "sha256.1": digest,
        "area_interval_factor": f"{judged['area_interval_factor']:.4f}",
        "members": ",".join(names),
        "training_provenance": "simulation",
    }
    write_model(
        given.repository,
        "muscle_ensemble",
        parameters,
        ([("hu", [1, 256, 256])], [*shapes, ("members", [m, 256, 256])]),
        {"input.hu": np.rint(hu).astype(np.int16), "output.members": golden_members(weights, hu)},
        ensemble_card(judged, starts(given.weights, names), digest, weights.stat().st_size),
    )
    print(json.dumps(judged, indent=1), float(made["mean"][0, 1].max()))


def starts(weights: Path, names: list[str]) -> dict[str, str]:
    """What each member began from: nothing, another member, or the name of a model folder."""
    return {name: (weights / f"{name}.start").read_text().strip() for name in names}


def curves(weights: Path, names: list[str], title: str) -> str:
    """Training loss of every network, as CSV: name, iteration, mean loss since, CPU seconds."""
    lines = [f"{title},iteration,loss,cpu_s"]
    for name in names:
        lines += [
            f"{name},{row}" for row in (weights / f"{name}.csv").read_text().split("\n")[1:] if row
        ]
    return "\n".join(lines) + "\n"


def golden_members(weights: Path, hu: NDArray[np.float32]) -> NDArray[np.float16]:
    """Members' answers to the rounded golden input."""
    return run(weights, "hu", np.rint(hu))["members"].astype(np.float16)


def export_locator(given: Calibration) -> None:
    """Merges the folds found in the weights folder and writes `l3_locator`."""
    folds, names = [], []
    for path in sorted(given.weights.glob("l3-*.pt")):
        net = L3Locator()
        net.load_state_dict(torch.load(path))
        folds.append(net.eval())
        names.append(path.stem)
    judged = judge_locator(folds, np.load(given.held_out))
    weights = given.repository / "l3_locator" / "1" / "model.onnx"
    graph = LocatorGraph(folds, judged["temperature"])
    example, outputs = torch.zeros(1, 2, 192, 96), ["rows", "covered", "spread"]
    digest = write_onnx(graph, example, "projections", outputs, weights)
    log = curves(given.weights, names, "fold")
    (given.repository / "l3_locator" / "curves.csv").write_text(log)
    views = np.rint(locator_input(given.volume))
    made = run(weights, "projections", views)
    parameters = {
        "sha256.1": digest,
        "coverage_threshold": f"{judged['coverage_threshold']:.4f}",
        "l3_interval_mm": f"{judged['l3_interval_mm']:.2f}",
        "folds": str(len(folds)),
        "training_provenance": "simulation",
    }
    shapes = [("rows", [192]), ("covered", [1]), ("spread", [1])]
    write_model(
        given.repository,
        "l3_locator",
        parameters,
        ([("projections", [2, 192, 96])], shapes),
        {
            "input.projections": views.astype(np.int16),
            **{f"output.{key}": made[key].astype(np.float32) for key in outputs},
        },
        locator_card(judged, len(folds), digest, weights.stat().st_size),
    )
    print(json.dumps(judged, indent=1), made["covered"], int(made["rows"].argmax()))
