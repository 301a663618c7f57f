"""Puts one known error into a report, such as a second reader of the report could find.

An error is put in only where the rest of the report tells that it is wrong: a second mention, or
what no body and no calendar has. Seeded: the same report, kind and seed give the same error.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from evaluation import forms_figures as figures
from evaluation import forms_frame as frame
from evaluation import forms_words as words
from evaluation.forms_words import Edit
from evaluation.written import Written, written

Form = Callable[[Written], Iterator[Edit]]

FORMS: dict[str, tuple[Form, ...]] = {
    "laterality": (words.swapped_side, words.one_side_of_both, words.impossible_side),
    "negation": (words.denial_removed, words.denial_inserted),
    "number": (
        figures.digit_changed,
        figures.point_moved,
        figures.digits_swapped,
        figures.beyond_anatomy,
        figures.level_changed,
        figures.age_impossible,
        figures.count_changed,
    ),
    "unit": (figures.unit_swapped, figures.unit_beyond_anatomy, figures.litres_of_contrast),
    "organ": (words.organ_replaced,),
    "sex": (frame.sex_swapped, frame.organ_of_the_other_sex),
    "technique": (frame.contrast_swapped, frame.modality_swapped, frame.region_swapped),
    "date": (
        frame.date_impossible,
        frame.comparison_denied,
        frame.comparison_after_examination,
        frame.change_flipped,
    ),
    "contradiction": (frame.main_finding_left_out,),
    "recommendation": (frame.advice_left_out, frame.advice_for_elsewhere),
}
"""Ways to err, by kind of alert; `contradiction` has also `frame.foreign_impression`."""


@dataclass(frozen=True)
class Injection:
    """A report with one error.

    Attributes:
        kind: Kind of the alert that should be raised.
        form: Name of the way to err.
        text: The report with the error.
        spans: Offsets in `text` of what was changed; empty span where something was left out.
    """

    kind: str
    form: str
    text: str
    spans: tuple[tuple[int, int], ...]


def injections(text: str, seed: int, others: Sequence[str] = ()) -> list[Injection]:
    """At most one error of every form of every kind, in the order of `FORMS`.

    Args:
        text: The report.
        seed: Chooses among the places of one form.
        others: Reports whose impressions may be put into this one.
    """
    report = written(text)
    if report is None:
        return []
    made: list[Injection] = []
    for kind, forms in FORMS.items():
        for form in forms:
            edits = sorted(set(form(report)))
            made += _one(report, kind, form.__name__, edits, seed)
        if kind == "contradiction":
            made += _one(report, kind, "foreign_impression", _foreign(report, seed, others), seed)
    return made


def _foreign(report: Written, seed: int, others: Sequence[str]) -> list[Edit]:
    """Places and impressions of the first other report that fits."""
    order = sorted(others)
    _chance(report.text, "foreign_impression", seed).shuffle(order)
    for text in order:
        other = written(text)
        edits = sorted(set(frame.foreign_impression(report, other))) if other else []
        if edits:
            return edits
    return []


def _one(
    report: Written, kind: str, form: str, edits: Sequence[Edit], seed: int
) -> Iterator[Injection]:
    if not edits:
        return
    start, end, by = _chance(report.text, form, seed).choice(edits)
    text = report.text[:start] + by + report.text[end:]
    if text != report.text:
        yield Injection(kind, form, text, ((start, start + len(by)),))


def _chance(text: str, form: str, seed: int) -> random.Random:
    return random.Random(sha256(f"{seed} {form} {text}".encode()).digest())  # noqa: S311 - no secret
