"""Headers, private data, SR and everything around them, as a section of the page."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pydicom import dcmread

from evaluation.redactor.headers import HeaderScore, Tool, new_errors
from evaluation.redactor.objects import ROOT, Source, content_of, series, sources
from evaluation.redactor.ours import Headers, Whole
from evaluation.redactor.planter import Planted
from evaluation.redactor.planting import planted, table_rows
from evaluation.redactor.run import TOOLS, Run, anonymised
from evaluation.redactor.ten_actions import ACTIONS, ActionScore, Study, count, study
from evaluation.redactor.writing import percent, table
from evaluation.scores import Rate

IN_TABLE = ("table", "nested", "patient")


def section(run: Run, whole: Whole) -> Iterator[str]:
    """Leaks, useful values, conformance, whole service, ten actions, speed."""
    objects, rows = sources()[: run.objects], table_rows(run.data)
    files = [planted(one, rows, seed) for seed in run.seeds for one in objects]
    classes = {str(one.dataset().SOPClassUID) for one in objects}
    yield from ("", "## Headers, private data, SR, and everything around them", "")
    yield (
        f"{len(objects)} objects of {len(classes)} SOP classes, seeds {_seeds(run)}: {len(files)} "
        f"files with {sum(len(f.truths) for f in files):,} planted values over {len(rows)} rows of "
        "PS3.15 table E.1-1, at the top and nested, and beyond the table. Outputs are searched as "
        "bytes, as UTF-16, inflated, and out of base64; dates and ages at their own element. One "
        "object is one study. A leak is counted in what was processed: a tool that refuses an "
        "object leaks nothing and delivers nothing."
    )
    scores = {"radloom, engine alone": _ours(files, Headers())}
    if run.python:
        scores |= {name: _other(run, name, files) for name in TOOLS}
    yield from _leaks(scores)
    yield from _left(scores["radloom, engine alone"])
    yield from _conformance(run, objects)
    yield from _whole(run, whole, objects, files)
    yield from _actions(run)
    yield from _speed()


def _seeds(run: Run) -> str:
    return ", ".join(map(str, run.seeds))


def _ours(files: Sequence[Planted], tool: Tool) -> HeaderScore:
    score = HeaderScore()
    for one in files:
        start = time.process_time()
        output = tool([one.content])[0]
        score.seconds += time.process_time() - start
        score.add(one, output)
    return score


def _other(run: Run, name: str, files: Sequence[Planted]) -> HeaderScore:
    assert run.python is not None  # noqa: S101 - the caller asked
    outputs, seconds = anonymised(run.python, name, [one.content for one in files])
    score = HeaderScore(seconds=seconds)
    for one, output in zip(files, outputs, strict=True):
        score.add(one, output)
    return score


def _leaks(scores: dict[str, HeaderScore]) -> Iterator[str]:
    rows: list[Sequence[object]] = [
        ("system", "files processed", "identifiers left", "table rows", "nested and patient",
         "beyond the table", "useful values kept", "CPU ms per file"),
    ]  # fmt: skip
    for name, score in scores.items():
        nested = ("nested", "patient")
        beyond = [group for group in score.planted if group not in IN_TABLE]
        rows.append(
            (
                name,
                f"{score.processed}/{score.files}",
                Rate(sum(score.leaked.values()), sum(score.planted.values())),
                _part(score, ["table"]),
                _part(score, nested),
                _part(score, beyond),
                Rate(score.kept, score.useful),
                f"{1000 * score.seconds / max(1, score.files):.1f}",
            )
        )
    yield from table(*rows)


def _part(score: HeaderScore, groups: Sequence[str]) -> str:
    return f"{sum(score.leaked[g] for g in groups)}/{sum(score.planted[g] for g in groups)}"


def _left(score: HeaderScore) -> Iterator[str]:
    """What the engine leaves and loses, by kind."""
    yield ""
    if score.left:
        left = Counter((group, name) for _, group, name in score.left)
        words = [f"{group} ({name}) {n}" for (group, name), n in left.most_common(12)]
        yield f"What radloom's engine left: {', '.join(words)}."
    else:
        yield "radloom's engine left none of the planted identifiers."
    if score.lost:
        lost = Counter(name for _, name in score.lost)
        words = [f"{name} {n}" for name, n in lost.most_common(8)]
        yield f"Useful values that it lost: {', '.join(words)}."
    if score.refused:
        refused = Counter(score.refused)
        words = [f"{name} {n}" for name, n in refused.most_common(8)]
        yield f"Objects that it held: {', '.join(words)}."


def _conformance(run: Run, objects: Sequence[Source]) -> Iterator[str]:
    """New kinds of dciodvfy error on the objects as they are, without planted values."""
    contents = [one.content for one in objects]
    engine = Headers()
    outputs = {"radloom, engine alone": [engine([content])[0] for content in contents]}
    if run.python:
        outputs |= {name: anonymised(run.python, name, contents)[0] for name in TOOLS}
    yield from ("", "### Conformance", "")
    yield "Objects without planted values; kinds of dciodvfy error that the output has and the "
    yield "original has not (values left out)."
    rows: list[Sequence[object]] = [
        ("system", "objects accepted", "objects with new errors", "new kinds", "which"),
    ]
    for name, made in outputs.items():
        found = new_errors(objects, made)
        kinds = sorted({kind for _, kind in found})
        accepted = sum(output is not None for output in made)
        shown = "; ".join(kinds[:2]) + (" ..." if len(kinds) > 2 else "")
        rows.append(
            (name, Rate(accepted, len(made)), len({one for one, _ in found}), len(kinds), shown)
        )
    yield from table(*rows)


def _whole(
    run: Run, whole: Whole, objects: Sequence[Source], files: Sequence[Planted]
) -> Iterator[str]:
    """Engine, OCR, verifier: what would be released."""
    yield from ("", "### The whole service", "")
    yield "The service's own composition, OCR and verifier included, on the files of the first "
    yield "seed and on the same objects without planted values. Held means a person decides."
    rows: list[Sequence[object]] = [
        (
            "files",
            "released",
            "identifiers in released files",
            "useful values kept",
            "held because",
        ),
    ]
    score, reasons = HeaderScore(), Counter[str]()
    for one in files[: run.whole]:
        outcome = whole([one.content])[0]
        score.add(one, outcome.released)
        reasons.update(set(outcome.reasons))
    leaked = Rate(sum(score.leaked.values()), sum(score.planted.values()))
    rows.append(
        (
            "planted",
            Rate(score.processed, score.files),
            leaked,
            Rate(score.kept, score.useful),
            _words(reasons),
        )
    )
    plain = [whole([one.content])[0] for one in objects[: run.whole]]
    why = Counter(reason for outcome in plain for reason in set(outcome.reasons))
    released = sum(not outcome.reasons for outcome in plain)
    rows.append(("as they are", Rate(released, len(plain)), "-", "-", _words(why)))
    yield from table(*rows)


def _words(reasons: Counter[str]) -> str:
    return ", ".join(f"{reason} {n}" for reason, n in reasons.most_common(8)) or "-"


def _actions(run: Run) -> Iterator[str]:
    yield from ("", "### Ten kinds of action", "")
    yield (
        "Counted by our own code over our own data, six instances of one study per seed; the kinds "
        "are those of the MIDI-B challenge, the figures are not a score of it. A missing file "
        "fails every action, a deleted date fails, a text is sought in the whole output. radloom "
        "runs its longitudinal profile, which shifts dates. Hidden pixels: see burned-in text."
    )
    studies = [study(series(), 1000 * seed + n) for seed in run.seeds for n in range(40)]
    studies = studies[: 2 * run.objects]
    scores = {"radloom, engine alone": _counted(studies, Headers("longitudinal"))}
    if run.python:
        scores |= {name: _counted_at_once(studies, run.python, name) for name in TOOLS}
    rows: list[Sequence[object]] = [("action", *scores)]
    rows += [(action, *(_passes(s, action) for s in scores.values())) for action in ACTIONS[:-1]]
    rows.append(("all", *(str(Rate(s.passed.total(), s.total.total())) for s in scores.values())))
    yield from table(*rows)


def _counted(studies: Sequence[Study], tool: Tool) -> ActionScore:
    score = ActionScore()
    for one in studies:
        count(score, one, tool(list(one.inputs)))
    return score


def _counted_at_once(studies: Sequence[Study], python: Path, name: str) -> ActionScore:
    """A comparator starts once, not once per study."""
    score = ActionScore()
    outputs = anonymised(python, name, [c for one in studies for c in one.inputs])[0]
    for number, one in enumerate(studies):
        size = len(one.inputs)
        count(score, one, outputs[size * number : size * (number + 1)])
    return score


def _passes(score: ActionScore, action: str) -> str:
    rate = Rate(score.passed[action], score.total[action])
    return f"{rate.hits}/{rate.total} ({percent(rate.value)})"


def _speed() -> Iterator[str]:
    """CPU time of one 512 x 512 CT through the engine without pixels."""
    ds = dcmread(ROOT / "samples/ct_torso/0016.dcm")
    ds.Rows = ds.Columns = 512
    ds.PixelData = np.zeros((512, 512), "<u2").tobytes()
    content, engine = content_of(ds), Headers()
    study_of = [content] * 40
    engine(study_of[:4])
    start = time.process_time()
    engine(study_of)
    each = 1000 * (time.process_time() - start) / len(study_of)
    yield ""
    yield (
        f"Header path: {each:.2f} ms of one core per 512 x 512 CT file of {len(content) // 1000} "
        "kB, in a study of 40; both readings of the file, attributes, file level and writing, "
        "without pixels and verifier."
    )
