"""How old evidence may be. The windows are ours: publications rarely give one.

A feature is stale when it was observed more than this many whole days before the moment of the
score. None never grows stale.
"""

from collections.abc import Mapping

INFLAMMATION_DAYS = 30
"""C-reactive protein halves in about a day and cell counts turn over in days: older values tell of
another illness. Cohorts take them within weeks of the assessment."""

CHEMISTRY_DAYS = 90
"""Albumin has a half-life of about three weeks; haemoglobin, urea and creatinine drift over weeks.
A quarter is the usual interval of oncological follow-up."""

WEIGHT_DAYS = 30
"""The newest weight anchors the weight loss; a patient who loses 5 % in six months loses less than
1 % in a month."""

HEIGHT_DAYS = 3650
"""The height of an adult changes by about a centimetre in ten years."""

MUSCLE_DAYS = 90
"""Staging scans come every two to three months; the least significant change of an area at the same
protocol is not reached sooner in most patients."""

SYMPTOM_DAYS = 90
"""As the interval of follow-up: what was not said again is not known to go on."""

STAGE_DAYS = 365
"""A stage may progress; a restaging within the year is usual."""

FRESH_DAYS: Mapping[str, int | None] = {
    "albumin": CHEMISTRY_DAYS,
    "crp": INFLAMMATION_DAYS,
    "neutrophils": INFLAMMATION_DAYS,
    "lymphocytes": INFLAMMATION_DAYS,
    "haemoglobin": CHEMISTRY_DAYS,
    "bun": CHEMISTRY_DAYS,
    "creatinine": CHEMISTRY_DAYS,
    "weight": WEIGHT_DAYS,
    "height": HEIGHT_DAYS,
    "bmi": WEIGHT_DAYS,
    "sma": MUSCLE_DAYS,
    "smi": MUSCLE_DAYS,
    "smd": MUSCLE_DAYS,
    "symptom": SYMPTOM_DAYS,
    "stage": STAGE_DAYS,
    "malignancy": None,
    "sex": None,
}
