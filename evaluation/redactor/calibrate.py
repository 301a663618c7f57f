"""Fits the constants of `services.redactor.risk` and writes them into the package.

    python -m evaluation.redactor.calibrate             # minutes: images are read
    python -m evaluation.redactor.calibrate --images 0  # reports alone; of images what is shipped

The items are synthetic, so are the strata that they stand for: what is guaranteed holds for items
like these. A site fits its own constants on items that its reviewers judged.
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.redactor import observed
from evaluation.redactor.observed import Observed
from evaluation.redactor.ours import Whole
from evaluation.redactor.report_writer import reports
from services.redactor.risk import (
    MISSED,
    Calibration,
    Constants,
    Control,
    Stratum,
    assured_bound,
    controlled_threshold,
    fitted,
    leaked_share,
    reference,
    shipped_constants,
    written,
)

OUT: Final = Path(__file__).parents[2] / "services/redactor/risk/constants.json"
SEED: Final = 41
"""Seed of the calibration items; no figure is reported on it."""
ALPHA: Final = 0.02
"""Bound on the share of items that are released and leak."""
MODALITIES: Final = ("CR", "CT", "DX", "MG", "MR", "NM", "OT", "PT", "RF", "SC", "US", "XA")
"""In synthetic images the modality is a label that says nothing of the pixels: one fit for all."""
TEXT: Final = Stratum("text")
COMMAND: Final = "python -m evaluation.redactor.calibrate"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fits and writes."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--reports", type=int, default=2000)
    parser.add_argument("--images", type=int, default=160)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    constants = fit(options.seed, options.reports, options.images)
    options.out.write_text(written(constants), encoding="utf-8")
    for stratum, control in sorted(constants.controls.items()):
        print(stratum, control.release_below, control.reviewed, control.leaking, control.items)
    return 0


def fit(seed: int, n_reports: int, n_images: int) -> Constants:
    """Constants from `n_reports` reports and `n_images` images.

    Without images, what the shipped constants say of them stays, with where it is from.
    """
    made = reports(seed, n_reports)
    calibrations = {"text-span": fitted(*observed.spans(made))}
    calibrations["text-missed"], of_text = fit_release(observed.texts(made))
    controls = {TEXT: of_text}
    of_images = {"command": COMMAND, "seed": seed, "images": n_images}
    if n_images:
        found = observed.images(seed, n_images, Whole())
        calibrations["pixels-missed"], control = fit_release(found)
        controls |= {Stratum(modality): control for modality in MODALITIES}
    else:
        shipped = shipped_constants()
        of_images = dict(shipped.provenance["images"])
        calibrations["pixels-missed"] = shipped.calibration("pixels-missed")
        controls |= {s: c for s, c in shipped.controls.items() if s.modality != TEXT.modality}
    provenance = {
        "data": "generators of evaluation/redactor: synthetic reports and images",
        "text": {"command": COMMAND, "seed": seed, "reports": n_reports},
        "images": of_images,
    }
    constants = Constants("", provenance, calibrations, controls)
    digest = hashlib.sha256(json.dumps(written(constants)).encode()).hexdigest()[:12]
    return replace(constants, version=digest)


def fit_release(items: Sequence[Observed]) -> tuple[Calibration, Control]:
    """Calibration of P(missed), and the threshold on the score itself.

    The score was there before any fit, so all items control the threshold.
    """
    scores = [item.features[MISSED] for item in items]
    leaks = [item.leaks for item in items]

    def losses(threshold: float) -> NDArray[np.float64]:
        return leaked_share(scores, leaks, threshold)

    steps = [math.nextafter(score, 2.0) for score in scores]
    below = max(0.0, controlled_threshold(steps, losses, ALPHA))
    control = Control(
        release_below=below,
        alpha=ALPHA,
        assured=assured_bound(losses(below)) if below else 1.0,
        items=len(items),
        leaking=sum(leaks),
        reviewed=float(np.mean([score >= below for score in scores])),
        references={
            name: reference([i.features[name] for i in items]) for name in items[0].features
        },
    )
    return fitted(scores, leaks), control


if __name__ == "__main__":
    sys.exit(main())
