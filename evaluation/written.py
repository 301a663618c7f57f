"""A report as a reader sees it, read without the engine that is to be measured."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

_HEADINGS = {
    "findings": r"FINDINGS|Findings",
    "impression": r"IMPRESSIONS?|Impression|CONCLUSIONS?|Conclusion",
}
_SENTENCE = re.compile(r"(?:[^.!?\n]|(?<=\d)\.(?=\d))+[.!?]?")
_WORD = re.compile(r"[A-Za-z]{4,}")
_STOP = frozenset(
    re.findall(
        r"\w+",
        """
        with without there that this these those from which seen noted identified measuring
        measures measure evidence significant small large mild moderate severe within into also
        have been were image images series approximately likely suggestive consistent findings
        finding right left bilateral bilaterally normal unremarkable appears appear present
        demonstrates demonstrated shows showing other further evaluation clinical correlation
        recommended described above
        """,
    )
)


@dataclass(frozen=True)
class Written:
    """A report with both findings and impression.

    Attributes:
        text: The report.
        findings: Offset of the findings.
        impression: Offset of the impression, behind the findings.
    """

    text: str
    findings: int
    impression: int

    def part(self, at: int) -> str:
        """`front`, `findings` or `impression`."""
        if at < self.findings:
            return "front"
        return "findings" if at < self.impression else "impression"

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Offsets of the sentences; headings are cut off at the bounds of the parts."""
        bounds = [0, self.findings, self.impression, len(self.text)]
        return tuple(
            m.span()
            for a, b in pairwise(bounds)
            for m in _SENTENCE.finditer(self.text, a, b)
            if m[0].strip()
        )

    def sentence(self, at: int) -> tuple[int, int]:
        """Offsets of the sentence around an offset."""
        return next(((a, b) for a, b in self.sentences if a <= at < b), (at, at))

    def within(self, part: str) -> Iterator[tuple[int, int]]:
        """Sentences of one part."""
        return ((a, b) for a, b in self.sentences if self.part(a) == part)


def written(text: str) -> Written | None:
    """A report with findings and impression; None when it lacks one."""
    found = re.search(rf"(?:{_HEADINGS['findings']})\s*:", text)
    if found is None:
        return None
    closing = re.search(rf"(?:{_HEADINGS['impression']})\s*:", text[found.end() :])
    if closing is None:
        return None
    return Written(text, found.end(), found.end() + closing.end())


def content(words: str) -> frozenset[str]:
    """Words that carry meaning, singular and in lower case."""
    plain = (w.lower() for w in _WORD.findall(words))
    return frozenset(w.rstrip("s") for w in plain if w not in _STOP)
