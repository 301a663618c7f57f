import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radloom import codes
from radloom.errors import Rejected
from services.cachexia_scorer.answers import scored
from services.cachexia_scorer.bundle import evidence_of
from services.cachexia_scorer.criteria.result import Result
from services.cachexia_scorer.features import Features, features
from services.cachexia_scorer.panel import NOT_INCLUDED, panel
from services.cachexia_scorer.states import Finding, Missing, Reading

SAMPLE = Path(__file__).parents[2] / "samples" / "cachexia_patient.json"
AT = datetime(2026, 4, 3, 9, tzinfo=UTC)
LOINC = "http://loinc.org"
CANARY = "Wilhelmina Q. Canary"


@pytest.fixture
def bundle() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SAMPLE.read_text("utf-8"))
    return loaded


def _resource(bundle: dict[str, Any], code: str, nth: int = 0) -> dict[str, Any]:
    """The nth resource with a code."""
    found = [
        entry["resource"]
        for entry in bundle["entry"]
        for coding in entry["resource"].get("code", {}).get("coding", [])
        if coding["code"] == code
    ]
    resource: dict[str, Any] = found[nth]
    return resource


def _features(bundle: dict[str, Any]) -> Features:
    return features(evidence_of(bundle), AT)


def _results(bundle: dict[str, Any]) -> dict[str, Result]:
    return {result.name: result for result in panel(_features(bundle))}


def test_the_sample_patient_scores_as_worked_by_hand(bundle: dict[str, Any]) -> None:
    found = {c["name"]: c["result"] for c in scored(bundle, AT)["criteria"]}

    assert found == {
        "fearon_2011_cachexia": False,  # 80 to 76 kg: 5 % exactly; index 49 >= 43, BMI 24.8
        "glim_2019_malnutrition": None,  # nothing known of more than six months ago
        "martin_2013_low_muscle_index": False,  # 49 >= 43 at BMI 76/1.75^2 = 24.8
        "martin_2013_low_attenuation": True,  # 36.4 < 41
        "martin_2013_weight_loss": False,  # 5 %
        "prado_2008_sarcopenic_obesity": False,  # BMI 24.8
        "derstine_2018_low_area": False,  # 150.1 >= 144.3
        "derstine_2018_low_muscle_index": False,  # 49 >= 45.4
        "derstine_2018_low_attenuation": True,  # 36.4 < 38.5
        "mgps": 2,  # CRP 18 mg/L, albumin 34 g/L
        "mps": 2,  # albumin 3.4 g/dL, NLR 4.2
        "nlr": 4.2,  # 6.3 / 1.5
        "nlr_above_3_5": True,
        "pni": 41.5,  # 34 + 7.5
        "crp_albumin_ratio": 18 / 34,
        "bun_creatinine_ratio": None,  # no creatinine
    }


def test_each_answer_has_its_inputs_and_its_citation(bundle: dict[str, Any]) -> None:
    answer = scored(bundle, AT)

    by_name = {criterion["name"]: criterion for criterion in answer["criteria"]}
    assert by_name["bun_creatinine_ratio"]["missing"] == ["creatinine missing"]
    assert by_name["mgps"]["inputs"] == [
        {
            "name": "crp",
            "value": 18.0,
            "unit": "mg/L",
            "comparator": None,
            "observed_at": "2026-04-02T07:30:00+00:00",
            "evidence": ["Observation/o06"],
        },
        {
            "name": "albumin",
            "value": 3.4,
            "unit": "g/dL",
            "comparator": None,
            "observed_at": "2026-04-02T07:30:00+00:00",
            "evidence": ["Observation/o05"],
        },
    ]
    for criterion in answer["criteria"]:
        assert set(criterion) == {"name", "result", "inputs", "missing", "citation"}
        assert criterion["citation"]
    assert {item["name"] for item in answer["not_included"]} == set(NOT_INCLUDED)
    assert answer["problems"] == []
    assert json.loads(json.dumps(answer)) == answer


def test_models_add_their_own_keys(bundle: dict[str, Any]) -> None:
    answer = scored(bundle, AT, lambda state: {"risk": {"of": state.at.year}})

    assert answer["risk"] == {"of": 2026}
    assert "survival" not in answer


