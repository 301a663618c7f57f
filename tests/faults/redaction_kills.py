"""Ends redactions by SIGKILL at one step after the other, and lets each begin again.

Run as a program: `python redaction_kills.py folder|service SCRATCH [EVERY]`; prints one JSON
object; with EVERY 3 it kills at every third step. It loads everything once and forks for each run,
so a kill costs no start. Steps are what the process does to the file system (audit events), and for
the service the crash points of the runtime as well.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from radloom import topics
from radloom.adapters.clock import SystemClock
from radloom.adapters.local_bus import LocalBus
from radloom.cli.redaction import Rules, run
from radloom.runtime import envelope
from radloom.runtime.checkpoint import CRASH_POINTS, Checkpoint, CrashPoint, pass_by
from radloom.runtime.process import LoopPart
from radloom.runtime.worker import Worker
from radloom.wire.v1.study_redacted_pb2 import RedactionManifest, StudyRedacted
from services.redactor.evidence import Signer
from tests.ingest.example import ct_file
from tests.redactor.flow import (
    KEYS,
    instruments,
    project,
    received,
    report,
    stage,
    study,
    suspicious_of,
)

WRITES = ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir")
PATIENCE_POLLS = 600
LEASE_S = 0.5
"""A killed member is taken for dead soon, so its successor does not wait."""


def kill_at(step: int, folder: Path) -> None:
    """Ends this process just before its `step`-th change of anything below `folder`."""
    done = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal done
        writes = event in WRITES or (event == "open" and _is_for_writing(arguments))
        if writes and str(arguments[0]).startswith(str(folder)):
            if done == step:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1

    sys.addaudithook(hook)


def _is_for_writing(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] or 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def forked(work: Callable[[], object]) -> int:
    """Runs `work` in a child; returns 0, or the number of the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 70
        with suppress(BaseException):
            work()
            code = 0
        os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "a run failed by itself"
        return 0
    return os.WTERMSIG(status)


def tree(folder: Path) -> dict[str, str]:
    """Digest of every file of `folder` but those on their way, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".work" not in path.parts and not path.name.startswith(".")
    }


def released(folder: Path) -> set[tuple[str, str]]:
    """Path and digest of what lies in `released`."""
    return {(k, v) for k, v in tree(folder).items() if k.startswith("released/")}


# ---------------------------------------------------------------- the command line


def kill_folder_runs(scratch: Path, every: int) -> dict[str, Any]:
    """Kills `radloom redact` at every step; counts what went wrong."""
    source = scratch / "in"
    (source / "deep").mkdir(parents=True)
    for number in (1, 2):
        (source / "deep" / f"{number}.dcm").write_bytes(ct_file(number))
    rules = Rules(project(), instruments(suspicious_of(2)), Signer.derived(KEYS["lung"]))
    forked(lambda: run(source, scratch / "whole", rules))
    whole = tree(scratch / "whole")
    faults = {"unproven": 0, "other_result": 0}
    step = 0
    while True:
        out = scratch / f"out-{step}"

        def killed(step: int = step, out: Path = out) -> None:
            kill_at(step, out)
            run(source, out, rules)

        ended = forked(killed)
        faults["unproven"] += not released(out) <= released(scratch / "whole")
        forked(lambda out=out: run(source, out, rules))  # type: ignore[misc]
        faults["other_result"] += tree(out) != whole
        shutil.rmtree(out)
        if ended == 0:
            return {"kills": step // every, "released": len(released(scratch / "whole")), **faults}
        step += every


# ---------------------------------------------------------------- the service


def files() -> dict[tuple[str, str], bytes]:
    """A study of which some is released and some is held."""
    return study(1, 2, _1=report("2.25.200.2", number=9))


def serve(folder: Path, checkpoint: Checkpoint = pass_by) -> None:
    """Runs the redactor until the study's event is dealt with and told."""
    folder.mkdir(exist_ok=True)
    with stage(folder, files(), validate=suspicious_of(2)) as on:
        bus = LocalBus(folder / "bus.sqlite", lease_s=LEASE_S)
        worker = Worker(
            "redactor", on.redactor, bus, on.database, clock=SystemClock(), checkpoint=checkpoint
        )
        bus.publish([envelope.encode(received(files()), "event-1")])
        part = LoopPart("worker", worker)
        part.start()
        for topic in (topics.STUDY_REDACTED, topics.REDACTION_QUARANTINED):
            assert records(bus, topic.name)
        part.stop()
        bus.close()


def records(bus: LocalBus, topic: str, *, polls: int = PATIENCE_POLLS) -> dict[str, bytes]:
    """Values on a topic by event id; the same event twice is one."""
    subscription = bus.subscribe(f"look-{os.urandom(4).hex()}", [topic])
    found: dict[str, bytes] = {}
    try:
        for _ in range(polls):
            for delivery in subscription.poll(0.05):
                event_id = envelope.read_headers(delivery.record.headers).event_id
                found[event_id] = delivery.record.value
                subscription.commit(delivery)
            if found:
                return found
    finally:
        subscription.close()
    return found


def told(folder: Path, polls: int) -> list[StudyRedacted]:
    """Releases on the bus of `folder`."""
    bus = LocalBus(folder / "bus.sqlite", lease_s=LEASE_S)
    try:
        values = records(bus, topics.STUDY_REDACTED.name, polls=polls).values()
        return [StudyRedacted.FromString(value) for value in values]
    finally:
        bus.close()


def copies(folder: Path, event: StudyRedacted) -> dict[str, str]:
    """Digest of every copy that a release names, read from the store."""
    objects = folder / "objects"
    manifest = RedactionManifest.FromString((objects / event.manifest.key).read_bytes())
    return {
        i.sop_instance_uid: hashlib.sha256((objects / i.object.key).read_bytes()).hexdigest()
        for i in manifest.instances
    }


def dying_at(point: CrashPoint) -> Checkpoint:
    """Ends the process at a crash point of the runtime."""

    def checkpoint(reached: CrashPoint, _event_id: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def kill_service_runs(scratch: Path, every: int) -> dict[str, Any]:
    """Kills the redactor at every step on its way through one study; counts what went wrong."""
    forked(lambda: serve(scratch / "whole"))
    (event,) = told(scratch / "whole", 20)
    whole = copies(scratch / "whole", event)
    faults = {"unproven": 0, "other_result": 0, "not_one_release": 0}
    kills = 0

    def judge(folder: Path) -> None:
        for early in told(folder, 2):
            faults["unproven"] += copies(folder, early) != whole
        forked(lambda: serve(folder))
        events = told(folder, 20)
        faults["not_one_release"] += len(events) != 1
        faults["other_result"] += any(copies(folder, one) != whole for one in events)
        shutil.rmtree(folder)

    for point in CRASH_POINTS:
        folder = scratch / point
        kills += forked(lambda: serve(folder, dying_at(point))) == signal.SIGKILL  # noqa: B023
        judge(folder)
    step = 0
    while True:
        folder = scratch / f"step-{step}"

        def killed(step: int = step, folder: Path = folder) -> None:
            kill_at(step, folder / "objects")
            serve(folder)

        ended = forked(killed)
        judge(folder)
        if ended == 0:
            return {"kills": kills + step // every, "released": len(whole), **faults}
        step += every


if __name__ == "__main__":
    place = Path(sys.argv[2])
    kinds = {"folder": kill_folder_runs, "service": kill_service_runs}
    print(json.dumps(kinds[sys.argv[1]](place, int([*sys.argv, "1"][3]))))  # noqa: T201 - its answer
