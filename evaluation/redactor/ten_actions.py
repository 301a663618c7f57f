"""Ten kinds of action of a de-identification challenge, counted anew on our own data.

The kinds are those that the MIDI-B challenge published (arXiv 2507.23608); data, planting and code
are this evaluation's own, so no figure here is a score of that challenge. Unlike there, a file that
is missing fails every action, a date that was deleted fails, and a planted value is sought in the
whole output.
"""

import io
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Final

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset

from evaluation.redactor.byte_search import Haystack
from evaluation.redactor.headers import parsed
from evaluation.redactor.objects import Source, content_of
from evaluation.redactor.people import made_up

ACTIONS: Final = (
    "tag_retained", "text_notnull", "text_retained", "text_removed", "date_shifted", "uid_changed",
    "uid_consistent", "patid_consistent", "pixels_retained", "pixels_hidden",
)  # fmt: skip
RETAINED: Final = (
    "Modality", "Rows", "Columns", "BitsStored", "PhotometricInterpretation", "PixelSpacing",
    "SliceThickness", "RepetitionTime", "EchoTime", "MagneticFieldStrength", "FlipAngle",
    "ImageOrientationPatient", "ImagePositionPatient", "SeriesNumber", "InstanceNumber", "KVP",
    "ScanningSequence", "MRAcquisitionType", "RescaleSlope",
)  # fmt: skip
NOT_NULL: Final = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientID",
    "PatientName", "Modality",
)  # fmt: skip
REMOVED: Final = (
    "PatientName", "ReferringPhysicianName", "InstitutionName", "AccessionNumber",
    "StationName", "OperatorsName", "PatientAddress", "RequestingPhysician", "StudyDescription",
)  # fmt: skip
DATES: Final = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
UIDS: Final = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")


@dataclass(frozen=True)
class Study:
    """Instances of one patient with values of which each must stay, go or move.

    Attributes:
        inputs: Part 10 files.
        tokens: Planted identifier by keyword, the same in all instances.
        useful: Text that StudyDescription must keep beside its identifier.
    """

    inputs: tuple[bytes, ...]
    tokens: dict[str, str]
    useful: str


@dataclass
class ActionScore:
    """Passes and counts by action."""

    passed: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)

    def count(self, action: str, passed: object) -> None:
        """Counts one action."""
        self.total[action] += 1
        self.passed[action] += bool(passed)


def study(instances: Sequence[Source], seed: int) -> Study:
    """One study with planted values."""
    rng = Random(f"{seed}:actions")  # noqa: S311 - synthetic data
    tokens = {
        keyword: (made_up(rng) + "".join(rng.choices("bdfgklmnprstvz", k=4)))[:15]
        for keyword in REMOVED
    }
    first = date(rng.randint(2002, 2024), rng.randint(1, 12), rng.randint(1, 28))
    useful, number = "KNEE LEFT", str(rng.randint(10**7, 10**8))
    inputs = []
    for source in instances:
        ds = source.dataset()
        for keyword, token in tokens.items():
            setattr(ds, keyword, token)
        ds.StudyDescription = f"{useful} for Dr. {tokens['StudyDescription']}"
        ds.PatientID = number
        for keyword in DATES:
            setattr(ds, keyword, f"{first:%Y%m%d}")
        ds.AcquisitionDate = f"{first.replace(day=28):%Y%m%d}"
        ds.FrameOfReferenceUID = "1.2.826.0.1.3680043.10.543.7.1"
        inputs.append(content_of(ds))
    return Study(tuple(inputs), tokens, useful)


def count(score: ActionScore, planted: Study, outputs: Sequence[bytes | None]) -> None:
    """Counts nine of the actions over one study; hidden pixels come from burnt-in labels."""
    before = [_read(content) for content in planted.inputs]
    after = [parsed(content) if content is not None else None for content in outputs]
    for one, made, content in zip(before, after, outputs, strict=True):
        _instance(score, planted, one, made, content)
    _consistent(score, before, after)


def _instance(
    score: ActionScore,
    planted: Study,
    before: FileDataset,
    after: FileDataset | None,
    content: bytes | None,
) -> None:
    haystack = Haystack(content) if content is not None else None
    for keyword in RETAINED:
        if keyword in before:
            score.count("tag_retained", after is not None and keyword in after)
    for keyword in NOT_NULL:
        score.count("text_notnull", after is not None and after.get(keyword) not in (None, ""))
    kept = str(after.get("StudyDescription", "")) if after is not None else ""
    score.count("text_retained", planted.useful in kept)
    for token in planted.tokens.values():
        score.count("text_removed", haystack is not None and not haystack.has(token))
    for keyword in DATES:
        score.count("date_shifted", after is not None and _shifted(before, after, keyword))
    for keyword in UIDS:
        changed = after is not None and after.get(keyword) not in (None, "", before.get(keyword))
        score.count("uid_changed", changed)
    score.count("pixels_retained", after is not None and _same_pixels(before, after))


def _shifted(before: Dataset, after: Dataset, keyword: str) -> bool:
    """Whether a date moved, and by as much as the study date did."""
    moved, study_moved = _days(before, after, keyword), _days(before, after, "StudyDate")
    return bool(moved) and moved == study_moved


def _days(before: Dataset, after: Dataset, keyword: str) -> int | None:
    try:
        days = [datetime.strptime(str(ds[keyword].value), "%Y%m%d") for ds in (before, after)]  # noqa: DTZ007 - DA has no zone
    except (KeyError, ValueError):
        return None
    return (days[1] - days[0]).days


def _same_pixels(before: FileDataset, after: FileDataset) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array_equal(before.pixel_array, after.pixel_array)


def _consistent(
    score: ActionScore, before: Sequence[Dataset], after: Sequence[Dataset | None]
) -> None:
    """The same original has one replacement, and two originals never share one."""
    for keyword, action in [(u, "uid_consistent") for u in UIDS] + [
        ("PatientID", "patid_consistent")
    ]:
        pairs = {
            (one.get(keyword), made.get(keyword))
            for one, made in zip(before, after, strict=True)
            if made is not None
        }
        one_to_one = len({o for o, _ in pairs}) == len(pairs) == len({m for _, m in pairs})
        for made in after:
            given = made is not None and made.get(keyword) not in (None, "")
            score.count(action, given and one_to_one)


def _read(content: bytes) -> FileDataset:
    return dcmread(io.BytesIO(content))