def test_without_a_moment_the_newest_evidence_gives_it(bundle: dict[str, Any]) -> None:
    assert scored(bundle)["at"] == "2026-04-02T07:30:00+00:00"


def test_the_order_of_the_entries_does_not_matter(bundle: dict[str, Any]) -> None:
    turned = bundle | {"entry": bundle["entry"][::-1]}

    assert scored(turned, AT) == scored(bundle, AT)


def test_doubles_and_decimals_give_the_same_score(bundle: dict[str, Any]) -> None:
    exact = json.loads(SAMPLE.read_text("utf-8"), parse_float=Decimal)

    assert scored(exact, AT) == scored(bundle, AT)


def test_muscle_carries_the_grade_and_the_variance_that_the_publisher_wrote(
    bundle: dict[str, Any],
) -> None:
    state = _features(bundle)

    area, index = state.states["sma"], state.states["smi"]
    assert isinstance(area, Reading)
    assert isinstance(index, Reading)
    assert (area.grade, index.grade) == ("A", "A")
    deviation = (156.0 - 144.2) / 2 / 1.959964
    assert area.variance == pytest.approx(deviation**2, rel=1e-6)
    assert index.variance == pytest.approx((deviation * 49.0 / 150.1) ** 2, rel=1e-6)


def test_muscle_without_its_grade_is_missing(bundle: dict[str, Any]) -> None:
    _resource(bundle, codes.GRADE.value)["status"] = "entered-in-error"

    assert _features(bundle).states["smi"] == Missing("without grade")


def test_a_withdrawn_result_counts_for_nothing(bundle: dict[str, Any]) -> None:
    _resource(bundle, "1988-5")["status"] = "entered-in-error"

    assert _results(bundle)["mgps"].missing == ("C-reactive protein missing",)


def test_a_newer_version_of_a_resource_replaces_the_older_one(bundle: dict[str, Any]) -> None:
    corrected = copy.deepcopy(_resource(bundle, "1751-7"))
    corrected["meta"]["lastUpdated"] = "2026-04-03T08:00:00Z"
    corrected["valueQuantity"]["value"] = 36
    bundle["entry"].insert(0, {"resource": corrected})

    assert _results(bundle)["mgps"].result == 1


