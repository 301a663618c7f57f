"""A muscle measurement, or its refusal, as the ledger knows it."""

import hashlib

from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from services.publisher.ledger import Result

KIND = "muscle"


def result_of(event: MuscleMeasured) -> Result:
    """The result of a study: later revisions win; of one revision, the later measurement."""
    return Result(
        kind=KIND,
        result_id=event.result_id,
        about=event.study_instance_uid,
        order=(event.study_revision, event.measured_at.ToMicroseconds()),
        study_instance_uid=event.study_instance_uid,
        fingerprint=fingerprint(event),
        event=event.SerializeToString(deterministic=True),
        tracking_uid=event.measurement.tracking_uid,
        gates=[{"gate": g.gate, "reason": g.reason} for g in event.refusal.gates],
    )


def fingerprint(event: MuscleMeasured) -> str:
    """Digest of what a result tells people: equal for two runs that say the same."""
    told = MuscleMeasured()
    told.CopyFrom(event)
    for name in ("result_id", "study_revision", "measured_at", "subject_key"):
        told.ClearField(name)
    told.measurement.segmentation.ClearField("key")
    if told.measurement.HasField("votes"):
        told.measurement.votes.ClearField("key")
    for model in told.models:
        model.ClearField("mode")
    return hashlib.sha256(told.SerializeToString(deterministic=True)).hexdigest()
