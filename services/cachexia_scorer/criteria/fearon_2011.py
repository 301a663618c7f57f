"""Fearon 2011: the international consensus definition of cancer cachexia.

Its phrase is "weight loss greater than 5 %, or greater than 2 % in individuals already showing
depletion according to current bodyweight and height (body mass index < 20) or skeletal muscle mass
(sarcopenia)". For sarcopenia on computed tomography the cut-offs of Martin 2013 are used: the
consensus's own were not found in a text that could be read. It asks for cancer without simple
starvation; neither is checked here.
"""

from fractions import Fraction

from services.cachexia_scorer.criteria import martin_2013
from services.cachexia_scorer.criteria.result import Result, is_above, is_below, judged
from services.cachexia_scorer.features import Features
from services.cachexia_scorer.verdicts import all_of, any_of

CITATION = (
    "Fearon K, Strasser F, Anker SD, et al. Definition and classification of cancer cachexia: an"
    " international consensus. Lancet Oncol 2011;12:489-495. doi:10.1016/S1470-2045(10)70218-7."
    " Sarcopenia by the cut-offs of Martin 2013"
)

WEIGHT_LOSS_PERCENT = Fraction(5)
WEIGHT_LOSS_WHEN_DEPLETED_PERCENT = Fraction(2)
DEPLETED_KG_M2 = Fraction(20)


def cachexia(features: Features) -> Result:
    """Weight loss > 5 % within six months, or > 2 % with body mass index < 20 or sarcopenia."""
    depleted = any_of(
        is_below(features, "bmi", DEPLETED_KG_M2), martin_2013.has_low_index(features)
    )
    verdict = any_of(
        is_above(features, "weight_loss_6_months", WEIGHT_LOSS_PERCENT),
        all_of(
            is_above(features, "weight_loss_6_months", WEIGHT_LOSS_WHEN_DEPLETED_PERCENT), depleted
        ),
    )
    return judged(
        "fearon_2011_cachexia",
        CITATION,
        verdict,
        features,
        "weight_loss_6_months",
        "bmi",
        "smi",
        "sex",
    )
