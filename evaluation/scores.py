"""Counts, rates and their intervals."""

import math
from dataclasses import dataclass

Z_95 = 1.959964
"""97.5 % quantile of the standard normal distribution."""


@dataclass(frozen=True)
class Rate:
    """`hits` of `total`."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """Share; not a number when nothing was counted."""
        return self.hits / self.total if self.total else math.nan

    def interval(self) -> tuple[float, float]:
        """95 % interval of Wilson (J Am Stat Assoc 1927;22:209)."""
        if not self.total:
            return math.nan, math.nan
        n, p, z = self.total, self.value, Z_95
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.value:.1%} ({self.hits}/{self.total}; {low:.1%} to {high:.1%})"


@dataclass(frozen=True)
class Found:
    """What was found, invented and missed."""

    true: int
    false: int
    missed: int

    def __add__(self, other: "Found") -> "Found":
        return Found(self.true + other.true, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Share of what was found that is true."""
        return self.true / (self.true + self.false) if self.true + self.false else math.nan

    @property
    def recall(self) -> float:
        """Share of what is true that was found."""
        return self.true / (self.true + self.missed) if self.true + self.missed else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        total = 2 * self.true + self.false + self.missed
        return 2 * self.true / total if total else math.nan

    def __str__(self) -> str:
        return f"P {self.precision:.3f} R {self.recall:.3f} F1 {self.f1:.3f}"
