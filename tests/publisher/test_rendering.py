"""One number everywhere: event, segmentation, report, picture's caption, FHIR."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import RLELossless

from radloom.dicom.part10 import encode
from radloom.dicom.report import Predecessor
from radloom.dicom.segmentation import area_cm2, mask_of
from radloom.errors import Rejected
from services.publisher.identity import subject_of
from services.publisher.rendering import Current, RenderedResult, render
from tests.publisher.example import (
    PATIENT_ID,
    TRACKING_UID,
    Example,
    ct_slice,
    measured,
)


def rendered(example: Example, replaces: Current | None = None) -> RenderedResult:
    return render(
        example.event,
        example.seg,
        example.source,
        subject=subject_of(example.source[0]),
        replaces=replaces,
    )


def items(ds: Dataset) -> list[Dataset]:
    found = []
    for item in ds.get("ContentSequence", []):
        found += [item, *items(item)]
    return found


def number(sr: Dataset, code: str) -> Decimal:
    values = [
        item.MeasuredValueSequence[0].NumericValue
        for item in items(sr)
        if item.ValueType == "NUM" and item.ConceptNameCodeSequence[0].CodeValue == code
    ]
    assert len(values) == 1
    return Decimal(str(values[0]))


def observation(bundle: dict[str, Any], code: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Observation"
        and code in [c["code"] for c in entry["resource"]["code"]["coding"]]
    ]
    assert len(found) == 1
    return found[0]


@settings(max_examples=50, deadline=None)
@given(
    shape=st.tuples(st.integers(16, 40), st.integers(16, 40)),
    spacing=st.tuples(st.floats(0.4, 3.0), st.floats(0.4, 3.0)).map(
        lambda mm: (round(mm[0], 6), round(mm[1], 6))
    ),
    density=st.floats(0.05, 0.95),
    seed=st.integers(0, 2**32 - 1),
    height=st.none() | st.floats(1.2, 2.2),
)
def test_every_object_says_the_number_that_the_mask_shows(
    shape: tuple[int, int],
    spacing: tuple[float, float],
    density: float,
    seed: int,
    height: float | None,
) -> None:
    image = ct_slice(*shape, spacing)
    mask = np.random.default_rng(seed).random(shape) < density
    mask[0, 0] = True
    area = area_cm2(mask, spacing)
    if area < 1:  # an index of it rounds to nothing, and is refused
        return
    example = measured(image, mask, height_m=height)
    result = rendered(example)
    read_back, _ = mask_of(result.seg, image.SOPInstanceUID)
    counted = Decimal(repr(area_cm2(read_back, spacing))).quantize(Decimal("0.1"))
    mean = float(image.pixel_array[read_back].mean()) - 1024
    area_observation = observation(result.bundle, "muscle-area-l3")
    hu_observation = observation(result.bundle, "muscle-hu-l3")
    told = result.statement.area_cm2
    assert number(result.sr, "42798000") == told
    assert Decimal(str(area_observation["valueQuantity"]["value"])) == told
    assert abs(told - counted) <= Decimal("0.1") * (abs(area * 10 % 1 - 0.5) < 1e-9)
    assert number(result.sr, "112031") == Decimal(str(hu_observation["valueQuantity"]["value"]))
    assert float(number(result.sr, "112031")) == pytest.approx(mean, abs=0.0501)
    assert f"{told} cm2" in result.key.ImageComments
    codes = [item.ConceptNameCodeSequence[0].CodeValue for item in items(result.sr)]
    assert ("muscle-index-l3" in codes) == (height is not None)


def test_all_share_the_tracking_uid() -> None:
    result = rendered(measured())
    tracked = [
        item.UID
        for item in items(result.sr)
        if item.ConceptNameCodeSequence[0].CodeValue == "112040"
    ]
    assert tracked == [TRACKING_UID]
    assert result.seg.SegmentSequence[0].TrackingUID == TRACKING_UID
    labelled = [
        entry["resource"]
        for entry in result.bundle["entry"]
        if entry["resource"]["resourceType"] in ("Observation", "DiagnosticReport")
    ]
    assert labelled
    for resource in labelled:
        assert {"system": "urn:dicom:uid", "value": f"urn:oid:{TRACKING_UID}"} in resource[
            "identifier"
        ]


def test_algorithm_and_its_version_are_the_same_everywhere() -> None:
    result = rendered(measured())
    version = result.statement.algorithm.version
    texts = [
        item.TextValue
        for item in items(result.sr)
        if item.ConceptNameCodeSequence[0].CodeValue == "111003"
    ]
    device = result.bundle["entry"][0]["resource"]
    observers = [
        item.UID
        for item in items(result.sr)
        if item.ConceptNameCodeSequence[0].CodeValue == "121012"
    ]
    segment = result.seg.SegmentSequence[0]
    assert set(texts) == {version}
    assert segment.SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion == version
    assert device["version"][0]["value"] == version
    assert device["identifier"][0]["value"] == f"urn:oid:{observers[0]}"


def test_a_second_run_gives_the_same_bytes() -> None:
    one, two = rendered(measured()), rendered(measured())
    assert encode(one.sr) == encode(two.sr)
    assert encode(one.key) == encode(two.key)
    assert json.dumps(one.bundle) == json.dumps(two.bundle)


def test_nothing_claims_to_be_reviewed() -> None:
    result = rendered(measured())
    assert (result.sr.PreliminaryFlag, result.sr.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    for entry in result.bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] in ("Observation", "DiagnosticReport"):
            assert resource["status"] == "preliminary"
            assert resource["meta"]["security"][0]["code"] == "AIAST"
    assert "AI, not reviewed" in result.key.ImageComments


def test_only_the_subject_of_the_bundle_identifies_the_patient() -> None:
    bundle = rendered(measured()).bundle
    for entry in bundle["entry"]:
        entry["resource"].pop("subject", None)
    assert PATIENT_ID not in json.dumps(bundle)
    assert "Nora" not in json.dumps(bundle)


def test_a_successor_names_what_it_replaces() -> None:
    first = rendered(measured())
    report = Predecessor(str(first.sr.SeriesInstanceUID), str(first.sr.SOPInstanceUID))
    example = measured(result_id="0aa1b2c3-0000-4000-8000-000000000002", height_m=None, grade="B")
    second = rendered(example, Current(first.statement, report))
    study = second.sr.PredecessorDocumentsSequence[0]
    reference = study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert reference.ReferencedSOPInstanceUID == first.sr.SOPInstanceUID
    assert second.sr.SOPInstanceUID != first.sr.SOPInstanceUID
    provenance = second.bundle["entry"][-1]["resource"]
    assert provenance["activity"]["coding"][0]["code"] == "UPDATE"
    assert [e["role"] for e in provenance["entity"]].count("revision") == 1


def test_an_index_that_the_successor_lacks_is_taken_back() -> None:
    first = rendered(measured())
    report = Predecessor(str(first.sr.SeriesInstanceUID), str(first.sr.SOPInstanceUID))
    second = rendered(measured(height_m=None), Current(first.statement, report))
    assert observation(second.bundle, "muscle-index-l3")["status"] == "entered-in-error"
    assert observation(second.bundle, "muscle-area-l3")["status"] == "preliminary"


def test_both_revisions_are_addressed_by_the_same_identifiers() -> None:
    first = rendered(measured()).bundle
    second = rendered(measured(result_id="0aa1b2c3-0000-4000-8000-000000000002")).bundle
    urls = [[e["request"]["url"] for e in bundle["entry"]] for bundle in (first, second)]
    assert urls[0] == urls[1]


def one_pixel_more(example: Example) -> None:
    m = example.event.measurement
    m.area_cm2 += 0.09
    m.smi_cm2_per_m2 = m.area_cm2 / m.height_m**2


def a_slice_of_another_patient(example: Example) -> None:
    example.source[0].PatientID = "PATIENT-8"


def set_in(path: str, value: object) -> Callable[[Example], None]:
    *parents, name = path.split(".")

    def change(example: Example) -> None:
        message = example.event
        for parent in parents:
            message = getattr(message, parent)
        setattr(message, name, value)

    return change


CONTRADICTIONS: dict[str, Callable[[Example], None]] = {
    "area": one_pixel_more,
    "mean": set_in("measurement.mean_hu", 12.0),
    "study": set_in("study_instance_uid", "2.25.101"),
    "series": set_in("series_instance_uid", "2.25.201"),
    "tracking UID": set_in("measurement.tracking_uid", "2.25.401"),
    "patient": a_slice_of_another_patient,
    "slice": set_in("measurement.l3.sop_instance_uid", "2.25.501"),
    "index": set_in("measurement.smi_cm2_per_m2", 12.0),
    "interval": set_in("measurement.area_interval_cm2.high", 1.0),
    "grade": set_in("measurement.grade", "C"),
    "not a number": set_in("measurement.mean_hu", float("nan")),
    "provenance": lambda example: example.event.ClearField("models"),
}


@pytest.mark.parametrize("contradiction", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_an_event_that_its_own_evidence_contradicts_is_not_rendered(
    contradiction: Callable[[Example], None],
) -> None:
    example = measured()
    contradiction(example)
    with pytest.raises(Rejected) as refused:
        rendered(example)
    assert PATIENT_ID not in str(refused.value)
    assert "Nora" not in str(refused.value)


def test_fat_and_bounds_are_the_same_in_report_and_record() -> None:
    example = measured(fat=True)
    result = rendered(example)
    told = result.statement
    assert told.low_attenuation is not None
    assert told.subcutaneous_cm2 is not None
    assert told.visceral_cm2 is not None
    assert number(result.sr, "muscle-low-hu-l3") == told.low_attenuation.value
    areas = [
        Decimal(str(item.MeasuredValueSequence[0].NumericValue))
        for item in items(result.sr)
        if item.ValueType == "NUM" and item.ConceptNameCodeSequence[0].CodeValue == "42798000"
    ]
    assert areas == [told.area_cm2, told.subcutaneous_cm2.value, told.visceral_cm2.value]
    for code, estimate in (
        ("muscle-low-hu-l3", told.low_attenuation),
        ("sat-area-l3", told.subcutaneous_cm2),
        ("vat-area-l3", told.visceral_cm2),
    ):
        resource = observation(result.bundle, code)
        assert Decimal(str(resource["valueQuantity"]["value"])) == estimate.value
        bounds = resource["component"][0]["valueRange"]
        assert Decimal(str(bounds["low"]["value"])) == estimate.interval.low
        assert Decimal(str(bounds["high"]["value"])) == estimate.interval.high
    notes = [note["text"] for note in observation(result.bundle, "grade")["note"]]
    assert "The level rests on the iliac crests" in notes


@pytest.mark.parametrize("name", ["sat_area_cm2", "vat_area_cm2", "low_attenuation_fraction"])
def test_fat_that_the_segmentation_does_not_show_is_not_rendered(name: str) -> None:
    example = measured(fat=True)
    m = example.event.measurement
    setattr(m, name, getattr(m, name) + 0.005)
    with pytest.raises(Rejected) as refused:
        rendered(example)
    assert refused.value.reason == "contradiction"


def test_fat_that_the_successor_lacks_is_taken_back() -> None:
    first = rendered(measured(fat=True))
    report = Predecessor(str(first.sr.SeriesInstanceUID), str(first.sr.SOPInstanceUID))
    second = rendered(measured(), Current(first.statement, report))
    for code in ("muscle-low-hu-l3", "sat-area-l3", "vat-area-l3"):
        assert observation(second.bundle, code)["status"] == "entered-in-error"


def test_a_compressed_slice_gives_the_same_picture() -> None:
    example = measured()
    plain = rendered(example).key_png
    example.source[0].compress(RLELossless, generate_instance_uid=False)
    assert rendered(example).key_png == plain


def test_a_slice_that_cannot_be_decoded_is_rejected_by_name() -> None:
    example = measured()
    example.source[0].PixelData = example.source[0].PixelData[:100]
    with pytest.raises(Rejected) as refused:
        rendered(example)
    assert refused.value.reason == "undecodable"


def test_a_study_without_patient_id_cannot_reach_a_record() -> None:
    image = ct_slice()
    image.PatientID = None
    with pytest.raises(Rejected) as refused:
        rendered(measured(image))
    assert refused.value.reason == "no_patient_id"
