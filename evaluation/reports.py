"""Measures report_structurer and writes `docs/evaluation/reports.md`.

    make eval-reports                       # REPORTS=... for another folder of the data

Tables on sets that the word lists were written against are headed "development". Comparators run
in an environment of their own, in the same run, on the same sentences.
"""

import argparse
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import yaml

from evaluation import corpora, labelled
from evaluation.comparators import asked
from evaluation.corpora import OWN, MissingDataError, NegationRow, json_lines, negation_rows
from evaluation.leaks import everything_written, leaks
from evaluation.measure_checks import own_contradictions, table_rows
from evaluation.scores import Found, Rate
from services.report_structurer.answers import alerts, mentions, structured
from services.report_structurer.facts import literal_facts
from services.report_structurer.handler import MAX_CHARACTERS

ROOT = Path(__file__).parents[1]
WARM_UP = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the evaluation; 1 when data is missing."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, help="folder of the report data")
    parser.add_argument("--python", type=Path, required=True, help="interpreter with comparators")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/evaluation/reports.md")
    options = parser.parse_args(arguments)
    try:
        corpora.require(options.data)
    except MissingDataError as error:
        print(error, file=sys.stderr)
        return 1
    lines = list(page(options.data, options.python))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {options.out}")
    return 0


def page(data: Path, python: Path) -> Iterator[str]:
    """The whole page, line by line."""
    yield from INTRODUCTION.splitlines()
    yield from _proof(data)
    yield from _sections(data, python)
    yield from _negation(data, python)
    yield from _symptoms(data)
    yield from _checks(data)
    yield from _concise(data)
    yield from _speed(data)
    yield from _leaks(data)


INTRODUCTION = """# Evaluation of report_structurer

Written by `make eval-reports`; not by hand. All sets are small, English, and labelled by people who
are no radiologists. Development sets are those that the word lists were written against: figures
on them say what was reached, not what to expect. The blind sets in `evaluation/data` were labelled
without looking at the engine's answers; "first look" is what was measured on them before anybody
had seen an error on them, and the only figure here about unseen text. Intervals are 95 %
(Wilson)."""


def first_looks() -> dict[str, Any]:
    """What was measured on the blind sets before their errors were known; see the file."""
    found: dict[str, Any] = yaml.safe_load((OWN / "first_looks.yaml").read_text(encoding="utf-8"))
    return found


def table(*rows: Sequence[object]) -> Iterator[str]:
    """A table of the page; the first row heads it."""
    yield ""
    for number, row in enumerate(rows):
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
        if number == 0:
            yield "|" + "---|" * len(row)


# ------------------------------------------------------------------ nothing lost, nothing invented


def _proof(data: Path) -> Iterator[str]:
    texts = [t for t in corpora.texts(data) if len(t) <= MAX_CHARACTERS]
    proofs = [structured(text)["proof"] for text in texts]
    whole = sum(p["coverage"] == 1 and p["facts_in"] == p["facts_out"] for p in proofs)
    yield from ("", "## Nothing lost, nothing invented")
    yield from table(
        ("reports and notes", "proven complete", "numbers, sides, dates and references kept"),
        (len(texts), Rate(whole, len(texts)), sum(p["facts_out"] for p in proofs)),
    )
    yield from _sizes_kept(data)


_SIZE = re.compile(r"\d+(?:\.\d+)?")


def _sizes_kept(data: Path) -> Iterator[str]:
    """GPT-4's published outputs on the same fictitious reports, counted in this run."""
    kept = total = 0
    for report in corpora.fictitious(data):
        sizes = _sizes(report.text)
        total += len(sizes)
        kept += sum(
            bool(re.search(rf"(?<![\d.]){re.escape(s)}(?!\d)", report.filled)) for s in sizes
        )
    yield ""
    yield (
        "Distinct sizes (mm, cm) in findings and impression of the 152 fictitious reports that "
        f"GPT-4's published structured outputs (Adams 2023) keep: {Rate(kept, total)}. radloom's "
        "statements are verbatim, so it keeps them all; the proof says so for each report."
    )


def _sizes(text: str) -> set[str]:
    spans = [
        (s["start"], s["end"])
        for s in structured(text)["statements"]
        if s["part"] in {"findings", "impression"}
    ]
    return {
        fact.value
        for fact in literal_facts(text)
        if fact.kind == "measurement"
        and fact.unit in {"mm", "cm"}
        and any(a <= fact.start < b for a, b in spans)
    }


