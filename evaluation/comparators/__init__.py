"""Other systems, each a script that the evaluation runs in an environment of its own."""

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_S = 900


@dataclass(frozen=True)
class Answered:
    """Answers in order, and seconds per question, start-up included."""

    answers: list[Any]
    seconds_each: float


def asked(
    python: Path, script: str, questions: Sequence[object], arguments: Sequence[str] = ()
) -> Answered:
    """What a comparator answers.

    Args:
        python: Interpreter of the evaluation's environment.
        script: Name of a module of this package.
        questions: One JSON value each.
        arguments: For the script.

    Raises:
        CalledProcessError: It ended with an error.
    """
    start = time.monotonic()
    ended = subprocess.run(  # noqa: S603 - our own script
        [str(python), str(Path(__file__).parent / f"{script}.py"), *arguments],
        input="".join(json.dumps(q) + "\n" for q in questions),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # PyRuSH prints what it reads
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    answers = [json.loads(line) for line in ended.stdout.splitlines() if line[:1] in "[tf"]
    return Answered(answers, (time.monotonic() - start) / max(1, len(questions)))
