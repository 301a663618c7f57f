"""Modified Glasgow prognostic score, 0 to 2."""

from fractions import Fraction

from services.cachexia_scorer.criteria.result import (
    SAME_ILLNESS_DAYS,
    Result,
    inputs,
    is_above,
    is_below,
    together,
)
from services.cachexia_scorer.features import Features
from services.cachexia_scorer.verdicts import unknown

CITATION = (
    "McMillan DC. The systemic inflammation-based Glasgow Prognostic Score: a decade of experience"
    " in patients with cancer. Cancer Treat Rev 2013;39:534-540. doi:10.1016/j.ctrv.2012.08.003"
)

CRP_MG_L = Fraction(10)
ALBUMIN_G_DL = Fraction("3.5")


def mgps(features: Features) -> Result:
    """0: CRP <= 10 mg/L. 1: CRP > 10 mg/L. 2: CRP > 10 mg/L and albumin < 35 g/L."""
    inflamed = is_above(features, "crp", CRP_MG_L)
    low = is_below(features, "albumin", ALBUMIN_G_DL)
    apart = together(features, "crp", "albumin", SAME_ILLNESS_DAYS)
    if apart:
        low = unknown(apart.reason)
    score, missing = None, tuple(dict.fromkeys(inflamed.missing + low.missing))
    if inflamed.value is False:
        score, missing = 0, ()
    elif inflamed.value and low.value is not None:
        score = 2 if low.value else 1
    return Result("mgps", score, inputs(features, "crp", "albumin"), missing, CITATION)
