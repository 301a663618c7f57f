"""`radloom score`: criteria, risk and survival of one bundle."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from radloom.cli import app
from radloom.errors import Rejected

SAMPLE = Path(__file__).parents[2] / "samples" / "cachexia_patient.json"


def test_the_sample_patient_is_scored_with_criteria_risk_and_survival() -> None:
    run = CliRunner().invoke(app, ["score", str(SAMPLE), "--json"])
    assert run.exit_code == 0
    answer = json.loads(run.stdout)
    for criterion in answer["criteria"]:
        assert set(criterion) == {"name", "result", "inputs", "missing", "citation"}
        assert (criterion["result"] is None) == bool(criterion["missing"])
    results = {criterion["name"]: criterion["result"] for criterion in answer["criteria"]}
    assert results["fearon_2011_cachexia"] is False  # 76.0 after 80.0 kg is 5 %, not more
    assert results["mgps"] == 2
    risk = answer["risk"]
    assert {"probability", "interval", "set", "mode", "contributions"} <= set(risk)
    assert risk["interval"][0] <= risk["probability"] <= risk["interval"][1]
    assert (risk["mode"], risk["head"]) == ("shadow", "early")
    read = {c["feature"] for c in risk["contributions"]}
    assert not read & {"bmi_kg_per_m2", "smi_cm2_per_m2", "weight_loss_percent"}
    alive = [horizon["probability"] for horizon in answer["survival"]["horizons"]]
    assert alive == sorted(alive, reverse=True)


def test_the_moment_decides_what_is_stale_and_the_same_moment_says_the_same() -> None:
    later = ["score", str(SAMPLE), "--json", "--at", "2027-04-03T09:00:00Z"]
    first, second = (CliRunner().invoke(app, later).stdout for _ in range(2))
    assert first == second
    answer = json.loads(first)
    mgps = next(c for c in answer["criteria"] if c["name"] == "mgps")
    assert mgps["result"] is None
    assert any("stale" in reason for reason in mgps["missing"])


def test_people_get_a_table_that_says_what_is_research() -> None:
    run = CliRunner().invoke(app, ["score", str(SAMPLE)], terminal_width=200)
    assert run.exit_code == 0
    words = " ".join(run.stdout.split())
    assert "cannot be computed" in words
    assert "research" in words


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["no/such/file.json"], "not_found"),
        ([str(SAMPLE), "--at", "yesterday"], "no_moment"),
        ([str(SAMPLE), "--at", "2026-04-03T09:00:00"], "no_time_zone"),
        ([__file__], "not_json"),
    ],
)
def test_what_cannot_be_scored_is_refused_by_name(arguments: list[str], reason: str) -> None:
    run = CliRunner().invoke(app, ["score", *arguments])
    assert isinstance(run.exception, Rejected)
    assert run.exception.reason == reason
