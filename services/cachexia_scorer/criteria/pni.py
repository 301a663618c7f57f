"""Onodera's prognostic nutritional index."""

from fractions import Fraction

from services.cachexia_scorer.criteria.result import (
    SAME_ILLNESS_DAYS,
    Lacking,
    Result,
    combined,
    computed,
)
from services.cachexia_scorer.features import Features

CITATION = (
    "Onodera T, Goseki N, Kosaki G. Nihon Geka Gakkai Zasshi 1984;85:1001-1005; formula as in"
    " Jian-hui C, Iskandar EA, Cai S, et al. Tumour Biol 2016;37:3277-3283."
    " doi:10.1007/s13277-015-4008-8"
)

ALBUMIN_WEIGHT = Fraction(10)
"""Per g/dL."""

LYMPHOCYTE_WEIGHT = Fraction("0.005")
"""Per cell in mm3, which is a uL."""

_PER_UL = 1000  # lymphocytes are held in 10*3/uL


def pni(features: Features) -> Result:
    """10 x albumin (g/dL) + 0.005 x lymphocytes (per mm3). No cut-off: cohorts differ."""
    pair = combined(features, "albumin", "lymphocytes", SAME_ILLNESS_DAYS)
    found: Fraction | Lacking
    if isinstance(pair, Lacking):
        found = pair
    else:
        albumin, lymphocytes = pair
        found = ALBUMIN_WEIGHT * albumin + LYMPHOCYTE_WEIGHT * lymphocytes * _PER_UL
    return computed("pni", CITATION, found, features, "albumin", "lymphocytes")
