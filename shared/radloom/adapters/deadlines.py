"""Ends what takes too long, with one thread for all: one per call costs more than a small model.

A fork starts without it: services start their workers before they infer.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(order=True)
class _Due:
    """A call under way; `number` keeps equal moments apart."""

    at: float
    number: int
    end: Callable[[], None] = field(compare=False)
    is_over: bool = field(default=False, compare=False)


class Deadlines:
    """Calls `end` of every call that is still under way at its deadline."""

    def __init__(self) -> None:
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def ending(self, deadline_s: float, end: Callable[[], None]) -> Iterator[None]:
        """Calls `end` once, from another thread, when the block takes longer than `deadline_s`."""
        mine = _Due(time.monotonic() + deadline_s, next(self._numbers), end)
        with self._changed:
            self._forget()
            heapq.heappush(self._due, mine)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            elif self._due[0] is mine:
                self._changed.notify()
        try:
            yield
        finally:
            mine.is_over = True

    def _forget(self) -> None:
        while self._due and self._due[0].is_over:
            heapq.heappop(self._due)

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._forget()
                left_s = self._due[0].at - time.monotonic() if self._due else None
                if left_s is None or left_s > 0:
                    self._changed.wait(left_s)
                    continue
                ended = heapq.heappop(self._due)
            if not ended.is_over:
                ended.end()
