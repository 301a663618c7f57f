"""Which examination a report is of, and the template that shows it: its sections in their order.

A template never decides what a report says. It orders the sections, names those that are expected
and so may be called not mentioned, and tells what an organless word usually means in its
examination. What lies outside of it is shown all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from radloom.errors import Rejected
from services.report_structurer.assign import SECTIONS, Placement
from services.report_structurer.lexicon import load, parse
from services.report_structurer.segment import Piece
from services.report_structurer.words import Phrases, Token, tokens

GENERIC = "generic"
"""Template of examinations that have none of their own."""


@dataclass(frozen=True)
class Template:
    """How reports of one examination are shown.

    Attributes:
        name: `ct-chest`, ... as `--exam` takes it.
        version: Counts up with every change.
        title: For people.
        modalities: Words of `lexicons/exams.yaml`; empty in `generic`.
        regions: Regions that it covers; empty for any.
        sections: Expected sections in their order.
        usual: Section and phrases that stand for it when no organ is named.
    """

    name: str
    version: int
    title: str
    modalities: frozenset[str]
    regions: frozenset[str]
    sections: tuple[str, ...]
    usual: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def id(self) -> str:
        """Name and version, for the proof."""
        return f"{self.name} {self.version}"

    @property
    def order(self) -> tuple[str, ...]:
        """Every section: expected ones first."""
        return (*self.sections, *(s for s in SECTIONS if s not in self.sections))


@dataclass(frozen=True)
class Exam:
    """The examination of a report.

    Attributes:
        template: How it is shown.
        spans: Offsets of the words that told; empty when the caller chose.
        needs_review: No template fits what the report says it is of.
    """

    template: Template
    spans: tuple[tuple[int, int], ...] = ()
    needs_review: bool = False


def read_template(name: str, content: bytes) -> Template:
    """A template from YAML.

    Raises:
        Rejected: It is not one; names the entry and what is expected there.
    """
    try:
        found = parse(content)
    except yaml.YAMLError as error:
        raise Rejected(f"template {name}: not YAML; {_place(error)}", reason="template") from error
    if not isinstance(found, dict):
        raise Rejected(f"template {name}: expected a mapping", reason="template")
    _require(name, found)
    return Template(
        name,
        found["version"],
        found["title"],
        frozenset(found.get("modalities", ())),
        frozenset(found.get("regions", ())),
        tuple(found["sections"]),
        tuple((section, tuple(many)) for section, many in found.get("usual", {}).items()),
    )


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark else "unreadable"


def _require(name: str, found: dict[str, Any]) -> None:
    words = load("exams")
    usual = found.get("usual", {})
    usual = usual if isinstance(usual, dict) else {"usual": None}
    known = {
        "version": isinstance(found.get("version"), int),
        "title": isinstance(found.get("title"), str),
        "modalities": _among(found.get("modalities", []), words["modalities"]),
        "regions": _among(found.get("regions", []), words["regions"]),
        "sections": bool(found.get("sections")) and _among(found.get("sections"), SECTIONS),
        "usual": _among(list(usual), SECTIONS)
        and all(isinstance(p, str) for many in usual.values() for p in many or [None]),
    }
    for entry, fits in known.items():
        if not fits:
            raise Rejected(
                f"template {name}: {entry} is not as expected; see the templates that radloom "
                "brings for the form",
                reason="template",
            )


def _among(given: object, known: Sequence[str] | dict[str, Any]) -> bool:
    return isinstance(given, list) and all(one in known for one in given)


@cache
def templates(folder: Path | None = None) -> dict[str, Template]:
    """Templates by name: those of this package, and a site's own, which stand before them.

    Args:
        folder: Where a site keeps `<name>.yaml` files; None when it has none.

    Raises:
        Rejected: A file is no template, or the folder cannot be read.
    """
    made = dict(_read(files(__package__) / "templates"))
    if folder is not None:
        try:
            made |= dict(_read(folder))
        except OSError as error:
            raise Rejected(
                f"the folder of templates cannot be read: {error.strerror}", reason="template"
            ) from error
    return made


def _read(folder: Traversable) -> Iterator[tuple[str, Template]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yaml"):
            name = entry.name.removesuffix(".yaml")
            yield name, read_template(name, entry.read_bytes())


def chosen(name: str, folder: Path | None = None) -> Template:
    """The template of a name.

    Raises:
        Rejected: There is none.
    """
    known = templates(folder)
    if name not in known:
        raise Rejected(
            f"exam {name!r} is none of {', '.join(sorted(known))}; leave it out to let the report "
            "say",
            reason="exam",
        )
    return known[name]


def generic() -> Exam:
    """Any examination."""
    return Exam(chosen(GENERIC))


def usually(template: Template, words: Sequence[Token]) -> Placement | None:
    """Where a statement that names no organ usually belongs in this examination; for review.

    Args:
        template: That of the examination.
        words: Words of the statement.
    """
    hits = _usual(template).find(words)
    if not hits:
        return None
    return Placement(
        tuple(dict.fromkeys(hit.value for hit in hits)),
        "usual",
        tuple((words[hit.first].start, words[hit.last].end) for hit in hits),
        needs_review=True,
    )


@cache
def _usual(template: Template) -> Phrases[str]:
    return Phrases((phrase, section) for section, many in template.usual for phrase in many)


Found = tuple[str, int, int]


@cache
def _words(kind: str) -> Phrases[str]:
    return Phrases((phrase, name) for name, many in load("exams")[kind].items() for phrase in many)


def recognised(text: str, pieces: Sequence[Piece], folder: Path | None = None) -> Exam:
    """The examination that a report says it is of.

    Its heading decides; the technique adds what the heading leaves open.

    Args:
        text: The report.
        pieces: Its pieces.
        folder: A site's own templates.
    """
    modalities: list[Found] = []
    regions: list[Found] = []
    for words in _telling(text, pieces):
        modalities = modalities or _found("modalities", words)
        regions = regions or [*_found("together", words), *_found("regions", words)]
        if modalities and regions:
            break
    template = _fitting(_names(modalities), _names(regions), templates(folder))
    spans = tuple((start, end) for _, start, end in sorted(modalities + regions, key=_start))
    if template is None:
        return Exam(templates(folder)[GENERIC], spans, needs_review=True)
    return Exam(template, spans)


def _telling(text: str, pieces: Sequence[Piece]) -> Iterator[list[Token]]:
    """Words that may name the examination, the most telling first."""
    parts = list(_parts(pieces))
    for part in ("exam", "", "technique", "indication"):
        spans = (span for at, span in parts if at == part)
        words = [token for span in spans for token in tokens(text, *span)]
        if words:
            yield words


def _parts(pieces: Sequence[Piece]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Spans before the impression, each with the part that it belongs to."""
    part = ""
    early = takewhile(lambda p: p.heading is None or p.heading.part != "impression", pieces)
    for number, piece in enumerate(p for p in early if not p.blank):
        heading = piece.heading
        if heading and heading.within and not heading.sections:
            yield "exam", (piece.start, piece.body)  # "CT CHEST:" is a title of what follows
        part = heading.part if heading else part
        # Without any heading only the first line can be a title.
        if part or not number:
            yield part, (piece.start, piece.end)


def _found(kind: str, words: Sequence[Token]) -> list[Found]:
    return [
        (hit.value, words[hit.first].start, words[hit.last].end) for hit in _words(kind).find(words)
    ]


def _names(found: Sequence[Found]) -> frozenset[str]:
    return frozenset(name for value, _, _ in found for name in value.split())


def _start(found: Found) -> int:
    return found[1]


def _fitting(
    modalities: frozenset[str], regions: frozenset[str], known: dict[str, Template]
) -> Template | None:
    """The smallest template that covers modality and regions; None when none does."""
    fits = [
        t
        for t in known.values()
        if t.modalities & modalities and (not t.regions or (regions and regions <= t.regions))
    ]
    # One for any region stands for its own modality: angiography before CT.
    return min(fits, key=lambda t: (len(t.regions), t.name), default=None)
