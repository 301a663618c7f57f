"""Places of a text that may identify somebody, each with how sure the part that found it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Protocol

from services.redactor.spans import Kind

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class Candidate:
    """One place that may identify somebody.

    Attributes:
        start: First character.
        end: One past the last character.
        kind: What it would be.
        score: How sure the finder is, 0..1, before calibration.
        reason: Which part found it; never its words.
    """

    start: int
    end: int
    kind: Kind
    score: float
    reason: str


class Calibration(Protocol):
    """Turns scores into probabilities that hold on the data they were fitted to."""

    def confidence(self, candidate: Candidate) -> float:
        """Probability that the candidate identifies somebody, 0..1."""
        ...

    def probability_missed(self, left: Sequence[float]) -> float:
        """Probability that a text holds an identifying span that is left.

        Args:
            left: Scores of the candidates of the text that are not redacted.
        """
        ...


@dataclass(frozen=True)
class Raw:
    """Scores as they are, as if candidates were independent."""

    unseen: float = 0.01
    """What no finder proposes at all: a guess until it is calibrated."""

    def confidence(self, candidate: Candidate) -> float:
        """The score."""
        return candidate.score

    def probability_missed(self, left: Sequence[float]) -> float:
        """One minus the chance that all that is left is harmless."""
        return 1 - (1 - self.unseen) * prod(1 - confidence for confidence in left)


RAW = Raw()


@dataclass(frozen=True)
class Calibrated:
    """Scores through two fitted functions.

    Attributes:
        span: Score of a candidate to probability.
        missed: Raw chance that something is left to probability.
    """

    span: Callable[[float], float]
    missed: Callable[[float], float]

    def confidence(self, candidate: Candidate) -> float:
        """The fitted probability of the candidate."""
        return self.span(candidate.score)

    def probability_missed(self, left: Sequence[float]) -> float:
        """The fitted probability of what `Raw` says."""
        return self.missed(RAW.probability_missed(left))


def settled(text: str, chosen: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Candidates without overlap that together cover all of `chosen`, in order.

    Where some overlap, the union is one span of the kind of the widest: a hospital that carries a
    person's name is a hospital. A name that reaches into something else ends before it. Names that
    only spaces and commas part are one name.
    """
    result: list[Candidate] = []
    for candidate in sorted(chosen, key=lambda c: (c.start, -c.end)):
        last = result[-1] if result else None
        if last is not None and _reaches_into(last, candidate):
            length = len(text[last.start : candidate.start].rstrip(" ,;(\n"))
            result[-1] = replace(last, end=last.start + length)
            result.append(candidate)
        elif last is not None and _one(text, last, candidate):
            result[-1] = _union(last, candidate)
        else:
            result.append(candidate)
    return tuple(result)


def _reaches_into(last: Candidate, following: Candidate) -> bool:
    """Whether a name ends within something that begins behind it and is none."""
    partial = last.start < following.start < last.end < following.end
    return partial and last.kind is Kind.NAME and following.kind is not Kind.NAME


def _union(last: Candidate, following: Candidate) -> Candidate:
    wide = max(last, following, key=lambda c: (c.end - c.start, c.score))
    score = max(last.score, following.score)
    return replace(wide, start=last.start, end=max(last.end, following.end), score=score)


def _one(text: str, last: Candidate, following: Candidate) -> bool:
    if following.start < last.end:
        return True
    between = text[last.end : following.start]
    same_name = last.kind == following.kind == Kind.NAME and between in {" ", ", ", ",", ". ", "."}
    return same_name or (last.kind == following.kind == Kind.LOC and between in {" ", ", "})