def test_a_value_below_the_limit_of_detection_still_decides(bundle: dict[str, Any]) -> None:
    _resource(bundle, "1988-5")["valueQuantity"] |= {"value": 0.4, "comparator": "<"}

    results = _results(bundle)

    assert results["mgps"].result == 0
    assert results["crp_albumin_ratio"].missing == ("C-reactive protein only known to be < 4 mg/L",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"effectiveDateTime": "2026-04"}, "no day of observation"),
        ({"effectiveDateTime": "2026-04-02T08:00:00"}, "no day of observation"),
        ({"effectiveDateTime": None}, "no day of observation"),
        ({"valueQuantity": {"unit": "g/L"}}, "no value"),
        ({"valueQuantity": {"value": True, "code": "g/L"}}, "no value"),
        ({"valueQuantity": {"value": 34, "code": "g/L", "comparator": "ad"}}, "comparator unknown"),
        ({"valueQuantity": {"value": 34, "code": "g"}}, "unit not convertible: 'g', expected"),
        ({"valueQuantity": {"value": 34, "unit": CANARY}}, "unit not convertible: none or not"),
        ({"valueQuantity": {"value": 34, "system": "urn:own", "code": "g/L"}}, "unit not conv"),
        ({"valueQuantity": {"value": 340, "code": "g/L"}}, "implausible"),
    ],
)
def test_an_observation_that_cannot_be_read_says_why(
    bundle: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    resource = _resource(bundle, "1751-7")
    resource |= change

    (missing,) = _results(bundle)["mgps"].missing

    assert missing.startswith(f"albumin {reason}")
    assert CANARY not in json.dumps(scored(bundle, AT)["problems"]) + missing


def test_a_unit_in_words_is_read_where_there_is_no_code(bundle: dict[str, Any]) -> None:
    _resource(bundle, "1751-7")["valueQuantity"] = {"value": 3.4, "unit": "g/dL"}

    assert _results(bundle)["mgps"].result == 2


def test_data_that_is_said_to_be_absent_is_not_a_value(bundle: dict[str, Any]) -> None:
    resource = _resource(bundle, "1751-7")
    resource["dataAbsentReason"] = {"coding": [{"code": "unknown"}]}

    assert _results(bundle)["mgps"].missing == ("albumin missing",)


@pytest.mark.parametrize(
    ("code", "system", "clinical", "verification", "expected"),
    [
        ("C25.9", "http://hl7.org/fhir/sid/icd-10-cm", "active", "confirmed", "present"),
        ("C25", "http://hl7.org/fhir/sid/icd-10", "relapse", "confirmed", "present"),
        ("C25.9", "http://hl7.org/fhir/sid/icd-10-cm", "remission", "confirmed", "historical"),
        ("Z85.07", "http://hl7.org/fhir/sid/icd-10-cm", "active", "confirmed", "historical"),
        ("C25.9", "http://hl7.org/fhir/sid/icd-10-cm", "active", "refuted", "absent"),
        ("C25.9", "http://hl7.org/fhir/sid/icd-10-cm", "active", "provisional", "other"),
        ("363418001", "http://snomed.info/sct", "active", "confirmed", "present"),
        ("D12.6", "http://hl7.org/fhir/sid/icd-10-cm", "active", "confirmed", None),
        ("C25.9", "urn:own", "active", "confirmed", None),
        ("C25.9", "http://hl7.org/fhir/sid/icd-10-cm", "active", "entered-in-error", None),
    ],
)
def test_a_condition_says_whether_there_is_a_malignancy(
    bundle: dict[str, Any],
    code: str,
    system: str,
    clinical: str,
    verification: str,
    expected: str | None,
) -> None:
    condition = _resource(bundle, "C25.9")
    condition["code"]["coding"] = [{"system": system, "code": code}]
    condition["clinicalStatus"] = {"coding": [{"code": clinical}]}
    condition["verificationStatus"] = {"coding": [{"code": verification}]}

    found = _features(bundle).states["malignancy"]

    assert (found.value if isinstance(found, Finding) else None) == expected


@pytest.mark.parametrize(
    ("said", "stage"),
    [
        ("Stage IV", "IV"),
        ("stage group IIIA", "III"),
        ("IIB", "II"),
        ("Stage 3", "III"),
        ("pT2 N1 M0", None),
        ("Stage V", None),
    ],
)
def test_the_stage_group_is_read_from_words(
    bundle: dict[str, Any], said: str, stage: str | None
) -> None:
    _resource(bundle, "C25.9")["stage"] = [{"summary": {"text": said}}]

    found = _features(bundle).states["stage"]

    assert (found.value if isinstance(found, Finding) else None) == stage


def test_a_stated_weight_loss_is_an_observation_with_amount_and_period(
    bundle: dict[str, Any],
) -> None:
    told = {
        "resourceType": "Observation",
        "id": "told",
        "status": "final",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "89362005"}]},
        "subject": {"reference": "Patient/example"},
        "effectivePeriod": {"start": "2026-01-02", "end": "2026-04-02"},
        "valueQuantity": {"value": 12, "code": "[lb_av]", "system": "http://unitsofmeasure.org"},
    }
    bundle["entry"] = [
        entry for entry in bundle["entry"] if entry["resource"].get("id") not in {"o02", "o03"}
    ] + [{"resource": told}]

    found = _features(bundle).states["weight_loss_6_months"]

    lost = 12 * Fraction("0.45359237")
    assert isinstance(found, Reading)
    assert (found.value, found.bound) == (100 * lost / (76 + lost), ">=")
    assert found.evidence == ("Observation/told", "Observation/o04")


