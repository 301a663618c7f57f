"""Ratio of C-reactive protein to albumin."""

from services.cachexia_scorer.criteria.result import (
    SAME_ILLNESS_DAYS,
    Lacking,
    Result,
    computed,
    quotient,
)
from services.cachexia_scorer.features import Features

CITATION = (
    "Comprehensive comparison of the prognostic value of systemic inflammation biomarkers for"
    " cancer cachexia: a multicenter prospective study (the ratio was the best of them);"
    " Xu HJ, Ma Y, Deng F, et al. OncoTargets Ther 2017;10:3059-3070. doi:10.2147/OTT.S137002"
)

_G_L_PER_G_DL = 10


def crp_albumin_ratio(features: Features) -> Result:
    """C-reactive protein in mg/L over albumin in g/L. No cut-off: cohorts differ."""
    found = quotient(features, "crp", "albumin", SAME_ILLNESS_DAYS)
    if not isinstance(found, Lacking):
        found /= _G_L_PER_G_DL
    return computed("crp_albumin_ratio", CITATION, found, features, "crp", "albumin")
