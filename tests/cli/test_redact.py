"""`radloom redact`: folders in, copies, quarantine and evidence out."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from radloom.cli import EXIT_QUARANTINED, app
from radloom.cli.evidence import check, proof
from radloom.cli.redaction import Rules, run
from radloom.errors import Rejected
from services.redactor.evidence import Signer, is_included, leaf_hash
from tests.ingest.example import SERIES, STUDY, ct_file
from tests.redactor.flow import KEYS, PLANTED, instruments, project, report, suspicious_of

KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
OTHER = {"study": "2.25.900", "series": "2.25.901"}


def rules(*suspicious: int, profile: str = "basic") -> Rules:
    validate = suspicious_of(*suspicious) if suspicious else None
    return Rules(project("lung", profile), instruments(validate), Signer.derived(KEYS["lung"]))


def filled(folder: Path) -> Path:
    """Two studies at different depths, a file that is no DICOM, and one cut short."""
    deep = folder / "a" / "b" / "c"
    deep.mkdir(parents=True)
    for number in (1, 2):
        (deep / f"{number}.dcm").write_bytes(ct_file(number))
    (folder / "IM0003").write_bytes(ct_file(3, **OTHER, PatientID="SOMEONE-2"))
    (folder / "notes.txt").write_text("Canary Nora")
    return folder


def tree(folder: Path) -> dict[str, str]:
    """Digest of every file but those of the work folder, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".work" not in path.parts
    }


def test_every_file_is_counted_and_every_study_has_its_place(tmp_path: Path) -> None:
    summary = run(filled(tmp_path / "in"), tmp_path / "out", rules())
    counts = {name: summary[name] for name in ("files", "not_dicom", "instances", "released")}
    assert counts == {"files": 4, "not_dicom": 1, "instances": 3, "released": 3}
    assert len(summary["studies"]) == 2
    assert summary == json.loads((tmp_path / "out/summary.json").read_text())
    for path in (tmp_path / "out/released").rglob("*.dcm"):
        ds = dcmread(path)
        parts = (ds.StudyInstanceUID, ds.SeriesInstanceUID, f"{ds.SOPInstanceUID}.dcm")
        assert path.relative_to(tmp_path / "out/released").parts == parts


def test_nothing_but_the_quarantine_says_who_it_is_about(tmp_path: Path) -> None:
    run(filled(tmp_path / "in"), tmp_path / "out", rules(2))
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file() and "quarantine" not in path.parts:
            content = path.read_bytes()
            for words in (*PLANTED, "SOMEONE-2", "2.25.90", str(tmp_path)):
                assert words.encode() not in content, path.name


def test_what_is_held_is_told_of_by_place_and_reason_and_nothing_of_it_is_kept(
    tmp_path: Path,
) -> None:
    summary = run(filled(tmp_path / "in"), tmp_path / "out", rules(2))
    assert summary["quarantined"] == 1
    (note,) = (tmp_path / "out/quarantine").glob("*/*.json")
    held = json.loads(note.read_text())
    assert held["source"] == "a/b/c/2.dcm"
    assert held["reasons"]
    assert all(word in summary["reasons"] for word in held["reasons"])
    assert not list((tmp_path / "out/quarantine").rglob("*.dcm"))
    assert (tmp_path / "in/a/b/c/2.dcm").read_bytes() == ct_file(2)


def test_a_file_that_is_cut_short_is_held(tmp_path: Path) -> None:
    filled(tmp_path / "in")
    (tmp_path / "in/short.dcm").write_bytes(ct_file(7)[:-100])
    (tmp_path / "in/empty.dcm").write_bytes(b"\0" * 128 + b"DICM")
    summary = run(tmp_path / "in", tmp_path / "out", rules())
    assert (summary["instances"], summary["quarantined"], summary["released"]) == (5, 2, 3)


def test_the_same_file_twice_is_one_copy(tmp_path: Path) -> None:
    filled(tmp_path / "in")
    shutil.copy(tmp_path / "in/a/b/c/1.dcm", tmp_path / "in/again.dcm")
    summary = run(tmp_path / "in", tmp_path / "out", rules())
    assert (summary["instances"], summary["released"], summary["duplicates"]) == (4, 3, 1)
    assert check(tmp_path / "out", "")["files"] == 3


