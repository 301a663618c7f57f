"""The fitted constants of a release: calibrations, thresholds, references, and where they are from.

Written by `python -m evaluation.redactor.calibrate`, read only. What was never fitted is absent,
and absent means review.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from services.redactor.risk.calibration import UNFITTED, Calibration
from services.redactor.risk.shift import Monitor, Reference

MISSED = "missed"
"""Name of the score that every item has: how likely an identifier is left, before calibration."""

FILE = "constants.json"

Features = Mapping[str, float]
"""Scores of one item by name; no text, no identifier. `missed` must be among them."""


@dataclass(frozen=True, order=True)
class Stratum:
    """Items that are taken for exchangeable: guarantees hold within it, and nowhere else.

    Attributes:
        modality: Modality (0008,0060) of images; "text" for reports.
        source: Maker and model, or the system that sent a report; "" for all others.
        language: Language of a report (RFC 5646), such as "en"; "" for images.
    """

    modality: str
    source: str = ""
    language: str = ""


@dataclass(frozen=True)
class Control:
    """What holds in one stratum.

    Attributes:
        release_below: Score `missed`, before calibration, below which an item is released; 0
            releases none.
        alpha: Bound on the expected share of items that are released and leak.
        assured: Bound on that share for 95 % of calibration sets; 1 when there is none.
        items: Calibration items.
        leaking: How many of them would have leaked had all been released.
        reviewed: Share of the calibration items that the threshold sends to review, 0..1.
        references: Spread of each score at calibration, for the shift alarm.
    """

    release_below: float
    alpha: float
    assured: float
    items: int
    leaking: int
    reviewed: float
    references: Mapping[str, Reference]


@dataclass(frozen=True)
class Judgement:
    """Whether an item may be released unseen.

    Attributes:
        release: False sends it to review.
        probability_missed: Calibrated probability that an identifier is left, 0..1.
        reason: "" when released; "risk", "shift" or "uncalibrated" when not.
        version: Version of the constants.
    """

    release: bool
    probability_missed: float
    reason: str
    version: str


@dataclass(frozen=True)
class Constants:
    """Everything fitted.

    Attributes:
        version: Changes with every fit; goes into the evidence.
        provenance: Command, data and seeds they come from.
        calibrations: By what is scored: "text-span", "text-missed", "pixels-region",
            "pixels-missed".
        controls: By stratum.
    """

    version: str
    provenance: Mapping[str, Any]
    calibrations: Mapping[str, Calibration]
    controls: Mapping[Stratum, Control]

    def calibration(self, scored: str) -> Calibration:
        """From score to probability for what is `scored`; the identity when none was fitted."""
        return self.calibrations.get(scored, UNFITTED)

    def control(self, stratum: Stratum) -> Control | None:
        """What holds in `stratum`, or in its modality and language when its source is unknown."""
        wider = Stratum(stratum.modality, "", stratum.language)
        return self.controls.get(stratum) or self.controls.get(wider)

    def monitor(self, stratum: Stratum) -> Monitor:
        """A monitor of `stratum` that has seen nothing since calibration."""
        control = self.control(stratum)
        return Monitor.started(control.references if control else {})

    def judged(self, stratum: Stratum, features: Features, monitor: Monitor) -> Judgement:
        """Whether an item of `stratum` may be released unseen.

        Raises:
            KeyError: `features` lacks "missed".
        """
        scored = "text-missed" if stratum.modality == "text" else "pixels-missed"
        missed = self.calibration(scored)(features[MISSED])
        control = self.control(stratum)
        if control is None or scored not in self.calibrations:
            reason = "uncalibrated"
        elif monitor.alarmed:
            reason = "shift"
        else:
            reason = "" if features[MISSED] < control.release_below else "risk"
        return Judgement(not reason, missed, reason, self.version)


def read(text: str) -> Constants:
    """Constants from their JSON.

    Raises:
        ValueError: It is no such JSON, or breaks a rule of what it holds.
    """
    try:
        return _read(json.loads(text))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not the constants of risk: {type(error).__name__} {error}") from error


@cache
def shipped_constants() -> Constants:
    """The constants of this release."""
    return read(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def written(constants: Constants) -> str:
    """JSON that `read` reads."""
    calibrations = {
        name: {"scores": c.scores, "probabilities": c.probabilities, "items": c.items}
        for name, c in sorted(constants.calibrations.items())
    }
    controls = [_control_json(s, c) for s, c in sorted(constants.controls.items())]
    document = {
        "version": constants.version,
        "provenance": constants.provenance,
        "calibrations": calibrations,
        "controls": controls,
    }
    return json.dumps(document, indent=1) + "\n"


def _control_json(stratum: Stratum, control: Control) -> dict[str, Any]:
    references = {
        name: {"edges": r.edges, "counts": r.counts} for name, r in control.references.items()
    }
    return {**vars(stratum), **vars(control), "references": references}


def _read(document: dict[str, Any]) -> Constants:
    calibrations = {
        name: Calibration(tuple(c["scores"]), tuple(c["probabilities"]), int(c["items"]))
        for name, c in document["calibrations"].items()
    }
    controls = dict(_read_control(dict(row)) for row in document["controls"])
    return Constants(document["version"], document["provenance"], calibrations, controls)


def _read_control(row: dict[str, Any]) -> tuple[Stratum, Control]:
    stratum = Stratum(row.pop("modality"), row.pop("source"), row.pop("language"))
    references = {
        name: Reference(tuple(r["edges"]), tuple(r["counts"]))
        for name, r in row.pop("references").items()
    }
    return stratum, Control(**row, references=references)
