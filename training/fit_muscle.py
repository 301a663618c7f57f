"""Trains one segmentation member on simulated slices.

Deterministic by seed up to the arithmetic of the machine. An interrupted run resumes from its
checkpoint.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.checkpoints import add_row, keep, resume
from training.networks import CLASS_WEIGHTS, CLASSES, PlainUNet, ResidualPyramid
from training.warm_start import members, restore, settle

ARCHITECTURES: dict[str, type[nn.Module]] = {"plain": PlainUNet, "residual": ResidualPyramid}
FOLDS = 5
WINDOW = (176, 224)
"""Rows and columns of a training picture, 264 by 336 mm: most bodies fit, and less air is paid
for. The networks are convolutional, so they run on the whole grid as they are."""


def random_affine(n: int, side: int) -> Tensor:
    """Turn, scale, mirror and shift of `n` pictures of `side` to `WINDOW`, (n, 2, 3)."""
    angle, aspect = 0.10 * torch.randn(n), torch.exp(0.05 * torch.randn(n))
    scale = torch.exp(0.08 * torch.randn(n))
    mirror = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = angle.cos() * scale * mirror
    theta[:, 0, 1] = -angle.sin() * scale
    theta[:, 1, 0] = angle.sin() * scale * mirror
    theta[:, 1, 1] = angle.cos() * scale * aspect
    theta[:, :, 2] = 0.08 * torch.randn(n, 2)
    rows, columns = WINDOW
    return theta * torch.tensor([columns / side, rows / side, 1.0])


def augment(hu: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Moves pictures (n, 1, side, side) into `WINDOW`; changes attenuation, blur and noise."""
    n = len(hu)
    grid = functional.affine_grid(
        random_affine(n, hu.shape[-1]), [n, 1, *WINDOW], align_corners=False
    )
    # Air around the picture: grid_sample pads with 0, so the picture is moved up by 1024.
    moved = functional.grid_sample(hu + 1024, grid, align_corners=False) - 1024
    classes = functional.grid_sample(labels.float(), grid, mode="nearest", align_corners=False)
    gain = 1 + 0.03 * torch.randn(n, 1, 1, 1)
    moved = torch.where(moved > -500, moved * gain, moved) + 8 * torch.randn(n, 1, 1, 1)
    soft = functional.avg_pool2d(moved, 3, 1, 1)
    moved = torch.where(torch.rand(n, 1, 1, 1) < 0.15, soft, moved)
    noise = torch.randn_like(moved) * 15 * torch.rand(n, 1, 1, 1)
    return moved + noise, classes.long()[:, 0]


def loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Weighted cross-entropy plus soft Dice over the classes that are tissue.

    Dice is taken slice by slice, so that little muscle counts as much as much of it.
    """
    entropy = functional.cross_entropy(logits, labels, torch.tensor(CLASS_WEIGHTS))
    p = logits.softmax(1)[:, 1:]
    truth = functional.one_hot(labels, CLASSES).permute(0, 3, 1, 2)[:, 1:].float()
    overlap = (p * truth).sum((2, 3))
    dice = (2 * overlap + 1) / (p.sum((2, 3)) + truth.sum((2, 3)) + 1)
    return entropy + 1 - dice.mean()


def batches(
    hu: NDArray[np.int16],
    labels: NDArray[np.uint8],
    fold: int,
    size: int,
    rng: np.random.Generator,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless augmented batches of `size` slices, of all but those of `fold`."""
    usable = np.flatnonzero(np.arange(len(hu)) % FOLDS != fold)
    while True:
        chosen = rng.choice(usable, size)
        yield augment(
            torch.from_numpy(hu[chosen].astype(np.float32))[:, None],
            torch.from_numpy(labels[chosen])[:, None],
        )


def say(line: str) -> None:
    """Prints at once, also into a file."""
    print(line, flush=True)


@dataclass(frozen=True)
class Course:
    """How a member is trained.

    Attributes:
        iterations: Batches.
        batch: Slices of a batch.
        learning_rate: Highest of the cycle.
        seed: Of initial weights and batches, beside the fold.
        start: Model folder whose member of the same name is trained on, or the weights (.pt) of
            another member of the same architecture; none starts afresh.
        checkpoint_every: Batches between checkpoints and lines of the curve.
        threads: Processor threads.
        report: Takes one line per checkpoint.
    """

    iterations: int
    batch: int = 6
    learning_rate: float = 2e-3
    seed: int = 1
    start: Path | None = None
    checkpoint_every: int = 20
    threads: int = 1
    report: Callable[[str], None] = say


def network(architecture: str, fold: int, course: Course) -> nn.Module:
    """The member before training."""
    torch.manual_seed(10 * course.seed + fold)
    net = ARCHITECTURES[architecture]()
    if branches(course):
        net.load_state_dict(torch.load(course.start))
    elif course.start:
        restore(net, members(course.start)[f"{architecture}-{fold}"])
    return net


def branches(course: Course) -> bool:
    """Whether it starts from another member, with its batch norms as they are."""
    return course.start is not None and course.start.suffix == ".pt"


def fit(architecture: str, fold: int, data: Sequence[Path], out: Path, course: Course) -> nn.Module:
    """Trains and saves the weights and, beside them, the curve of the loss and what it began from.

    Args:
        architecture: Key of `ARCHITECTURES`.
        fold: Left out, 0..4.
        data: Files of slices as `training.simulate.axial_slice` makes them.
        out: File of the weights; checkpoint, curve and start take its name.
        course: How long and how.

    Returns:
        The network in evaluation mode.
    """
    torch.set_num_threads(course.threads)
    net = network(architecture, fold, course)
    optimiser = torch.optim.AdamW(net.parameters(), course.learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, course.learning_rate, total_steps=course.iterations, pct_start=0.1
    )
    out.with_suffix(".start").write_text(course.start.stem if course.start else "nothing")
    parts = {"net": net, "optimiser": optimiser, "schedule": schedule}
    checkpoint = out.with_suffix(".checkpoint")
    done = resume(checkpoint, parts)
    torch.manual_seed(10 * course.seed + fold + 1000 * done)
    rng = np.random.default_rng([course.seed, fold, done] if done else [course.seed, fold])
    hu, labels = (np.concatenate([np.load(path)[key] for path in data]) for key in "il")
    feed = batches(hu, labels, fold, course.batch, rng)
    if course.start and not done and not branches(course):
        settle(net, torch.cat([next(feed)[0] for _ in range(4)]))
    net.train().to(memory_format=torch.channels_last)
    begun, losses = time.process_time(), []
    for step in range(done + 1, course.iterations + 1):
        losses.append(learn(net, next(feed), optimiser))
        schedule.step()
        if step % course.checkpoint_every == 0 or step == course.iterations:
            keep(checkpoint, parts, step)
            row = f"{step},{np.mean(losses):.4f},{time.process_time() - begun:.0f}"
            add_row(out.with_suffix(".csv"), row)
            course.report(f"{architecture}-{fold} {row}")
            losses.clear()
    torch.save(net.state_dict(), out)
    checkpoint.unlink(missing_ok=True)
    return net.eval()


def learn(net: nn.Module, batch: tuple[Tensor, Tensor], optimiser: torch.optim.Optimizer) -> float:
    """One step; returns the loss."""
    hu, labels = batch
    with torch.autocast("cpu", torch.bfloat16):  # 2-3 times faster, same loss curve
        logits = net(hu.contiguous(memory_format=torch.channels_last))
    value = loss(logits.float(), labels)
    optimiser.zero_grad(set_to_none=True)
    value.backward()
    optimiser.step()
    return float(value.detach())
