import json
from pathlib import Path

import pytest

from evaluation.redactor.__main__ import main
from evaluation.redactor.calibrate import fit_release
from evaluation.redactor.observed import Observed

HEADINGS = (
    "## Headers, private data, SR, and everything around them",
    "### Conformance",
    "### The whole service",
    "### Ten kinds of action",
    "## Burned-in text",
    "## Report text",
    "## How sure it is, and whether that holds",
    "## What is missing",
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [{"tag": f"(0008,{element})"} for element in ("0050", "0080", "0090", "1010")]
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/ps315_e1_1_innolitics.json").write_text(json.dumps(rows))
    report = {
        "text": "Seen by Dr. Ann Lee.",
        "spans": [[12, 19, "NAME", "Ann Lee"]],
        "header": {},
    }
    (tmp_path / "text").mkdir()
    (tmp_path / "text/radreports_shared.jsonl").write_text(json.dumps(report) + "\n")
    return tmp_path


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")  # test files are odd on purpose
def test_a_quick_run_writes_every_section_and_no_place_of_the_machine(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page.md"
    assert main(["--data", str(data), "--quick", "--out", str(out)]) == 0
    page = out.read_text()
    assert [heading for heading in HEADINGS if heading not in page] == []
    assert str(tmp_path) not in page


def test_missing_data_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--quick"]) == 1
    assert "ps315_e1_1_innolitics.json" in capsys.readouterr().err


def items(scores_and_leaks: list[tuple[float, bool]]) -> list[Observed]:
    return [Observed({"missed": score}, leaks) for score, leaks in scores_and_leaks]


def test_a_score_that_tells_leaks_from_clean_items_releases_the_clean_ones() -> None:
    _, control = fit_release(items([(0.1, False)] * 150 + [(0.9, True)] * 30))
    assert 0.1 < control.release_below <= 0.9
    assert control.reviewed == pytest.approx(30 / 180)
    assert control.assured < 0.03


def test_a_score_that_tells_nothing_releases_nothing() -> None:
    _, control = fit_release(items([(0.5, number % 4 == 0) for number in range(200)]))
    assert (control.release_below, control.reviewed, control.assured) == (0, 1, 1)
