"""What guard, layout and verifier cost per 512 x 512 CT file, without reading pixels.

Prints milliseconds of CPU time on one core, the best of five runs:
`python tests/bench/bench_redactor_verifier.py`.
"""

import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import dcmread

from services.redactor.attributes import redact_attributes
from services.redactor.guard import admit
from services.redactor.layout import finish
from services.redactor.profiles import BASIC, declare_pixels
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import RedactedText
from services.redactor.verifier import Needles, Verification

SAMPLE = Path(__file__).parents[2] / "samples" / "ct_torso" / "0001.dcm"
PSEUDONYMS = Pseudonyms(b"k" * 32)
SIZE, ROUNDS = 512, 200


def milliseconds(work: Callable[[], object]) -> float:
    """CPU time of one call, the best of five runs."""
    runs = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(ROUNDS // 5):
            work()
        runs.append(time.process_time() - start)
    return min(runs) / (ROUNDS // 5) * 1000


def slice_of_a_scanner() -> bytes:
    """The sample's header around smooth noise of 512 x 512, twelve bits in sixteen."""
    ds = dcmread(SAMPLE)
    steps = np.random.default_rng(0).integers(-3, 4, (SIZE, SIZE))
    ds.Rows = ds.Columns = SIZE
    ds.PixelData = (np.cumsum(steps, axis=1) % 4096).astype("<u2").tobytes()
    content = BytesIO()
    ds.save_as(content, enforce_file_format=True)
    return content.getvalue()


def unread(text: str) -> RedactedText:
    """No text is read: its cost is measured elsewhere."""
    return RedactedText("", (), 0.0) if text else RedactedText(text, (), 0.0)


def header_path(content: bytes) -> bytes:
    """Reads, redacts attributes, writes."""
    ds = admit(content)
    subject = Subject(str(ds.PatientID))
    redact_attributes(ds, profile=BASIC, pseudonyms=PSEUDONYMS, subject=subject, redact_text=unread)
    declare_pixels(ds, cleaned=False)
    return finish(ds, redact_text=unread).content


def main() -> None:
    content = slice_of_a_scanner()
    output = header_path(content)
    verification = Verification(Needles.gather([dcmread(BytesIO(content))]))
    if verification.check(content, output):
        raise SystemExit("the output is doubted")
    untouched = milliseconds(lambda: finish(admit(content), redact_text=unread))
    sys.stdout.write(
        f"file of {len(content)} bytes\n"
        f"admit: {milliseconds(lambda: admit(content)):.2f} ms\n"
        f"admit and finish: {untouched:.2f} ms\n"
        f"admit, attributes, finish: {milliseconds(lambda: header_path(content)):.2f} ms\n"
        f"verify: {milliseconds(lambda: verification.check(content, output)):.2f} ms\n"
    )


if __name__ == "__main__":
    main()
