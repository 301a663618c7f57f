"""UCUM units as exact rationals: a closed table per quantity, every other unit refused by name.

Exact, because criteria are cut-offs: 76.0 kg after 80 kg is a loss of exactly 5 %, which "more than
5 %" does not include. Closed, because the same unit means another amount for another substance:
a mmol of urea, of creatinine and of haemoglobin weigh differently.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

UREA_G_PER_MOL = Fraction("60.056")
"""CH4N2O from the abridged standard atomic weights (IUPAC 2021): C 12.011, H 1.008, N 14.007,
O 15.999."""

UREA_NITROGEN_G_PER_MOL = Fraction("28.014")
"""The two nitrogen atoms of a molecule of urea. Laboratories that report urea nitrogen in mmol/L
count molecules of urea: 1 mg/dL is 0.357 mmol/L (Davis's Laboratory and Diagnostic Tests)."""

CREATININE_G_PER_MOL = Fraction("113.120")
"""C4H7N3O, from the same atomic weights; 1 mg/dL is 88.4 umol/L."""

_POUND_KG = Fraction("0.45359237")  # UCUM [lb_av], exact by definition
_INCH_M = Fraction("0.0254")  # UCUM [in_i], exact by definition
_FOOT_M = Fraction("0.3048")  # UCUM [ft_i], exact by definition
_PER_DL = Fraction(1, 10)  # per litre -> per decilitre


@dataclass(frozen=True)
class Scale:
    """How one quantity is measured here.

    Attributes:
        unit: The unit that criteria use, a UCUM code.
        factors: How many `unit` one of each accepted UCUM unit is.
        low: Smallest plausible value in `unit`.
        high: Largest plausible value in `unit`. The limits are ours and wide: they catch units and
            decimal points gone wrong, not illness.
    """

    unit: str
    factors: Mapping[str, Fraction]
    low: Fraction
    high: Fraction


def _of(unit: str, low: str, high: str, others: Mapping[str, Fraction]) -> Scale:
    return Scale(unit, {unit: Fraction(1), **others}, Fraction(low), Fraction(high))


_COUNTS = {
    "10*9/L": Fraction(1),
    "G/L": Fraction(1),
    "10*6/L": Fraction(1, 1000),
    "10*3/mm3": Fraction(1),
    "/uL": Fraction(1, 1000),
    "/mm3": Fraction(1, 1000),
}

SCALES: Mapping[str, Scale] = {
    "albumin": _of("g/dL", "0.5", "7", {"g/L": _PER_DL}),
    "crp": _of("mg/L", "0", "1000", {"mg/dL": Fraction(10), "ug/mL": Fraction(1)}),
    "neutrophils": _of("10*3/uL", "0", "500", _COUNTS),
    "lymphocytes": _of("10*3/uL", "0", "1000", _COUNTS),
    "haemoglobin": _of("g/dL", "2", "25", {"g/L": _PER_DL}),
    "urea_nitrogen": _of("mg/dL", "1", "300", {"mmol/L": UREA_NITROGEN_G_PER_MOL * _PER_DL}),
    "urea": Scale(
        "mg/dL",  # of urea nitrogen
        {
            "mmol/L": UREA_NITROGEN_G_PER_MOL * _PER_DL,
            "mg/dL": UREA_NITROGEN_G_PER_MOL / UREA_G_PER_MOL,
            "g/L": UREA_NITROGEN_G_PER_MOL / UREA_G_PER_MOL * 100,
        },
        Fraction(1),
        Fraction(300),
    ),
    "creatinine": _of(
        "mg/dL",
        "0.1",
        "30",
        {
            "umol/L": CREATININE_G_PER_MOL * _PER_DL / 1000,
            "mmol/L": CREATININE_G_PER_MOL * _PER_DL,
        },
    ),
    "weight": _of("kg", "20", "400", {"g": Fraction(1, 1000), "[lb_av]": _POUND_KG}),
    "height": _of(
        "m",
        "1",
        "2.5",
        {
            "cm": Fraction(1, 100),
            "mm": Fraction(1, 1000),
            "[in_i]": _INCH_M,
            "[ft_i]": _FOOT_M,
        },
    ),
    "bmi": _of("kg/m2", "8", "100", {}),
    "sma": _of("cm2", "20", "400", {"mm2": Fraction(1, 100)}),
    "smi": _of("cm2/m2", "10", "150", {}),
    "smd": _of("[hnsf'U]", "-30", "100", {}),
}
"""By kind of evidence. Haemoglobin in mmol/L is left out: laboratories count the monomer or the
tetramer, and the unit does not say which."""

_ATOM = (
    r"(?:[fpnumcdkMG]?(?:g|L|l|mol|m|eq|U|kat)|%|\[lb_av\]|\[oz_av\]|\[in_i\]|\[ft_i\]|10[*^]\d)"
)
_UCUM_LIKE = re.compile(rf"/?{_ATOM}\d?(?:[/.]{_ATOM}\d?){{0,3}}")
"""Units that may be repeated in a reason; any other text could hold something about the patient."""


_LARGEST_EXPONENT = 30  # 1e999999999 as a rational would fill the memory


def exact(value: float | Decimal | str) -> Fraction:
    """The number as it was written: a double is read as its shortest decimal form.

    Raises:
        ValueError: It is no finite number, or too large or small for any measurement.
    """
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError("not a finite number")
    if not number:
        return Fraction(0)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("too large or too small for any measurement")
    return Fraction(*number.as_integer_ratio())


def converted(kind: str, value: Fraction, unit: str) -> Fraction | str:
    """`value` in the unit of `SCALES[kind]`, or the reason why it cannot be used.

    UCUM writes the litre as "L" or "l"; both are read.
    """
    scale = SCALES[kind]
    code = unit[:-1] + "L" if unit.endswith("l") else unit
    factor = scale.factors.get(code)
    if factor is None:
        named = f"'{unit}'" if _UCUM_LIKE.fullmatch(unit) else "none or not a UCUM unit"
        return f"unit not convertible: {named}, expected one of {', '.join(scale.factors)}"
    number = value if factor == 1 else value * factor
    if not scale.low <= number <= scale.high:
        return f"implausible: outside {float(scale.low):g} to {float(scale.high):g} {scale.unit}"
    return number
