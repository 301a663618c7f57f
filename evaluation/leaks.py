"""Whether words of reports got into log lines, traces or anything else that leaves a process."""

import io
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass

LENGTH = 4
"""Words in a row that count as report text; shorter runs are everybody's English."""
_WORD = re.compile(r"[^\W_]+")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\[nrt\"'\\/]")


@dataclass(frozen=True)
class Leak:
    """Report text that was found; where, and never what.

    Attributes:
        report: Number of the report, from 0.
        word: Number of the first word within it, from 0.
    """

    report: int
    word: int


def leaks(reports: Iterable[str], left: str) -> list[Leak]:
    """Every run of four words of a report that is in `left`, whatever lies between the words.

    Args:
        reports: Texts that must not leave.
        left: Everything that left: log lines, warnings, spans, output of processes.
    """
    found = {gram for text in (left, _unescaped(left)) for gram in runs(text)}
    return [
        Leak(number, word)
        for number, report in enumerate(reports)
        for word, gram in enumerate(runs(report))
        if gram in found
    ]


@contextmanager
def everything_written() -> Iterator[io.StringIO]:
    """Catches log lines of every logger at DEBUG, warnings and both output streams."""
    left = io.StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(left)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.captureWarnings(capture=True)
    try:
        with redirect_stdout(left), redirect_stderr(left):
            yield left
    finally:
        logging.captureWarnings(capture=False)
        root.setLevel(level)
        root.removeHandler(handler)


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every four words in a row, lower case, marks and lines left out."""
    words = [word.lower() for word in _WORD.findall(text)]
    return (tuple(words[at : at + LENGTH]) for at in range(len(words) - LENGTH + 1))


def _unescaped(text: str) -> str:
    """The text as it was before JSON or `repr` wrote it: an escape glues to the word behind it."""
    return _ESCAPE.sub(
        lambda found: chr(int(found[1] or found[2], 16)) if found[1] or found[2] else " ", text
    )
