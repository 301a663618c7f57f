"""The folder that `radloom redact` fills: what is proven lies in `released/`, nothing else does.

    released/STUDY/SERIES/INSTANCE.dcm     copies, by their pseudonymous UIDs
    quarantine/CODE/NUMBER.json            what is held: where the original lies, why; PHI
    quarantine/.work/FINGERPRINT/          copies not yet proven, and what is known of them; PHI
    evidence.jsonl, summary.json           no PHI

A file moves to `released/` only after the record of its study, which holds every verdict, is on the
disk. Whatever ends the process, the next run finds copies that are staged and proves the study, or
finds the record and moves what is left to move.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radloom.adapters.folder import locked, named_failures, write_durably

Json = dict[str, Any]


@dataclass(frozen=True)
class RedactedFolder:
    """The output folder.

    Attributes:
        root: Created when missing.
    """

    root: Path

    @property
    def released(self) -> Path:
        """Copies that may leave."""
        return self.root / "released"

    @property
    def quarantine(self) -> Path:
        """What is held. PHI."""
        return self.root / "quarantine"

    @property
    def work(self) -> Path:
        """What is not yet proven. PHI."""
        return self.quarantine / ".work"

    def alone(self) -> Any:  # noqa: ANN401 - a context manager of the standard library
        """One run at a time fills a folder."""
        return locked(self.work)

    def records(self) -> Iterator[Json]:
        """Record of every finished study, in order of fingerprint."""
        for path in sorted(self.work.glob("*/study.json")):
            yield json.loads(path.read_text())

    def write(self, name: str, content: str) -> None:
        """Writes a file of the folder whole or not at all."""
        with named_failures("output folder"):
            write_durably(self.root / name, content.encode())


@dataclass(frozen=True)
class StudyWork:
    """What is kept of one study on its way.

    Attributes:
        folder: The output folder.
        fingerprint: Digest of all that decides the result: originals, key, profile, models,
            software. Another one is another work.
    """

    folder: RedactedFolder
    fingerprint: str

    @property
    def _place(self) -> Path:
        return self.folder.work / self.fingerprint

    def record(self) -> Json | None:
        """Record of the study when it is finished."""
        path = self._place / "study.json"
        return json.loads(path.read_text()) if path.exists() else None

    def staged(self, original: str) -> tuple[Json, bytes | None] | None:
        """What an earlier run made of an original, named by its digest; None when it made nothing.

        Returns:
            The copy as JSON, and its bytes when there is a copy.
        """
        note, file = self._place / f"{original}.json", self._place / f"{original}.dcm"
        if not note.exists():
            return None
        copy: Json = json.loads(note.read_text())
        if not copy["sha256"]:
            return copy, None
        content = file.read_bytes() if file.exists() else b""
        return (copy, content) if _digest(content) == copy["sha256"] else None

    def stage(self, original: str, copy: Json, content: bytes | None) -> None:
        """Keeps what was made of an original; its note is written last."""
        with named_failures("output folder"):
            if content is not None:
                write_durably(self._place / f"{original}.dcm", content)
            write_durably(self._place / f"{original}.json", json.dumps(copy).encode())

    def finish(self, record: Json) -> None:
        """Makes the verdicts durable; from here on copies may move."""
        with named_failures("output folder"):
            content = json.dumps(record, sort_keys=True).encode()
            write_durably(self._place / "study.json", content)

    def publish(self, record: Json) -> None:
        """Moves released copies, writes what is held, forgets the rest; harmless when repeated."""
        with named_failures("output folder"):
            for instance in record["instances"]:
                source = self._place / f"{instance['original']}.dcm"
                if instance["released"] and source.exists():
                    target = self.folder.root / instance["path"]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    source.replace(target)
            self._write_quarantine(record)
            for path in self._place.iterdir():
                if path.name != "study.json":
                    path.unlink()

    def _write_quarantine(self, record: Json) -> None:
        place = self.folder.quarantine / record["code"]
        shutil.rmtree(place, ignore_errors=True)
        for number, instance in enumerate(record["instances"], start=1):
            if not instance["released"]:
                note = {name: instance[name] for name in ("source", "reasons", "doubts")}
                write_durably(place / f"{number:05d}.json", json.dumps(note, indent=1).encode())


def fingerprint(originals: Sequence[str], rules: Mapping[str, Any]) -> str:
    """Digest of the originals of a study, by their digests, and of the rules."""
    told = json.dumps([sorted(originals), rules], sort_keys=True)
    return _digest(told.encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
