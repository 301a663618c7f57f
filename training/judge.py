"""How well an exported model does on data that it was not trained on, and what that calibrates."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from services.muscle_seg.grading import AGREEMENT_A, AGREEMENT_B
from services.muscle_seg.muscle import clean, dice, measure
from training.networks import L3Locator
from training.skeleton_spine import ROW_MM

COVERAGE = 0.90
GRID_MM = (1.5, 1.5)


def answers(
    path: Path, name: str, data: Iterable[NDArray[np.float32]]
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Outputs of an exported model for each item, a batch of one at a time."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    for item in data:
        yield dict(zip(names, session.run(names, {name: item[None]}), strict=True))


def run(path: Path, name: str, data: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Outputs of an exported model for all items (n, ...)."""
    made = list(answers(path, name, data))
    return {key: np.concatenate([each[key] for each in made]) for key in made[0]}


def quantile_with_guarantee(scores: NDArray[np.float64], coverage: float) -> float:
    """Split-conformal quantile: covers a further exchangeable case with at least `coverage`."""
    n = len(scores)
    level = min(1.0, np.ceil((n + 1) * coverage) / n)
    return float(np.quantile(scores, level, method="higher"))


@dataclass(frozen=True)
class Scores:
    """How a model did, slice by slice, after clean-up; each (n,).

    Attributes:
        dice: Overlap of the muscle masks, 0..1.
        error: Signed error of the muscle area relative to the truth.
        own: Absolute error relative to the measured area, as an interval is given.
        agreement: Mean pairwise Dice of the members.
    """

    dice: NDArray[np.float64]
    error: NDArray[np.float64]
    own: NDArray[np.float64]
    agreement: NDArray[np.float64]


