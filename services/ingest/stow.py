"""The answer to a STOW-RS request (PS3.18 section 10.5, table 10.5.3-1, annex I)."""

from collections.abc import Sequence
from typing import Any

from pydicom import Dataset

from services.ingest.handler import Verdict

ALL_STORED, SOME_STORED, NONE_STORED = 200, 202, 409


def answer(verdicts: Sequence[Verdict], root: str) -> tuple[int, dict[str, Any]]:
    """Status and DICOM JSON of the response.

    Args:
        verdicts: What became of each instance.
        root: URL of the DICOMweb service, without slash at the end.
    """
    response = Dataset()
    failed, unnamed, references = [], [], []
    kept = [v.admitted for v in verdicts if v.admitted is not None and v.refusal is None]
    for verdict in verdicts:
        refusal = verdict.refusal
        if refusal is None:
            continue
        item = Dataset()
        item.FailureReason = refusal.failure_reason
        if refusal.sop_instance_uid and refusal.sop_class_uid:
            item.ReferencedSOPClassUID = refusal.sop_class_uid
            item.ReferencedSOPInstanceUID = refusal.sop_instance_uid
            failed.append(item)
        else:
            unnamed.append(item)
    for admitted in kept:
        item = Dataset()
        item.ReferencedSOPClassUID = admitted.sop_class_uid
        item.ReferencedSOPInstanceUID = admitted.sop_instance_uid
        item.RetrieveURL = (
            f"{root}/studies/{admitted.study_instance_uid}/series/"
            f"{admitted.series_instance_uid}/instances/{admitted.sop_instance_uid}"
        )
        references.append(item)
    studies = {admitted.study_instance_uid for admitted in kept}
    if len(studies) == 1:
        response.RetrieveURL = f"{root}/studies/{studies.pop()}"
    if references:
        response.ReferencedSOPSequence = references
    if failed:
        response.FailedSOPSequence = failed
    if unnamed:
        response.OtherFailuresSequence = unnamed
    return _status(len(kept), len(verdicts)), dict(response.to_json_dict())


def _status(kept: int, total: int) -> int:
    if kept == total:
        return ALL_STORED
    return SOME_STORED if kept else NONE_STORED
