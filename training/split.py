"""The merged ensemble as single models behind a Triton ensemble, to replace one member at a time.

    python -m training.split triton_models/muscle_ensemble DIR

DIR becomes a model repository of its own: `muscle_member_<name>` per member, `muscle_combine`, and
a `muscle_ensemble` of platform "ensemble" that answers as the merged graph does, for its nodes are
the same. The merged form ships because it is one file with one hash, one queue and one answer; this
form is written where it is wanted, not committed beside it. After a member was replaced, write the
ensemble's `sha256.1` anew and fit what is calibrated for it again.
"""

import argparse
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf import text_format
from onnx.utils import Extractor
from tritonclient.grpc import model_config_pb2

from training.cards import config_text

PICTURE = [1, 256, 256]
CLASS_MAPS = [5, 256, 256]
INPUT = "hu"


@dataclass(frozen=True)
class Merged:
    """A merged ensemble.

    Attributes:
        graph: All members and what combines them.
        config: Its `config.pbtxt`.
        names: Members in the order of the graph.
        answers: Tensor of each member's class probabilities, fp32.
    """

    graph: onnx.ModelProto
    config: model_config_pb2.ModelConfig
    names: tuple[str, ...]
    answers: tuple[str, ...]

    @classmethod
    def read(cls, model: Path) -> "Merged":
        """From a model folder.

        Raises:
            ValueError: The graph does not have one softmax per member.
        """
        graph = onnx.load(str(model / "1" / "model.onnx"))
        text = (model / "config.pbtxt").read_text()
        config = text_format.Parse(text, model_config_pb2.ModelConfig())
        names = tuple(config.parameters["members"].string_value.split(","))
        answers = tuple(n.output[0] for n in graph.graph.node if n.op_type == "Softmax")
        if len(answers) != len(names):
            raise ValueError(f"{model} has {len(answers)} softmaxes for {len(names)} members")
        return cls(graph, config, names, answers)


def split(model: Path, out: Path) -> tuple[str, ...]:
    """Writes the repository; returns the names of its models, the ensemble last.

    Args:
        model: Folder of the merged ensemble.
        out: Folder of the new repository.
    """
    merged = Merged.read(model)
    # Shapes are not inferred: fp16 graphs keep none, and a cut needs only the types of its ends.
    extractor = Extractor(with_types(merged))
    models = [f"muscle_member_{name.replace('-', '_')}" for name in merged.names]
    for name, answer in zip(models, merged.answers, strict=True):
        part = extractor.extract_model([INPUT], [answer])
        rename(part, answer, "probabilities")
        write(out / name, part, [(INPUT, PICTURE)], [("probabilities", CLASS_MAPS)])
    ends = [(each.name, list(each.dims)) for each in merged.config.output]
    combine = extractor.extract_model(list(merged.answers), [name for name, _ in ends])
    inputs = [f"member_{k}" for k in range(len(models))]
    for answer, name in zip(merged.answers, inputs, strict=True):
        rename(combine, answer, name)
    write(out / "muscle_combine", combine, [(name, CLASS_MAPS) for name in inputs], ends)
    folder = out / "muscle_ensemble"
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(ensemble_config(merged, models, inputs))
    shutil.copy(model / "golden.npz", folder)
    return (*models, "muscle_combine", "muscle_ensemble")


def with_types(merged: Merged) -> onnx.ModelProto:
    """The graph, knowing the type of every member's answer."""
    model = onnx.ModelProto()
    model.CopyFrom(merged.graph)
    for answer in merged.answers:
        shape: list[str | int | None] = ["batch", *CLASS_MAPS]
        info = onnx.helper.make_tensor_value_info(answer, onnx.TensorProto.FLOAT, shape)
        model.graph.value_info.append(info)
    return model


def rename(model: onnx.ModelProto, old: str, new: str) -> None:
    """Renames a tensor everywhere in a graph."""
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
        node.output[:] = [new if name == old else name for name in node.output]
    for value in (*model.graph.input, *model.graph.output):
        if value.name == old:
            value.name = new


def write(
    folder: Path,
    model: onnx.ModelProto,
    inputs: Sequence[tuple[str, list[int]]],
    outputs: Sequence[tuple[str, list[int]]],
) -> None:
    """A model folder: graph, and configuration with its digest."""
    path = folder / "1" / "model.onnx"
    path.parent.mkdir(parents=True)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    config = config_text(folder.name, inputs, outputs, {"sha256.1": digest})
    (folder / "config.pbtxt").write_text(config)


def ensemble_config(merged: Merged, models: Sequence[str], inputs: Sequence[str]) -> str:
    """config.pbtxt of the ensemble: the merged one's tensors and parameters, and the steps."""
    config = model_config_pb2.ModelConfig()
    config.name = merged.config.name
    config.platform = "ensemble"
    config.max_batch_size = merged.config.max_batch_size
    config.input.extend(merged.config.input)
    config.output.extend(merged.config.output)
    for key, value in merged.config.parameters.items():
        if key not in ENGINE_PARAMETERS:
            config.parameters[key].CopyFrom(value)
    for name, tensor in zip(models, inputs, strict=True):
        step = config.ensemble_scheduling.step.add(model_name=name, model_version=-1)
        step.input_map[INPUT] = INPUT
        step.output_map["probabilities"] = tensor
    step = config.ensemble_scheduling.step.add(model_name="muscle_combine", model_version=-1)
    for tensor in inputs:
        step.input_map[tensor] = tensor
    for output in merged.config.output:
        step.output_map[output.name] = output.name
    return text_format.MessageToString(config)


ENGINE_PARAMETERS = ("intra_op_thread_count", "enable_mem_arena")
"""Of the ONNX backend; an ensemble has none."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="folder of the merged ensemble")
    parser.add_argument("out", type=Path, help="folder of the new repository; must be empty")
    chosen = parser.parse_args()
    print("\n".join(split(chosen.model, chosen.out)))
