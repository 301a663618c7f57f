"""Redacts texts: known identifiers, rules, names in context, each with how sure it is."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from services.redactor.identity import Identity
from services.redactor.lexicon import words
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import Kind, RedactedText, RedactText, Span, replaced
from services.redactor.text.candidates import (
    DEFAULT_THRESHOLD,
    RAW,
    Calibration,
    Candidate,
    settled,
)
from services.redactor.text.contacts import found_contacts
from services.redactor.text.dates import found_dates
from services.redactor.text.field_names import found_in_fields
from services.redactor.text.institutions import found_institutions
from services.redactor.text.localities import found_localities
from services.redactor.text.numbers import found_ages, found_numbers
from services.redactor.text.people import again, found_people
from services.redactor.text.replacements import Replacements
from services.redactor.text.short_dates import found_short_dates
from services.redactor.text.tags import outside_tags
from services.redactor.text.written_dates import says_day_first


class Style(StrEnum):
    """What stands in place of a span."""

    TAGS = "tags"
    """Its kind in brackets, "[NAME]": never an identifier, and a reader sees what is gone."""
    SURROGATES = "surrogates"
    """A made-up value of the same form, the same for the same value of one subject."""


UNBROKEN = re.compile(r"\S{500,}|\s{500,}")
"""No prose: encoded content, in which nobody reads names, goes whole; it and long gaps are not
searched, as rules for words would take a time that grows with the square of their length."""


def candidates(text: str, identity: Identity) -> tuple[Candidate, ...]:
    """All places of `text` that any part proposes, however sure, ordered; they may overlap."""
    found: list[Candidate] = []
    start = 0
    for run in UNBROKEN.finditer(text):
        found += _moved(_candidates(text[start : run.start()], identity), start)
        if not run[0].isspace():
            found.append(Candidate(*run.span(), Kind.ID, 1.0, "rule:unbroken"))
        start = run.end()
    return (*found, *_moved(_candidates(text[start:], identity), start))


def _moved(found: Iterable[Candidate], by: int) -> Iterator[Candidate]:
    return (replace(c, start=c.start + by, end=c.end + by) for c in found)


def _candidates(text: str, identity: Identity) -> tuple[Candidate, ...]:
    listed = tuple(words(text))
    known = (
        Candidate(m.start, m.end, m.kind, m.confidence, "identity")
        for m in identity.matcher.find(text)
    )
    found = [
        *known,
        *found_dates(text),
        *found_short_dates(text),
        *found_contacts(text),
        *found_numbers(text),
        *found_ages(text),
        *found_localities(text, listed),
        *found_institutions(text),
        *found_people(text, listed),
        *found_in_fields(text),
    ]
    found += again(text, listed, found)
    return tuple(sorted(outside_tags(text, found), key=lambda c: (c.start, c.end)))


@dataclass(frozen=True)
class TextRedactor:
    """Redacts texts about one subject: a `spans.RedactText`.

    Attributes:
        identity: What is known about the subject.
        replacements: What stands in place of a span.
        calibration: Turns scores into probabilities.
        threshold: A candidate whose score is as high as this is redacted, 0..1.
    """

    identity: Identity
    replacements: Replacements
    calibration: Calibration
    threshold: float

    def __call__(self, text: str) -> RedactedText:
        """Text without identifying spans; the rest is untouched, character by character."""
        sure: list[Candidate] = []
        left: list[Candidate] = []
        for candidate in candidates(text, self.identity):
            (sure if candidate.score >= self.threshold else left).append(candidate)
        chosen = settled(text, sure)
        day_first = says_day_first(text)
        spans = tuple(self._span(text, c, day_first=day_first) for c in chosen)
        uncovered = [
            c.score for c in left if not any(s.start < c.end and c.start < s.end for s in chosen)
        ]
        missed = self.calibration.probability_missed(uncovered)
        return RedactedText(replaced(text, spans), spans, missed)

    def _span(self, text: str, candidate: Candidate, *, day_first: bool | None) -> Span:
        value = text[candidate.start : candidate.end]
        return Span(
            start=candidate.start,
            end=candidate.end,
            kind=candidate.kind,
            confidence=self.calibration.confidence(candidate),
            replacement=self.replacements.of(value, candidate.kind, day_first=day_first),
            reason=candidate.reason,
        )


def text_redactor(
    identity: Identity,
    pseudonyms: Pseudonyms,
    subject: Subject,
    *,
    style: Style = Style.TAGS,
    shift_dates: bool = False,
    calibration: Calibration = RAW,
    threshold: float = DEFAULT_THRESHOLD,
) -> RedactText:
    """The redactor of texts about one subject.

    Args:
        identity: What is known about the subject.
        pseudonyms: Of the project.
        subject: Whom the texts are about.
        style: What stands in place of a span.
        shift_dates: Move dates by the shift of the subject instead of hiding them.
        calibration: Turns scores into probabilities.
        threshold: A candidate whose score is as high as this is redacted, 0..1.
    """
    replacements = Replacements(
        identity, pseudonyms, subject, surrogates=style is Style.SURROGATES, shift_dates=shift_dates
    )
    return TextRedactor(identity, replacements, calibration, threshold)
