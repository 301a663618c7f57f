from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from highdicom.sr import Comprehensive3DSR, MeasurementReport
from pydicom import Dataset

from radloom.dicom.part10 import decode, encode
from radloom.dicom.report import build_report
from radloom.dicom.source import acquired, made, source_header
from radloom.results import state
from tests.publisher.example import STUDY, ct_slice, measured


def report(source: Dataset | None = None) -> Dataset:
    example = measured(source)
    built = build_report(state(example.event), example.seg, 1, example.source[0])
    return decode(encode(built))


def test_highdicom_reads_the_repaired_report_as_planar_measurement_group() -> None:
    parsed = Comprehensive3DSR.from_dataset(report())
    assert isinstance(parsed.content, MeasurementReport)
    (group,) = parsed.content.get_planar_roi_measurement_groups()
    assert [m.name.value for m in group.get_measurements()] == [
        "42798000",
        "area-low-l3",
        "area-high-l3",
        "112031",
        "agreement",
        "muscle-index-l3",
    ]


def test_evidence_names_segmentation_and_slice_once() -> None:
    (study,) = report().CurrentRequestedProcedureEvidenceSequence
    assert study.StudyInstanceUID == STUDY
    referenced = [
        item.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    ]
    assert sorted(referenced) == sorted({"2.25.500", measured().seg.SOPInstanceUID})


def test_the_coding_scheme_of_local_codes_is_identified() -> None:
    designators = [i.CodingSchemeDesignator for i in report().CodingSchemeIdentificationSequence]
    assert "99RADLOOM" in designators


@pytest.mark.parametrize(
    ("offset", "day", "clock"),
    [
        (None, "20260921", "141320"),
        ("+0200", "20260921", "161320"),
        ("-1200", "20260921", "021320"),
    ],
)
def test_content_time_is_in_the_time_zone_of_the_study(
    offset: str | None, day: str, clock: str
) -> None:
    source = ct_slice()
    source.TimezoneOffsetFromUTC = offset
    built = report(source)
    assert (built.ContentDate, built.ContentTime) == (day, clock)


def test_a_study_time_without_zone_is_told_as_a_date_only() -> None:
    source = ct_slice()
    assert acquired(source) == date(2024, 1, 2)
    source.TimezoneOffsetFromUTC = "+0530"
    zone = timezone(timedelta(hours=5, minutes=30))
    assert acquired(source) == datetime(2024, 1, 2, 3, 4, 5, tzinfo=zone)
    source.TimezoneOffsetFromUTC = "+0000"
    assert acquired(source) == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    source.StudyDate = None
    assert acquired(source) is None


def test_an_image_that_tells_no_time_gets_the_date_of_its_study() -> None:
    source = Dataset()
    source.StudyDate = "20240102"
    assert made(source) == ("20240102", "000000")
    source.AcquisitionDate, source.AcquisitionTime = "20240103", "101112"
    assert made(source) == ("20240103", "101112")


def test_the_header_of_a_source_leaves_the_source_as_it_was() -> None:
    source = ct_slice()
    before = encode(source)
    source_header(source)
    report(source)
    assert encode(source) == before
