"""Members of an exported ensemble as networks that can be trained on.

An export folds each batch norm into the convolution before it and keeps fp16 weights, so what comes
back answers as the exported member does, to about 1e-3 of a probability, and trains on from there.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf import text_format
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from tritonclient.grpc import model_config_pb2

Convolutions = list[list[NDArray[np.float32]]]
"""Weight, and bias where there is one, of every convolution in the order of execution."""


def members(model: Path) -> dict[str, Convolutions]:
    """Name of each member of a model folder (`triton_models/muscle_ensemble`) and its weights."""
    config = text_format.Parse((model / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())
    names = config.parameters["members"].string_value.split(",")
    graph = onnx.load(str(model / "1" / "model.onnx")).graph
    stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found: dict[str, Convolutions] = {name: [] for name in names}
    for node in graph.node:
        if node.op_type == "Conv":  # named /members.3/...
            number = int(node.name.split("/")[1].split(".")[1])
            weights = [stored[name].astype(np.float32) for name in node.input[1:]]
            found[names[number]].append(weights)
    return found


def restore(net: nn.Module, weights: Convolutions) -> None:
    """Gives a fresh network the weights of an exported one of the same architecture.

    Raises:
        ValueError: The architecture is another.
    """
    order = execution_order(net)
    convolutions = [k for k, layer in enumerate(order) if isinstance(layer, nn.Conv2d)]
    if len(convolutions) != len(weights):
        raise ValueError(f"{len(weights)} convolutions do not fit a network of {len(convolutions)}")
    with torch.no_grad():
        for k, stored in zip(convolutions, weights, strict=True):
            layer, weight, bias = order[k], *map(torch.from_numpy, stored)
            if layer.weight.shape != weight.shape:
                raise ValueError(f"{weight.shape} does not fit {layer.weight.shape}")
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.copy_(bias)
            else:
                pass_through(order[k + 1], bias)


def pass_through(norm: nn.BatchNorm2d, bias: Tensor) -> None:
    """Makes a batch norm add the bias and nothing else, as long as it does not learn."""
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)
    norm.weight.fill_(1)
    norm.bias.copy_(bias)


def settle(net: nn.Module, hu: Tensor) -> None:
    """Gives every batch norm the statistics of `hu`, and the scale that undoes them.

    The network answers as before, but now its batch norms expect what they will see in training.
    """
    seen: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}

    def watch(norm: nn.BatchNorm2d, inputs: tuple[Tensor], _: Tensor) -> None:
        x = inputs[0]
        seen[norm] = (x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False))

    norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    hooks = [norm.register_forward_hook(watch) for norm in norms]
    with torch.no_grad():
        net.eval()(hu)
        for norm, (mean, variance) in seen.items():
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.add_(mean)
    for hook in hooks:
        hook.remove()


def execution_order(net: nn.Module) -> list[nn.Module]:
    """Convolutions and batch norms as a forward pass meets them."""
    met: list[nn.Module] = []

    def watch(layer: nn.Module, _: tuple[Tensor], __: Tensor) -> None:
        met.append(layer)

    layers = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    hooks = [layer.register_forward_hook(watch) for layer in layers]
    net.eval()(torch.zeros(1, 1, 64, 64))
    for hook in hooks:
        hook.remove()
    return met