def test_a_symptom_is_an_observation_of_true_or_false(bundle: dict[str, Any]) -> None:
    denied = {
        "resourceType": "Observation",
        "id": "denied",
        "status": "final",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "84229001"}]},
        "subject": {"reference": "Patient/example"},
        "effectiveDateTime": "2026-04-02",
        "valueBoolean": False,
    }
    bundle["entry"].append({"resource": denied})

    found = _features(bundle).symptoms

    assert list(found) == ["appetite_loss", "fatigue"]
    assert [s.value for s in found.values() if isinstance(s, Finding)] == ["present", "absent"]


# ---------------------------------------------------------------- refusals


def _reason(bundle: Any) -> str:  # noqa: ANN401 - anything may come in
    with pytest.raises(Rejected) as caught:
        scored(bundle, AT)
    assert CANARY not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    "bundle",
    [
        [],
        "Bundle",
        {},
        {"resourceType": CANARY},
        {"resourceType": "Bundle", "entry": {}},
        {"resourceType": "Bundle", "entry": [CANARY]},
        {"resourceType": "Bundle", "entry": [{"resource": CANARY}]},
    ],
)
def test_what_is_no_bundle_is_refused(bundle: object) -> None:
    assert _reason(bundle) == "not_a_bundle"


def test_two_patients_are_refused(bundle: dict[str, Any]) -> None:
    bundle["entry"].append({"resource": {"resourceType": "Patient", "id": CANARY}})

    assert _reason(bundle) == "several_patients"


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": f"Patient/{CANARY}"},
        {"identifier": {"system": "urn:example:patients", "value": CANARY}},
        {"identifier": {"system": "urn:other", "value": "EXAMPLE-1"}},
    ],
)
def test_a_result_of_another_patient_is_refused(
    bundle: dict[str, Any], subject: dict[str, Any]
) -> None:
    _resource(bundle, "1988-5")["subject"] = subject

    assert _reason(bundle) == "several_patients"


def test_a_result_of_nobody_is_refused(bundle: dict[str, Any]) -> None:
    del _resource(bundle, "1988-5")["subject"]

    assert _reason(bundle) == "no_subject"


def test_a_resource_without_a_name_is_refused(bundle: dict[str, Any]) -> None:
    resource = _resource(bundle, "1988-5")
    bundle["entry"] = [e for e in bundle["entry"] if e["resource"] is not resource]
    bundle["entry"].append({"resource": {k: v for k, v in resource.items() if k != "id"}})

    assert _reason(bundle) == "unnamed_resource"


def test_a_moment_without_time_zone_is_refused(bundle: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="time zone"):
        scored(bundle, AT.replace(tzinfo=None))


def test_a_bundle_without_dates_needs_a_moment(bundle: dict[str, Any]) -> None:
    bundle["entry"] = bundle["entry"][:1]

    with pytest.raises(Rejected, match="no dated evidence"):
        scored(bundle)
    assert all(c["result"] is None for c in scored(bundle, AT)["criteria"])


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/example"},
        {"reference": "Patient/example/_history/3"},
        {"reference": "https://record.example/fhir/Patient/example"},
        {"reference": "urn:example:Patient:example"},
        {"identifier": {"system": "urn:example:patients", "value": "EXAMPLE-1"}},
    ],
)
def test_every_way_to_name_the_patient_is_understood(
    bundle: dict[str, Any], subject: dict[str, Any]
) -> None:
    _resource(bundle, "1988-5")["subject"] = subject

    assert _results(bundle)["mgps"].result == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(
    [
        "code", "status", "subject", "effectiveDateTime", "effectivePeriod", "valueQuantity",
        "meta", "identifier", "component", "clinicalStatus", "verificationStatus", "stage",
        "recordedDate", "gender", "birthDate", "id", "resourceType", "valueBoolean",
    ]
)  # fmt: skip


@given(place=st.integers(0, 16), element=ELEMENTS, junk=JSON)
def test_a_resource_with_any_shape_is_read_or_refused(
    place: int, element: str, junk: object
) -> None:
    bundle = json.loads(SAMPLE.read_text("utf-8"))
    bundle["entry"][place]["resource"][element] = junk

    try:
        answer = scored(bundle, AT)
    except Rejected:
        return
    assert len(answer["criteria"]) == 16
