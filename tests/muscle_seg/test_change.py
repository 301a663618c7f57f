"""Two studies of one patient: when a change is one."""

from dataclasses import replace

import pytest

from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from services.muscle_seg.change import (
    OTHER_PROTOCOL_CM2,
    SAME_PROTOCOL_CM2,
    Protocol,
    compare,
)

PROTOCOL = Protocol(kvp=120.0, contrast=True, kernel="B30", slice_mm=3.0)
BOTH = (PROTOCOL, PROTOCOL)


def measured(area_cm2: float, *, on: str, half_cm2: float = 1.0) -> MuscleMeasured:
    event = MuscleMeasured(study_instance_uid=f"2.25.{on.replace('-', '')}", acquired=on)
    event.measurement.area_cm2 = area_cm2
    interval = event.measurement.area_interval_cm2
    interval.low, interval.high, interval.coverage = area_cm2 - half_cm2, area_cm2 + half_cm2, 0.9
    return event


PRIOR = measured(150.0, on="2024-01-02")


@pytest.mark.parametrize(
    ("area_cm2", "verdict"),
    [
        (150.0, "no reliable change"),
        (144.5, "no reliable change"),
        (155.5, "no reliable change"),
        (144.3, "loss"),
        (155.7, "gain"),
    ],
)
def test_a_change_within_what_scanning_does_is_none(area_cm2: float, verdict: str) -> None:
    found = compare(measured(area_cm2, on="2024-04-11"), PRIOR, BOTH, same_patient=True)
    assert found.verdict == verdict
    assert found.least_significant_cm2 == SAME_PROTOCOL_CM2
    assert found.days == 100


def test_a_reliable_change_has_a_rate_and_another_has_none() -> None:
    loss = compare(measured(140.0, on="2024-07-20"), PRIOR, BOTH, same_patient=True)
    assert loss.per_100_days_cm2 == pytest.approx(-5.0)
    none = compare(measured(149.0, on="2024-07-20"), PRIOR, BOTH, same_patient=True)
    assert none.per_100_days_cm2 is None


def test_an_unsure_model_needs_a_larger_change() -> None:
    unsure = measured(140.0, on="2024-04-11", half_cm2=16.45)
    found = compare(unsure, PRIOR, BOTH, same_patient=True)
    assert found.least_significant_cm2 == pytest.approx(1.96 * 10.02, rel=0.01)
    assert found.verdict == "no reliable change"


@pytest.mark.parametrize(
    ("other", "least", "told"),
    [
        (replace(PROTOCOL, kvp=80.0), OTHER_PROTOCOL_CM2, "tube voltage 120 and 80 kV"),
        (replace(PROTOCOL, kvp=None), OTHER_PROTOCOL_CM2, "tube voltage unknown"),
        (replace(PROTOCOL, contrast=False), SAME_PROTOCOL_CM2, "contrast agent"),
        (replace(PROTOCOL, kernel="B70"), SAME_PROTOCOL_CM2, "kernel"),
        (replace(PROTOCOL, slice_mm=5.0), SAME_PROTOCOL_CM2, "slice thickness"),
    ],
)
def test_another_protocol_is_named_and_another_voltage_needs_more(
    other: Protocol, least: float, told: str
) -> None:
    found = compare(measured(140.0, on="2024-04-11"), PRIOR, (other, PROTOCOL), same_patient=True)
    assert found.protocol == (told,)
    assert found.least_significant_cm2 == least


@pytest.mark.parametrize(
    ("now", "prior", "same_patient"),
    [
        (measured(140.0, on="2024-04-11"), PRIOR, False),
        (PRIOR, PRIOR, True),
        (measured(140.0, on="2023-04-11"), PRIOR, True),
        (measured(140.0, on="2024-04-11"), MuscleMeasured(study_instance_uid="2.25.1"), True),
        (MuscleMeasured(study_instance_uid="2.25.1"), PRIOR, True),
    ],
    ids=["other patient", "same study", "prior is later", "prior refused", "refused"],
)
def test_what_cannot_be_compared_has_no_difference(
    now: MuscleMeasured,
    prior: MuscleMeasured,
    same_patient: bool,  # noqa: FBT001 - a case of the table
) -> None:
    found = compare(now, prior, BOTH, same_patient=same_patient)
    assert found.verdict == "not comparable"
    assert found.difference_cm2 is None
    assert found.reason
