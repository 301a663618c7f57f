"""The tags that stand in place of spans, and how a text that has some is read again."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate

TAG = re.compile(rf"\[(?:{'|'.join(Kind)})\]")


def tag(kind: Kind) -> str:
    """What stands in place of a span of `kind`."""
    return f"[{kind}]"


def outside_tags(text: str, found: Iterable[Candidate]) -> Iterator[Candidate]:
    """`found` without what lies on tags; one that reaches into a tag is cut there."""
    tags = [match.span() for match in TAG.finditer(text)]
    for candidate in found:
        pieces = [(candidate.start, candidate.end)]
        for begin, end in tags:
            pieces = [
                piece
                for start, stop in pieces
                for piece in ((start, min(stop, begin)), (max(start, end), stop))
                if piece[0] < piece[1]
            ]
        for start, stop in pieces:
            if (start, stop) == (candidate.start, candidate.end):
                yield candidate
            elif any(c.isalnum() for c in text[start:stop]):
                yield replace(candidate, start=start, end=stop)