def score(path: Path, hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> Scores:
    """Scores of an exported ensemble on slices (n, 256, 256) with classes."""
    rows = []
    pictures = (picture.astype(np.float32)[None] for picture in hu)
    made_of = answers(path, "hu", pictures)
    for picture, label, made in zip(hu, labels, made_of, strict=True):
        truth = clean(label == 1, picture, GRID_MM)
        got = measure(picture, made["mean"][0, 1], made["members"][0], GRID_MM)
        size, difference = int(truth.sum()), int(got.mask.sum()) - int(truth.sum())
        own = abs(difference) / max(1, int(got.mask.sum()))
        rows.append((dice(got.mask, truth), difference / max(1, size), own, got.agreement))
    return Scores(*np.array(rows).T)


def summary(scores: Scores) -> dict[str, float]:
    """Means and percentiles of the scores, rank correlations, shares of the grades."""
    agreement, error = scores.agreement, np.abs(scores.error)
    ranks = [np.argsort(np.argsort(column)) for column in (agreement, scores.dice, error)]
    return {
        "n": len(agreement),
        "dice_mean": float(scores.dice.mean()),
        "dice_p5": float(np.percentile(scores.dice, 5)),
        "area_error_median": float(np.median(error)),
        "area_error_p90": float(np.percentile(error, 90)),
        "area_bias": float(np.median(scores.error)),
        "agreement_dice_rho": float(np.corrcoef(ranks[0], ranks[1])[0, 1]),
        "agreement_error_rho": float(np.corrcoef(ranks[0], ranks[2])[0, 1]),
        "grade_a": float((agreement >= AGREEMENT_A).mean()),
        "grade_b": float(((agreement >= AGREEMENT_B) & (agreement < AGREEMENT_A)).mean()),
        "grade_c": float((agreement < AGREEMENT_B).mean()),
    }


def judge_muscle(path: Path, hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> dict[str, float]:
    """Dice, area error, agreement and interval factor on simulated slices, after clean-up.

    Half of the slices calibrate the interval; the other half checks its coverage.
    """
    scores = score(path, hu, labels)
    spread = np.maximum(0.01, 1 - scores.agreement)  # as `relative_spread`
    ratio, half = scores.own / spread, len(spread) // 2
    factor = quantile_with_guarantee(ratio[:half], COVERAGE)
    return summary(scores) | {
        "area_interval_factor": factor,
        "interval_coverage": float((ratio[half:] <= factor).mean()),
        "interval_n": len(ratio) - half,
    }


def fit_temperature(logits: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Temperature with the least cross-entropy, by a grid search (Guo 2017)."""
    grid = np.exp(np.linspace(np.log(0.25), np.log(8), 81))
    signed = np.where(truth, 1, -1)
    losses = [np.log1p(np.exp(-np.clip(signed * logits / t, -50, 50))).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])


def share(passed: NDArray[np.bool_]) -> float:
    """Share of the volumes that passed; not a number when there are none."""
    return float(passed.mean()) if len(passed) else float("nan")


def calibration_error(
    probability: NDArray[np.float64], truth: NDArray[np.bool_], bins: int = 10
) -> float:
    """Expected calibration error over bins of equal count."""
    order = np.array_split(np.argsort(probability), bins)
    gaps = [abs(probability[each].mean() - truth[each].mean()) * len(each) for each in order]
    return float(np.sum(gaps) / len(probability))


def folds_answer(
    folds: list[L3Locator], views: NDArray[np.generic]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Pooled row probabilities (n, 192) and mean coverage logits (n,) of the folds."""
    hu = torch.from_numpy(views.astype(np.float32))
    with torch.no_grad():
        parts = [[net(hu[k : k + 50]) for k in range(0, len(hu), 50)] for net in folds]
    logs = torch.stack([torch.cat([p[0] for p in each]).log_softmax(1) for each in parts])
    logits = [torch.cat([p[2] for p in each])[:, 0].numpy() for each in parts]
    return logs.mean(0).softmax(1).numpy(), np.mean(logits, axis=0, dtype=np.float64)


def judge_locator(
    folds: list[L3Locator], valid: Mapping[str, NDArray[np.generic]]
) -> dict[str, float]:
    """Position error, coverage threshold and calibration on simulated projections."""
    rows, logits = folds_answer(folds, valid["i"])
    truth_row = valid["r"].astype(np.float64)
    truth = truth_row >= 0
    half = len(truth) // 2
    temperature = fit_temperature(logits[:half], truth[:half])
    probability = 1 / (1 + np.exp(-logits / temperature))
    at = np.arange(rows.shape[1])
    peak = rows.argmax(1)
    near = rows * (np.abs(at[None] - peak[:, None]) <= 3)
    found = (near * at).sum(1) / near.sum(1)
    error = np.abs(found - truth_row)[truth] * ROW_MM
    order = np.argsort(-logits[half:])
    hits = truth[half:][order]
    auc = float(((np.cumsum(hits) * ~hits).sum()) / max(1, hits.sum() * (~hits).sum()))
    # Refusing costs a study, measuring the wrong level costs a patient: 1 % of the volumes
    # without any part of L3 may pass, and none that is more likely without than with. Where L3 is
    # cut, its middle may be inside: such volumes are told apart, and do not set the threshold.
    none = ~(valid["l"] == 0).any(axis=1)
    threshold = float(np.clip(np.quantile(probability[:half][none[:half]], 0.99), 0.5, 0.99))
    passed = probability[half:] >= threshold
    return {
        "n": len(truth),
        "covered_n": int(truth.sum()),
        "error_median_mm": float(np.median(error)),
        "error_p90_mm": float(np.percentile(error, 90)),
        "within_10_mm": float((error <= 10).mean()),
        "coverage_auc": auc,
        "temperature": temperature,
        "coverage_threshold": threshold,
        "accepted_with_l3": share(passed[truth[half:]]),
        "accepted_l3_cut": share(passed[~truth[half:] & ~none[half:]]),
        "accepted_without_l3": share(passed[none[half:]]),
        "coverage_ece": calibration_error(probability[half:], truth[half:]),
        "l3_interval_mm": quantile_with_guarantee(error, COVERAGE),
    }
