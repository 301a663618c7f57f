"""Versioned word lists of this package."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml: the same result, ten times slower
    from yaml import SafeLoader as Loader  # type: ignore[assignment]


@cache
def load(name: str) -> dict[str, Any]:
    """The list `lexicons/<name>.yaml`."""
    found: dict[str, Any] = parse((files(__package__) / "lexicons" / f"{name}.yaml").read_bytes())
    return found


def parse(content: bytes) -> Any:  # noqa: ANN401 - whatever the YAML holds
    """Plain values of a YAML document."""
    return yaml.load(content, Loader=Loader)


@cache
def single_words(name: str) -> frozenset[str]:
    """A list of single words of `lexicons/guidance.yaml`."""
    return frozenset(load("guidance")["words"][name])
