"""The way to archive, record and ledger that every kind of result takes."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry import trace
from pydicom import Dataset

from radloom.errors import Rejected
from radloom.ports import (
    Archive,
    Clock,
    Custodian,
    FhirServer,
    ObjectStore,
    Reaction,
    Transactions,
)
from radloom.wire.v1.result_delivered_pb2 import DeliveredInstance, ResultDelivered
from services.publisher import ledger
from services.publisher.ledger import Entry, Result, Status

Told = Callable[[Mapping[str, Any]], object]
"""What a FHIR resource must still say when it is read back; None when that is nothing."""

Stored = Sequence[tuple[Dataset, bytes]]
"""DICOM objects and their bytes as they are sent."""

_tracer = trace.get_tracer("radloom.publisher")


@dataclass(frozen=True)
class Delivery:
    """Ports of the publisher.

    Attributes:
        ingest: Source images.
        custodian: Identity behind the subject key, and documents.
        objects: Segmentations that muscle_seg made.
        archive: Where DICOM objects go.
        record: Where FHIR transactions go.
        database: Holds the ledger.
        clock: Tells when the last acknowledgement came.
        patient_system: URI of patient identifiers in the record; empty when the site has none.
        archive_address: Where results go, for the ledger; holds no credentials.
        record_address: As for the archive.
    """

    ingest: Archive
    custodian: Custodian
    objects: ObjectStore
    archive: Archive
    record: FhirServer
    database: Transactions
    clock: Clock
    patient_system: str = ""
    archive_address: str = ""
    record_address: str = ""

    def history(self, result: Result) -> list[Entry]:
        """Every result about the same, latest first."""
        with self.database.reading() as connection:
            return ledger.history(connection, result.kind, result.about)

    def send(self, result: Result, objects: Stored, bundle: Mapping[str, Any], told: Told) -> Entry:
        """Sends DICOM objects, if any, and a transaction; returns what was acknowledged.

        Raises:
            Rejected: A destination refuses for good, or the record does not hold what it took.
            Unavailable: A destination does not answer.
        """
        pending = Entry(
            result,
            Status.PENDING,
            [_instance(ds, content) for ds, content in objects],
            archive=self.archive_address if objects else "",
            record=self.record_address,
        )
        with self.database.transaction() as connection:
            ledger.write(pending, self.clock.now())(connection)
        if objects:
            with step("store"):
                self._store([content for _, content in objects], pending.instances)
        with step("record"):
            resources = self.record.transaction(bundle)
            self._read_back(bundle, resources, told)
        return replace(pending, resources=resources)

    def delivered(self, entry: Entry, *, subject_key: str, document_id: str = "") -> Reaction:
        """The result stands alone now, and everybody may know."""
        result, now = entry.result, self.clock.now()
        announcement = ResultDelivered(
            kind=result.kind,
            result_id=result.result_id,
            study_instance_uid=result.study_instance_uid,
            subject_key=subject_key,
            document_id=document_id,
            tracking_uid=result.tracking_uid,
            instances=[DeliveredInstance(**instance) for instance in entry.instances],
            resources=entry.resources,
        )
        announcement.delivered_at.FromDatetime(now)
        return Reaction(
            events=(announcement,),
            effects=(
                ledger.end_others(result, Status.SUPERSEDED, now),
                ledger.write(replace(entry, status=Status.DELIVERED), now),
            ),
        )

    def _store(self, contents: Sequence[bytes], instances: Sequence[Mapping[str, str]]) -> None:
        acknowledged = {item.sop_instance_uid for item in self.archive.store(contents)}
        missing = [i for i in instances if i["sop_instance_uid"] not in acknowledged]
        if missing:
            raise Rejected(
                f"the archive did not acknowledge {len(missing)} of {len(contents)} objects",
                reason="not_acknowledged",
            )

    def _read_back(self, bundle: Mapping[str, Any], resources: Sequence[str], told: Told) -> None:
        """What the record now holds must say what was sent."""
        entries = bundle["entry"]
        if len(entries) != len(resources):
            raise Rejected(
                f"the record answered {len(resources)} of {len(entries)} entries",
                reason="not_acknowledged",
            )
        for entry, reference in zip(entries, resources, strict=True):
            sent = told(entry["resource"])
            if sent is not None and told(self.record.read(reference)) != sent:
                raise Rejected(
                    f"{reference} does not hold what was sent", reason="readback_differs"
                )


def is_late(mine: Result, history: Sequence[Entry]) -> bool:
    """Whether a later result has spoken; mine then came by a retry."""
    return any(other.result.order > mine.order for other in history)


def said_already(mine: Result, history: Sequence[Entry]) -> Entry | None:
    """A delivered result that says the same, as mine; None when there is none."""
    for other in history:
        if other.status is Status.DELIVERED and other.result.fingerprint == mine.fingerprint:
            return replace(other, result=mine)
    return None


def standing(history: Sequence[Entry], mine: Result) -> Entry | None:
    """The latest other result that a destination may hold: delivered, or on its way."""
    for entry in history:
        sent = entry.status in (Status.DELIVERED, Status.PENDING)
        if sent and entry.result.result_id != mine.result_id:
            return entry
    return None


@contextmanager
def step(name: str) -> Iterator[None]:
    """A span around one step."""
    with _tracer.start_as_current_span(f"publisher {name}") as span:
        span.set_attribute("radloom.step", name)
        yield


def _instance(ds: Dataset, content: bytes) -> dict[str, str]:
    """Fields of DeliveredInstance."""
    return {
        "sop_class_uid": str(ds.SOPClassUID),
        "sop_instance_uid": str(ds.SOPInstanceUID),
        "series_instance_uid": str(ds.SeriesInstanceUID),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
