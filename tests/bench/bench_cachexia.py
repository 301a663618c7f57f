"""How long one patient takes: bundle to evidence, evidence to features, criteria, risk, survival.

Scores with both models are measured one by one, as events come, and with 64 patients per inference,
as many as the models take. Prints milliseconds of CPU time on one core:
`python tests/bench/bench_cachexia.py`.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

from radloom.adapters.onnx import EmbeddedInference
from services.cachexia_scorer import risk, survival
from services.cachexia_scorer.answers import answer
from services.cachexia_scorer.bundle import evidence_of
from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.features import features
from services.cachexia_scorer.panel import panel
from services.cachexia_scorer.relevance import relevant
from services.cachexia_scorer.score import score
from services.cachexia_scorer.vector import values_of
from tests.cachexia_scorer.events import models, stage, stage_scorer, whole_story

SAMPLE = Path(__file__).parents[2] / "samples" / "cachexia_patient.json"
AT = datetime(2026, 4, 3, 9, tzinfo=UTC)
ROUNDS = 2000
BATCH = 64


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """CPU time of one call, the best of five runs."""
    runs = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(rounds // 5):
            work()
        runs.append(time.process_time() - start)
    return min(runs) / (rounds // 5) * 1000


def score_many(patients: list[tuple[Evidence, ...]], inference: EmbeddedInference) -> None:
    """Criteria, both heads and survival of many patients with one inference per model."""
    states = [features(relevant(evidence, AT), AT) for evidence in patients]
    given = [risk.inputs(values_of(state)) for state in states]
    tensors = {
        name: np.concatenate([one.tensors[name] for one in given])
        for name in ("features", "observed", "error_sd")
    }
    heads = inference.infer(risk.MODEL, tensors).outputs
    curves = inference.infer(survival.MODEL, tensors).outputs
    for k, (state, one) in enumerate(zip(states, given, strict=True)):
        panel(state)
        mine = {name: rows[k : k + 1] for name, rows in heads.items()}
        for head in risk.HEADS:
            risk.risk(one, mine, head)
        survival.survival(one, {name: rows[k : k + 1] for name, rows in curves.items()})


def main() -> None:
    """Prints one line per step and the scores per second from evidence."""
    bundle = json.loads(SAMPLE.read_text("utf-8"))
    evidence = evidence_of(bundle)
    state = features(evidence, AT)
    ask, inference = stage_scorer().ask, models()
    criteria = milliseconds(lambda: panel(features(evidence, AT)))
    single = milliseconds(lambda: score(evidence, AT, ask))
    batch = milliseconds(lambda: score_many([evidence] * BATCH, inference), ROUNDS // BATCH) / BATCH
    sys.stdout.write(
        f"bundle -> {len(evidence)} facts: {milliseconds(lambda: evidence_of(bundle)):.3f} ms\n"
        f"facts -> features: {milliseconds(lambda: features(evidence, AT)):.3f} ms\n"
        f"features -> criteria: {milliseconds(lambda: panel(state)):.3f} ms\n"
        f"features -> answer: {milliseconds(lambda: answer(state, evidence)):.3f} ms\n"
        f"facts -> criteria: {criteria:.3f} ms, {1000 / criteria:.0f} a second\n"
        f"facts -> score with models, one by one: {single:.3f} ms, {1000 / single:.0f} a second\n"
        f"facts -> score with models, {BATCH} at once: {batch:.3f} ms,"
        f" {1000 / batch:.0f} a second\n"
        f"event -> evidence, score and row of SQLite: {event_milliseconds():.2f} ms of wall time\n"
    )


def event_milliseconds() -> float:
    """Wall time of one event of a subject's story, durable, on an empty database; the median."""
    times = []
    for _ in range(10):
        with tempfile.TemporaryDirectory() as folder:
            on = stage(Path(folder))
            for event in whole_story():
                start = time.perf_counter()
                on.handle(event)
                times.append(time.perf_counter() - start)
    return median(times) * 1000


if __name__ == "__main__":
    main()
