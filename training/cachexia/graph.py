"""The whole calibrated ensemble as one ONNX graph, fp32.

fp32, not fp16: the file is small anyway, and rounding to half would move hinges and calibration by
more than the members differ. No operation mixes patients of a batch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from services.cachexia_scorer.risk import FEATURES, MODALITIES
from training.cachexia.additive import BITS, MODALITY_OF, SILENT
from training.cachexia.ensemble import Ensemble

OPSET = 17
IR_VERSION = 8
"""The newest that the oldest supported server reads (onnxruntime 1.19)."""

INPUTS = ("features", "observed", "error_sd")


class Graph:
    """Nodes and constants under construction; names carry a prefix per head."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.prefix = ""

    def constant(self, value: NDArray[Any] | Sequence[float] | float) -> str:
        """Adds a constant; floats become fp32."""
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float32)
        name = f"{self.prefix}c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401 - as onnx takes them
        """Adds a node with one output; returns its name."""
        name = f"{self.prefix}n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def output(self, name: str, value: str, width: int) -> None:
        """Names a value as an output of `width` columns."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        shape: list[str | int | None] = ["batch", width]
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def model(self, name: str) -> onnx.ModelProto:
        """The finished model."""
        shape: list[str | int | None] = ["batch", len(FEATURES)]
        inputs = [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key in INPUTS]
        graph = helper.make_graph(self.nodes, name, inputs, self.outputs, self.constants)
        made = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(made, full_check=True)
        return made


def columns(graph: Graph, ensemble: Ensemble, bits: str) -> str:
    """(b, D) standardised columns; `bits` (b, 4) says which modalities were observed."""
    basis = ensemble.basis
    low, high = graph.constant(basis.low), graph.constant(basis.high)
    clipped = graph.add("Min", graph.add("Max", "features", low), high)
    variance = graph.constant(basis.variance)
    noise = graph.add("Add", variance, graph.add("Mul", "error_sd", "error_sd"))
    trust = graph.add("Div", graph.add("Mul", "observed", variance), noise)
    index = graph.constant(basis.feature)
    bent = graph.add(
        "Max",
        graph.add("Sub", graph.add("Gather", clipped, index, axis=1), graph.constant(basis.knot)),
        graph.constant(np.where(basis.rank == 0, -1e30, 0.0)),
    )
    silent = graph.add("Cast", graph.constant(1.0 * (basis.rank == SILENT)), to=TensorProto.BOOL)
    missing = graph.add("Sub", graph.constant(1.0), "observed")
    value = graph.add("Where", silent, graph.add("Gather", missing, index, axis=1), bent)
    read = graph.add("Gather", bits, graph.constant(basis.modality), axis=1)
    weight = graph.add("Where", silent, read, graph.add("Gather", trust, index, axis=1))
    centred = graph.add("Sub", value, graph.constant(basis.mean))
    standard = graph.add("Div", centred, graph.constant(basis.sd))
    return graph.add("Mul", standard, weight)


def pattern(graph: Graph, ensemble: Ensemble) -> tuple[str, str]:
    """(b, 4) which modalities were observed, and (b,) the index of that pattern."""
    known = np.zeros((len(FEATURES), len(MODALITIES)))
    for feature in np.unique(ensemble.basis.feature):
        known[feature, MODALITY_OF[feature]] = 1
    count = graph.add("MatMul", "observed", graph.constant(known))
    seen = graph.add("Cast", graph.add("Greater", count, graph.constant(0.0)), to=TensorProto.FLOAT)
    powers = graph.constant(np.array([[1.0], [2.0], [4.0], [8.0]]))
    index = graph.add("Cast", graph.add("MatMul", seen, powers), to=TensorProto.INT64)
    return seen, graph.add("Squeeze", index, graph.constant(np.array([1])))


def logit(graph: Graph, ensemble: Ensemble) -> tuple[str, str, str, str, str]:
    """Logit (b, 1), half its interval (b, 1), base (b, 1), contributions (b, F), pattern (b,)."""
    members, basis = ensemble.members, ensemble.basis
    to_feature = np.zeros((len(basis.feature), len(FEATURES)))
    to_feature[np.arange(len(basis.feature)), basis.feature] = 1
    bits, index = pattern(graph, ensemble)
    phi = graph.add("Unsqueeze", columns(graph, ensemble, bits), graph.constant(np.array([1])))
    weighted = graph.add("Mul", phi, graph.constant(np.stack([m.w for m in members])))
    encoded = graph.add("MatMul", weighted, graph.constant(to_feature))
    gains = graph.constant(np.stack([BITS * (1 + m.gate) for m in members], axis=1))
    gain = graph.add(
        "Gather", graph.add("Gather", gains, index), graph.constant(MODALITY_OF), axis=2
    )
    added = graph.add("Mul", encoded, gain)  # (b, members, F)
    biases = graph.constant(np.stack([m.bias for m in members], axis=1))
    bias = graph.add("Gather", biases, index)
    slope = graph.add("Gather", graph.constant(ensemble.slope[:, None]), index)
    alpha = ensemble.alpha[0] if len(ensemble.alpha) == 1 else 0.0
    offset = graph.add("Gather", graph.constant(ensemble.offset[:, None] + alpha), index)
    mean_bias = graph.add("ReduceMean", bias, axes=[1], keepdims=1)
    base = graph.add("Add", graph.add("Mul", mean_bias, slope), offset)
    mean_added = graph.add("ReduceMean", added, axes=[1], keepdims=0)
    contributions = graph.add("Mul", mean_added, slope)
    last = graph.constant(np.array([1]))
    total = graph.add("Add", base, graph.add("ReduceSum", contributions, last, keepdims=1))
    sums = graph.add("ReduceSum", added, graph.constant(np.array([2])), keepdims=0)
    error = jackknife(graph, graph.add("Add", bias, sums), ensemble)
    half = graph.add(
        "Mul", graph.add("Mul", error, slope), graph.constant(ensemble.interval_factor)
    )
    return total, half, base, contributions, index


def jackknife(graph: Graph, member_logits: str, ensemble: Ensemble) -> str:
    """(b, 1) standard error over folds; see `training.cachexia.ensemble.jackknife_error`."""
    folds = ensemble.folds
    shape = graph.constant(np.array([-1, folds, len(ensemble.members) // folds]))
    by_fold = graph.add(
        "ReduceMean", graph.add("Reshape", member_logits, shape), axes=[2], keepdims=0
    )
    centre = graph.add("ReduceMean", by_fold, axes=[1], keepdims=1)
    off = graph.add("Sub", by_fold, centre)
    one = graph.constant(np.array([1]))
    spread = graph.add("ReduceSum", graph.add("Mul", off, off), one, keepdims=1)
    return graph.add("Sqrt", graph.add("Mul", spread, graph.constant((folds - 1) / folds)))


def risk_model(heads: Mapping[str, Ensemble]) -> onnx.ModelProto:
    """All heads in one graph; outputs `<head>_probability`, `_interval`, `_base`, ..."""
    graph = Graph()
    for head, ensemble in heads.items():
        graph.prefix = f"{head}_"
        total, half, base, contributions, index = logit(graph, ensemble)
        low = graph.add("Sigmoid", graph.add("Sub", total, half))
        high = graph.add("Sigmoid", graph.add("Add", total, half))
        graph.output(f"{head}_probability", graph.add("Sigmoid", total), 1)
        graph.output(f"{head}_interval", graph.add("Concat", low, high, axis=1), 2)
        graph.output(f"{head}_base", base, 1)
        graph.output(f"{head}_contributions", contributions, len(FEATURES))
        cuts = graph.add("Gather", graph.constant(ensemble.cuts), index)
        graph.output(f"{head}_cuts", cuts, 2)
    return graph.model("cachexia_risk")


def survival_model(ensemble: Ensemble) -> onnx.ModelProto:
    """Survival at the ends of the intervals, its interval, and the contributions."""
    graph = Graph()
    total, half, base, contributions, _ = logit(graph, ensemble)
    width = len(ensemble.alpha)

    def curve(name: str, predictor: str) -> None:
        hazard = graph.add("Softplus", graph.add("Add", predictor, graph.constant(ensemble.alpha)))
        total_hazard = graph.add("CumSum", hazard, graph.constant(np.array(1)))
        graph.output(name, graph.add("Exp", graph.add("Neg", total_hazard)), width)

    curve("survival", total)
    curve("low", graph.add("Add", total, half))
    curve("high", graph.add("Sub", total, half))
    graph.output("base", base, 1)
    graph.output("contributions", contributions, len(FEATURES))
    return graph.model("cachexia_survival")
