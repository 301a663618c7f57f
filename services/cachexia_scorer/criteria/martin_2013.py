"""Martin 2013: low muscle index, low muscle attenuation and weight loss in patients with cancer.

The same cut-offs stand for "sarcopenia" and "reduced muscle mass" in criteria that name those
without a number for computed tomography.
"""

from collections.abc import Iterable
from fractions import Fraction

from services.cachexia_scorer.criteria.result import Result, is_above, is_below, judged
from services.cachexia_scorer.features import Features
from services.cachexia_scorer.states import Finding
from services.cachexia_scorer.verdicts import FALSE, TRUE, Verdict, unknown

CITATION = (
    "Martin L, Birdsell L, MacDonald N, et al. Cancer cachexia in the age of obesity: skeletal"
    " muscle depletion is a powerful prognostic factor, independent of body mass index."
    " J Clin Oncol 2013;31:1539-1547. doi:10.1200/JCO.2012.45.2722"
)

OVERWEIGHT_KG_M2 = Fraction(25)
"""Cut-offs change at a body mass index of 25: "< 25" and ">= 25"."""

INDEX_WOMEN_CM2_M2 = Fraction(41)
INDEX_MEN_CM2_M2 = Fraction(43)
INDEX_OVERWEIGHT_MEN_CM2_M2 = Fraction(53)
ATTENUATION_HU = Fraction(41)
ATTENUATION_OVERWEIGHT_HU = Fraction(33)
WEIGHT_LOSS_PERCENT = Fraction(8)


def low_muscle_index(features: Features) -> Result:
    """Index below 41 (women), 43 (men), 53 (men of body mass index 25 or more) cm2/m2."""
    return judged(
        "martin_2013_low_muscle_index",
        CITATION,
        has_low_index(features),
        features,
        "smi",
        "sex",
        "bmi",
    )


def low_attenuation(features: Features) -> Result:
    """Mean attenuation below 41 HU; below 33 HU at a body mass index of 25 or more."""
    lean = is_below(features, "bmi", OVERWEIGHT_KG_M2)
    cuts = _by(lean, ATTENUATION_HU, ATTENUATION_OVERWEIGHT_HU)
    verdict = in_every_stratum(features, "smd", cuts, lean.missing)
    return judged("martin_2013_low_attenuation", CITATION, verdict, features, "smd", "bmi")


def weight_loss(features: Features) -> Result:
    """More than 8 % of the weight lost within six months."""
    verdict = is_above(features, "weight_loss_6_months", WEIGHT_LOSS_PERCENT)
    return judged("martin_2013_weight_loss", CITATION, verdict, features, "weight_loss_6_months")


def has_low_index(features: Features) -> Verdict:
    """See `low_muscle_index`; decided without sex or body mass index where they do not matter."""
    sex = features.states["sex"]
    lean = is_below(features, "bmi", OVERWEIGHT_KG_M2)
    men = _by(lean, INDEX_MEN_CM2_M2, INDEX_OVERWEIGHT_MEN_CM2_M2)
    if not isinstance(sex, Finding):
        missing = (features.why("sex"), *lean.missing)
        return in_every_stratum(features, "smi", {INDEX_WOMEN_CM2_M2, *men}, missing)
    if sex.value == "female":
        return is_below(features, "smi", INDEX_WOMEN_CM2_M2)
    return in_every_stratum(features, "smi", men, lean.missing)


def in_every_stratum(
    features: Features, name: str, cuts: Iterable[Fraction], missing: tuple[str, ...]
) -> Verdict:
    """Whether a feature is below its cut-off, where several strata are still possible.

    Args:
        features: The feature state.
        name: The feature.
        cuts: The cut-off of every stratum that is possible.
        missing: What is missing to know the stratum.
    """
    verdicts = [is_below(features, name, cut) for cut in cuts]
    values = {verdict.value for verdict in verdicts}
    if values == {True}:
        return TRUE
    if values == {False}:
        return FALSE
    own = (reason for verdict in verdicts for reason in verdict.missing)
    return unknown(*dict.fromkeys((*own, *missing)))


def _by(lean: Verdict, below: Fraction, otherwise: Fraction) -> set[Fraction]:
    """Cut-offs that are possible."""
    if lean.value is None:
        return {below, otherwise}
    return {below} if lean.value else {otherwise}
