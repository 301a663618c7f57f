"""Redacts the studies that ingest released, for every project that exports them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message
from opentelemetry import trace

from radloom.errors import Unavailable
from radloom.identifiers import derived_uuid
from radloom.ports import Reaction
from radloom.wire.v1.custodian_service_pb2 import ResolveSubjectResponse
from radloom.wire.v1.study_received_pb2 import ReceivedSeries, StudyReceived
from services.redactor import release, tables
from services.redactor.copies import Copy, accepted, settled
from services.redactor.handler.staging import Export, Staging, step
from services.redactor.identity import Known
from services.redactor.pseudonyms import Subject
from services.redactor.redaction import Instruments, Project, StudyRedaction
from services.redactor.release import Kept, Redaction
from services.redactor.spans import Kind

Name = tuple[str, str]
"""Series and SOP Instance UID of an instance of the source."""


@dataclass(frozen=True)
class Studies(Staging):
    """Handler of `study.received`."""

    def on_study_received(self, event: StudyReceived) -> Reaction:
        """Redacts a study for every project whose rule names one of its modalities.

        Raises:
            Rejected: Ingest does not know the subject.
            Unavailable: Ingest, a model or the object store do not answer, or ingest gives fewer
                instances than it announced.
        """
        whole = Reaction()
        for export in self.exports.values():
            chosen = [s for s in event.series if export.takes(s.modality)]
            if chosen and not self._is_late(event, export.project):
                with step("redact study"):
                    part = self._redacted(event, export, chosen)
                whole = Reaction(whole.events + part.events, whole.effects + part.effects)
        return whole

    def _is_late(self, event: StudyReceived, project: Project) -> bool:
        """A later revision was redacted; this one came by a retry."""
        study_key = project.pseudonyms.digest("study", event.study_instance_uid.encode())
        with self.database.reading() as connection:
            latest = tables.latest_revision(connection, project.name, study_key)
        return latest > event.revision

    def _redacted(
        self, event: StudyReceived, export: Export, chosen: Sequence[ReceivedSeries]
    ) -> Reaction:
        project, instruments = export.project, self.instruments()
        names = self._names(event, event.series)
        wanted = {series.series_instance_uid for series in chosen}
        exported = [name for name in names if name[0] in wanted]
        identity = self.custodian.resolve_subject(event.subject_key)
        study = StudyRedaction(
            project,
            instruments,
            subject=Subject(identity.patient_id, identity.issuer_of_patient_id),
            known=known_of(identity),
        )
        study.know(lambda: self._contents(event.study_instance_uid, names))
        kept = [self._copied(event, study, project, name) for name in exported]
        left_behind = study.pseudonyms_of(sop for _, sop in set(names) - set(exported))
        identifier = redaction_id(event, project, instruments)
        copies = settled(self._overruled(identifier, exported, study.close()), left_behind)
        made = Redaction(
            redaction_id=identifier,
            project=project.name,
            profile=project.profile.name,
            study_key=project.pseudonyms.digest("study", event.study_instance_uid.encode()),
            subject_code=study.subject_code,
            study_instance_uid=_one_of(copy.study_instance_uid for copy in copies),
            study_revision=event.revision,
            release=1 if any(copy.released for copy in copies) else 0,
            left_behind=left_behind,
            copies=tuple(kept),
        )
        return self._told(event, export, release.with_copies(made, copies, made.release))

    def _names(self, event: StudyReceived, series: Sequence[ReceivedSeries]) -> list[Name]:
        names: list[Name] = []
        for one in series:
            uids = self.source.instances(event.study_instance_uid, one.series_instance_uid)
            if len(uids) < one.instance_count:
                # Half a study would be proven clean without knowing all that its other half says.
                raise Unavailable(
                    f"ingest gave {len(uids)} of {one.instance_count} instances",
                    dependency="ingest",
                    affects_all=False,
                )
            names += [(one.series_instance_uid, uid) for uid in uids]
        return names

    def _contents(self, study: str, names: Sequence[Name]) -> Iterator[bytes]:
        return (self.source.retrieve(study, series, sop) for series, sop in names)

    def _copied(
        self, event: StudyReceived, study: StudyRedaction, project: Project, name: Name
    ) -> Kept:
        original = self.source.retrieve(event.study_instance_uid, *name)
        made = study.redact(original)
        if made.content is None:
            return Kept(made.copy, source=name)
        reference = self.put(project.name, made.content, "dcm")
        return Kept(made.copy, reference.key, reference.size_bytes, name)

    def _overruled(
        self, identifier: str, names: Sequence[Name], copies: Sequence[Copy]
    ) -> list[Copy]:
        """`copies`, those accepted that a person accepted when this same redaction ran before.

        A decision never holds for another revision: what is known of the subject may have grown.
        """
        with self.database.reading() as connection:
            known = tables.accepted_of(connection, identifier)
        return [
            accepted(copy) if copy.sha256 and known.get(sop) == copy.sha256 else copy
            for (_, sop), copy in zip(names, copies, strict=True)
        ]

    def _told(self, event: StudyReceived, export: Export, made: Redaction) -> Reaction:
        now = self.clock.now()
        events: list[Message] = []
        lines: tuple[str, ...] = ()
        if made.released:
            manifest, evidence_ref, evidence = self.staged(made, export.signer)
            lines = evidence.lines
            events.append(release.redacted(made, manifest, evidence_ref, evidence.root, now))
        if made.held:
            manifest = self.put(made.project, release.quarantine_manifest(made), "quarantine")
            study, subject = event.study_instance_uid, event.subject_key
            events.append(release.quarantined(made, study, subject, manifest, now))
        span = trace.get_current_span()
        span.set_attribute("radloom.count", len(made.released))
        span.set_attribute("radloom.refused", len(made.held))
        return Reaction(
            events=tuple(events),
            effects=(lambda connection: tables.keep(connection, made, lines, now),),
        )


def redaction_id(event: StudyReceived, project: Project, instruments: Instruments) -> str:
    """The same for the same content, project, profile, key, models and software."""
    return str(
        derived_uuid(
            "redaction",
            project.name,
            project.profile.name,
            project.pseudonyms.digest("study content", event.content_sha256.encode()),
            instruments.software,
            *(f"{model['name']} {model['sha256']}" for model in instruments.models),
        )
    )


def known_of(identity: ResolveSubjectResponse) -> tuple[Known, ...]:
    """What ingest's identity table says of a subject, whatever the files say."""
    stated = (
        (Kind.NAME, identity.patient_name),
        (Kind.ID, identity.patient_id),
        (Kind.DATE, identity.patient_birth_date),
    )
    return tuple(Known(kind, value) for kind, value in stated if value)


def _one_of(uids: Iterator[str]) -> str:
    return next((uid for uid in uids if uid), "")
