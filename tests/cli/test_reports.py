"""`radloom report ...` as a process: a text file in, one JSON object out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.report_structurer.assign import SECTIONS
from services.report_structurer.handler import MAX_CHARACTERS

REPORT = "FINDINGS: A 12 mm cyst in the left kidney. No ascites.\nIMPRESSION: Renal cyst."


def report(command: str, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "radloom.cli", "report", command, str(file), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_bytes(REPORT.encode())
    return path


def test_structure_prints_statements_sections_concise_view_and_proof(file: Path) -> None:
    ended = report("structure", file, "--json")
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert set(answer) == {"exam", "statements", "sections", "concise", "critical", "proof"}
    cyst = answer["statements"][0]
    assert REPORT[cyst["start"] : cyst["end"]] == cyst["text"]
    assert (cyst["part"], cyst["sections"], cyst["polarity"]) == (
        "findings",
        ["kidneys_ureters"],
        "affirmed",
    )
    (size,) = (fact for fact in cyst["facts"] if fact["kind"] == "measurement")
    assert (size["value"], size["unit"]) == (12.0, "mm")
    states = {section["name"]: section["state"] for section in answer["sections"]}
    assert set(states) == set(SECTIONS)
    assert states["liver"] == "not_mentioned"
    assert states["kidneys_ureters"] == "reported"
    assert answer["proof"]["coverage"] == 1.0


def test_symptoms_prints_mentions(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("He lost 20 pounds in two months and denies fatigue.")
    answer = json.loads(report("symptoms", file, "--json").stdout)
    assert answer == {
        "mentions": [
            {
                "symptom": "weight_loss",
                "status": "present",
                "start": 3,
                "end": 17,
                "value": 20.0,
                "unit": "lb",
                "interval_days": 61,
            },
            {
                "symptom": "fatigue",
                "status": "absent",
                "start": 43,
                "end": 50,
                "value": None,
                "unit": None,
                "interval_days": None,
            },
        ]
    }


@pytest.mark.parametrize("command", ["structure", "symptoms"])
def test_for_people_there_is_a_table(command: str, file: Path) -> None:
    ended = report(command, file)
    assert ended.returncode == 0
    assert ended.stdout.strip()


@pytest.mark.parametrize(
    "content", [None, b"\xff\xfe", b"x" * (MAX_CHARACTERS + 1)], ids=["none", "latin", "long"]
)
def test_what_cannot_be_read_takes_one_line_and_code_2(
    content: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "report.txt"
    if content is not None:
        file.write_bytes(content)
    ended = report("structure", file, "--json")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.strip().splitlines()) == 1


def test_check_prints_alerts_with_both_places(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    text = "FINDINGS: A 12 mm cyst in the left kidney.\nIMPRESSION: Cyst of the right kidney."
    file.write_text(text)
    ended = report("check", file, "--json")
    assert ended.returncode == 0, ended.stderr
    (alert,) = json.loads(ended.stdout)["alerts"]
    assert (alert["kind"], [text[a:b] for a, b in alert["spans"]]) == (
        "laterality",
        ["left", "right"],
    )
    assert 0 < alert["confidence"] <= 1
    assert alert["kind"] in report("check", file).stdout


def test_exam_orders_the_sections_and_an_unknown_one_is_refused(file: Path) -> None:
    answer = json.loads(report("structure", file, "--json", "--exam", "ct-angiography").stdout)
    assert answer["exam"]["name"] == "ct-angiography"
    assert answer["sections"][0]["name"] == "vessels"
    assert answer["proof"]["template"].startswith("ct-angiography ")
    refused = report("structure", file, "--exam", "ct-foot")
    assert refused.returncode == 2
    assert "ct-cap" in refused.stderr


def test_a_sites_own_templates_are_read_from_its_folder(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "renal.yaml").write_text(
        "version: 2\ntitle: Kidneys\nsections: [kidneys_ureters]\n", encoding="utf-8"
    )
    options = ("--json", "--exam", "renal", "--templates", str(folder))
    answer = json.loads(report("structure", file, *options).stdout)
    assert [s["name"] for s in answer["sections"] if s["expected"]] == ["kidneys_ureters"]
