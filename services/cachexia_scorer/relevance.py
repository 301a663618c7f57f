"""The evidence that a score hangs on: all that the feature state would look at, and no more.

A patient who is weighed and bled every day leaves thousands of values. The newest of each kind
decides, so the list that a score is computed from again stays short.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from services.cachexia_scorer.evidence import Evidence, standing
from services.cachexia_scorer.features import TRUSTED, order, telling
from services.cachexia_scorer.freshness import SYMPTOM_DAYS
from services.cachexia_scorer.quantities import SCALES
from services.cachexia_scorer.weight import LONGEST_DAYS

FORESIGHT = timedelta(days=1)
"""How far ahead of its own record evidence may be dated: a day that a time zone may add. What is
dated later is a slip of the pen, and would make everything else stale."""

_WHOLE = frozenset({"sex", "birth_date", "age", "diagnosis"})
"""Kinds of which all is kept: there are few."""


def moment_of(evidence: Iterable[Evidence]) -> datetime | None:
    """When the newest evidence that stands was observed; None when none is dated."""
    return max(
        (
            item.observed_at
            for item in standing(evidence)
            if item.observed_at is not None and not _is_foreseen(item)
        ),
        default=None,
    )


def relevant(evidence: Iterable[Evidence], at: datetime) -> tuple[Evidence, ...]:
    """Evidence that gives the same feature state at `at` as all of it, by id."""
    kinds: dict[str, list[Evidence]] = {}
    for item in standing(evidence):
        if item.observed_at is None or item.observed_at <= at:
            kinds.setdefault(item.kind, []).append(item)
    kept = {item.id: item for kind, items in kinds.items() for item in _deciding(kind, items, at)}
    return tuple(kept[name] for name in sorted(kept))


def _is_foreseen(item: Evidence) -> bool:
    if item.observed_at is None or item.recorded_at is None:
        return False
    return item.observed_at - FORESIGHT > item.recorded_at


def _deciding(kind: str, items: Sequence[Evidence], at: datetime) -> Iterator[Evidence]:
    """Those of one kind that can decide."""
    if kind in _WHOLE:
        yield from items
    elif kind == "symptom":
        yield from _mentions(items, at)
    elif kind == "stage":
        dated = [item for item in items if item.observed_at is not None]
        yield max(dated or items, key=order)
    elif kind in SCALES:
        newest = max(items, key=order)
        yield newest
        trusted = [item for item in items if item.grade in TRUSTED]
        if trusted:
            yield max(trusted, key=order)
        if kind == "weight" and newest.observed_at is not None:
            since = newest.observed_at - timedelta(days=LONGEST_DAYS + 1)
            yield from (i for i in items if i.observed_at is not None and i.observed_at >= since)


def _mentions(items: Sequence[Evidence], at: datetime) -> Iterator[Evidence]:
    newest: dict[str, Evidence] = {}
    for item in items:
        other = newest.get(item.word)
        if other is None or telling(item) > telling(other):
            newest[item.word] = item
        if item.observed_at is not None and (at - item.observed_at).days <= SYMPTOM_DAYS:
            yield item
    yield from newest.values()
