from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radloom.errors import Rejected
from radloom.results import TENTH, algorithm_of, rounded, state
from radloom.wire.v1.common_pb2 import ModelUse
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured


def event(area: float = 120.0, height: float | None = None) -> MuscleMeasured:
    told = MuscleMeasured(models=[ModelUse(name="m", version="1", sha256="ab" * 32)])
    told.measured_at.FromDatetime(datetime(2026, 1, 2, 3, 4, 5, 678901, UTC))
    m = told.measurement
    m.area_cm2, m.mean_hu, m.agreement, m.grade = area, 35.25, 0.95, "A"
    m.area_interval_cm2.low, m.area_interval_cm2.high = area - 1, area + 1
    m.area_interval_cm2.coverage = 0.9
    if height is not None:
        m.height_m, m.smi_cm2_per_m2 = height, area / height**2
    return told


@given(st.floats(1.0, 1000.0), st.none() | st.floats(1.0, 2.5))
def test_a_statement_is_within_half_a_step_of_the_event(area: float, height: float | None) -> None:
    told = event(area, height)
    statement = state(told)
    assert abs(statement.area_cm2 - Decimal(repr(area))) <= TENTH / 2
    interval = statement.area_interval_cm2
    assert interval.low <= statement.area_cm2 <= interval.high
    if height is not None and statement.smi_cm2_per_m2 is not None:
        assert float(statement.smi_cm2_per_m2) == pytest.approx(area / height**2, abs=0.0501)


@given(st.floats(-1e6, 1e6))
def test_a_rounded_number_prints_alike_as_decimal_and_as_double(value: float) -> None:
    number = rounded(value, TENTH, "x")
    assert Decimal(repr(float(number))) == number


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.05, "0.0"), (0.15, "0.2"), (2.675, "2.7"), (-0.04, "0.0"), (35.25, "35.2")],
)
def test_halves_round_to_even_and_no_zero_is_negative(value: float, told: str) -> None:
    assert str(rounded(value, TENTH, "x")) == told


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(Rejected, match="finite"):
        rounded(value, TENTH, "mean_hu")


def test_an_index_without_its_height_is_refused() -> None:
    told = event(height=1.7)
    told.measurement.ClearField("height_m")
    with pytest.raises(Rejected, match="height"):
        state(told)


@pytest.mark.parametrize("agreement", [-0.1, 1.1])
def test_an_agreement_outside_0_to_1_is_refused(agreement: float) -> None:
    told = event()
    told.measurement.agreement = agreement
    with pytest.raises(Rejected, match="agreement"):
        state(told)


def test_a_refusal_makes_no_statement() -> None:
    told = MuscleMeasured()
    told.refusal.gates.add(gate="no_axial_ct")
    with pytest.raises(Rejected, match="no measurement"):
        state(told)


def test_the_time_is_utc_in_whole_seconds() -> None:
    assert state(event()).measured_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_algorithm_depends_on_weights_but_not_on_where_they_ran() -> None:
    here = ModelUse(name="m", version="1", sha256="ab" * 32, mode="embedded")
    there = ModelUse(name="m", version="1", sha256="ab" * 32, mode="remote")
    other = ModelUse(name="m", version="1", sha256="cd" * 32, mode="embedded")
    locator = ModelUse(name="l3", version="1", sha256="ef" * 32)
    assert algorithm_of([here]) == algorithm_of([there])
    assert algorithm_of([here]) != algorithm_of([other])
    assert algorithm_of([here, locator]) == algorithm_of([locator, here])
    assert len(algorithm_of([here]).version) <= 64