# ------------------------------------------------------------------ placement, denial, symptoms


def _sections(data: Path, python: Path) -> Iterator[str]:
    development = json_lines(data / "sections_dev.jsonl")
    blind = json_lines(OWN / "sections_blind.jsonl")
    yield from ("", "## Organ sections and parts")
    rows: list[Sequence[object]] = [("system", "set", "exact set", "micro", "part", "ms/sentence")]
    sets: list[tuple[str, list[labelled.Label]]] = [("development", [*development])]
    for name, reports in [*sets, *_strata(blind)]:
        found = labelled.placed(reports)
        rows.append(("radloom", name, found.exact, found.groups, found.parts, ""))
    rows += [_sections_by(s, python, blind) for s in ("radreport_sections", "minilm_sections")]
    looks = first_looks()["sections"].items()
    rows += [
        ("radloom, first look", k, Rate(*v["exact"]), f"F1 {v['f1']:.3f}", Rate(*v["parts"]), "")
        for k, v in looks
    ]
    yield from table(*rows)
    yield ""
    yield (
        "Comparators get each sentence alone, so their share of sentences that point back "
        "(“The largest measures 6 mm.”) cannot be right; radloom reads the report. Seconds of the "
        "comparators include their start."
    )


CORONARY = frozenset({"mt:1719", "mt:1721", "mt:1722", "mt:1725"})
"""Coronary CTAs of the blind set: their labels leave heart or vessels open."""


def _strata(blind: Sequence[labelled.Label]) -> Iterator[tuple[str, list[labelled.Label]]]:
    fictitious = [r for r in blind if not r["id"].startswith("mt:")]
    transcribed = [r for r in blind if r["id"].startswith("mt:")]
    yield "blind, fictitious", fictitious
    yield "blind, transcribed", [r for r in transcribed if r["id"] not in CORONARY]
    yield "blind, coronary CTA", [r for r in transcribed if r["id"] in CORONARY]
    yield "blind, all", list(blind)


def _sections_by(script: str, python: Path, reports: Sequence[labelled.Label]) -> Sequence[object]:
    seconds: list[float] = []

    def place(sentences: Sequence[str]) -> list[frozenset[str]]:
        answered = asked(python, script, sentences)
        seconds.append(answered.seconds_each)
        return [frozenset(one) for one in answered.answers]

    exact, groups = labelled.sections_by(reports, place)
    return script.partition("_")[0], "blind, all", exact, groups, "-", f"{1000 * seconds[0]:.1f}"


def _negation(data: Path, python: Path) -> Iterator[str]:
    yield from ("", "## Denial")
    rows: list[Sequence[object]] = [("system", "set", "rows", "denied")]
    for name, path in (
        ("NegEx kit (development)", data / "negex_dev.tsv"),
        ("blind", OWN / "negation_blind.tsv"),
    ):
        found = negation_rows(path)
        answers = [labelled.is_denied(row) for row in found]
        rows.append(("radloom", name, len(found), labelled.negation(found, answers)))
        rows.append(("medspaCy ConText", name, len(found), _context(python, found)))
    look = first_looks()["negation"]["blind"]
    said = f"P {look['precision']:.3f} R {look['recall']:.3f} F1 {look['f1']:.3f}"
    rows.append(("radloom, first look", "blind", len(found), said))
    yield from table(*rows)


def _context(python: Path, rows: Sequence[NegationRow]) -> Found:
    questions = [{"concept": row.concept, "sentence": row.sentence} for row in rows]
    return labelled.negation(rows, asked(python, "medspacy_context", questions).answers)


def _symptoms(data: Path) -> Iterator[str]:
    yield from ("", "## Symptoms")
    rows: list[Sequence[object]] = [
        ("set", "sentences", "present", "status", "amounts exact", "intended losses counted")
    ]
    blind = json_lines(OWN / "symptoms_blind.jsonl")
    for name, labels in (
        ("development", json_lines(data / "symptoms_dev.jsonl")),
        ("blind, real", [x for x in blind if not _is_constructed(x)]),
        ("blind, written for the set", [x for x in blind if _is_constructed(x)]),
    ):
        found = labelled.symptoms(labels)
        rows.append(
            (name, len(labels), found.present, found.status, found.amounts, found.intended_counted)
        )
    rows += [
        (
            f"first look: {name}",
            sum(_is_constructed(x) == ("written" in name) for x in blind),
            f"F1 {look['f1']:.3f}",
            Rate(*look["status"]),
            Rate(*look["amounts"]),
            look["intended_counted"],
        )
        for name, look in first_looks()["symptoms"].items()
    ]
    yield from table(*rows)


