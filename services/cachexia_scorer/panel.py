"""Every published criterion of one patient."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from services.cachexia_scorer.criteria import (
    bun_creatinine,
    car,
    derstine_2018,
    fearon_2011,
    glim_2019,
    martin_2013,
    mgps,
    mps,
    nlr,
    pni,
    prado_2008,
)
from services.cachexia_scorer.criteria.result import Result, is_below
from services.cachexia_scorer.features import Features

CRITERIA: tuple[Callable[[Features], Result], ...] = (
    fearon_2011.cachexia,
    glim_2019.malnutrition,
    martin_2013.low_muscle_index,
    martin_2013.low_attenuation,
    martin_2013.weight_loss,
    prado_2008.sarcopenic_obesity,
    derstine_2018.low_area,
    derstine_2018.low_muscle_index,
    derstine_2018.low_attenuation,
    mgps.mgps,
    mps.mps,
    nlr.nlr,
    nlr.nlr_above_3_5,
    pni.pni,
    car.crp_albumin_ratio,
    bun_creatinine.bun_creatinine_ratio,
)

NOT_INCLUDED: Mapping[str, str] = {
    "fearon_2011 cut-offs for muscle on CT": (
        "no source reachable for the consensus's own numbers; those of Martin 2013 are used"
    ),
    "glim_2019 severity": "no source reachable for the consensus's table of stages 1 and 2",
    "glim_2019 cut-offs for Asia": "needs the population of the patient, which is not recorded",
    "glim_2019 reduced food intake": "the share of the energy requirement is not recorded",
    "pni categories": "no source reachable for Onodera's 40 and 45; cohorts use 45 to 47",
    "crp_albumin_ratio categories": "each cohort has its own cut-off",
    "bun_creatinine_ratio categories": "no source reachable for a cut-off for cachexia",
    "myosteatosis (-29 to 29 HU)": "no source reachable, and the area is not measured",
}
"""What one could expect here and why it is not."""

ADULT_YEARS = Fraction(18)
"""All instruments were made in adults."""

MINOR = "instrument is for adults"


def panel(features: Features) -> tuple[Result, ...]:
    """The result of every criterion, in the order of `CRITERIA`.

    A patient known to be younger than 18 years gets none.
    """
    results = tuple(criterion(features) for criterion in CRITERIA)
    if not is_below(features, "age", ADULT_YEARS).value:
        return results
    return tuple(Result(r.name, None, r.inputs, (MINOR,), r.citation) for r in results)
