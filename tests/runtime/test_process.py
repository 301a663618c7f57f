import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

from radloom.runtime.process import LoopPart, Ticker, run_until_signal

JOURNAL_PROGRAM = """
import sys
from radloom.runtime.process import run_until_signal

class Noted:
    def __init__(self, name): self.name = name
    def start(self): print("start", self.name, flush=True)
    def alive(self): return True
    def stop(self): print("stop", self.name, flush=True)

sys.exit(run_until_signal([Noted("a"), Noted("b")], ready=lambda: print("ready", flush=True)))
"""


class Journal:
    def __init__(self, name: str, lines: list[str], alive: Callable[[], bool]) -> None:
        self.name = name
        self.lines = lines
        self.alive_now = alive

    def start(self) -> None:
        self.lines.append(f"start {self.name}")

    def alive(self) -> bool:
        return self.alive_now()

    def stop(self) -> None:
        self.lines.append(f"stop {self.name}")


def test_parts_stop_in_reverse_order_after_sigterm() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", JOURNAL_PROGRAM], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    lines = [child.stdout.readline().strip() for _ in range(3)]
    os.kill(child.pid, signal.SIGTERM)
    rest, _ = child.communicate(timeout=30)
    assert lines == ["start a", "start b", "ready"]
    assert rest.split("\n") == ["stop b", "stop a", ""]
    assert child.returncode == 0


def test_a_part_that_ends_by_itself_ends_the_process_with_code_1() -> None:
    lines: list[str] = []
    parts = [Journal("door", lines, lambda: True), Journal("worker", lines, lambda: False)]
    assert run_until_signal(parts) == 1
    assert lines == ["start door", "start worker", "stop worker", "stop door"]


def test_a_part_that_cannot_start_stops_those_before_it() -> None:
    class Broken(Journal):
        def start(self) -> None:
            raise OSError

    lines: list[str] = []
    parts = [Journal("door", lines, lambda: True), Broken("broken", lines, lambda: True)]
    try:
        run_until_signal(parts)
    except OSError:
        lines.append("raised")
    assert lines == ["start door", "stop door", "raised"]


def test_a_ticker_ticks_until_it_is_stopped() -> None:
    ticks = threading.Semaphore(0)
    part = LoopPart("timer", Ticker(ticks.release, interval_s=0.001))
    part.start()
    assert all(ticks.acquire(timeout=10) for _ in range(3))
    part.stop()
    assert not part.alive()
