"""Trains one segmentation member on simulated slices.

Deterministic by seed up to the arithmetic of the machine. An interrupted run resumes from its
checkpoint.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.networks import CLASSES, PlainUNet, ResidualPyramid

ARCHITECTURES: dict[str, type[nn.Module]] = {"plain": PlainUNet, "residual": ResidualPyramid}
FOLDS = 5
BATCH = 6
LEARNING_RATE = 2e-3
CLASS_WEIGHTS = (0.5, 2.0, 1.0, 1.0, 1.0)
"""Muscle counts double: it is what is measured."""
CHECKPOINT_EVERY = 100


def augment(hu: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Turns, scales, mirrors and shifts pictures; changes their attenuation, blur and noise."""
    n = len(hu)
    angle, aspect = 0.10 * torch.randn(n), torch.exp(0.05 * torch.randn(n))
    scale = torch.exp(0.08 * torch.randn(n))
    mirror = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = angle.cos() * scale * mirror
    theta[:, 0, 1] = -angle.sin() * scale
    theta[:, 1, 0] = angle.sin() * scale * mirror
    theta[:, 1, 1] = angle.cos() * scale * aspect
    theta[:, :, 2] = 0.06 * torch.randn(n, 2)
    grid = functional.affine_grid(theta, list(hu.shape), align_corners=False)
    # Air around the picture: grid_sample pads with 0, so the picture is moved up by 1024.
    moved = functional.grid_sample(hu + 1024, grid, align_corners=False) - 1024
    classes = functional.grid_sample(labels.float(), grid, mode="nearest", align_corners=False)
    gain = 1 + 0.05 * torch.randn(n, 1, 1, 1)
    moved = torch.where(moved > -500, moved * gain, moved) + 8 * torch.randn(n, 1, 1, 1)
    soft = functional.avg_pool2d(moved, 3, 1, 1)
    moved = torch.where(torch.rand(n, 1, 1, 1) < 0.3, soft, moved)
    noise = torch.randn_like(moved) * 20 * torch.rand(n, 1, 1, 1)
    return moved + noise, classes.long()[:, 0]


def loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Weighted cross-entropy plus soft Dice over the classes that are tissue."""
    entropy = functional.cross_entropy(logits, labels, torch.tensor(CLASS_WEIGHTS))
    p = logits.softmax(1)[:, 1:]
    truth = functional.one_hot(labels, CLASSES).permute(0, 3, 1, 2)[:, 1:].float()
    overlap = (p * truth).sum((0, 2, 3))
    dice = (2 * overlap + 1) / (p.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 1)
    return entropy + 1 - dice.mean()


def batches(
    hu: NDArray[np.int16], labels: NDArray[np.uint8], fold: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless augmented batches of all slices but those of `fold`."""
    usable = np.flatnonzero(np.arange(len(hu)) % FOLDS != fold)
    while True:
        chosen = rng.choice(usable, BATCH)
        yield augment(
            torch.from_numpy(hu[chosen].astype(np.float32))[:, None],
            torch.from_numpy(labels[chosen])[:, None],
        )


def fit(
    architecture: str, fold: int, data: Path, iterations: int, out: Path, threads: int = 1
) -> nn.Module:
    """Trains and saves the weights; returns the network in evaluation mode."""
    torch.set_num_threads(threads)
    torch.manual_seed(1000 + fold)
    stored = np.load(data)
    feed = batches(stored["i"], stored["l"], fold, np.random.default_rng(fold))
    net = ARCHITECTURES[architecture]().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, total_steps=iterations, pct_start=0.1
    )
    checkpoint, done = out.with_suffix(".checkpoint"), 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        done = int(state["done"])
    start = time.process_time()
    for step in range(done, iterations):
        hu, labels = next(feed)
        with torch.autocast("cpu", torch.bfloat16):  # 2-3 times faster, same loss curve
            logits = net(hu.contiguous(memory_format=torch.channels_last))
        value = loss(logits.float(), labels)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        schedule.step()
        if step % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
            spent = time.process_time() - start
            print(
                f"{architecture}-{fold} {step + 1} loss {value.item():.3f} {spent:.0f} CPU-s",
                flush=True,
            )
            parts = {"net": net, "optimiser": optimiser, "schedule": schedule}
            saved = {name: part.state_dict() for name, part in parts.items()}
            torch.save(saved | {"done": step + 1}, checkpoint)
    torch.save(net.state_dict(), out)
    checkpoint.unlink(missing_ok=True)
    return net.eval()
