"""Derstine 2018: muscle at L3 compared with healthy young adults, mean minus two deviations."""

from fractions import Fraction

from services.cachexia_scorer.criteria.prado_2008 import below_by_sex
from services.cachexia_scorer.criteria.result import Result, judged
from services.cachexia_scorer.features import Features

CITATION = (
    "Derstine BA, Holcombe SA, Ross BE, et al. Skeletal muscle cutoff values for sarcopenia"
    " diagnosis using T10 to L5 measurements in a healthy US population. Sci Rep 2018;8:11369."
    " doi:10.1038/s41598-018-29825-5"
)

AREA_CM2 = {"female": Fraction("92.2"), "male": Fraction("144.3")}
INDEX_CM2_M2 = {"female": Fraction("34.4"), "male": Fraction("45.4")}
ATTENUATION_HU = {"female": Fraction("34.3"), "male": Fraction("38.5")}


def low_area(features: Features) -> Result:
    """Area below 92.2 (women) or 144.3 (men) cm2."""
    verdict = below_by_sex(features, "sma", AREA_CM2)
    return judged("derstine_2018_low_area", CITATION, verdict, features, "sma", "sex")


def low_muscle_index(features: Features) -> Result:
    """Index below 34.4 (women) or 45.4 (men) cm2/m2."""
    verdict = below_by_sex(features, "smi", INDEX_CM2_M2)
    return judged("derstine_2018_low_muscle_index", CITATION, verdict, features, "smi", "sex")


def low_attenuation(features: Features) -> Result:
    """Mean attenuation below 34.3 (women) or 38.5 (men) HU."""
    verdict = below_by_sex(features, "smd", ATTENUATION_HU)
    return judged("derstine_2018_low_attenuation", CITATION, verdict, features, "smd", "sex")
