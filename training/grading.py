"""Fits what grades and intervals of `muscle_ensemble` are read from, into its configuration.

    python -m training.grading --repository triton_models --out build/training

Slices are simulated with seeds that nothing was trained on and that no evaluation reports on.
Those that a gate of the service would refuse are left out, for the bound is one on what is
accepted. One half fits the regression, the other the conformal quantiles. The lines are written
into `config.pbtxt`, so that they reach every way of running the model, and name the weights.
"""

import argparse
import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radloom.adapters.onnx import EmbeddedInference
from services.muscle_seg.fat import SAT_HU, SUBCUTANEOUS, VAT_HU, VISCERAL
from services.muscle_seg.grading import COVERAGE, PREFIX, Grading
from services.muscle_seg.muscle import LOW_ATTENUATION_HU, clean, dice
from services.muscle_seg.plausibility import muscle_gates, slice_gates
from services.muscle_seg.reading import OUTPUTS, Reading, Slice, read
from training.simulate import DataSet, axial_slice, hard_axial_slice

SETS = (("grading", axial_slice, 33, 400), ("grading_hard", hard_axial_slice, 32, 200))
"""Name, simulator, seed and slices. Seed 31 is the second scanner's: the same anatomy."""
GRID_MM = (1.5, 1.5)
PIXEL_CM2 = GRID_MM[0] * GRID_MM[1] / 100
RIDGE = 1.0
"""Penalty on the regression's slopes, in units of one standardised slice."""
MODEL = "muscle_ensemble"


@dataclass(frozen=True)
class Truth:
    """What a simulated slice holds.

    Attributes:
        area_cm2: Muscle after the clean-up of the service.
        mean_hu: Its mean attenuation.
        low_attenuation: Its share of low attenuation.
        subcutaneous_cm2: Subcutaneous fat.
        visceral_cm2: Visceral fat.
    """

    area_cm2: float
    mean_hu: float
    low_attenuation: float
    subcutaneous_cm2: float
    visceral_cm2: float


@dataclass(frozen=True)
class Case:
    """A simulated slice, what was measured in it, and what is there.

    Attributes:
        reading: By the service's own steps.
        truth: By the simulator.
        dice: Of the muscle masks.
        accepted: Whether the gates on slice and measurement let it pass.
    """

    reading: Reading
    truth: Truth
    dice: float
    accepted: bool

    @property
    def area_error(self) -> float:
        """Signed error of the area relative to the truth."""
        return self.reading.muscle.area_cm2 / max(1e-9, self.truth.area_cm2) - 1


def fat_cm2(
    hu: NDArray[np.int16], labels: NDArray[np.uint8], of: int, limits: tuple[int, int]
) -> float:
    """Area of a class within its HU range."""
    return float(((labels == of) & (hu >= limits[0]) & (hu <= limits[1])).sum()) * PIXEL_CM2


def truth(hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], Truth]:
    """The true muscle mask, and what is there."""
    mask = clean(labels == 1, hu, GRID_MM)
    inside, (low, high) = hu[mask], LOW_ATTENUATION_HU
    return mask, Truth(
        float(mask.sum()) * PIXEL_CM2,
        float(inside.mean()) if inside.size else float("nan"),
        float(((inside >= low) & (inside <= high)).mean()) if inside.size else 0.0,
        fat_cm2(hu, labels, SUBCUTANEOUS, SAT_HU),
        fat_cm2(hu, labels, VISCERAL, VAT_HU),
    )


def cases(
    inference: EmbeddedInference, hu: NDArray[np.int16], labels: NDArray[np.uint8]
) -> Iterator[Case]:
    """Measures slices (n, 256, 256) as the service does."""
    for picture, label in zip(hu, labels, strict=True):
        seen = Slice.of(picture, GRID_MM)
        if seen.placement is None:
            continue
        answer = inference.infer(MODEL, {"hu": seen.grid[None, None]}, outputs=OUTPUTS).outputs
        made = read(seen, {name: np.asarray(each[0], np.float32) for name, each in answer.items()})
        mask, there = truth(picture, label)
        failed = slice_gates(seen.body, picture, GRID_MM, seen.field_of_view())
        failed += muscle_gates(made.muscle.area_cm2, made.muscle.mean_hu)
        yield Case(made, there, dice(made.muscle.mask, mask), not failed)


