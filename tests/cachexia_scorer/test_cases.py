"""Every row of cases.csv: worked by hand, on, below and above each published cut-off."""

import csv
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from services.cachexia_scorer.panel import panel
from tests.cachexia_scorer.patients import patient

ROWS = list(csv.DictReader((Path(__file__).parent / "cases.csv").read_text("utf-8").splitlines()))


def _expected(written: str) -> bool | Fraction | None:
    return (
        {"true": True, "false": False, "null": None}.get(written)
        if written.isalpha()
        else (Fraction(written))
    )


@pytest.mark.parametrize("row", ROWS, ids=[f"{r['criterion']}: {r['inputs']}" for r in ROWS])
def test_a_worked_case_comes_out_as_worked(row: dict[str, str]) -> None:
    (found,) = [r for r in panel(patient(row["inputs"])) if r.name == row["criterion"]]

    assert found.result == _expected(row["expected"]), row["working"]
    assert isinstance(found.result, bool) == row["expected"].isalpha() or found.result is None
    assert " + ".join(found.missing) == row["missing"]


def test_the_table_covers_every_criterion_with_decided_and_undecided_cases() -> None:
    names = {result.name for result in panel(patient(""))}
    undecided = Counter(row["criterion"] for row in ROWS if row["expected"] == "null")
    decided = Counter(row["criterion"] for row in ROWS if row["expected"] != "null")

    assert len(ROWS) >= 300
    assert set(undecided) == set(decided) == names
    assert min(decided.values()) >= 5
