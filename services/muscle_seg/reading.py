"""One slice before and after the ensemble has seen it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.muscle_seg.fat import Fat, subcutaneous, visceral
from services.muscle_seg.grading import Signals, signals
from services.muscle_seg.muscle import THRESHOLD, Muscle, clean, measure
from services.muscle_seg.slices import (
    FieldOfView,
    Placement,
    body_mask,
    field_of_view,
    place,
    to_grid,
    to_source,
)
from services.muscle_seg.texture import edgeless_share, heterogeneity_hu

MUSCLE_CLASS = 1
OUTPUTS = ("mean", "var", "mi", "members")
"""What is asked of the ensemble."""


@dataclass(frozen=True)
class Slice:
    """A slice as the ensemble will see it.

    Attributes:
        hu: (rows, columns) of the source.
        spacing_mm: Row and column distance.
        body: The patient, on the source's pixels; empty when there is none.
        placement: Where the grid lies; None without a body.
    """

    hu: NDArray[np.int16]
    spacing_mm: tuple[float, float]
    body: NDArray[np.bool_]
    placement: Placement | None

    @classmethod
    def of(cls, hu: NDArray[np.int16], spacing_mm: tuple[float, float]) -> "Slice":
        """Finds the body and lays the grid on it."""
        body = body_mask(hu, spacing_mm)
        return cls(hu, spacing_mm, body, place(body, spacing_mm) if body.any() else None)

    @property
    def at(self) -> Placement:
        """Where the grid lies.

        Raises:
            ValueError: There is no body in the slice.
        """
        if self.placement is None:
            raise ValueError("no body in the slice")
        return self.placement

    @property
    def grid(self) -> NDArray[np.float32]:
        """(256, 256) HU."""
        return to_grid(self.hu, self.at)

    def field_of_view(self) -> FieldOfView:
        """How much of the body the slice cuts off."""
        return field_of_view(self.hu, self.body, self.at)

    def area_cm2(self, mean: NDArray[np.float32]) -> float:
        """Muscle area by the mean probability (256, 256) alone."""
        mask = clean(to_source(mean, self.at) > THRESHOLD, self.hu, self.spacing_mm)
        return float(mask.sum()) * self.spacing_mm[0] * self.spacing_mm[1] / 100


@dataclass(frozen=True)
class Reading:
    """Everything measured in one slice.

    Attributes:
        muscle: The muscle.
        signals: What the answer gives away about its error.
        subcutaneous: Fat under the skin.
        visceral: Fat inside the wall.
    """

    muscle: Muscle
    signals: Signals
    subcutaneous: Fat
    visceral: Fat


def read(seen: Slice, answer: Mapping[str, NDArray[np.float32]]) -> Reading:
    """Measures a slice in the ensemble's answer to it.

    Args:
        seen: The slice.
        answer: `OUTPUTS` for this slice, without the batch axis.
    """
    classes = np.stack([to_source(each, seen.at) for each in answer["mean"]])
    members = np.stack([to_source(each, seen.at) for each in answer["members"]])
    muscle = measure(seen.hu, classes[MUSCLE_CLASS], members, seen.spacing_mm)
    told = signals(
        answer["mean"][MUSCLE_CLASS],
        answer["var"][MUSCLE_CLASS],
        answer["mi"][0],
        agreement=muscle.agreement,
        texture=(
            heterogeneity_hu(muscle.mask, seen.hu, seen.spacing_mm),
            edgeless_share(muscle.mask, seen.hu, seen.spacing_mm),
        ),
    )
    # Outside the grid every class is 0, and argmax would say class 0: no fat there, as nothing is.
    return Reading(
        muscle,
        told,
        subcutaneous(seen.hu, classes, seen.spacing_mm),
        visceral(seen.hu, classes, seen.spacing_mm),
    )
