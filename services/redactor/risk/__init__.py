"""How sure: calibrated probabilities, controlled release, and an alarm when the data shift."""

from services.redactor.risk.calibration import (
    UNFITTED,
    Calibration,
    calibration_error,
    fitted,
)
from services.redactor.risk.constants import (
    MISSED,
    Constants,
    Control,
    Features,
    Judgement,
    Stratum,
    read,
    shipped_constants,
    written,
)
from services.redactor.risk.control import (
    assured_bound,
    assured_threshold,
    controlled_threshold,
    leaked_share,
    missed_share,
)
from services.redactor.risk.features import pixel_features, text_features
from services.redactor.risk.shift import Monitor, Reference, reference

__all__ = [
    "MISSED",
    "UNFITTED",
    "Calibration",
    "Constants",
    "Control",
    "Features",
    "Judgement",
    "Monitor",
    "Reference",
    "Stratum",
    "assured_bound",
    "assured_threshold",
    "calibration_error",
    "controlled_threshold",
    "fitted",
    "leaked_share",
    "missed_share",
    "pixel_features",
    "read",
    "reference",
    "shipped_constants",
    "text_features",
    "written",
]
