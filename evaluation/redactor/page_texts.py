"""Reports as a section of the page."""

import json
import time
from collections.abc import Iterator, Sequence

from evaluation.comparators import asked
from evaluation.redactor.ours import redacted_report
from evaluation.redactor.report_writer import Marked, Report, reports
from evaluation.redactor.run import Run
from evaluation.redactor.texts import TextScore, Touched
from evaluation.redactor.writing import table
from evaluation.scores import Rate

KINDS = ("NAME", "LOC", "DATE", "ID", "PHONE", "EMAIL", "AGE")


def section(run: Run) -> Iterator[str]:
    """Recall per kind, over-redaction, clean reports."""
    made = reports(run.seeds[0], run.reports)
    yield from ("", "## Report text", "")
    yield (
        f"{len(made)} reports of seed {run.seeds[0]}: printed forms and prose of other kinds, "
        "names of many locales and scripts, a third of the surnames made up, an image header "
        "beside four reports of five. A span counts when every letter and digit of it went. "
        "Over-redacted: words outside identifiers that were touched. Development reports: the 150 "
        "shared ones that rules were written against."
    )
    scores = {"radloom": _ours(made)}
    if run.python:
        scores["Presidio 2.2.366, en_core_web_sm"] = _presidio(run, made, deny=False)
        scores["the same with the header as deny list"] = _presidio(run, made, deny=True)
    yield from _recall(scores)
    parts = {
        "radloom, printed forms": [r for r in made if not r.prose],
        "radloom, prose": [r for r in made if r.prose],
        "radloom, without header": [r for r in made if not r.header],
        "radloom, development reports": _shared(run),
    }
    yield from _recall({name: _ours(some) for name, some in parts.items() if some})


def _recall(scores: dict[str, tuple[TextScore, float]]) -> Iterator[str]:
    rows: list[Sequence[object]] = [
        ("system", "span recall", *KINDS, "over-redacted", "eponyms kept", "reports clean",
         "ms per report"),
    ]  # fmt: skip
    for name, (score, seconds) in scores.items():
        rows.append(
            (
                name,
                Rate(score.covered.total(), score.spans.total()),
                *(f"{score.covered[k]}/{score.spans[k]}" for k in KINDS),
                Rate(score.taken, score.words),
                Rate(score.eponyms_kept, score.eponyms),
                Rate(score.clean, score.reports),
                f"{1000 * seconds / max(1, score.reports):.1f}",
            )
        )
    yield from table(*rows)


def _ours(some: Sequence[Report]) -> tuple[TextScore, float]:
    score, start = TextScore(), time.process_time()
    answers = [redacted_report(one.text, one.header) for one in some]
    seconds = time.process_time() - start
    for one, redacted in zip(some, answers, strict=True):
        score.add(one, [(span.start, span.end) for span in redacted.spans])
    return score, seconds


def _presidio(run: Run, some: Sequence[Report], *, deny: bool) -> tuple[TextScore, float]:
    assert run.python is not None  # noqa: S101 - the caller asked
    questions = [{"text": r.text, "deny": _words(r) if deny else []} for r in some]
    answered = asked(run.python, "presidio_text", questions)
    score = TextScore()
    for one, found in zip(some, answered.answers, strict=True):
        touched: Touched = [(start, end) for start, end in found]
        score.add(one, touched)
    return score, answered.seconds_each * len(some)


def _words(report: Report) -> list[str]:
    """Words of the header, as its user would list them."""
    words = {word for value in report.header.values() for word in value.replace("^", " ").split()}
    return sorted(word for word in words if len(word) > 1)


def _shared(run: Run) -> list[Report]:
    lines = (run.data / "text/radreports_shared.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return [
        Report(
            row["text"],
            tuple(Marked(a, b, kind) for a, b, kind, _ in row["spans"]),
            row["header"],
            prose=False,
        )
        for row in rows
    ]
