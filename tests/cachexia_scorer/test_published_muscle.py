"""What the publisher writes to the record is what the scorer reads from it."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from radloom.fhir.muscle import DicomObjects, build_bundle, build_withdrawal
from radloom.fhir.observations import Subject
from radloom.results import Statement, state
from radloom.wire.v1.common_pb2 import ModelUse
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from services.cachexia_scorer.bundle import evidence_of
from services.cachexia_scorer.features import features
from services.cachexia_scorer.states import Missing, Reading

ACQUIRED = datetime(2026, 4, 1, 9, tzinfo=UTC)
AT = datetime(2026, 4, 3, 9, tzinfo=UTC)
SUBJECT = Subject("MRN-1", system="urn:example:patients")
OBJECTS = DicomObjects("2.25.3", "2.25.4", "2.25.5")


@pytest.fixture
def statement() -> Statement:
    event = MuscleMeasured(
        result_id="r1",
        study_instance_uid="2.25.1",
        models=[ModelUse(name="m", version="1", sha256="ab" * 32)],
    )
    event.measured_at.FromDatetime(ACQUIRED)
    m = event.measurement
    m.area_cm2, m.mean_hu, m.agreement, m.grade = 118.48, 36.42, 0.97, "B"
    m.area_interval_cm2.low, m.area_interval_cm2.high = 110.0, 126.0
    m.area_interval_cm2.coverage = 0.95
    m.height_m, m.smi_cm2_per_m2 = 1.7, 118.48 / 2.89
    m.tracking_uid = "2.25.2"
    return state(event)


def test_area_index_and_attenuation_arrive_with_grade_and_variance(statement: Statement) -> None:
    bundle = build_bundle(statement, subject=SUBJECT, acquired=ACQUIRED, objects=OBJECTS)

    found = features(evidence_of(bundle), AT).states

    for name, expected in {"sma": "118.5", "smi": "41", "smd": "36.4"}.items():
        reading = found[name]
        assert isinstance(reading, Reading)
        assert reading.value == Fraction(expected)
        assert reading.grade == "B"
        assert reading.observed_at == ACQUIRED
    area = found["sma"]
    assert isinstance(area, Reading)
    assert area.variance == pytest.approx((16 / 2 / 1.959964) ** 2, rel=1e-6)


def test_a_withdrawn_result_leaves_no_muscle(statement: Statement) -> None:
    published = build_bundle(statement, subject=SUBJECT, acquired=ACQUIRED, objects=OBJECTS)
    withdrawn = build_withdrawal(
        statement, subject=SUBJECT, acquired=ACQUIRED, objects=OBJECTS, cause="r2"
    )
    both = published | {"entry": published["entry"] + withdrawn["entry"]}

    found = features(evidence_of(both), AT).states

    assert {found[name] for name in ("sma", "smi", "smd")} == {Missing("missing")}
