"""`radloom redact-text`: one text in a file."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from radloom.adapters.project_key import read_key
from radloom.cli import app
from radloom.errors import Rejected

REPORT = "Seen by Dr. Grant.\r\nPATIENT: DOE, MARY  MRN: 1234567\r\nA 12 mm nodule at T12.\r\n"
KEY = "5a" * 32


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "report.txt").write_bytes(REPORT.encode())
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "header.json").write_text(json.dumps({"PatientName": "Doe^Mary"}))
    patient = {
        "resourceType": "Patient",
        "name": [{"family": "Nodule", "given": ["Ann"]}],
        "identifier": [{"value": "1234567"}],
    }
    (tmp_path / "patient.json").write_text(json.dumps(patient))
    return tmp_path


def redact(files: Path, *options: str, text: str = "report.txt", key: str = "key") -> Result:
    arguments = ["redact-text", str(files / text), "--key-file", str(files / key), *options]
    return CliRunner().invoke(app, arguments)


def test_spans_are_characters_of_the_text_as_it_was(files: Path) -> None:
    run = redact(files, "--json", "--identity", str(files / "header.json"))
    assert run.exit_code == 0
    answer = json.loads(run.stdout)
    said = {REPORT[span["start"] : span["end"]]: span for span in answer["spans"]}
    assert {word: span["type"] for word, span in said.items()} == {
        "Grant": "NAME",
        "DOE, MARY": "NAME",
        "1234567": "ID",
    }
    for span in answer["spans"]:
        assert set(span) == {"start", "end", "type", "confidence", "replacement"}
        assert 0.5 <= span["confidence"] <= 1
    assert 0 <= answer["probability_missed"] <= 1
    assert answer["text"] == (
        "Seen by Dr. [NAME].\r\nPATIENT: [NAME]  MRN: [ID]\r\nA 12 mm nodule at T12.\r\n"
    )


def test_without_json_the_text_alone_is_printed_line_ends_and_all(files: Path) -> None:
    run = redact(files)
    assert run.stdout_bytes.decode() == (
        "Seen by Dr. [NAME].\r\nPATIENT: [NAME]  MRN: [ID]\r\nA 12 mm nodule at T12.\r\n"
    )


def test_a_fhir_patient_is_an_identity_too(files: Path) -> None:
    (files / "report.txt").write_text("ann nodule has a nodule of 12 mm")
    run = redact(files, "--identity", str(files / "patient.json"))
    assert run.stdout == "[NAME] has a nodule of 12 mm"


def test_surrogates_are_the_same_under_one_key_and_others_under_another(files: Path) -> None:
    (files / "other").write_bytes(bytes(range(40)))
    first, again, other = (
        redact(files, "--surrogates", key=key).stdout for key in ("key", "key", "other")
    )
    assert first == again
    assert first != other
    assert "[" not in first
    assert not {"Grant", "DOE", "MARY", "1234567"} & set(first.replace(",", " ").split())


def test_a_key_of_hexadecimal_digits_is_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "hex").write_text(KEY + "\n")
    (tmp_path / "raw").write_bytes(bytes.fromhex(KEY))
    assert read_key(tmp_path / "hex") == read_key(tmp_path / "raw") == bytes.fromhex(KEY)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("key", b"short", "short_key"),
        ("key", b"5a" * 20, "short_key"),
        ("report.txt", b"\xff\xfe", "charset"),
        ("header.json", b"{", "not_json"),
        ("header.json", b"[]", "no_identity"),
        ("header.json", b'{"Name": "Novak"}', "no_identity"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    files: Path, name: str, content: bytes, reason: str
) -> None:
    (files / name).write_bytes(content)
    run = redact(files, "--identity", str(files / "header.json"))
    assert isinstance(run.exception, Rejected)
    assert run.exception.reason == reason
    assert "Novak" not in str(run.exception)


@pytest.mark.parametrize(("missing", "reason"), [("text", "not_found"), ("key", "no_key")])
def test_a_missing_file_is_named(files: Path, missing: str, reason: str) -> None:
    run = redact(files, **{missing: "absent"})
    assert isinstance(run.exception, Rejected)
    assert run.exception.reason == reason


def test_surrogate_dates_agree_with_the_patient_id_and_not_with_another_number(
    files: Path,
) -> None:
    (files / "dated.txt").write_text("Seen 2021-03-04.")
    dates = []
    for other in ("0001", "9999"):
        header = {"PatientID": "5000", "AccessionNumber": other}
        (files / "header.json").write_text(json.dumps(header))
        run = redact(
            files, "--surrogates", "--identity", str(files / "header.json"), text="dated.txt"
        )
        dates.append(run.stdout)
    assert dates[0] == dates[1] != "Seen 2021-03-04."
