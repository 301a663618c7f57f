"""The seam at which the kill harness ends a process.

What a crash between two durable steps leaves behind is the heart of the runtime, and the only way
to know is to crash there. Worker and relay take a callable and call it between those steps;
production leaves it at `pass_by`.
"""

from collections.abc import Callable
from typing import Literal, get_args

CrashPoint = Literal[
    "handled_not_stored",
    "stored_not_published",
    "published_not_marked",
    "diverted_not_committed",
    "done_not_committed",
]
"""Gaps between durable steps, in order of a record's way."""

CRASH_POINTS: tuple[CrashPoint, ...] = get_args(CrashPoint)

Checkpoint = Callable[[CrashPoint, str], None]
"""Called with the crash point and the id of the event on its way, "" when it is none's."""


def pass_by(_point: CrashPoint, _event_id: str) -> None:
    """Does nothing."""
