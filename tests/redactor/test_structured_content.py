"""Content trees of structured reports, by value type."""

from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian

from services.redactor.attributes import Action
from services.redactor.identity import Identity
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.structured_content import redact_content
from services.redactor.text import text_redactor
from tests.peers.validators import dciodvfy

PSEUDONYMS = Pseudonyms(b"k" * 32)
SUBJECT = Subject("SRQ5150")


def coded(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def content_item(value_type: str, concept: Dataset, **values: object) -> Dataset:
    made = Dataset()
    made.RelationshipType = "CONTAINS"
    made.ValueType = value_type
    made.ConceptNameCodeSequence = [concept]
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


FINDING = coded("121071", "DCM", "Finding")
OBSERVER = coded("121008", "DCM", "Person Observer Name")


@pytest.fixture
def report() -> Dataset:
    ds = Dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    ds.SOPInstanceUID = "1.2.826.0.1.3680043.9.7777.1"
    ds.StudyInstanceUID = "1.2.826.0.1.3680043.9.7777.2"
    ds.SeriesInstanceUID = "1.2.826.0.1.3680043.9.7777.3"
    ds.PatientName, ds.PatientID = "Zelenko^Nora", "SRQ5150"
    ds.PatientBirthDate, ds.PatientSex = "19480229", "F"
    ds.StudyDate, ds.StudyTime, ds.ContentDate, ds.ContentTime = ("20190412", "101112") * 2
    ds.AccessionNumber, ds.StudyID, ds.ReferringPhysicianName = "ACCQ99", "S1", "Ray^Ida"
    ds.Manufacturer, ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "Maker", "SR", 3, 1
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.PerformedProcedureCodeSequence = []
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ConceptNameCodeSequence = [coded("18747-6", "LN", "CT Report")]
    inner = content_item("CONTAINER", coded("121070", "DCM", "Findings"))
    inner.ContinuityOfContent = "SEPARATE"
    text = "Ms. Zelenko has a Baker cyst of 8 mm at L3, called to Dr. Grant at x4471."
    inner.ContentSequence = [
        content_item("TEXT", FINDING, TextValue=text),
        content_item("TEXT", coded("121029", "DCM", "Subject Name"), TextValue="N. of Mr Z"),
        content_item("CODE", FINDING, ConceptCodeSequence=[coded("17621005", "SCT", "Normal")]),
    ]
    own = content_item("PNAME", coded("121029", "DCM", "Subject Name"), PersonName="NORA^ZELENKO")
    other = content_item("PNAME", OBSERVER, PersonName="Kern^Ana")
    for person in (own, other):
        person.RelationshipType = "HAS OBS CONTEXT"
    ds.ContentSequence = [own, other, inner]
    return ds


def redacted(ds: Dataset) -> dict[str, Action]:
    redact_text = text_redactor(Identity.gather([ds]), PSEUDONYMS, SUBJECT)
    actions = redact_content(ds, redact_text=redact_text, pseudonyms=PSEUDONYMS, subject=SUBJECT)
    return {action.path: action.action for action in actions}


def test_text_is_redacted_at_depth_and_measurements_and_codes_stay(report: Dataset) -> None:
    redacted(report)
    finding, name, code = report.ContentSequence[2].ContentSequence
    assert finding.TextValue == (
        "Ms. [NAME] has a Baker cyst of 8 mm at L3, called to Dr. [NAME] at [PHONE]."
    )
    assert name.TextValue == "[NAME]"
    assert code.ConceptCodeSequence[0].CodeMeaning == "Normal"


def test_the_patient_is_the_same_one_as_in_the_header_and_others_are_others(
    report: Dataset,
) -> None:
    redacted(report)
    own, other, _ = report.ContentSequence
    assert str(own.PersonName) == PSEUDONYMS.patient_id(SUBJECT)
    assert str(other.PersonName) not in {"Kern^Ana", str(own.PersonName)}


def test_every_change_is_told_by_path_and_without_a_value(report: Dataset) -> None:
    assert redacted(report) == {
        "0040A730[0].0040A123": Action.REPLACED,
        "0040A730[1].0040A123": Action.REPLACED,
        "0040A730[2].0040A730[0].0040A160": Action.CLEANED,
        "0040A730[2].0040A730[1].0040A160": Action.REPLACED,
    }


def test_an_object_without_content_stays_as_it_is() -> None:
    ds = Dataset()
    ds.PatientName = "Zelenko^Nora"
    before = ds.to_json()
    assert redacted(ds) == {}
    assert ds.to_json() == before


@pytest.mark.peer
def test_the_iod_is_as_valid_as_before(report: Dataset, tmp_path: Path) -> None:
    def errors(name: str) -> set[str]:
        path = tmp_path / name
        dcmwrite(path, report, enforce_file_format=True)
        return {line for line in dciodvfy(path) if line.startswith("Error")}

    report.ensure_file_meta()
    report.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    report.file_meta.MediaStorageSOPClassUID = report.SOPClassUID
    report.file_meta.MediaStorageSOPInstanceUID = report.SOPInstanceUID
    before = errors("before.dcm")
    redacted(report)
    assert errors("after.dcm") <= before
    assert dcmread(tmp_path / "after.dcm").ContentSequence[0].ValueType == "PNAME"
