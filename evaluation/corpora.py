"""Reports and labels that the structurer is measured on, and what each set is."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OWN = Path(__file__).parent / "data"
"""Labels made for this project without looking at the engine's answers; see its README."""

NEEDED = (
    "sections_dev.jsonl",
    "symptoms_dev.jsonl",
    "negex_dev.tsv",
    "gpt4_structured_reports_dev.json",
    "mtsamples_radiology.jsonl",
    "mtsamples_oncology_gi_consult_notes.jsonl",
)


class MissingDataError(Exception):
    """Files that an evaluation needs are not there; the message names them."""


@dataclass(frozen=True)
class NegationRow:
    """One row of a NegEx kit: a concept, its sentence, and what the sentence says of it."""

    concept: str
    sentence: str
    is_negated: bool


@dataclass(frozen=True)
class FilledTemplate:
    """A fictitious report and what GPT-4 made of it."""

    text: str
    filled: str


def require(folder: Path) -> None:
    """Checks that every file is there.

    Raises:
        MissingDataError: Some are not.
    """
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise MissingDataError(
            f"{folder} lacks {', '.join(missing)}; set REPORTS to the folder that holds them"
        )


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Objects of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def negation_rows(path: Path) -> list[NegationRow]:
    """Rows of a NegEx kit whose sentence holds the concept."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    found = (NegationRow(r[1].strip('" '), r[2].strip('"'), r[3] == "Negated") for r in rows)
    return [row for row in found if row.concept.lower() in row.sentence.lower()]


def fictitious(folder: Path) -> list[FilledTemplate]:
    """152 fictitious CT and MR reports with GPT-4's published output (Adams 2023, MIT)."""
    groups = json.loads((folder / "gpt4_structured_reports_dev.json").read_text(encoding="utf-8"))
    return [
        FilledTemplate(text, json.dumps({k: v for k, v in one.items() if k != "FREE TEXT"}))
        for group in groups.values()
        for one in group.values()
        if (text := one["FREE TEXT"])
    ]


def transcribed(folder: Path) -> list[str]:
    """Transcribed radiology reports, each once: MTSamples lists one under several specialties."""
    return list(dict.fromkeys(x["text"] for x in json_lines(folder / "mtsamples_radiology.jsonl")))


def notes(folder: Path) -> list[str]:
    """Oncology, nutrition and gastroenterology notes, each once."""
    found = json_lines(folder / "mtsamples_oncology_gi_consult_notes.jsonl")
    return list(dict.fromkeys(x["text"] for x in found))


def texts(folder: Path) -> Iterator[str]:
    """Every report and note."""
    yield from dict.fromkeys(
        [*(x.text for x in fictitious(folder)), *transcribed(folder), *notes(folder)]
    )