def _is_constructed(label: labelled.Label) -> bool:
    return bool(label["source"].startswith("written for this set"))


def _checks(data: Path) -> Iterator[str]:
    yield from ("", "## Checks", "")
    yield (
        "Errors that the seeded injector of `evaluation/` puts into reports, one at a time, where "
        "a careful reader could tell. Rules were written on three quarters of the reports; of the "
        "held-out quarter nobody read more than the alerts on unchanged reports, to judge them."
    )
    rows: list[Sequence[object]] = [("kind", "development", "held out")]
    false: tuple[float, float] | None = None
    for row in table_rows(data, (1,)):
        rows.append((row.kind, Rate(*row.development), Rate(*row.held_out)))
        false = row.false_alerts or false
    if false:
        rows.append(("false alerts per unchanged report", *(f"{one:.3f}" for one in false)))
    yield from table(*rows)
    slips = own_contradictions(json_lines(OWN / "contradictions.jsonl"))
    yield from ("", "Slips that authors made themselves, listed by an annotator who saw no alert:")
    yield from table(
        ("certainty", "with an alert at one of their places"),
        *((certainty, Rate(*counts)) for certainty, counts in slips.items()),
    )


# ------------------------------------------------------------------ shorter, fast, silent


def _concise(data: Path) -> Iterator[str]:
    yield from ("", "## Concise view")
    rows: list[Sequence[object]] = [("corpus", "reports", "words in", "words out", "fewer")]
    for name, texts in (
        ("fictitious", [x.text for x in corpora.fictitious(data)]),
        ("transcribed", corpora.transcribed(data)),
        ("blind", [x["text"] for x in json_lines(OWN / "sections_blind.jsonl")]),
    ):
        views = [structured(t)["concise"] for t in texts if len(t) <= MAX_CHARACTERS]
        given, left = (sum(v[k] for v in views) for k in ("words_in", "words_out"))
        rows.append((name, len(views), given, left, f"{1 - left / given:.1%}"))
    yield from table(*rows)
    yield ""
    yield "Each shorter text has the facts of its statement, or the statement stands as it is."


def _speed(data: Path) -> Iterator[str]:
    texts = [t for t in corpora.texts(data) if len(t) <= MAX_CHARACTERS]
    for text in texts[:WARM_UP]:
        structured(text)
    took = []
    for text in texts:
        start = time.process_time()
        structured(text)
        took.append(1000 * (time.process_time() - start))
    yield from ("", "## Speed, one core")
    yield from table(
        ("texts", "p50 ms", "p99 ms", "texts/s", "cold import ms"),
        (
            len(took),
            f"{median(took):.1f}",
            f"{quantiles(took, n=100)[-1]:.1f}",
            f"{1000 * len(took) / sum(took):.0f}",
            f"{_import_ms():.0f}",
        ),
    )
    yield ""
    yield "The whole answer with facts, sections, concise view and proof; processor time."


def _import_ms() -> float:
    """Milliseconds of a fresh interpreter's import and first answer, less an empty one's."""

    def seconds(code: str) -> float:
        start = time.monotonic()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)  # noqa: S603 - fixed code
        return time.monotonic() - start

    code = "from services.report_structurer.answers import structured"
    return 1000 * (min(seconds(code) for _ in range(5)) - min(seconds("") for _ in range(5)))


def _leaks(data: Path) -> Iterator[str]:
    texts = [t for t in corpora.texts(data) if len(t) <= MAX_CHARACTERS]
    with everything_written() as left:
        logging.getLogger("evaluation").debug("structuring")
        for text in texts:
            structured(text)
            mentions(text)
            alerts(text)
    yield from ("", "## Words in logs", "")
    yield (
        f"4-grams of {len(texts)} reports and notes in {len(left.getvalue())} characters of log "
        "lines, warnings and output, written while they were structured, read for symptoms and "
        f"checked, every logger at DEBUG: {len(leaks(texts, left.getvalue()))}."
    )


if __name__ == "__main__":
    sys.exit(main())
