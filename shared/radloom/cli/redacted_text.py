"""`radloom redact-text`: one text in a file, no broker and no server."""

import importlib
import json
from pathlib import Path
from typing import Any

from radloom.adapters.project_key import read_key
from radloom.errors import Rejected


def run(file: Path, key_file: Path, identity: Path | None, *, surrogates: bool) -> dict[str, Any]:
    """The text of a file without what says who somebody is, and where that stood.

    Args:
        file: Text, UTF-8.
        key_file: Secret of the project.
        identity: What is known about the subject: DICOM keywords with values, or FHIR Patient.
        surrogates: Put made-up values in place instead of tags.

    Raises:
        Rejected: A file cannot be read or holds something else.
    """
    key = read_key(key_file)
    text = _decoded(file)
    known = _object(identity) if identity is not None else {}
    answers = importlib.import_module("services.redactor.answers")
    answer: dict[str, Any] = answers.redacted(text, key, known, surrogates=surrogates)
    return answer


def _object(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(_decoded(file))
    except json.JSONDecodeError as error:
        raise Rejected(
            f"{file}: no JSON at line {error.lineno}, column {error.colno}", reason="not_json"
        ) from error
    if not isinstance(content, dict):
        raise Rejected(
            f"{file}: expected one JSON object, DICOM keywords with values or a FHIR Patient",
            reason="no_identity",
        )
    return content


def _decoded(file: Path) -> str:
    try:
        # Not read_text: it would turn \r\n into \n, and offsets would count in another text.
        return file.read_bytes().decode()
    except OSError as error:
        raise Rejected(f"{file}: {error.strerror}", reason="not_found") from error
    except UnicodeDecodeError as error:
        raise Rejected(
            f"{file}: not UTF-8 at byte {error.start}; convert it to UTF-8", reason="charset"
        ) from error
