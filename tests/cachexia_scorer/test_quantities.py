from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cachexia_scorer.quantities import SCALES, converted, exact


@pytest.mark.parametrize(
    ("kind", "value", "unit", "expected"),
    [
        ("albumin", "34", "g/L", "3.4"),
        ("crp", "1.8", "mg/dL", "18"),
        ("neutrophils", "6300", "/uL", "6.3"),
        ("haemoglobin", "112", "g/L", "11.2"),
        ("urea_nitrogen", "10", "mmol/L", "28.014"),
        ("urea", "10", "mmol/L", "28.014"),
        ("creatinine", "100", "umol/L", "1.1312"),
        ("weight", "100", "[lb_av]", "45.359237"),
        ("height", "70", "[in_i]", "1.778"),
        ("height", "6", "[ft_i]", "1.8288"),
        ("height", "172", "cm", "1.72"),
        ("sma", "15010", "mm2", "150.1"),
    ],
)
def test_units_convert_to_the_digit(kind: str, value: str, unit: str, expected: str) -> None:
    assert converted(kind, exact(value), unit) == Fraction(expected)


def test_the_usual_rounded_factors_agree() -> None:
    urea = converted("urea_nitrogen", Fraction(10), "mmol/L")
    creatinine = converted("creatinine", Fraction(884), "umol/L")

    assert isinstance(urea, Fraction)
    assert isinstance(creatinine, Fraction)
    assert float(10 / urea) == pytest.approx(0.357, abs=5e-5)
    assert float(creatinine) == pytest.approx(10, rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "unit", "named"),
    [
        ("haemoglobin", "mmol/L", "'mmol/L'"),
        ("albumin", "mg", "'mg'"),
        ("neutrophils", "10^3/uL", "'10^3/uL'"),
        ("weight", "", "none or not a UCUM unit"),
        ("weight", "Mr Smith kg", "none or not a UCUM unit"),
        ("weight", "Smith", "none or not a UCUM unit"),
    ],
)
def test_another_unit_is_refused_by_name_unless_it_could_be_a_name(
    kind: str, unit: str, named: str
) -> None:
    accepted = ", ".join(SCALES[kind].factors)

    found = converted(kind, Fraction(10), unit)

    assert found == f"unit not convertible: {named}, expected one of {accepted}"


@given(st.decimals(min_value=-1000, max_value=1000, places=3))
def test_a_double_is_read_as_it_was_written(written: Decimal) -> None:
    assert exact(float(written)) == exact(written) == exact(str(written)) == Fraction(written)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("1e999999999"), 1e-300]
)
def test_what_is_no_measurable_number_is_not_read(value: float | Decimal) -> None:
    with pytest.raises(ValueError, match=r"finite|too"):
        exact(value)


def test_zero_is_a_number_however_it_is_written() -> None:
    assert exact(Decimal("0e999999999")) == exact(-0.0) == 0
