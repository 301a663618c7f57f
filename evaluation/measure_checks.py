"""How many injected errors the report checks find, and how often they are wrong.

    python -m evaluation.measure_checks REPORTS [--part held-out|written] [--calibrate]

REPORTS is a folder with the reports of `READ`. Rules and words were written on three quarters of
the reports: on one half, and, after a first measurement of the other half, on a half of that. What
is held out was measured when they were done; nobody read its reports, or more of them than the
alerts on unchanged ones, which were judged afterwards.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from evaluation.injector import Injection, injections
from evaluation.written import written
from services.report_structurer.checks import Alert, check
from services.report_structurer.lexicon import load
from services.report_structurer.structure import structure

READ = ("gpt4_structured_reports_dev.json", "mtsamples_radiology.jsonl")
JUDGED = Path(__file__).with_name("judged_alerts.yaml")
WRITTEN = Path(__file__).with_name("data") / "check_reports.txt"
CHECKS = Path("services/report_structurer/lexicons/checks.yaml")


def reports(folder: Path) -> list[str]:
    """Texts, each once, whatever its punctuation and capitals."""
    nested = json.loads((folder / READ[0]).read_text(encoding="utf-8"))
    texts = [one["FREE TEXT"] for exam in nested.values() for one in exam.values()]
    lines = (folder / READ[1]).read_text(encoding="utf-8").splitlines()
    texts += [json.loads(line)["text"] for line in lines]
    return list({_words(text): text for text in reversed(texts)}.values())[::-1]


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def digest(text: str) -> str:
    """By which a judgement is kept without the report's words."""
    return sha256(_words(text).encode()).hexdigest()[:16]


def is_held_out(text: str) -> bool:
    """One report in four; the same for the same words."""
    return int(sha256(_words(text).encode()).hexdigest(), 16) % 4 == 3


def _texts(folder: Path, part: str) -> list[str]:
    """Reports with findings and impression of one part: `development`, `held-out` or `written`.

    What is `written` was written by the author of the rules, before the rules read it.
    """
    if part == "written":
        return WRITTEN.read_text(encoding="utf-8").split("=====\n")
    return [t for t in reports(folder) if written(t) and is_held_out(t) == (part == "held-out")]


@dataclass
class Measured:
    """Counts of one part.

    Attributes:
        clean: Reports with findings and impression.
        alerts: Alerts on them: digest of the report, the alert, whether a reader agreed.
        injected: Errors injected, by kind and form.
        found: Those found.
        right: Right alerts by rule: of found errors, and agreed ones.
        wrong: The others.
        milliseconds: To structure and check one report, on average.
    """

    clean: int = 0
    alerts: list[tuple[str, Alert, bool]] = field(default_factory=list)
    injected: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    milliseconds: float = 0.0


def measure(texts: Sequence[str], seeds: Sequence[int]) -> Measured:
    """Check every report as it is, and with every error of the injector."""
    judged = _judged()
    made = Measured(clean=len(texts))
    for text in texts:
        began = time.process_time()
        clean = check(structure(text))
        made.milliseconds += (time.process_time() - began) * 1000 / len(texts)
        for alert in clean:
            agreed = judged.get((digest(text), alert.id), False)
            made.alerts.append((digest(text), alert, agreed))
            (made.right if agreed else made.wrong)[_rule(alert)] += 1
        for seed in seeds:
            for injection in injections(text, seed, texts):
                _count(made, injection, clean, len(text))
    return made


def _count(made: Measured, injection: Injection, clean: Sequence[Alert], before: int) -> None:
    what = injection.kind, injection.form
    made.injected[what] += 1
    known = {_moved(alert, injection, before) for alert in clean}
    fresh = [
        a for a in check(structure(injection.text)) if (a.kind, a.message, a.spans) not in known
    ]
    hits = [a for a in fresh if _hits(a, injection)]
    made.found[what] += bool(hits)
    for alert in fresh:
        (made.right if alert in hits else made.wrong)[_rule(alert)] += 1


def _moved(alert: Alert, injection: Injection, before: int) -> tuple[str, str, object]:
    """An alert of the clean report where it stands behind the edit."""
    start, shift = injection.spans[0][0], len(injection.text) - before
    spans = tuple((a + shift * (a > start), b + shift * (b > start)) for a, b in alert.spans)
    return alert.kind, alert.message, spans


def _hits(alert: Alert, injection: Injection) -> bool:
    """Whether an alert is of the kind, or points to the place."""
    touches = any(a <= end and start <= b for a, b in alert.spans for start, end in injection.spans)
    return alert.kind == injection.kind or touches


def _judged() -> dict[tuple[str, str], bool]:
    if not JUDGED.exists():
        return {}
    entries = yaml.safe_load(JUDGED.read_text(encoding="utf-8"))["alerts"]
    return {(e["report"], e["alert"]): e["agreed"] for e in entries}


