"""Ratio of urea nitrogen to creatinine."""

from services.cachexia_scorer.criteria.result import (
    SAME_SAMPLE_DAYS,
    Result,
    computed,
    quotient,
)
from services.cachexia_scorer.features import Features

CITATION = (
    "Shen S, Yan X, Xu B. The blood urea nitrogen/creatinine (BUN/cre) ratio was U-shaped"
    " associated with all-cause mortality in general population. Ren Fail 2022."
    " doi:10.1080/0886022X.2022.2030359"
)


def bun_creatinine_ratio(features: Features) -> Result:
    """Urea nitrogen over creatinine, both in mg/dL, of one sample. No cut-off for cachexia."""
    found = quotient(features, "bun", "creatinine", SAME_SAMPLE_DAYS)
    return computed("bun_creatinine_ratio", CITATION, found, features, "bun", "creatinine")
