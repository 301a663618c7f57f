"""De-identifiers of DICOM files at their defaults: JSON lines [in, out] in, [done, seconds] out.

Run in the evaluation's own environment, one tool at a time: its name is the first argument.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pydicom


def dicognito() -> Callable[[str, str], None]:
    """dicognito, which keeps what it can."""
    from dicognito.anonymizer import Anonymizer  # noqa: PLC0415 - one tool a run

    anonymizer = Anonymizer(seed="evaluation")

    def run(source: str, target: str) -> None:
        ds = pydicom.dcmread(source)
        anonymizer.anonymize(ds)
        ds.save_as(target)

    return run


def dicom_anonymizer() -> Callable[[str, str], None]:
    """dicom-anonymizer with the newest table that it carries."""
    from dicomanonymizer.simpledicomanonymizer import anonymize_dicom_file  # noqa: PLC0415 - one tool a run

    return anonymize_dicom_file


def grand_challenge() -> Callable[[str, str], None]:
    """The de-identifier of grand-challenge.org with its own procedure."""
    from grand_challenge_dicom_de_identifier.deidentifier import DicomDeidentifier  # noqa: PLC0415 - one tool a run

    deidentifier = DicomDeidentifier()

    def run(source: str, target: str) -> None:
        deidentifier.deidentify_file(source, output=target)

    return run


TOOLS = {
    "dicognito": dicognito,
    "dicom-anonymizer": dicom_anonymizer,
    "grand-challenge": grand_challenge,
}


def main() -> None:
    """Answers line by line; a file that ends in an error counts as not done."""
    warnings.simplefilter("ignore")
    run = TOOLS[sys.argv[1]]()
    for line in sys.stdin:
        source, target = json.loads(line)
        start = time.process_time()
        try:
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                run(source, target)
            done = True
        except Exception:  # noqa: BLE001 - of other people's code anything may come
            done = False
        sys.stdout.write(json.dumps([done, time.process_time() - start]) + "\n")


main()
