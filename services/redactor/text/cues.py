"""Word lists and alternatives of the rules, kept as data that clinicians can read and extend."""

from functools import cache
from importlib import resources

CUES = resources.files(__package__) / "cues"


def lines_of(name: str) -> list[str]:
    """Lines of a list but for its comments."""
    lines = (CUES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def any_of(*names: str) -> str:
    """One regular expression for all alternatives of lists; a space is any white space."""
    alternatives = [line.replace(" ", r"\s") for name in names for line in lines_of(name)]
    return f"(?:{'|'.join(alternatives)})"


@cache
def words_in(name: str) -> frozenset[str]:
    """Words of a list."""
    return frozenset(word for line in lines_of(name) for word in line.split())
