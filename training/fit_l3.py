"""Trains the L3 locator on simulated projections.

Appearance is randomised far beyond anatomy, because a network that was trained on tidy phantoms
does not read real bone: without it the error on real volumes was whole vertebrae.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.checkpoints import add_row, keep, resume
from training.networks import L3Locator
from training.skeleton_spine import LOWEST, NO_DATA_HU, ROWS

BATCH = 16
FOLDS = 5
CHECKPOINT_EVERY = 50
LEARNING_RATE = 2e-3
TARGET_SIGMA_ROWS = 1.5
SHIFT_ROWS, SHIFT_COLUMNS = 12, 8
IGNORED = -100


def field(n: int, shape: tuple[int, int], knots: tuple[int, int]) -> Tensor:
    """Smooth random picture per sample and view."""
    return functional.interpolate(
        torch.randn(n, 2, *knots), shape, mode="bicubic", align_corners=False
    )


def change_appearance(hu: Tensor) -> Tensor:
    """Gain, shading, clutter, gamma and blur; what has no data keeps none."""
    n, _, rows, columns = hu.shape
    shape = (rows, columns)
    inside = hu > NO_DATA_HU + 100
    x = hu.clamp(0, 1500) * torch.exp(0.35 * field(n, shape, (6, 4)))
    x = x + torch.rand(n, 2, 1, 1) * 120 * field(n, shape, (24, 12))
    x = x + torch.rand(n, 2, 1, 1) * 60 * field(n, shape, (64, 32))
    x = x + torch.rand(n, 2, 1, 1) * 150
    x = (x.clamp(0, 3000) / 800) ** torch.exp(0.35 * torch.randn(n, 2, 1, 1)) * 800
    wide = functional.avg_pool2d(x, (1, 3), 1, (0, 1))
    x = torch.where(torch.rand(n, 2, 1, 1) < 0.5, wide, x)
    x = torch.where(torch.rand(n, 2, 1, 1) < 0.4, functional.avg_pool2d(x, 3, 1, 1), x)
    x = add_blobs(x)
    kept = (torch.rand(n, 2, 1, 1) > 0.06) | (torch.rand(n, 1, 1, 1) < 0.5)
    x = torch.where(inside.any(3, keepdim=True) & kept, x.clamp(0, 3000), 0)
    return shear(x)


def add_blobs(x: Tensor) -> Tensor:
    """Bright rectangles: contrast, metal, whatever is not spine."""
    for sample in range(len(x)):
        for _ in range(int(torch.randint(0, 5, (1,)))):
            view = int(torch.randint(0, 2, (1,)))
            row = int(torch.randint(0, x.shape[2] - 12, (1,)))
            column = int(torch.randint(0, x.shape[3] - 10, (1,)))
            height, width = int(torch.randint(2, 12, (1,))), int(torch.randint(2, 10, (1,)))
            patch = x[sample, view, row : row + height, column : column + width]
            patch += float(torch.rand(1)) * 700
    return x


def shear(x: Tensor) -> Tensor:
    """Scales and shears columns: other fields of view, tilted spines."""
    n = len(x)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = torch.exp(0.12 * torch.randn(n))
    theta[:, 0, 1] = 0.15 * torch.randn(n)
    theta[:, 1, 1] = 1
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, align_corners=False)


def shift(
    view: NDArray[np.float32], row: float, levels: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], float, NDArray[np.int64]]:
    """Moves a sample up or down and sideways; what leaves the frame is lost."""
    if rng.random() < 0.5:
        view[0] = view[0][:, ::-1]
    view = np.roll(view, rng.integers(-SHIFT_COLUMNS, SHIFT_COLUMNS + 1), axis=2)
    down = int(rng.integers(-SHIFT_ROWS, SHIFT_ROWS + 1))
    view, levels = np.roll(view, down, axis=1), np.roll(levels, down)
    lost = slice(0, down) if down > 0 else slice(ROWS + down, ROWS)
    if down:
        view[:, lost] = NO_DATA_HU
        levels[lost] = IGNORED
    if row >= 0:
        row += down
    margin = 6  # rows: half a vertebra must stay in the frame to count as covered
    return view, row if margin <= row < ROWS - margin else -1.0, levels


def batch(
    data: Mapping[str, NDArray[Any]], usable: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Augmented projections, rows (b,), level classes (b, 192), of the usable items."""
    made = []
    for k in rng.choice(usable, BATCH):
        levels = data["l"][k]
        classes = np.where(levels == IGNORED, IGNORED, levels.astype(np.int64) - LOWEST)
        view = data["i"][k].astype(np.float32)
        made.append(shift(view, float(data["r"][k]), classes, rng))
    x = torch.from_numpy(np.ascontiguousarray([m[0] for m in made]))
    return (
        change_appearance(x),
        torch.tensor([m[1] for m in made]),
        torch.from_numpy(np.stack([m[2] for m in made])),
    )


def loss(outputs: tuple[Tensor, Tensor, Tensor], rows: Tensor, levels: Tensor) -> Tensor:
    """Position where covered, level of every row with data, coverage."""
    row_logits, level_logits, covered_logit = outputs
    covered = rows >= 0
    at = torch.arange(ROWS)[None].float()
    target = torch.exp(-0.5 * ((at - rows[:, None]) / TARGET_SIGMA_ROWS) ** 2)
    target = target / target.sum(1, keepdim=True)
    position = -(target * row_logits.log_softmax(1)).sum(1)
    where = (position * covered).sum() / covered.sum().clamp(min=1)
    level = functional.cross_entropy(level_logits, levels, ignore_index=IGNORED)
    covers = functional.binary_cross_entropy_with_logits(covered_logit[:, 0], covered.float())
    return where + level + covers


def fit(fold: int, data: Path, iterations: int, out: Path, threads: int = 1) -> L3Locator:
    """Trains one fold and saves its weights; checkpoint and curve take the name of the file.

    Args:
        fold: Left out, 0..4; the seed of weights and batches too.
        data: Projections as `training.simulate.projections` makes them.
        iterations: Batches.
        out: File of the weights.
        threads: Processor threads.

    Returns:
        The network in evaluation mode.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(fold)
    net = L3Locator()
    optimiser = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=iterations)
    parts = {"net": net, "optimiser": optimiser, "schedule": schedule}
    checkpoint = out.with_suffix(".checkpoint")
    done = resume(checkpoint, parts)
    torch.manual_seed(fold + 1000 * done)
    rng = np.random.default_rng([fold, done])
    stored = dict(np.load(data))
    usable = np.flatnonzero(np.arange(len(stored["i"])) % FOLDS != fold)
    begun, losses = time.process_time(), []
    for step in range(done + 1, iterations + 1):
        x, at, level = batch(stored, usable, rng)
        value = loss(net.train()(x), at, level)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        schedule.step()
        losses.append(float(value.detach()))
        if step % CHECKPOINT_EVERY == 0 or step == iterations:
            keep(checkpoint, parts, step)
            row = f"{step},{np.mean(losses):.4f},{time.process_time() - begun:.0f}"
            add_row(out.with_suffix(".csv"), row)
            losses.clear()
    torch.save(net.state_dict(), out)
    checkpoint.unlink(missing_ok=True)
    return net.eval()
