"""Memorial Sloan Kettering prognostic score, 0 to 2: a Glasgow score without C-reactive protein."""

from fractions import Fraction

from services.cachexia_scorer.criteria.nlr import is_ratio_above
from services.cachexia_scorer.criteria.result import (
    SAME_ILLNESS_DAYS,
    Result,
    inputs,
    is_below,
    together,
)
from services.cachexia_scorer.features import Features
from services.cachexia_scorer.verdicts import unknown

CITATION = (
    "Lebenthal JM, Zheng J, Glare PA, O'Reilly EM, Yang AC, Epstein AS. Prognostic value of the"
    " Memorial Sloan Kettering Prognostic Score in metastatic pancreatic adenocarcinoma. Cancer"
    " 2021. doi:10.1002/cncr.33420"
)

ALBUMIN_G_DL = Fraction(4)
NLR = Fraction(4)


def mps(features: Features) -> Result:
    """One point for albumin < 4 g/dL, one for a neutrophil-to-lymphocyte ratio > 4."""
    low = is_below(features, "albumin", ALBUMIN_G_DL)
    high = is_ratio_above(features, NLR)
    apart = together(features, "albumin", "neutrophils", SAME_ILLNESS_DAYS)
    if apart:
        low = unknown(apart.reason)
    score = None
    if low.value is not None and high.value is not None:
        score = int(low.value) + int(high.value)
    return Result(
        "mps",
        score,
        inputs(features, "albumin", "neutrophils", "lymphocytes"),
        tuple(dict.fromkeys(low.missing + high.missing)),
        CITATION,
    )
