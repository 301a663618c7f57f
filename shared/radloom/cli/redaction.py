"""`radloom redact`: folders in, proven copies and a quarantine out; no broker, no server.

Studies are redacted one after the other, each instance read again for each pass, so memory does not
grow with the folder. A run that was cut off is taken up where it ended: instances that were made
and checked are not made again, and what comes out is the same, byte for byte.
"""

import hashlib
import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from radloom.cli.console import err
from radloom.cli.files import is_dicom_file
from radloom.cli.redacted_folder import Json, RedactedFolder, StudyWork, fingerprint
from radloom.errors import Rejected

DIFFERS = "duplicate:differs"
"""Two files claim one SOP Instance UID and are not the same."""


@dataclass(frozen=True)
class Rules:
    """How a folder is redacted.

    Attributes:
        project: `services.redactor.redaction.Project`.
        instruments: `services.redactor.redaction.Instruments`.
        signer: `services.redactor.evidence.Signer`.
    """

    project: Any
    instruments: Any
    signer: Any

    def told(self) -> Json:
        """What of the rules decides the result; the key by a digest under itself."""
        return {
            "project": self.project.name,
            "profile": self.project.profile.name,
            "key": self.project.pseudonyms.digest("key", b""),
            "public_key": self.signer.public_key,
            "software": self.instruments.software,
            "models": [dict(model) for model in self.instruments.models],
            "validator": self.instruments.validate is not None,
        }


def rules(
    project: str, key_file: Path, profile: str, *, signing_key: Path | None, validator: str
) -> Rules:
    """Rules that options name, with the models of the source tree in this process.

    Raises:
        Rejected: A key, the profile or the validator cannot be used.
    """
    redactor = importlib.import_module("services.redactor.app")
    settings = importlib.import_module("services.redactor.settings")
    try:
        rule = settings.ProjectRule(
            name=project,
            key_file=key_file,
            profile=profile,
            modalities=frozenset({"*"}),
            signing_key_file=signing_key,
        )
    except ValueError as error:
        raise Rejected(
            f"project {project!r}; expected at most 40 lower-case letters, digits and hyphens",
            reason="project",
        ) from error
    export = redactor.export_of(rule)
    instruments = redactor.embedded_instruments(validator=validator)
    return Rules(export.project, instruments, export.signer)


@dataclass(frozen=True)
class Found:
    """What lies in the input folder.

    Attributes:
        studies: Files of each study, sorted; a file that names none is a study of its own.
        others: Files that are not DICOM Part 10, or list others (DICOMDIR).
    """

    studies: tuple[tuple[Path, ...], ...]
    others: int


def run(source: Path, output: Path, rules: Rules) -> Json:
    """Redacts everything below `source` into `output`; returns the summary.

    Raises:
        Rejected: There is no such folder, or one lies in the other.
        Unavailable: There is no room, or a file cannot be read now.
    """
    guard = importlib.import_module("services.redactor.guard")
    with guard.silent_pydicom():
        return _run(source, output, rules)


def _run(source: Path, output: Path, rules: Rules) -> Json:
    found = scan(source, output)
    folder = RedactedFolder(output)
    total = sum(len(files) for files in found.studies)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        folder.alone(),
        Progress(*columns, TimeRemainingColumn(), console=err) as progress,
    ):
        task = progress.add_task("redacting", total=total)
        records = [
            _study(source, folder, files, rules, lambda: progress.advance(task))
            for files in found.studies
        ]
        return _conclude(folder, found, records, rules)


def scan(source: Path, output: Path) -> Found:
    """Files below `source`, grouped by study.

    Raises:
        Rejected: There is no such folder, or one lies in the other.
    """
    if not source.exists():
        raise Rejected(f"{source}: no such file or folder", reason="not_found")
    inside, outside = source.resolve(), output.resolve()
    if inside.is_relative_to(outside) or outside.is_relative_to(inside):
        raise Rejected(
            f"{output} and {source} lie in each other; give an output folder of its own",
            reason="output_folder",
        )
    studies: dict[str, list[Path]] = {}
    others = 0
    for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
        if not path.is_file():
            continue
        if not is_dicom_file(path):
            others += 1
            continue
        studies.setdefault(_study_of(path) or f"file {path}", []).append(path)
    return Found(tuple(tuple(files) for files in studies.values()), others)


def _study_of(path: Path) -> str:
    try:
        ds = dcmread(path, specific_tags=["StudyInstanceUID"], stop_before_pixels=True)
        return str(ds.get("StudyInstanceUID") or "")
    except (InvalidDicomError, OSError, EOFError, ValueError, AttributeError, NotImplementedError):
        return ""


# ---------------------------------------------------------------- one study


def _study(
    source: Path,
    folder: RedactedFolder,
    files: Sequence[Path],
    rules: Rules,
    advance: Callable[[], object],
) -> Json:
    """Record of a study, made now or by an earlier run; its copies are where they belong after."""
    originals = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    work = StudyWork(folder, fingerprint(originals, rules.told()))
    record = work.record()
    if record is None:
        record = _redacted(source, work, files, originals, rules, advance)
        work.finish(record)
    else:
        for _ in files:
            advance()
    work.publish(record)
    return record