def _rule(alert: Alert) -> str:
    rules: dict[str, dict[str, str]] = load("checks")["rules"]
    said = alert.kind, alert.message
    return next(name for name, r in rules.items() if (r["kind"], r["message"]) == said)


@dataclass(frozen=True)
class Row:
    """One line of the result.

    Attributes:
        kind: Kind of alert, or `all`.
        development: Errors found and injected there.
        held_out: Errors found and injected there.
        false_alerts: Per unchanged report, development and held out; only with `all`.
    """

    kind: str
    development: tuple[int, int]
    held_out: tuple[int, int]
    false_alerts: tuple[float, float] | None = None


def table_rows(folder: Path, seeds: Sequence[int]) -> list[Row]:
    """Found and injected errors of both parts by kind, then of all kinds with the false alerts."""
    parts = {part: measure(_texts(folder, part), seeds) for part in ("development", "held-out")}
    kinds = dict.fromkeys(kind for made in parts.values() for kind, _ in made.injected)
    development, held_out = parts["development"], parts["held-out"]
    rows = [
        Row(
            kind,
            (_of(kind, development.found), _of(kind, development.injected)),
            (_of(kind, held_out.found), _of(kind, held_out.injected)),
        )
        for kind in kinds
    ]
    first, second = ((m.found.total(), m.injected.total()) for m in (development, held_out))
    return [*rows, Row("all", first, second, (_false(development), _false(held_out)))]


def _false(made: Measured) -> float:
    return sum(not agreed for _, _, agreed in made.alerts) / made.clean


def own_contradictions(records: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """Known contradictions of reports with an alert at one of their places, and all, by certainty.

    Args:
        records: `text` of a report, `spans` as `{"start", "end"}`, `kind` and `certainty`.
    """
    counted: dict[str, tuple[int, int]] = {}
    for record in records:
        raised = [span for alert in check(structure(record["text"])) for span in alert.spans]
        hit = any(
            start < place["end"] and place["start"] < end
            for start, end in raised
            for place in record["spans"]
        )
        found, known = counted.get(record["certainty"], (0, 0))
        counted[record["certainty"]] = (found + hit, known + 1)
    return counted


def table(made: Measured) -> Iterator[str]:
    """Lines of the result."""
    kinds = list(dict.fromkeys(kind for kind, _ in made.injected))
    yield "kind | found | injected | share"
    for kind in kinds:
        found, injected = (_of(kind, counted) for counted in (made.found, made.injected))
        yield f"{kind} | {found} | {injected} | {found / injected:.1%}"
    found, injected = made.found.total(), made.injected.total()
    yield f"all | {found} | {injected} | {found / injected:.1%}"
    false = round(_false(made) * made.clean)
    yield f"{made.clean} clean reports: {len(made.alerts)} alerts, {false} not agreed with"
    yield f"false alerts per clean report: {_false(made):.3f}"
    yield f"milliseconds per report: {made.milliseconds:.1f}"


def _of(kind: str, counted: Counter[tuple[str, str]]) -> int:
    return sum(n for (of, _), n in counted.items() if of == kind)


def calibrate(made: Measured) -> None:
    """Write each rule's share of right alerts, one right and one wrong added, to the lexicon."""
    text = CHECKS.read_text(encoding="utf-8")
    for rule in load("checks")["rules"]:
        share = (made.right[rule] + 1) / (made.right[rule] + made.wrong[rule] + 2)
        share = min(share, 0.99)
        pattern = rf"(?m)^(  {rule}: \{{.*?precision: )[\d.]+"
        text = re.sub(pattern, rf"\g<1>{share:.2f}", text)
    CHECKS.write_text(text, encoding="utf-8")


def main() -> None:
    """Measure one part and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("reports", type=Path)
    parser.add_argument(
        "--part", choices=("development", "held-out", "written"), default="development"
    )
    parser.add_argument("--seeds", type=int, default=3, help="errors of every form per report")
    parser.add_argument("--calibrate", action="store_true", help="write precisions to the lexicon")
    parser.add_argument("--alerts", action="store_true", help="list the alerts on clean reports")
    asked = parser.parse_args()
    if asked.calibrate and asked.part != "development":
        parser.error("precisions are calibrated on the development part alone")
    texts = _texts(asked.reports, asked.part)
    made = measure(texts, range(asked.seeds))
    sys.stdout.writelines(line + "\n" for line in table(made))
    if asked.alerts:
        for report, alert, agreed in made.alerts:
            print(report, alert.id, alert.kind, _rule(alert), alert.spans, agreed)
    if asked.calibrate:
        calibrate(made)


if __name__ == "__main__":
    main()