def conformal(scores: NDArray[np.float64], coverage: float = COVERAGE) -> float:
    """Split-conformal quantile: covers a further exchangeable case with at least `coverage`."""
    n = len(scores)
    level = min(1.0, np.ceil((n + 1) * coverage) / n)
    return float(np.quantile(scores, level, method="higher"))


def regression(of: list[Case]) -> tuple[float, ...]:
    """Ridge regression of the logarithm of the missing Dice on the signals."""
    x = np.stack([case.reading.signals.vector() for case in of])
    y = np.log(np.clip([1 - case.dice for case in of], 0.002, 1.0))
    centre, scale = x[:, 1:].mean(0), x[:, 1:].std(0) + 1e-9
    z = (x[:, 1:] - centre) / scale
    slopes = np.linalg.solve(z.T @ z + RIDGE * np.eye(z.shape[1]), z.T @ (y - y.mean())) / scale
    return (float(y.mean() - slopes @ centre), *(float(slope) for slope in slopes))


def shuffled(of: list[Case]) -> list[Case]:
    """In an order that mixes the sets, the same on every run."""
    return [of[k] for k in np.random.default_rng(1).permutation(len(of))]


def fit(of: list[Case]) -> Grading:
    """Regression on one half of the accepted slices, quantiles on the other."""
    accepted = [case for case in of if case.accepted]
    half = len(accepted) // 2
    unit = Grading(regression(accepted[:half]), 1.0, 1.0, 1.0, 1.0, 1.0)
    errors = np.array([own_errors(case, unit) for case in accepted[half:]])
    area, attenuation, low, sat, vat = (conformal(column) for column in errors.T)
    return replace(
        unit,
        area=area,
        attenuation=attenuation,
        low_attenuation=low,
        subcutaneous=sat,
        visceral=vat,
    )


def own_errors(case: Case, grading: Grading) -> tuple[float, float, float, float, float]:
    """Errors of the five numbers, each over what its interval's half width would be.

    At most 1 where the interval covers the truth; with all quantiles 1 they are the scores that
    the quantiles are taken of.
    """
    got, there = case.reading, case.truth
    missing = grading.missing_dice(got.signals)
    area = abs(there.area_cm2 - got.muscle.area_cm2) / max(1e-9, got.muscle.area_cm2)
    return (
        area / (grading.area * missing),
        abs(there.mean_hu - got.muscle.mean_hu) / (grading.attenuation * missing),
        abs(there.low_attenuation - got.muscle.low_attenuation)
        / (grading.low_attenuation * missing),
        abs(there.subcutaneous_cm2 - got.subcutaneous.area_cm2)
        / (grading.subcutaneous * got.subcutaneous.doubt_cm2),
        abs(there.visceral_cm2 - got.visceral.area_cm2)
        / (grading.visceral * got.visceral.doubt_cm2),
    )


LINE = re.compile(rf'parameters \{{ key: "{re.escape(PREFIX)}.*\n')


def written(config: str, parameters: Mapping[str, str]) -> str:
    """`config.pbtxt` with the grading's lines before the first that no parameter is, once."""
    kept = LINE.sub("", config)
    lines = "".join(
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n'
        for key, value in parameters.items()
    )
    last = kept.rindex("parameters { key:", 0, kept.index("optimization {"))
    end = kept.index("\n", last) + 1
    return kept[:end] + lines + kept[end:]


def main() -> None:
    """Simulates what is missing, fits, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, default=Path("triton_models"))
    parser.add_argument("--out", type=Path, default=Path("build/training"))
    parser.add_argument("--items", type=int, help="at most so many slices of each set")
    given = parser.parse_args()
    inference = EmbeddedInference(given.repository)
    measured: list[Case] = []
    for name, make, seed, items in SETS:
        stored = np.load(DataSet(name, make, seed, items).write(given.out))
        measured += cases(inference, stored["i"][: given.items], stored["l"][: given.items])
    fitted = fit(shuffled(measured))
    path = given.repository / MODEL / "config.pbtxt"
    described = fitted.parameters(inference.describe(MODEL).sha256)
    path.write_text(written(path.read_text(), described))
    print(astuple(fitted))


if __name__ == "__main__":
    main()