def _redacted(
    source: Path,
    work: StudyWork,
    files: Sequence[Path],
    originals: Sequence[str],
    rules: Rules,
    advance: Callable[[], object],
) -> Json:
    redaction = importlib.import_module("services.redactor.redaction")
    copies = importlib.import_module("services.redactor.copies")
    study = redaction.StudyRedaction(rules.project, rules.instruments)
    study.know(lambda: (path.read_bytes() for path in files))
    for path, original in zip(files, originals, strict=True):
        earlier = work.staged(original)
        if earlier is None:
            made = study.redact(path.read_bytes())
            work.stage(original, made.copy.as_json(), made.content)
        else:
            copy, content = earlier
            study.repeat(path.read_bytes(), copies.Copy.of_json(copy), content)
        advance()
    settled = copies.settled(_differing(study.close(), copies.held))
    return _record(source, files, originals, settled, rules, study)


def _differing(made: Sequence[Any], held: Callable[..., Any]) -> list[Any]:
    """Copies of which two claim one UID and differ are held, both."""
    digests: dict[str, set[str]] = {}
    for copy in made:
        digests.setdefault(copy.sop_instance_uid, set()).add(copy.sha256)
    return [
        held(copy, DIFFERS)
        if copy.sop_instance_uid and len(digests[copy.sop_instance_uid]) > 1
        else copy
        for copy in made
    ]


def _record(
    source: Path,
    files: Sequence[Path],
    originals: Sequence[str],
    settled: Sequence[Any],
    rules: Rules,
    study: Any,  # noqa: ANN401 - of a service, imported by name
) -> Json:
    release = importlib.import_module("services.redactor.release")
    evidence = importlib.import_module("services.redactor.evidence")
    leaving = {copy.sop_instance_uid: copy for copy in settled if copy.released}
    records = [release.record_of(leaving[uid]) for uid in sorted(leaving)]
    return {
        "code": study.study_code,
        "study_instance_uid": next((c.study_instance_uid for c in leaving.values()), ""),
        "evidence": [rules.signer.signed(record) for record in records],
        "evidence_root": evidence.merkle_root([evidence.leaf_hash(r) for r in records]).hex(),
        "instances": [
            {
                "source": str(path.relative_to(source) if source.is_dir() else path.name),
                "original": original,
                "released": copy.released,
                "reasons": list(copy.reasons),
                "doubts": copy.record.get("doubts", []),
                "path": "/".join(
                    (
                        "released",
                        copy.study_instance_uid,
                        copy.series_instance_uid,
                        f"{copy.sop_instance_uid}.dcm",
                    )
                ),
            }
            for path, original, copy in zip(files, originals, settled, strict=True)
        ],
    }


# ---------------------------------------------------------------- the end


def _conclude(folder: RedactedFolder, found: Found, records: Sequence[Json], rules: Rules) -> Json:
    ordered = sorted(records, key=lambda record: (record["study_instance_uid"], record["code"]))
    folder.write("evidence.jsonl", "".join(f"{line}\n" for r in ordered for line in r["evidence"]))
    summary = _summary(found, ordered, rules)
    folder.write("summary.json", json.dumps(summary, indent=1) + "\n")
    return summary


def _summary(found: Found, records: Sequence[Json], rules: Rules) -> Json:
    instances = [instance for record in records for instance in record["instances"]]
    held = [instance for instance in instances if not instance["released"]]
    leaving = {instance["path"] for instance in instances if instance["released"]}
    reasons: dict[str, int] = {}
    for instance in held:
        for reason in instance["reasons"]:
            reasons[reason] = reasons.get(reason, 0) + 1
    told = rules.told()
    return {
        "project": told["project"],
        "profile": told["profile"],
        "software": told["software"],
        "models": told["models"],
        "public_key": told["public_key"],
        "files": len(instances) + found.others,
        "not_dicom": found.others,
        "instances": len(instances),
        "released": len(leaving),
        "duplicates": len(instances) - len(held) - len(leaving),
        "quarantined": len(held),
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "studies": [
            {
                "study_instance_uid": record["study_instance_uid"],
                "released": len({i["path"] for i in record["instances"] if i["released"]}),
                "quarantined": sum(not i["released"] for i in record["instances"]),
                "evidence_root": record["evidence_root"],
            }
            for record in records
        ],
    }


def table(summary: Json) -> Table:
    """The summary for people."""
    shown = Table("outcome", "count", box=None)
    for name in ("files", "not_dicom", "instances", "released", "duplicates", "quarantined"):
        shown.add_row(name.replace("_", " "), str(summary[name]))
    for reason, count in summary["reasons"].items():
        shown.add_row(f"  held: {reason}", str(count))
    return shown
