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
    text = (files(__package__) / "lexicons" / f"{name}.yaml").read_bytes()
    found: dict[str, Any] = yaml.load(text, Loader=Loader)
    return found


@cache
def single_words(name: str) -> frozenset[str]:
    """A list of single words of `lexicons/guidance.yaml`."""
    return frozenset(load("guidance")["words"][name])
