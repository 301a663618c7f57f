"""`radloom evidence`: whether a folder of released copies is what its signed evidence says."""

import hashlib
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

from radloom.cli.redacted_folder import Json
from radloom.errors import Rejected


def check(output: Path, public_key: str) -> Json:
    """Whether every released file is the one that signed evidence speaks of.

    Raises:
        Rejected: A signature, a root or a file does not fit; names which.
    """
    evidence = importlib.import_module("services.redactor.evidence")
    summary = json.loads(_text(output / "summary.json"))
    lines = _text(output / "evidence.jsonl").splitlines()
    records = [evidence.opened(line, public_key or summary["public_key"]) for line in lines]
    for study in summary["studies"]:
        own = [r for r in records if r["study_instance_uid"] == study["study_instance_uid"]]
        if (
            evidence.merkle_root([evidence.leaf_hash(r) for r in own]).hex()
            != (study["evidence_root"])
        ):
            raise Rejected("evidence of a study is missing or was added", reason="evidence_root")
    proven = {(r["sop_instance_uid"], r["sha256"]) for r in records}
    there = {(path.stem, _sha256(path)) for path in _released(output)}
    if there != proven:
        raise Rejected(
            f"{len(there - proven)} released files without evidence, "
            f"{len(proven - there)} pieces of evidence without file",
            reason="files",
        )
    return {"records": len(records), "files": len(there), "studies": len(summary["studies"])}


def proof(output: Path, sop_instance_uid: str) -> Json:
    """Inclusion proof of one released copy in its study, which shows no other copy.

    Raises:
        Rejected: There is no evidence of such a copy.
    """
    evidence = importlib.import_module("services.redactor.evidence")
    lines = _text(output / "evidence.jsonl").splitlines()
    signed = [json.loads(line) for line in lines]
    mine = next((s for s in signed if s["record"]["sop_instance_uid"] == sop_instance_uid), None)
    if mine is None:
        raise Rejected("there is no evidence of such an instance", reason="not_found")
    study = mine["record"]["study_instance_uid"]
    own = [s for s in signed if s["record"]["study_instance_uid"] == study]
    leaves = [evidence.leaf_hash(s["record"]) for s in own]
    index = own.index(mine)
    found: Json = mine | {
        "index": index,
        "count": len(own),
        "root": evidence.merkle_root(leaves).hex(),
        "proof": [step.hex() for step in evidence.inclusion_proof(leaves, index)],
    }
    return found


def _released(output: Path) -> Iterator[Path]:
    return (output / "released").rglob("*.dcm")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise Rejected(f"{path}: {error.strerror}", reason="not_found") from error
