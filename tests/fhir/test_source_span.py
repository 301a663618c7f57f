"""The one extension of ours is defined as it is written."""

import json
from pathlib import Path
from typing import Any

from fhir.resources.R4B.structuredefinition import StructureDefinition

from radloom import codes
from radloom.fhir.observations import Subject
from radloom.fhir.report import Filing, build_bundle
from tests.publisher.report_example import TEXT, written

DEFINITION = Path(__file__).parents[2] / "docs" / "fhir" / "source-span.json"


def definition() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DEFINITION.read_text())
    return found


def test_the_definition_is_one_of_r4() -> None:
    StructureDefinition.model_validate(definition())
    assert definition()["url"] == codes.SOURCE_SPAN_URL


def test_what_is_written_is_what_is_defined() -> None:
    parts = {
        element["id"].partition(":")[2].removesuffix(".value[x]"): element["type"][0]["code"]
        for element in definition()["snapshot"]["element"]
        if ":" in element["id"] and element["id"].endswith(".value[x]")
    }
    text = TEXT.replace("right", "\x07right")
    bundle = build_bundle(written(text).report, Filing(Subject("PATIENT-7"), None, "2.25.7"))
    written_parts = {
        (part["url"], name.removeprefix("value"))
        for entry in bundle["entry"]
        for extension in entry["resource"].get("extension", [])
        for part in extension["extension"]
        for name in part
        if name != "url"
    }
    assert {(url, kind[0].upper() + kind[1:]) for url, kind in parts.items()} == written_parts
