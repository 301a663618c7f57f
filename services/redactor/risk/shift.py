"""Whether items still look like those that a stratum was calibrated on.

A conformal test martingale (Vovk, Nouretdinov, Gammerman, "Testing exchangeability on-line", ICML
2003; betting of Vovk et al., "Retrain or not retrain", 2021, arXiv 2102.10439): each new item is
ranked among the calibration items and all items since. While items are exchangeable the ranks are
uniform and independent, so nobody can win by betting against that; capital that reached 100 says
they are not, and is reached by chance in at most 1 stratum of 100, however long it runs (Ville).
The scores are kept as counts per bin, so the state does not grow.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

ALARM_CAPITAL = 100.0
"""False alarm in at most 1 of 100 strata over their whole life (Ville's inequality)."""

JUMP = 0.01
"""Share of the capital that changes its bet at each item (simple jumper, arXiv 2102.10439)."""

BETS = (-1.0, 0.0, 1.0)
"""Bets on low ranks, on nothing, on high ranks; and the same on middle and outer ranks."""

BINS = 20
"""Bins of a reference, cut at its quantiles: a shift within a bin is not seen."""


@dataclass(frozen=True)
class Reference:
    """How a score was spread over the calibration items of a stratum.

    Attributes:
        edges: Lower edges of all bins but the first, rising.
        counts: Calibration items per bin, one more than edges.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def bin(self, score: float) -> int:
        """Number of the bin of `score`."""
        return int(np.searchsorted(np.asarray(self.edges), score, side="right"))


def reference(scores: Sequence[float], bins: int = BINS) -> Reference:
    """Spread of `scores` over at most `bins` bins."""
    values = np.asarray(scores, float)
    inner = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1], method="higher")
    # An edge above the highest score catches what was never seen.
    edges = np.unique(np.append(inner, np.nextafter(values.max(), np.inf)))
    places = np.searchsorted(edges, values, side="right")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return Reference(tuple(map(float, edges)), tuple(map(int, counts)))


@dataclass(frozen=True)
class Watch:
    """What one score of a stratum has done so far.

    Attributes:
        counts: Items per bin, calibration and since.
        capital: Capital on each of the bets, first by rank, then by distance from the middle.
    """

    counts: tuple[int, ...]
    capital: tuple[float, ...]

    @classmethod
    def started(cls, known: Reference) -> "Watch":
        """Before any new item: capital 1."""
        return cls(known.counts, (1 / (2 * len(BETS)),) * (2 * len(BETS)))

    def after(self, place: int, tie: float) -> "Watch":
        """After an item in bin `place`; `tie`, 0..1, decides its rank within the bin."""
        counts = tuple(n + (i == place) for i, n in enumerate(self.counts))
        rank = (sum(counts[place + 1 :]) + tie * counts[place]) / sum(counts)
        half = len(BETS)
        moved = _moved(self.capital[:half], rank) + _moved(self.capital[half:], abs(2 * rank - 1))
        return Watch(counts, moved)

    @property
    def total(self) -> float:
        """Capital now; 1 at the start."""
        return sum(self.capital)


def _moved(capital: Sequence[float], uniform: float) -> tuple[float, ...]:
    total = sum(capital)
    kept = [(1 - JUMP) * part + JUMP * total / len(BETS) for part in capital]
    won = [part * (1 + bet * (uniform - 0.5)) for part, bet in zip(kept, BETS, strict=True)]
    return tuple(min(part, 1e12) for part in won)


@dataclass(frozen=True)
class Monitor:
    """Watches all scores of one stratum; once alarmed it stays so until recalibration.

    Attributes:
        references: Spread of each score at calibration, by name.
        watches: State of each score, by name.
        peak: Highest capital so far, mean over scores.
        items: Items since calibration.
    """

    references: Mapping[str, Reference]
    watches: Mapping[str, Watch]
    peak: float = 1.0
    items: int = 0

    @classmethod
    def started(cls, references: Mapping[str, Reference]) -> "Monitor":
        """Before any new item."""
        return cls(references, {name: Watch.started(known) for name, known in references.items()})

    @property
    def alarmed(self) -> bool:
        """Whether items no longer look like those of the calibration."""
        return self.peak >= ALARM_CAPITAL

    def after(self, features: Mapping[str, float], *, tie: float) -> "Monitor":
        """After one more item.

        Args:
            features: Its scores by name, every one that the calibration has.
            tie: 0 <= tie < 1, independent of the scores: from a digest of the item.

        Raises:
            KeyError: A score is missing.
        """
        if not 0 <= tie < 1:
            raise ValueError("tie must lie in 0 <= tie < 1; take it from a digest of the item")
        watches = {
            name: watch.after(self.references[name].bin(features[name]), tie)
            for name, watch in self.watches.items()
        }
        mean = sum(w.total for w in watches.values()) / max(1, len(watches))
        peak = max(self.peak, mean)
        return replace(self, watches=watches, peak=peak, items=self.items + 1)

    def as_json(self) -> str:
        """State without the references, which the constants hold."""
        watches = {
            name: {"counts": watch.counts, "capital": watch.capital}
            for name, watch in self.watches.items()
        }
        return json.dumps({"watches": watches, "peak": self.peak, "items": self.items})

    @classmethod
    def from_json(cls, state: str, references: Mapping[str, Reference]) -> "Monitor":
        """The monitor that wrote `state`, started anew when its bins are no longer those.

        Raises:
            ValueError: `state` is no state of a monitor.
        """
        read = json.loads(state)
        watches = {
            name: Watch(tuple(map(int, w["counts"])), tuple(map(float, w["capital"])))
            for name, w in read["watches"].items()
        }
        fits = {name: len(w.counts) for name, w in watches.items()} == {
            name: len(r.counts) for name, r in references.items()
        }
        if not fits or not math.isfinite(read["peak"]):
            return cls.started(references)
        return cls(references, watches, float(read["peak"]), int(read["items"]))