def test_two_files_that_claim_one_uid_and_differ_are_both_held(tmp_path: Path) -> None:
    filled(tmp_path / "in")
    (tmp_path / "in/other.dcm").write_bytes(ct_file(1, SeriesNumber=2))
    summary = run(tmp_path / "in", tmp_path / "out", rules())
    assert summary["reasons"] == {"duplicate:differs": 2}
    assert summary["released"] == 2


def test_who_refers_to_a_held_instance_is_held_too(tmp_path: Path) -> None:
    filled(tmp_path / "in")
    (tmp_path / "in/ref.dcm").write_bytes(report(f"{SERIES}.2", number=9))
    summary = run(tmp_path / "in", tmp_path / "out", rules(2))
    assert summary["reasons"]["reference:held"] == 1


def test_a_second_run_makes_nothing_again_and_changes_nothing(tmp_path: Path) -> None:
    run(filled(tmp_path / "in"), tmp_path / "out", rules(2))
    before = tree(tmp_path / "out")

    def unwanted(content: bytes) -> Sequence[str]:
        raise AssertionError(f"{len(content)} bytes were checked again")

    again = Rules(project(), instruments(unwanted), Signer.derived(KEYS["lung"]))
    run(tmp_path / "in", tmp_path / "out", again)
    assert tree(tmp_path / "out") == before


class PowerCut(BaseException):
    """Ends a run wherever it is."""


def cut_after(copies: int) -> Callable[[bytes], Sequence[str]]:
    """A validator that ends the run once so many copies were checked."""
    checked: list[bytes] = []

    def validate(content: bytes) -> Sequence[str]:
        if dcmread(BytesIO(content)).get("PatientIdentityRemoved") == "YES":
            if len(checked) == copies:
                raise PowerCut
            checked.append(content)
        return []

    return validate


@pytest.mark.parametrize("copies", [0, 1, 2])
def test_a_run_that_was_cut_off_is_taken_up_to_the_same_end(copies: int, tmp_path: Path) -> None:
    filled(tmp_path / "in")
    reference = Rules(project(), instruments(cut_after(99)), Signer.derived(KEYS["lung"]))
    run(tmp_path / "in", tmp_path / "whole", reference)
    cut = Rules(project(), instruments(cut_after(copies)), Signer.derived(KEYS["lung"]))
    with pytest.raises(PowerCut):
        run(tmp_path / "in", tmp_path / "out", cut)
    seen = list((tmp_path / "out/released").rglob("*.dcm"))
    assert len(seen) in ((0, 1) if copies < 2 else (0, 1, 2))
    rest = Rules(project(), instruments(cut_after(3 - copies)), Signer.derived(KEYS["lung"]))
    run(tmp_path / "in", tmp_path / "out", rest)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_another_key_gives_other_copies_of_everything(tmp_path: Path) -> None:
    filled(tmp_path / "in")
    run(tmp_path / "in", tmp_path / "a", rules())
    heart = Rules(project("heart"), instruments(), Signer.derived(KEYS["heart"]))
    run(tmp_path / "in", tmp_path / "b", heart)
    names = [{p.stem for p in (tmp_path / x / "released").rglob("*.dcm")} for x in "ab"]
    assert len(names[0]) == len(names[1]) == 3
    assert not names[0] & names[1]


@pytest.mark.parametrize("output", ["in/out", "in", "."])
def test_folders_that_lie_in_each_other_are_refused(output: str, tmp_path: Path) -> None:
    filled(tmp_path / "in")
    with pytest.raises(Rejected) as refused:
        run(tmp_path / "in", tmp_path / output, rules())
    assert refused.value.reason == "output_folder"


# ---------------------------------------------------------------- evidence


def test_the_evidence_of_a_folder_holds(tmp_path: Path) -> None:
    run(filled(tmp_path / "in"), tmp_path / "out", rules())
    assert check(tmp_path / "out", "") == {"records": 3, "files": 3, "studies": 2}


