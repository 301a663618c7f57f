"""Prado 2008: sarcopenic obesity in patients with solid tumours.

The abstract calls those sarcopenic who "were below these cut-offs" and obese whose body mass index
is 30 or more; the numbers are quoted by later reviews as "< 52.4" and "< 38.5".
"""

from fractions import Fraction

from services.cachexia_scorer.criteria.martin_2013 import in_every_stratum
from services.cachexia_scorer.criteria.result import Result, is_below, judged
from services.cachexia_scorer.features import Features
from services.cachexia_scorer.states import Finding
from services.cachexia_scorer.verdicts import Verdict, all_of, negated

CITATION = (
    "Prado CMM, Lieffers JR, McCargar LJ, et al. Prevalence and clinical implications of sarcopenic"
    " obesity in patients with solid tumours of the respiratory and gastrointestinal tracts: a"
    " population-based study. Lancet Oncol 2008;9:629-635. doi:10.1016/S1470-2045(08)70153-0"
)

OBESE_KG_M2 = Fraction(30)
INDEX_CM2_M2 = {"female": Fraction("38.5"), "male": Fraction("52.4")}


def sarcopenic_obesity(features: Features) -> Result:
    """Body mass index >= 30 with an index below 38.5 (women) or 52.4 (men) cm2/m2."""
    obese = negated(is_below(features, "bmi", OBESE_KG_M2))
    return judged(
        "prado_2008_sarcopenic_obesity",
        CITATION,
        all_of(obese, below_by_sex(features, "smi", INDEX_CM2_M2)),
        features,
        "bmi",
        "smi",
        "sex",
    )


def below_by_sex(features: Features, name: str, cuts: dict[str, Fraction]) -> Verdict:
    """Whether a feature is below the cut-off of the patient's sex; of both when it is unknown."""
    sex = features.states["sex"]
    if isinstance(sex, Finding):
        return is_below(features, name, cuts[sex.value])
    return in_every_stratum(features, name, cuts.values(), (features.why("sex"),))
