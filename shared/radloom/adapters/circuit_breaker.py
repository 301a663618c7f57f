"""Leaves a peer alone that fails again and again (Nygard, Release It!, 2018, chapter 5)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from radloom.errors import Rejected, Unavailable
from radloom.ports import Clock


class CircuitBreaker:
    """Counts failures in a row; open, it refuses at once, and lets one trial through later.

    Args:
        dependency: Name of the peer in errors.
        clock: Tells how long it has been open.
        failures: Failures in a row that open it.
        rest_s: How long it stays open before a trial, seconds.
    """

    def __init__(self, dependency: str, clock: Clock, *, failures: int, rest_s: float) -> None:
        self._dependency = dependency
        self._clock = clock
        self._limit = failures
        self._rest = timedelta(seconds=rest_s)
        self._lock = threading.Lock()
        self._failed = 0
        self._next_trial: datetime | None = None

    @contextmanager
    def call(self) -> Iterator[None]:
        """Runs a block that asks the peer; `Rejected` is an answer, every other error a failure.

        Raises:
            Unavailable: It is open, or a trial is under way.
        """
        self._enter()
        try:
            yield
        except Rejected:
            self._succeed()
            raise
        except BaseException:
            self._fail()
            raise
        self._succeed()

    def _enter(self) -> None:
        with self._lock:
            if self._next_trial is None:
                return
            now = self._clock.now()
            if now < self._next_trial:
                raise Unavailable(
                    f"{self._dependency} failed {self._failed} times in a row and is left alone "
                    "for a while",
                    dependency=self._dependency,
                )
            # Who asks next waits as if this trial had failed; its success closes the circuit.
            self._next_trial = now + self._rest

    def _succeed(self) -> None:
        with self._lock:
            self._failed, self._next_trial = 0, None

    def _fail(self) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= self._limit:
                self._next_trial = self._clock.now() + self._rest
