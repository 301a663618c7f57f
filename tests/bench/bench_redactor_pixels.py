"""What pixels cost: the gate, a compressed slice that passes it, and images that are read.

Usage: `python tests/bench/bench_redactor_pixels.py`; one thread, CPU time.
"""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import CTImageStorage, JPEG2000Lossless

from radloom.adapters.onnx import EmbeddedInference
from services.redactor.pixels import Decision, redact_pixels
from services.redactor.pixels.gate import text_like
from tests.redactor.drawn_text import (
    Scene,
    object_of,
    picture_of,
    reopened,
    write,
)

ROOT = Path(__file__).parents[2]
Arrays = Mapping[str, NDArray[np.generic]]


def cpu_ms(call: Callable[[], object], repeats: int) -> float:
    """Median CPU time of a call in milliseconds."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return float(np.median(times)) * 1000


def smooth_slice() -> Scene:
    """A slice of 512 x 512 without text."""
    made = Scene(np.full((512, 512), 0.02))
    rows, columns = np.indices((512, 512))
    body = ((columns - 256) / 200) ** 2 + ((rows - 256) / 150) ** 2 < 1
    made.picture[body] = 0.4
    made.picture[(rows - 256) ** 2 + (columns - 300) ** 2 < 40**2] = 0.7
    return made


def labelled(seed: int) -> Scene:
    """An image of 512 x 512 with eight labels."""
    rng = np.random.default_rng(seed)
    made = Scene(picture_of(rng, 512, 512, ("body", "film", "speckle", "flat")[seed % 4]))
    for row in range(8):
        write(made, f"SAMPLE {seed}^NAME {row}", (20 + 30 * row, 20 + 58 * row), height=14)
    return made


def main() -> None:
    """Prints one line per figure."""
    cv2.setNumThreads(1)
    inference = EmbeddedInference(ROOT / "triton_models")

    def infer(model: str, inputs: Arrays) -> Arrays:
        return inference.infer(model, inputs).outputs

    grey = np.rint(smooth_slice().picture * 255).astype(np.uint8)
    sys.stdout.write(f"gate, 512 x 512: {cpu_ms(lambda: text_like(grey), 50):.2f} ms\n")
    ct = object_of(smooth_slice(), bits=16, signed=True, sop_class=CTImageStorage)
    ct.compress(JPEG2000Lossless, generate_instance_uid=False)
    ct = reopened(ct)
    made = redact_pixels(ct, infer=infer)
    assert made.decision is Decision.NO_TEXT_LIKE_STRUCTURE
    passed = cpu_ms(lambda: redact_pixels(ct, infer=infer), 20)
    sys.stdout.write(f"JPEG 2000 slice that passes the gate, 512 x 512: {passed:.1f} ms\n")
    started = time.process_time()
    for seed in range(8):
        redact_pixels(object_of(labelled(seed)), infer=infer)
    rate = 8 / (time.process_time() - started)
    sys.stdout.write(f"images read, 512 x 512, eight labels: {rate:.2f} a second\n")


if __name__ == "__main__":
    main()
