"""muscle_ensemble with its grading on simulated slices that nothing was trained or fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.scores import Rate
from radloom.adapters.onnx import EmbeddedInference
from services.muscle_seg.grading import AGREEMENT_A, BOUND_A, BOUND_B, Grading, grade
from training.grading import MODEL, Case, cases, own_errors
from training.simulate import DataSet, axial_slice, hard_axial_slice

Floats = NDArray[np.float64]

NUMBERS = ("muscle area", "mean HU", "low-attenuation share", "subcutaneous fat", "visceral fat")
BOOTSTRAPS = 1000


@dataclass(frozen=True)
class Set:
    """A set of slices.

    Attributes:
        name: As the tables show it.
        hu: (n, 256, 256).
        labels: (n, 256, 256) classes.
    """

    name: str
    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]


def sets(folder: Path, second: Path | None, items: int) -> list[Set]:
    """Held-out sets of the simulator, made when they are not there, and the second scanner's."""
    held = DataSet("held_out", axial_slice, 22, 300).write(folder)
    hard = DataSet("hard", hard_axial_slice, 26, 200).write(folder)
    found = [("simulated, held out", held), ("simulated, hard", hard)]
    if second is not None and second.is_file():
        found.append(("second simulator (CatSim)", second))
    made = []
    for name, path in found:
        stored = np.load(path)
        made.append(Set(name, stored["i"][:items], stored["l"][:items]))
    return made


@dataclass(frozen=True)
class Scores:
    """How the service would have done on a set.

    Attributes:
        name: Of the set.
        total: Slices of it.
        cases: Those that the gates accept.
        grading: Constants of the model.
    """

    name: str
    total: int
    cases: Sequence[Case]
    grading: Grading

    @property
    def dice(self) -> Floats:
        """Of the muscle masks."""
        return np.array([case.dice for case in self.cases])

    @property
    def error(self) -> Floats:
        """Absolute relative error of the area."""
        return np.abs([case.area_error for case in self.cases])

    @property
    def missing(self) -> Floats:
        """Dice that the signals expect to be missing."""
        return np.array([self.grading.missing_dice(c.reading.signals) for c in self.cases])

    @property
    def grades(self) -> NDArray[np.str_]:
        """A, B or C; the doubts that only whole studies raise are absent here."""
        agreement = [case.reading.muscle.agreement for case in self.cases]
        bounds = self.grading.area * self.missing
        told = [grade(b, a, doubtful=False) for b, a in zip(bounds, agreement, strict=True)]
        return np.array(told)

    @property
    def covered(self) -> list[Rate]:
        """How often each of the five intervals holds the truth, of what is published."""
        published = self.grades != "C"
        errors = np.array([own_errors(case, self.grading) for case in self.cases])[published]
        return [Rate(int((column <= 1).sum()), len(column)) for column in errors.T]

    @property
    def all_covered(self) -> Rate:
        """The same for the area, of all accepted slices, as it was calibrated."""
        own = [own_errors(case, self.grading)[0] for case in self.cases]
        return Rate(sum(value <= 1 for value in own), len(own))


def score(inference: EmbeddedInference, of: Set) -> Scores:
    """Measures every slice of a set."""
    model = inference.describe(MODEL)
    made = [case for case in cases(inference, of.hu, of.labels) if case.accepted]
    return Scores(of.name, len(of.hu), made, Grading.of(model.parameters, model.sha256))


def rank_correlation(a: Floats, b: Floats) -> float:
    """Spearman's rho; ties in the order given."""
    ranks = [np.argsort(np.argsort(column, kind="stable")) for column in (a, b)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def with_interval(values: Floats, statistic: str, digits: int, scale: float = 1.0) -> str:
    """A statistic with its 95 % bootstrap interval: "mean", "median" or "p90"."""
    rng = np.random.default_rng(1)
    share = {"median": 0.5, "p90": 0.9, "p5": 0.05}.get(statistic)

    def of(sample: Floats) -> float:
        return float(sample.mean() if share is None else np.quantile(sample, share)) * scale

    drawn = [of(rng.choice(values, len(values))) for _ in range(BOOTSTRAPS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{of(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def accuracy_table(found: Sequence[Scores]) -> str:
    """Dice and area error, with counts and intervals."""
    lines = (
        "| set | slices, accepted | Dice, mean | Dice, 5th percentile | area error, median % "
        "| area error, 90th percentile % |\n|---|---|---|---|---|---|\n"
    )
    for each in found:
        lines += (
            f"| {each.name} | {each.total}, {len(each.cases)} "
            f"| {with_interval(each.dice, 'mean', 3)} | {with_interval(each.dice, 'p5', 3)} "
            f"| {with_interval(each.error, 'median', 1, 100)} "
            f"| {with_interval(each.error, 'p90', 1, 100)} |\n"
        )
    return lines


def grade_table(found: Sequence[Scores]) -> str:
    """What a grade means: how many, how good."""
    lines = (
        "| set | grade | slices | Dice, mean | area error %, median / p90 / worst "
        "| error above 10 % |\n|---|---|---|---|---|---|\n"
    )
    for each in found:
        for letter in "ABC":
            has = each.grades == letter
            if has.any():
                error = 100 * each.error[has]
                lines += (
                    f"| {each.name} | {letter} | {Rate(int(has.sum()), len(has))} "
                    f"| {each.dice[has].mean():.3f} | {np.median(error):.1f} / "
                    f"{np.quantile(error, 0.9):.1f} / {error.max():.1f} "
                    f"| {Rate(int((error > 10).sum()), len(error))} |\n"
                )
    return lines


def coverage_table(found: Sequence[Scores]) -> str:
    """Whether 90 % intervals hold 90 %."""
    lines = (
        f"| set | muscle area, all accepted | {', of A and B | '.join(NUMBERS)}, of A and B |\n"
        f"|---|---|{'---|' * len(NUMBERS)}\n"
    )
    for each in found:
        told = " | ".join(str(rate) for rate in each.covered)
        lines += f"| {each.name} | {each.all_covered} | {told} |\n"
    return lines


def correlation_table(found: Sequence[Scores]) -> str:
    """How well what is seen tells what is wrong."""
    lines = (
        "| set | expected with true missing Dice | disagreement with missing Dice "
        "| expected missing Dice with area error |\n|---|---|---|---|\n"
    )
    for each in found:
        lost = 1 - each.dice
        differ = np.array([1 - case.reading.muscle.agreement for case in each.cases])
        lines += (
            f"| {each.name} | {rank_correlation(each.missing, lost):.2f} "
            f"| {rank_correlation(differ, lost):.2f} "
            f"| {rank_correlation(each.missing, each.error):.2f} |\n"
        )
    return lines


LIMITS = (
    f"Grade A: bound on the area error at most {BOUND_A:.1%}, agreement at least {AGREEMENT_A}, no "
    f"doubt. C, not\npublished: bound above {BOUND_B:.0%}.\n"
)
