"""What the pipeline is told of a study that is complete as far as ingest can tell."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from radloom.wire.v1.study_received_pb2 import ReceivedSeries, StudyReceived
from services.ingest.tables import Row


def study_received(study: Row, instances: Sequence[Row], now: datetime) -> StudyReceived:
    """The event of the next release of a study.

    Args:
        study: Its row as it was before.
        instances: Rows of all its instances, in the order of `tables.instances`.
        now: When it is released, UTC.
    """
    pairs = "".join(f"{row['sop_instance_uid']} {row['sha256']}\n" for row in instances)
    counts = Counter((row["series_instance_uid"], row["modality"]) for row in instances)
    event = StudyReceived(
        study_instance_uid=study["study_instance_uid"],
        subject_key=study["subject_key"],
        revision=study["revision"] + 1,
        content_sha256=hashlib.sha256(pairs.encode()).hexdigest(),
        series=[
            ReceivedSeries(series_instance_uid=uid, modality=modality, instance_count=count)
            for (uid, modality), count in sorted(counts.items())
        ],
    )
    event.released_at.FromDatetime(now)
    return event
