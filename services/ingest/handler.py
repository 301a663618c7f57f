"""Takes instances in, groups them into studies, releases studies that are quiet."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from opentelemetry import propagate, trace
from sqlalchemy import Connection

from radloom.errors import Rejected
from radloom.identifiers import derived_uuid
from radloom.ports import Clock, Enqueue, Incoming, InstanceStore, Transactions
from radloom.wire.v1.custodian_service_pb2 import GetDocumentResponse, ResolveSubjectResponse
from radloom.wire.v1.study_received_pb2 import ReceivedSeries, StudyReceived
from services.ingest import tables
from services.ingest.admission import DUPLICATE, MISMATCH, Admitted, Refusal, admit
from services.ingest.subject import subject_key

tracer = trace.get_tracer("services.ingest")


@dataclass(frozen=True)
class Verdict:
    """What became of one instance.

    Attributes:
        admitted: What was read of it; None when it was refused.
        refusal: Why it was refused; None when it is kept.
    """

    admitted: Admitted | None
    refusal: Refusal | None


@dataclass(frozen=True)
class Ingest:
    """Custodian of raw inputs.

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

    # ------------------------------------------------------------ instances

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
        good = [item for item, v in zip(arrived, verdicts, strict=True) if v.admitted]
        self.store.keep(good)
        with self.database.transaction() as connection:
            for k, item in enumerate(arrived):
                admitted = verdicts[k].admitted
                if admitted is None:
                    continue
                try:
                    self._remember(connection, admitted, item.sha256())
                except Refusal as refusal:
                    verdicts[k] = Verdict(None, refusal)
        return verdicts

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
        named = (new.sop_class_uid, new.sop_instance_uid)
        key = subject_key(self.secret, new.patient[0], new.patient[1])
        known = tables.instance(connection, new.sop_instance_uid)
        if known is not None:
            if known["sha256"] != sha256:
                raise Refusal(
                    "another content is kept under this SOP Instance UID; changed content needs "
                    "a new UID",
                    DUPLICATE,
                    *named,
                )
            return
        study = tables.study(connection, new.study_instance_uid)
        if study is not None and study["subject_key"] != key:
            raise Refusal(
                "the study belongs to another patient; check PatientID and IssuerOfPatientID",
                MISMATCH,
                *named,
            )
        now = self.clock.now()
        self._remember_subject(connection, key, new)
        connection.execute(
            sa.insert(tables.INSTANCES).values(
                sop_instance_uid=new.sop_instance_uid,
                study_instance_uid=new.study_instance_uid,
                series_instance_uid=new.series_instance_uid,
                sop_class_uid=new.sop_class_uid,
                modality=new.modality,
                sha256=sha256,
                transfer_syntax_uid=new.transfer_syntax_uid,
                attributes=new.attributes,
                received_at=now,
            )
        )
        opens = not new.is_result_of_ours
        if study is None:
            headers: dict[str, str] = {}
            propagate.inject(headers)
            connection.execute(
                sa.insert(tables.STUDIES).values(
                    study_instance_uid=new.study_instance_uid,
                    subject_key=key,
                    last_received_at=now,
                    is_open=opens,
                    revision=0,
                    trace_headers=headers,
                )
            )
        elif opens:
            connection.execute(
                sa.update(tables.STUDIES)
                .where(tables.STUDIES.c.study_instance_uid == new.study_instance_uid)
                .values(last_received_at=now, is_open=True)
            )

    @staticmethod
    def _remember_subject(connection: Connection, key: str, new: Admitted) -> None:
        if tables.subject(connection, key) is None:
            names = ("patient_id", "issuer_of_patient_id", "patient_name", "patient_birth_date")
            values = dict(zip((*names, "patient_sex"), new.patient, strict=True))
            connection.execute(sa.insert(tables.SUBJECTS).values(subject_key=key, **values))

    # ------------------------------------------------------------ release

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
        study = tables.study(connection, study_instance_uid)
        since = self.clock.now() - self.quiet
        if not study or not study["is_open"] or tables.aware(study["last_received_at"]) > since:
            return 0  # an instance came between looking and locking
        event = self._event(connection, study)
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
        connection.execute(
            sa.update(tables.STUDIES)
            .where(tables.STUDIES.c.study_instance_uid == study_instance_uid)
            .values(is_open=False, revision=event.revision)
        )
        return 1

    def _event(self, connection: Connection, study: tables.Row) -> StudyReceived:
        rows = tables.instances(connection, study=study["study_instance_uid"])
        pairs = "".join(f"{row['sop_instance_uid']} {row['sha256']}\n" for row in rows)
        counts: dict[tuple[str, str], int] = {}
        for row in rows:
            series = (row["series_instance_uid"], row["modality"])
            counts[series] = counts.get(series, 0) + 1
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
        event.released_at.FromDatetime(self.clock.now())
        return event

    # ------------------------------------------------------------ custodian

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

    def keep_document(self, content: bytes, content_type: str, patient_id: str, issuer: str) -> str:
        """Makes a clinical document durable; returns its identifier, the same for the same one.

        Raises:
            Unavailable: The database does not answer.
        """
        key = subject_key(self.secret, patient_id, issuer)
        digest = hashlib.sha256(content).hexdigest()
        document_id = str(derived_uuid("document", key, content_type, digest))
        with self.database.transaction() as connection:
            if tables.document(connection, document_id) is None:
                connection.execute(
                    sa.insert(tables.DOCUMENTS).values(
                        document_id=document_id,
                        subject_key=key,
                        content_type=content_type,
                        content=content,
                        sha256=digest,
                        received_at=self.clock.now(),
                    )
                )
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
        names = ("document_id", "subject_key", "content_type", "content", "sha256")
        answer = GetDocumentResponse(**{name: row[name] for name in names})
        answer.received_at.FromDatetime(tables.aware(row["received_at"]))
        return answer
