"""TID 2000 in front of validators that others wrote, and of the rows of the template itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes as dictionary

from radloom.dicom.part10 import encode
from radloom.dicom.report import Predecessor
from radloom.dicom.text_report import build_text_report
from tests.peers import validators
from tests.publisher.example import ct_slice
from tests.publisher.report_example import TEXT, written

EVERY_PART = (
    "EXAM: CT chest. INDICATION: Cough. TECHNIQUE: Portal venous phase. COMPARISON: None. "
    "FINDINGS: A 12 mm nodule. IMPRESSION: Nodule, suspicious. "
    "COMMUNICATION: Findings were discussed with the ward at 10:05."
)


def defective_study() -> Dataset:
    """What a custodian knows who has seen no image."""
    ds = Dataset()
    ds.PatientID = "PATIENT-7"
    return ds


def built(name: str) -> Dataset:
    match name:
        case "plain":
            return build_text_report(written(accession_number="A1").report, ct_slice())
        case "successor":
            former = Predecessor("2.25.1", "2.25.2")
            return build_text_report(written().report, ct_slice(), predecessors=[former])
        case "unseen study":
            return build_text_report(written(EVERY_PART, study="").report, defective_study())
        case _:
            text = TEXT.replace("right", "\x0c\x07right") + "\t \n"
            return build_text_report(written(text).report, ct_slice())


@pytest.fixture(scope="module", params=["plain", "successor", "unseen study", "control characters"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.dcm"
    file.write_bytes(encode(built(request.param)))
    return file


@pytest.mark.peer
def test_dciodvfy_finds_nothing_but_the_private_element(path: Path) -> None:
    # What nobody has told is empty; a DICOMDIR would want it.
    known = ('"RADLOOM")> - Unrecognized tag', "would be needed to build DICOMDIR")
    found = validators.dciodvfy(path)
    assert [line for line in found if not any(part in line for part in known)] == []


BEFORE_2015 = {
    "55111-9": "121064",
    "18785-6": "121109",
    "55114-3": "121066",
    "59776-5": "121070",
    "19005-8": "121072",
    "73568-8": "121078",
    "11329-0": "121060",
    "55112-7": "121111",
}
"""The same headings and elements by the codes that CID 7001 and 7002 had before LOINC's."""


def items(ds: Dataset) -> Iterator[Dataset]:
    for item in ds.get("ContentSequence", []):
        yield item
        yield from items(item)


@pytest.mark.peer
def test_pixelmed_finds_no_error(tmp_path: Path) -> None:
    path = tmp_path / "report.dcm"
    path.write_bytes(encode(built("plain")))
    found = validators.sr_validator(path, "TID_2000")
    assert [line for line in found if line.startswith("Error")] == []


@pytest.mark.peer
def test_pixelmed_knows_the_tree_once_its_headings_have_their_former_codes(path: Path) -> None:
    old = dcmread(path)
    for item in items(old):
        name = item.ConceptNameCodeSequence[0]
        if name.CodeValue in BEFORE_2015:
            name.CodeValue, name.CodingSchemeDesignator = BEFORE_2015[name.CodeValue], "DCM"
    former = path.with_name("former.dcm")
    former.write_bytes(encode(old))
    found = validators.sr_validator(former, "TID_2000")
    # Of TID 2001 it has the images, not the measurements.
    unknown = [line for line in found if "Content Item not in template" in line]
    assert [line for line in unknown if "/NUM (" not in line] == []
    assert [line for line in found if line.startswith("Error")] == []


@pytest.mark.peer
def test_dcmtk_reads_it_without_complaint(path: Path) -> None:
    found = validators.dsrdump(path, "Enhanced SR")
    # The character set of the report is UTF-8, which the checker of DCMTK 3.6.7 cannot check.
    assert [line for line in found if "Specific Character Set: ISO_IR 192" not in line] == []


# ---------------------------------------------------------------- PS3.16 2026a, TID 2000 to 2002


def names(context_group: int) -> set[str]:
    return {code.value for code in getattr(dictionary, f"cid{context_group}").concepts.values()}


def test_the_tree_has_the_rows_of_the_template_and_no_other(path: Path) -> None:
    root = dcmread(path)
    assert root.ConceptNameCodeSequence[0].CodeValue in names(7000)
    assert root.ContentTemplateSequence[0].TemplateIdentifier == "2000"
    language, *rest = root.ContentSequence
    assert (language.RelationshipType, language.ConceptNameCodeSequence[0].CodeValue) == (
        "HAS CONCEPT MOD",
        "121049",
    )
    context = [item for item in rest if item.RelationshipType == "HAS OBS CONTEXT"]
    sections = rest[len(context) :]
    assert context == rest[: len(context)]
    assert [i.ConceptNameCodeSequence[0].CodeValue for i in context] == [
        "121005",
        "121012",
        "121013",
        "121014",
        "121015",
    ]
    for section in sections:
        assert (section.RelationshipType, section.ValueType) == ("CONTAINS", "CONTAINER")
        assert section.ConceptNameCodeSequence[0].CodeValue in names(7001)
        for item in section.ContentSequence:
            assert (item.RelationshipType, item.ValueType) == ("CONTAINS", "TEXT")
            assert item.ConceptNameCodeSequence[0].CodeValue in names(7002)
            for number in item.get("ContentSequence", []):
                assert (number.RelationshipType, number.ValueType) == ("INFERRED FROM", "NUM")
                assert "ContentSequence" not in number


def test_a_measurement_is_a_number_with_a_name_and_a_unit() -> None:
    numbers = [item for item in items(built("plain")) if item.ValueType == "NUM"]
    assert [
        (
            item.ConceptNameCodeSequence[0].CodeMeaning,
            str(item.MeasuredValueSequence[0].NumericValue),
            item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue,
        )
        for item in numbers
    ] == [
        ("Length", "3.2", "cm"),
        ("Length", "2.1", "cm"),
        ("Attenuation Coefficient", "45", "[hnsf'U]"),
    ]
