"""Where an interrupted training goes on, and the curve of its loss."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def resume(checkpoint: Path, parts: Mapping[str, Any]) -> int:
    """Loads network, optimiser and schedule from a checkpoint; returns the batches done, or 0."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return int(state["done"])


def keep(checkpoint: Path, parts: Mapping[str, Any], done: int) -> None:
    """Writes a checkpoint so that a cut leaves the old one or the new one, never half of one."""
    half = checkpoint.with_suffix(".half")
    torch.save({name: part.state_dict() for name, part in parts.items()} | {"done": done}, half)
    half.rename(checkpoint)


def add_row(curve: Path, row: str) -> None:
    """Adds a line to the curve: iteration, mean loss since the last line, CPU seconds."""
    header = "" if curve.exists() else "iteration,loss,cpu_s\n"
    with curve.open("a") as log:
        log.write(f"{header}{row}\n")
