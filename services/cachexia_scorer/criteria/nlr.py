"""Neutrophil-to-lymphocyte ratio."""

from fractions import Fraction

from services.cachexia_scorer.criteria.result import (
    SAME_SAMPLE_DAYS,
    Lacking,
    Result,
    computed,
    judged,
    quotient,
)
from services.cachexia_scorer.features import Features
from services.cachexia_scorer.verdicts import FALSE, TRUE, Verdict, unknown

CITATION = (
    "Zhang Q, Song MM, Zhang X, et al. Association of systemic inflammation with survival in"
    " patients with cancer cachexia. J Cachexia Sarcopenia Muscle 2021;12:1466-1476."
    " doi:10.1002/jcsm.12761"
)

CUT_CITATION = (
    "It's not only about weight loss: tackling pancreatic cancer-associated cachexia (722P),"
    " abstract of 95 patients: NLR > 3.5 associated with cachexia, p = 0.001"
)

CACHEXIA_CUT = Fraction("3.5")


def nlr(features: Features) -> Result:
    """Neutrophils over lymphocytes of one sample."""
    return computed("nlr", CITATION, ratio(features), features, "neutrophils", "lymphocytes")


def nlr_above_3_5(features: Features) -> Result:
    """Ratio above 3.5."""
    verdict = is_ratio_above(features, CACHEXIA_CUT)
    return judged("nlr_above_3_5", CUT_CITATION, verdict, features, "neutrophils", "lymphocytes")


def is_ratio_above(features: Features, cut: Fraction) -> Verdict:
    """Whether the ratio is greater than a cut-off."""
    found = ratio(features)
    if isinstance(found, Lacking):
        return unknown(*found.missing)
    return TRUE if found > cut else FALSE


def ratio(features: Features) -> Fraction | Lacking:
    """The ratio, or what is missing."""
    return quotient(features, "neutrophils", "lymphocytes", SAME_SAMPLE_DAYS)
