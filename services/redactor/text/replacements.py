"""What stands in place of a span: a tag, a moved date, or a made-up value of the same form."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from services.redactor.identity import Identity
from services.redactor.lexicon import folded, lists
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import Kind
from services.redactor.text.candidates import DEFAULT_THRESHOLD
from services.redactor.text.cues import words_in
from services.redactor.text.localities import GENERIC, PAIRS, TAILS, WEAK_TAILS
from services.redactor.text.name_cues import PARTICLES, SUFFIXES
from services.redactor.text.tags import tag
from services.redactor.text.written_dates import read_date, written_like

OLDEST = "90+"
"""Stands for every age of 90 years or more (45 CFR 164.514(b)(2)(i)(C))."""

TRIES = 100
LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
KEPT_IN_PLACES = (
    GENERIC
    | TAILS
    | WEAK_TAILS
    | PARTICLES
    | frozenset(PAIRS)
    | frozenset(word.replace("?", "") for word in words_in("streets"))
)


@dataclass(frozen=True)
class Replacements:
    """Replacements for texts about one subject; the same value gets the same one.

    Attributes:
        identity: What is known about the subject: no surrogate is any of it.
        pseudonyms: Of the project.
        subject: Whom the texts are about.
        surrogates: Made-up values, else tags.
        shift_dates: Move dates by the shift of the subject.
    """

    identity: Identity
    pseudonyms: Pseudonyms
    subject: Subject
    surrogates: bool
    shift_dates: bool

    def of(self, value: str, kind: Kind, *, day_first: bool | None = None) -> str:
        """What stands in place of `value`.

        Args:
            value: The words of the span.
            kind: What they are.
            day_first: How the text means 03/04/2024; None when it does not tell.
        """
        if kind is Kind.AGE:
            return OLDEST
        if kind is Kind.DATE:
            return self._date(value, day_first=day_first)
        if not self.surrogates:
            return tag(kind)
        made = self._made_up(value, kind)
        return tag(kind) if self._known(made) else made

    def _date(self, value: str, *, day_first: bool | None) -> str:
        day = read_date(value, day_first=day_first) if self.shift_dates or self.surrogates else None
        if day is None:
            return tag(Kind.DATE)
        moved = self.pseudonyms.shifted(day, self.subject)
        written = written_like(value, day, moved)
        return tag(Kind.DATE) if self._known(written) else written

    def _known(self, made: str) -> bool:
        return any(
            match.confidence >= DEFAULT_THRESHOLD for match in self.identity.matcher.find(made)
        )

    def _made_up(self, value: str, kind: Kind) -> str:
        match kind:
            case Kind.NAME:
                return LETTERS.sub(lambda found: self._name(found.group()), value)
            case Kind.LOC:
                return self._digits(LETTERS.sub(lambda found: self._place(found.group()), value))
            case Kind.PHONE:
                return self._digits(value)
            case Kind.UID:
                return self.pseudonyms.uid(value)
            case Kind.EMAIL:
                code = self.pseudonyms.code("mail", folded(value)).lower()
                return f"{code}@example.org" if "@" in value else f"https://example.org/{code}"
            case _:
                return self._digits(LETTERS.sub(lambda found: self._letters(found.group()), value))

    def _name(self, word: str) -> str:
        key = folded(word)
        if key in PARTICLES or key in SUFFIXES:
            return word
        if len(word) == 1:
            return self._letters(word)
        sex = lists().given.get(key)
        pool = _surnames() if sex is None or key in lists().frequent else _given(sex)
        return self._drawn(word, key, pool)

    def _place(self, word: str) -> str:
        key = folded(word)
        return word if key in KEPT_IN_PLACES else self._drawn(word, key, _surnames())

    def _drawn(self, word: str, key: str, pool: Sequence[str]) -> str:
        """A name of the pool in the case of `word`, that nobody of the study is called."""
        for attempt in range(TRIES):
            number = self.pseudonyms.number("name", key, str(attempt), below=len(pool))
            drawn = pool[number]
            if drawn != key and self.identity.matcher.matches_word(drawn) is None:
                return (
                    drawn.upper() if word.isupper() else drawn if word.islower() else drawn.title()
                )
        return tag(Kind.NAME)

    def _letters(self, word: str) -> str:
        made = [
            chr(ord("a") + self.pseudonyms.number("letter", folded(word), str(at), below=26))
            for at, _ in enumerate(word)
        ]
        return "".join(m.upper() if c.isupper() else m for m, c in zip(made, word, strict=True))

    def _digits(self, value: str) -> str:
        whole = re.sub(r"\D", "", value)
        made = iter(
            self.pseudonyms.number("digit", whole, str(i), below=10) for i in range(len(whole))
        )
        return re.sub(r"\d", lambda _: str(next(made)), value)


@cache
def _given(sex: str) -> tuple[str, ...]:
    """Given names of one sex; of either when the sex is open."""
    known = lists()
    return tuple(
        sorted(
            k
            for k, s in known.given.items()
            if (s == sex or len(sex) != 1) and not known.ordinary(k)
        )
    )


@cache
def _surnames() -> tuple[str, ...]:
    return tuple(sorted(k for k in lists().frequent if not lists().ordinary(k)))
