"""How long one patient takes: bundle to evidence, evidence to features, features to criteria.

Prints milliseconds of CPU time on one core: `python tests/bench/bench_cachexia.py`.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from services.cachexia_scorer.answers import answer
from services.cachexia_scorer.bundle import evidence_of
from services.cachexia_scorer.features import features
from services.cachexia_scorer.panel import panel

SAMPLE = Path(__file__).parents[2] / "samples" / "cachexia_patient.json"
AT = datetime(2026, 4, 3, 9, tzinfo=UTC)
ROUNDS = 2000


def milliseconds(work: Callable[[], object]) -> float:
    """CPU time of one call, the best of five runs."""
    runs = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(ROUNDS // 5):
            work()
        runs.append(time.process_time() - start)
    return min(runs) / (ROUNDS // 5) * 1000


def main() -> None:
    """Prints one line per step and the scores per second from evidence."""
    bundle = json.loads(SAMPLE.read_text("utf-8"))
    evidence = evidence_of(bundle)
    state = features(evidence, AT)
    score = milliseconds(lambda: panel(features(evidence, AT)))
    sys.stdout.write(
        f"bundle -> {len(evidence)} facts: {milliseconds(lambda: evidence_of(bundle)):.3f} ms\n"
        f"facts -> features: {milliseconds(lambda: features(evidence, AT)):.3f} ms\n"
        f"features -> criteria: {milliseconds(lambda: panel(state)):.3f} ms\n"
        f"features -> answer: {milliseconds(lambda: answer(state, evidence)):.3f} ms\n"
        f"facts -> criteria: {score:.3f} ms, {1000 / score:.0f} a second\n"
    )


if __name__ == "__main__":
    main()
