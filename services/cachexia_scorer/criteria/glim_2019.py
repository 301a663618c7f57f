"""GLIM 2019: malnutrition, by one phenotypic and one aetiologic criterion.

Phenotypic: weight loss > 5 % within 6 months or > 10 % beyond; body mass index < 20 under 70 years,
< 22 from 70 on (the cut-offs for Asia, 18.5 and 20, are not used); reduced muscle mass, for which
GLIM gives no number for computed tomography and Martin 2013 is used.

Aetiologic: of reduced intake and inflammation only the inflammation of an active malignancy can be
shown; food intake is not recorded in a way that meets "<= 50 % for more than a week". So the
aetiologic side is true or unknown, and the whole is false only when no phenotypic criterion holds.
"""

from fractions import Fraction

from services.cachexia_scorer.criteria import martin_2013
from services.cachexia_scorer.criteria.result import Result, is_above, is_below, judged
from services.cachexia_scorer.features import Features
from services.cachexia_scorer.states import Finding
from services.cachexia_scorer.verdicts import TRUE, Verdict, all_of, any_of, unknown

CITATION = (
    "Cederholm T, Jensen GL, Correia MITD, et al. GLIM criteria for the diagnosis of malnutrition."
    " J Cachexia Sarcopenia Muscle 2019;10:207-217. doi:10.1002/jcsm.12383. Inflammation by"
    " disease: Jensen GL, Cederholm T, Ballesteros-Pomar MD, et al. JPEN 2024."
    " doi:10.1002/jpen.2590."
    " Reduced muscle mass by the cut-offs of Martin 2013"
)

WEIGHT_LOSS_6_MONTHS_PERCENT = Fraction(5)
WEIGHT_LOSS_LONGER_PERCENT = Fraction(10)
OLD_YEARS = Fraction(70)
"""The table says "< 70" and "> 70 years"; whoever has completed 70 years counts as older, which
leaves the birthday itself as the only day of doubt."""
LOW_KG_M2 = Fraction(20)
LOW_WHEN_OLD_KG_M2 = Fraction(22)


def malnutrition(features: Features) -> Result:
    """At least one phenotypic and one aetiologic criterion."""
    phenotypic = any_of(
        is_above(features, "weight_loss_6_months", WEIGHT_LOSS_6_MONTHS_PERCENT),
        is_above(features, "weight_loss_longer", WEIGHT_LOSS_LONGER_PERCENT),
        _low_body_mass_index(features),
        martin_2013.has_low_index(features),
    )
    return judged(
        "glim_2019_malnutrition",
        CITATION,
        all_of(phenotypic, _inflammation(features)),
        features,
        "weight_loss_6_months",
        "weight_loss_longer",
        "bmi",
        "age",
        "smi",
        "sex",
        "malignancy",
    )


def _low_body_mass_index(features: Features) -> Verdict:
    young = is_below(features, "age", OLD_YEARS)
    if young.value is None:
        cuts, missing = {LOW_KG_M2, LOW_WHEN_OLD_KG_M2}, young.missing
        return martin_2013.in_every_stratum(features, "bmi", cuts, missing)
    return is_below(features, "bmi", LOW_KG_M2 if young.value else LOW_WHEN_OLD_KG_M2)


def _inflammation(features: Features) -> Verdict:
    """True with an active malignancy; never false, because other causes are not looked at."""
    state = features.states["malignancy"]
    if isinstance(state, Finding) and state.value == "present":
        return TRUE
    return unknown("inflammation or reduced food intake missing: no active malignancy recorded")
