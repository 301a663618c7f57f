"""Handlers run in threads of this process.

Threads rather than processes: what takes long in a handler is NumPy, ONNX Runtime and the network,
all of which let go of the interpreter lock, and a process pool would load every model once per
process and could not share the handler's connections. Daemon threads rather than
`concurrent.futures`, whose threads the interpreter joins at exit: a handler that outlives the drain
deadline must not keep the process.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from radloom.ports import Delivery
from radloom.runtime.metrics import Outcome


@dataclass(frozen=True)
class Finished:
    """A delivery that a thread is done with: its outcome, or the error that ends the worker."""

    delivery: Delivery
    outcome: Outcome | BaseException


class HandlerThreads:
    """Runs `process` on deliveries, `count` at a time.

    Args:
        process: Handles one delivery; what it raises is handed over, not swallowed.
        count: How many deliveries at a time.
        name: Prefix of the threads' names.
    """

    def __init__(self, process: Callable[[Delivery], Outcome], *, count: int, name: str) -> None:
        self._process = process
        self._todo: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Finished] = queue.SimpleQueue()
        self._count = count
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def submit(self, delivery: Delivery) -> None:
        """Hands `delivery` to the next free thread."""
        self._todo.put(delivery)

    def finished(self, timeout_s: float) -> Sequence[Finished]:
        """What was finished since the last call; waits up to `timeout_s` for the first."""
        results: list[Finished] = []
        try:
            results.append(
                self._done.get(timeout=timeout_s) if timeout_s else self._done.get_nowait()
            )
            while True:
                results.append(self._done.get_nowait())
        except queue.Empty:
            return results

    def close(self) -> None:
        """Lets idle threads end; busy ones are left to themselves."""
        for _ in range(self._count):
            self._todo.put(None)

    def _work(self) -> None:
        while (delivery := self._todo.get()) is not None:
            try:
                outcome: Outcome | BaseException = self._process(delivery)
            except BaseException as error:  # noqa: BLE001 - raised again by the worker's loop
                outcome = error
            self._done.put(Finished(delivery, outcome))
