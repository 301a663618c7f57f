"""Takes instances in, groups them into studies, releases studies that are quiet."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import BinaryIO, TypeVar

import sqlalchemy as sa
from opentelemetry import propagate, trace
from sqlalchemy import Connection

from radloom.errors import Rejected, Unavailable
from radloom.identifiers import derived_uuid
from radloom.ports import Clock, Enqueue, Incoming, InstanceStore, Transactions
from radloom.wire.v1.custodian_service_pb2 import GetDocumentResponse, ResolveSubjectResponse
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from services.ingest import tables
from services.ingest.admission import (
    DUPLICATE,
    MISMATCH,
    Admitted,
    Refusal,
    admit,
    same_data_set,
)
from services.ingest.documents import Document
from services.ingest.release import study_received
from services.ingest.subject import require_same_patient, subject_key

log = logging.getLogger(__name__)
tracer = trace.get_tracer("services.ingest")

T = TypeVar("T")

MAX_COLLISIONS = 10
"""Each costs another process a commit, so as many in a row mean something else."""


@dataclass(frozen=True)
class Verdict:
    """What became of one instance.

    Attributes:
        admitted: What was read of it; None when it was refused.
        refusal: Why it was refused; None when it is kept.
        is_known: Kept since before, unchanged.
    """

    admitted: Admitted | None
    refusal: Refusal | None
    is_known: bool = False


@dataclass(frozen=True)
class StudyIntake:
    """Custodian of images and documents.

    Attributes:
        store: Keeps the files.
        database: Studies, instances, subjects, documents.
        enqueue: Adds an event to the outbox.
        clock: Tells the time.
        secret: Site secret behind subject keys.
        quiet: How long a study must be quiet before it is released.
    """

    store: InstanceStore
    database: Transactions
    enqueue: Enqueue
    clock: Clock
    secret: bytes
    quiet: timedelta

    def receive(
        self, arrived: Sequence[Incoming], study_instance_uid: str = ""
    ) -> Sequence[Verdict]:
        """Judges instances and makes those that may come in durable; returns when they are.

        Both doors end here. Files are durable before rows, rows before the answer.

        Args:
            arrived: Complete Part 10 files.
            study_instance_uid: Study that the sender says they belong to; empty for any.

        Raises:
            Unavailable: Store or database do not answer; nothing was acknowledged.
        """
        verdicts = [self._judge(item, study_instance_uid) for item in arrived]
        with self.database.reading() as connection:
            verdicts = [
                self._compared(connection, item, verdict)
                for item, verdict in zip(arrived, verdicts, strict=True)
            ]
        self.store.keep(
            [
                item
                for item, v in zip(arrived, verdicts, strict=True)
                if v.admitted and not v.is_known
            ]
        )
        return self._transact(lambda connection: self._remember_each(connection, arrived, verdicts))

    def _compared(self, connection: Connection, item: Incoming, verdict: Verdict) -> Verdict:
        """The verdict in the light of what is kept already, before anything is written."""
        if verdict.admitted is None:
            return verdict
        known = tables.instance(connection, verdict.admitted.sop_instance_uid)
        study = tables.study(connection, verdict.admitted.study_instance_uid)
        try:
            is_known = self._agrees(verdict.admitted, item.sha256(), item.read, known, study)
        except Refusal as refusal:
            return Verdict(None, refusal)
        return replace(verdict, is_known=is_known)

    def _agrees(
        self,
        new: Admitted,
        sha256: str,
        content: Callable[[], BinaryIO],
        known: tables.Row | None,
        study: tables.Row | None,
    ) -> bool:
        """Whether an instance is kept already; an unchanged resend is no news.

        Raises:
            Refusal: It contradicts what is kept.
        """
        named = (new.sop_class_uid, new.sop_instance_uid)
        if known is not None:
            if sha256 == known["sha256"] or self._holds(known["sha256"], content):
                return True
            raise Refusal(
                "kept with other content; changed content needs a new UID", DUPLICATE, *named
            )
        if study is not None and study["subject_key"] != self._key(new):
            raise Refusal("the study is another patient's; check PatientID", MISMATCH, *named)
        return False

    def _holds(self, sha256: str, content: Callable[[], BinaryIO]) -> bool:
        """Whether the data set is that of a kept file, in another door's envelope."""
        try:
            kept = self.store.path(sha256)
        except Rejected:
            return False
        with content() as new, kept.open("rb") as old:
            return same_data_set(new, old)

    def _key(self, new: Admitted) -> str:
        return subject_key(self.secret, new.patient[0], new.patient[1])

    def _transact(self, write: Callable[[Connection], T]) -> T:
        """Result of `write` in one transaction.

        Of two transactions that add the same row at once PostgreSQL fails one; it looks again and
        then finds the other's row.
        """
        for _ in range(MAX_COLLISIONS):
            try:
                with self.database.transaction() as connection:
                    return write(connection)
            except sa.exc.IntegrityError:
                continue
        raise Unavailable(
            f"{MAX_COLLISIONS} times another process added the same rows; send it again",
            dependency="database",
        )

    def _remember_each(
        self, connection: Connection, arrived: Sequence[Incoming], verdicts: Sequence[Verdict]
    ) -> Sequence[Verdict]:
        final = list(verdicts)
        rows = [(v.admitted, k) for k, v in enumerate(verdicts) if v.admitted and not v.is_known]
        # All take locks in one order, so that none waits for one that waits for it.
        rows.sort(key=lambda row: (row[0].study_instance_uid, row[0].sop_instance_uid, row[1]))
        for admitted, k in rows:
            try:
                self._remember(connection, admitted, arrived[k].sha256())
            except Refusal as refusal:
                final[k] = Verdict(None, refusal)
        for verdict in final:
            if verdict.refusal is not None:
                log.warning(
                    "an instance was refused: %s", f"0x{verdict.refusal.failure_reason:04X}"
                )
        return final

    @staticmethod
    def _judge(item: Incoming, study_instance_uid: str) -> Verdict:
        try:
            with item.read() as content:
                return Verdict(admit(content, study_instance_uid), None)
        except Refusal as refusal:
            return Verdict(None, refusal)

    def _remember(self, connection: Connection, new: Admitted, sha256: str) -> None:
        """Adds the rows of one instance; an unchanged resend changes nothing.

        Raises:
            Refusal: It contradicts what is kept already.
        """
        known = tables.instance(connection, new.sop_instance_uid)
        study = tables.study(connection, new.study_instance_uid, lock=True)
        if self._agrees(new, sha256, lambda: self.store.path(sha256).open("rb"), known, study):
            return
        key = self._key(new)
        now = self.clock.now()
        tables.add_subject(connection, key, new.patient)
        tables.add_instance(connection, new, sha256, now)
        opens = not new.is_result_of_ours
        if study is None:
            headers: dict[str, str] = {}
            propagate.inject(headers)
            tables.add_study(connection, new.study_instance_uid, key, now, headers, is_open=opens)
        elif opens:
            tables.reopen(connection, new.study_instance_uid, now)

    def release_quiet_studies(self) -> int:
        """Releases every study that has been quiet long enough; returns how many.

        Raises:
            Unavailable: The database does not answer.
        """
        released = 0
        since = self.clock.now() - self.quiet
        with self.database.reading() as connection:
            due = [row["study_instance_uid"] for row in tables.quiet_studies(connection, since)]
        for uid in due:
            with self.database.transaction() as connection:
                released += self._release(connection, uid)
        return released

    def _release(self, connection: Connection, study_instance_uid: str) -> int:
        """Marks a study as released and enqueues the event, in one transaction."""
        study = tables.study(connection, study_instance_uid, lock=True)
        since = self.clock.now() - self.quiet
        if not study or not study["is_open"] or tables.aware(study["last_received_at"]) > since:
            return 0  # an instance came between looking and locking
        rows = tables.instances(connection, study=study_instance_uid)
        event = study_received(study, rows, self.clock.now())
        parent = propagate.extract(study["trace_headers"])
        with tracer.start_as_current_span(
            "release study",
            context=parent,
            attributes={
                "radloom.revision": event.revision,
                "radloom.count": sum(series.instance_count for series in event.series),
            },
        ):
            name = derived_uuid("study.received", study_instance_uid, event.content_sha256)
            self.enqueue(connection, event, event_id=str(name))
        tables.close(connection, study_instance_uid, event.revision)
        return 1

    def resolve_subject(self, key: str) -> ResolveSubjectResponse:
        """Identity behind a subject key.

        Raises:
            Rejected: The key is unknown.
            Unavailable: The database does not answer.
        """
        with self.database.reading() as connection:
            row = tables.subject(connection, key)
        if row is None:
            raise Rejected("no subject has this key", reason="not_found")
        return ResolveSubjectResponse(**{name: row[name] for name in row if name != "subject_key"})

    def keep_document(self, new: Document) -> str:
        """Makes a clinical document durable and announces it; returns its identifier.

        The same document of the same patient keeps its identifier and is announced once.

        Raises:
            Rejected: It names a study of another patient.
            Unavailable: The database does not answer.
        """
        key = subject_key(self.secret, new.patient_id, new.issuer)
        digest = hashlib.sha256(new.content).hexdigest()
        parts = (key, new.content_type, digest, *new.about.distinction)
        document_id = str(derived_uuid("document", *parts))
        now = self.clock.now()
        event = DocumentReceived(
            document_id=document_id,
            subject_key=key,
            content_type=new.content_type,
            sha256=digest,
            study_instance_uid=new.about.study_instance_uid,
        )
        event.received_at.FromDatetime(now)

        def keep(connection: Connection) -> None:
            about = tables.patient_of(connection, new.about.study_instance_uid)
            if about is not None:
                require_same_patient(about, (new.patient_id, new.issuer))
            tables.add_subject(connection, key, (new.patient_id, new.issuer, "", "", ""))
            if tables.add_document(connection, document_id, key, digest, new, now):
                self.enqueue(connection, event, event_id=document_id)

        self._transact(keep)
        return document_id

    def document(self, document_id: str) -> GetDocumentResponse:
        """A clinical document as it came.

        Raises:
            Rejected: The id is unknown.
            Unavailable: The database does not answer.
        """
        with self.database.reading() as connection:
            row = tables.document(connection, document_id)
        if row is None:
            raise Rejected("no document has this id", reason="not_found")
        answer = GetDocumentResponse(**{n: row[n] for n in row if n != "received_at"})
        answer.received_at.FromDatetime(tables.aware(row["received_at"]))
        return answer
