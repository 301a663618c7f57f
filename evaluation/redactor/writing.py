"""Tables and figures of the page."""

from collections.abc import Iterator, Sequence


def table(*rows: Sequence[object]) -> Iterator[str]:
    """A table of the page; the first row heads it."""
    yield ""
    for number, row in enumerate(rows):
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
        if number == 0:
            yield "|" + "---|" * len(row)


def percent(share: float) -> str:
    """A share as per cent."""
    return f"{100 * share:.1f} %"
