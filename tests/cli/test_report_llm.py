"""`radloom report structure FILE --llm URL` as a process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.report_structurer.answers import structured
from tests.peers.model_server import obedient, serving, vllm
from tests.report_structurer.hostile import MODES, hostile
from tests.report_structurer.synthetic_reports import INJECTED


def structure(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "radloom.cli", "report", "structure", str(file), "--json", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_bytes(INJECTED.encode())
    return path


def test_the_model_is_asked_and_named_in_the_proof(file: Path) -> None:
    with serving(vllm(obedient)) as url:
        ended = structure(file, "--llm", f"{url}/v1")
    assert ended.returncode == 0, ended.stderr
    proof = json.loads(ended.stdout)["proof"]
    assert proof["engine"] == "org/model"
    assert proof["asked"] > 0


def test_a_model_that_obeys_the_report_changes_nothing_but_the_proof(file: Path) -> None:
    with serving(hostile(MODES["obey the report"])) as url:
        made = json.loads(structure(file, "--llm", url).stdout)
    own = json.loads(json.dumps(structured(INJECTED)))
    assert made["concise"] == own["concise"]
    assert [s["text"] for s in made["statements"]] == [s["text"] for s in own["statements"]]
    assert len(made["proof"]["rejected"]) > 0


def test_without_an_answer_the_word_lists_stand_and_the_reason_is_said(file: Path) -> None:
    ended = structure(file, "--llm", "http://127.0.0.1:9")
    assert ended.returncode == 0
    assert "by word lists alone: the language model does not answer" in ended.stderr
    made = json.loads(ended.stdout)
    own = json.loads(json.dumps(structured(INJECTED)))
    made["proof"].pop("rejected")
    own["proof"].pop("rejected")
    assert made == own


def test_a_model_off_this_machine_is_refused(file: Path) -> None:
    ended = structure(file, "--llm", "https://api.example.org")
    assert ended.returncode != 0
    assert "llm_in_phi_zone" in ended.stderr + ended.stdout
