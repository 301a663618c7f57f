"""One service as one process: start its parts, wait for a signal, stop them in reverse."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 0.5
"""How soon the death of a part ends the process, so that its supervisor restarts all of it."""


class Part(Protocol):
    """Something a service runs beside its other parts: a door, a worker, a timer."""

    @property
    def name(self) -> str:
        """Name for the log."""
        ...

    def start(self) -> None:
        """Starts; returns when it serves."""
        ...

    def alive(self) -> bool:
        """False once it ended by itself; then the process ends too."""
        ...

    def stop(self) -> None:
        """Finishes what is under way and ends; harmless when it ended already."""
        ...


class Blocking(Protocol):
    """Something with a loop of its own, such as `radloom.runtime.worker.Worker`."""

    def run(self) -> None:
        """Loops until `stop` is called."""
        ...

    def stop(self) -> None:
        """Asks the loop to finish."""
        ...


class LoopPart:
    """Runs a `Blocking` in a thread of its own.

    Args:
        name: Name for the log and of the thread.
        loop: What to run.
        drain_s: How long `stop` waits for the loop to finish what it holds, seconds.
    """

    def __init__(self, name: str, loop: Blocking, *, drain_s: float = 30.0) -> None:
        self._name = name
        self._loop = loop
        self._drain_s = drain_s
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def name(self) -> str:
        """Name for the log."""
        return self._name

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether the loop still runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Asks the loop to finish and waits for it."""
        self._loop.stop()
        self._thread.join(self._drain_s)
        if self._thread.is_alive():
            log.error("%s did not drain within %s s", self._name, self._drain_s)

    def _run(self) -> None:
        try:
            self._loop.run()
        except BaseException:
            log.exception("%s ended by an error", self._name)
            raise


class Ticker:
    """A `Blocking` that calls `tick` again and again, such as a release timer.

    Args:
        tick: Called once per interval; an exception ends the loop and with it the process.
        interval_s: Pause between calls, seconds.
    """

    def __init__(self, tick: Callable[[], object], *, interval_s: float) -> None:
        self._tick = tick
        self._interval_s = interval_s
        self._stop = threading.Event()

    def run(self) -> None:
        """Ticks until `stop`."""
        while not self._stop.wait(self._interval_s):
            self._tick()

    def stop(self) -> None:
        """Ends the loop after the tick under way."""
        self._stop.set()


def run_until_signal(parts: Sequence[Part], *, ready: Callable[[], object] = lambda: None) -> int:
    """Runs `parts` until SIGTERM or SIGINT, or until one of them ends by itself.

    Args:
        parts: Started in order, stopped in reverse: put doors last so that they close first.
        ready: Called once all parts have started.

    Returns:
        Exit code of the process: 0 after a signal, 1 when a part ended by itself.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    started: list[Part] = []
    dead: list[str] = []
    try:
        for part in parts:
            part.start()
            started.append(part)
        ready()
        while not stop.wait(LOOK_INTERVAL_S) and not dead:
            dead = [part.name for part in parts if not part.alive()]
    finally:
        for part in reversed(started):
            part.stop()
    for name in dead:
        log.error("%s ended by itself; the process ends so that it is restarted whole", name)
    return 1 if dead else 0