@pytest.mark.parametrize("how", ["changed", "added", "removed", "record", "key"])
def test_evidence_that_does_not_hold_is_named(how: str, tmp_path: Path) -> None:
    run(filled(tmp_path / "in"), tmp_path / "out", rules())
    file = next((tmp_path / "out/released").rglob("*.dcm"))
    lines = tmp_path / "out/evidence.jsonl"
    key = ""
    match how:
        case "changed":
            file.write_bytes(file.read_bytes() + b"\0")
        case "added":
            shutil.copy(file, file.with_name("2.25.1.dcm"))
        case "removed":
            file.unlink()
        case "record":
            lines.write_text("".join(lines.read_text().splitlines(keepends=True)[1:]))
        case "key":
            key = Signer.derived(KEYS["heart"]).public_key
    with pytest.raises(Rejected):
        check(tmp_path / "out", key)


def test_one_copy_is_proven_to_belong_to_its_study_without_the_others(tmp_path: Path) -> None:
    summary = run(filled(tmp_path / "in"), tmp_path / "out", rules())
    for path in (tmp_path / "out/released").rglob("*.dcm"):
        proven: dict[str, Any] = proof(tmp_path / "out", path.stem)
        steps = [bytes.fromhex(step) for step in proven["proof"]]
        leaf, root = leaf_hash(proven["record"]), bytes.fromhex(proven["root"])
        assert is_included(leaf, proven["index"], proven["count"], steps, root)
        assert proven["root"] in {study["evidence_root"] for study in summary["studies"]}
    with pytest.raises(Rejected):
        proof(tmp_path / "out", "2.25.404")


# ---------------------------------------------------------------- the command


def test_the_command_redacts_with_the_shipped_models_and_its_evidence_is_checked(
    tmp_path: Path,
) -> None:
    filled(tmp_path / "in")
    (tmp_path / "key").write_text(KEY)
    arguments = [str(tmp_path / "in"), str(tmp_path / "out"), "--key-file", str(tmp_path / "key")]
    made = CliRunner().invoke(app, ["redact", *arguments, "--profile", "longitudinal", "--json"])
    assert made.exit_code == 0, made.output
    summary = json.loads(made.stdout)
    assert (summary["released"], summary["quarantined"]) == (3, 0)
    assert {model["name"] for model in summary["models"]} >= {"textdet", "textrec"}
    checked = CliRunner().invoke(app, ["evidence", str(tmp_path / "out")])
    assert json.loads(checked.stdout)["records"] == 3


def test_the_command_says_by_its_exit_code_that_somebody_must_look(tmp_path: Path) -> None:
    filled(tmp_path / "in")
    (tmp_path / "in/short.dcm").write_bytes(ct_file(7)[:-100])
    (tmp_path / "key").write_text(KEY)
    arguments = [str(tmp_path / "in"), str(tmp_path / "out"), "--key-file", str(tmp_path / "key")]
    made = CliRunner().invoke(app, ["redact", *arguments])
    assert made.exit_code == EXIT_QUARANTINED
    assert STUDY not in made.output


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--profile", "loose"], "unknown_profile"),
        (["--project", "Not A Name"], "project"),
        (["--validator", "no-such-program"], "no_validator"),
        (["--key-file", "missing"], "no_key"),
    ],
)
def test_options_that_cannot_be_used_are_named(
    options: list[str], reason: str, tmp_path: Path
) -> None:
    filled(tmp_path / "in")
    (tmp_path / "key").write_text(KEY)
    arguments = [str(tmp_path / "in"), str(tmp_path / "out"), "--key-file", str(tmp_path / "key")]
    made = CliRunner().invoke(app, ["redact", *arguments, *options])
    assert isinstance(made.exception, Rejected)
    assert made.exception.reason == reason


NO_NETWORK = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("the network was asked for")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from radloom.cli import main
sys.argv = ["radloom", "redact", *sys.argv[1:]]
main()
"""


def test_no_connection_is_opened_and_no_word_of_the_patient_is_printed(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "samples/ct_torso"
    (tmp_path / "in").mkdir()
    shutil.copy(sorted(sample.glob("*.dcm"))[60], tmp_path / "in")
    (tmp_path / "key").write_text(KEY)
    arguments = [tmp_path / "in", tmp_path / "out", "--key-file", tmp_path / "key"]
    ended = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode in (0, EXIT_QUARANTINED), ended.stderr
    assert "asked for" not in ended.stderr
    assert "INVENTED" not in ended.stdout + ended.stderr
