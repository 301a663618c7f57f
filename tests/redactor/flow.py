"""A redactor over real tables, a real object store and studies in memory; it reads no pixels."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage

from radloom.adapters.database import Database
from radloom.adapters.object_store import FileObjectStore
from radloom.dicom.part10 import encode
from radloom.errors import Rejected, Unavailable
from radloom.ports import Reaction
from radloom.runtime.outbox import Outbox
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)
from radloom.wire.v1.redaction_quarantined_pb2 import QuarantineManifest, RedactionQuarantined
from radloom.wire.v1.study_received_pb2 import StudyReceived
from radloom.wire.v1.study_redacted_pb2 import RedactionManifest, StudyRedacted
from services.redactor.app import MIGRATIONS
from services.redactor.evidence import Signer
from services.redactor.handler import Export, Redactor
from services.redactor.profiles import profile_named
from services.redactor.pseudonyms import Pseudonyms
from services.redactor.redaction import Instruments, Project
from services.redactor.verifier import Validate, Word
from tests.ingest.example import ISSUER, PATIENT_ID, PATIENT_NAME, SERIES, STUDY, ct

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SUBJECT_KEY = "5f" * 32
KEYS = {"lung": bytes(range(32)), "heart": bytes(range(1, 33))}
PLANTED = (PATIENT_ID, "Canary", "Nora", "19500101", ISSUER, "Who^Doctor", STUDY, SERIES)
"""What `ct` says of its patient; none of it may be in anything that leaves."""


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Held:
    """Ingest that holds the files given, by series and SOP Instance UID; silent when told so."""

    files: dict[tuple[str, str], bytes]
    silent: bool = False

    def instances(self, study_instance_uid: str, series_instance_uid: str) -> Sequence[str]:
        if self.silent:
            raise Unavailable("no answer", dependency="ingest")
        assert study_instance_uid == STUDY
        return sorted(sop for series, sop in self.files if series == series_instance_uid)

    def retrieve(
        self, study_instance_uid: str, series_instance_uid: str, sop_instance_uid: str
    ) -> bytes:
        assert study_instance_uid == STUDY
        return self.files[series_instance_uid, sop_instance_uid]


@dataclass
class KnownSubject:
    """Ingest that knows one subject."""

    patient_id: str = PATIENT_ID

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        if subject_key != SUBJECT_KEY:
            raise Rejected("ingest does not know the key", reason="not_found")
        return ResolveSubjectResponse(
            patient_id=self.patient_id,
            issuer_of_patient_id=ISSUER,
            patient_name=PATIENT_NAME,
            patient_birth_date="19500101",
        )

    def document(self, document_id: str) -> GetDocumentResponse:
        raise Rejected(document_id, reason="not_found")

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        raise Rejected(str(len(resource_keys)), reason="not_found")


def blind(image: NDArray[np.uint8]) -> Sequence[Word]:
    """A reader that sees no words."""
    assert image.size
    return ()


def no_model(
    model: str, inputs: Mapping[str, NDArray[np.generic]]
) -> Mapping[str, NDArray[np.generic]]:
    """Images of one grey have nothing to be read: whoever asks a model is wrong."""
    raise AssertionError(f"{model} was asked with {len(inputs)} inputs")


def suspicious_of(*numbers: int) -> Validate:
    """A validator that finds a new error in copies of the instances numbered."""

    def lines(content: bytes) -> list[str]:
        ds = dcmread(BytesIO(content), stop_before_pixels=True)
        is_copy = ds.get("PatientIdentityRemoved") == "YES"
        return ["Error - something"] if is_copy and ds.InstanceNumber in numbers else []

    return lines


def instruments(validate: Validate | None = None) -> Instruments:
    return Instruments(
        infer=no_model,
        read_words=blind,
        validate=validate,
        models=({"name": "none", "version": "1", "sha256": "0" * 64},),
        software="radloom redactor test",
    )


def project(name: str = "lung", profile: str = "basic") -> Project:
    return Project(name, profile_named(profile), Pseudonyms(KEYS[name]))


def report(*references: str, number: int = 1) -> bytes:
    """A Secondary Capture-like CT instance that refers to others."""
    ds = ct(number, series=f"{SERIES}.7", SeriesNumber=7)
    items = []
    for uid in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, uid
        items.append(item)
    ds.ReferencedImageSequence = items
    return encode(ds)


def study(*numbers: int, **more: bytes) -> dict[tuple[str, str], bytes]:
    """CT instances, and further files by SOP Instance UID with underscores for dots."""
    files = {(SERIES, f"{SERIES}.{n}"): encode(ct(n)) for n in numbers}
    return files | {(f"{SERIES}.7", f"{SERIES}.7.{name[1:]}"): c for name, c in more.items()}


def received(files: Mapping[tuple[str, str], bytes], revision: int = 1) -> StudyReceived:
    """What ingest says of a study."""
    event = StudyReceived(
        study_instance_uid=STUDY,
        subject_key=SUBJECT_KEY,
        revision=revision,
        content_sha256=f"{len(files):064d}",
    )
    for uid in sorted({series for series, _ in files}):
        count = sum(series == uid for series, _ in files)
        event.series.add(series_instance_uid=uid, modality="CT", instance_count=count)
    return event


@dataclass
class Stage:
    """A redactor and everything it stands on."""

    redactor: Redactor
    source: Held
    custodian: KnownSubject
    objects: FileObjectStore
    database: Database
    outbox: Outbox
    folder: Path
    told: list[Message] = field(default_factory=list)

    def handle(self, event: StudyReceived) -> Reaction:
        """Handles an event; effects happen, events are noted."""
        reaction = self.redactor.on_study_received(event)
        with self.database.transaction() as connection:
            for effect in reaction.effects:
                effect(connection)
        self.told.extend(reaction.events)
        return reaction

    def redacted(self, revision: int = 1) -> StudyRedacted:
        """The release that the study in the source leads to; nothing else happens."""
        (event,) = self.handle(received(self.source.files, revision)).events
        assert isinstance(event, StudyRedacted)
        return event

    def both(self, revision: int = 1) -> tuple[StudyRedacted, RedactionQuarantined]:
        """Release and quarantine that the study in the source leads to."""
        one, other = self.handle(received(self.source.files, revision)).events
        assert isinstance(one, StudyRedacted)
        assert isinstance(other, RedactionQuarantined)
        return one, other

    def released(self, event: StudyRedacted) -> dict[str, bytes]:
        """Files that a release names, by their SOP Instance UID."""
        manifest = RedactionManifest.FromString(self.objects.get(event.manifest))
        return {i.sop_instance_uid: self.objects.get(i.object) for i in manifest.instances}

    def held(self, event: RedactionQuarantined) -> QuarantineManifest:
        """What a quarantine holds."""
        return QuarantineManifest.FromString(self.objects.get(event.manifest))

    def enqueued(self) -> list[StudyRedacted]:
        """Releases that decisions led to."""
        return [StudyRedacted.FromString(r.record.value) for r in self.outbox.unpublished()]


def export(name: str = "lung", modalities: Sequence[str] = ("CT",)) -> Export:
    return Export(project(name), Signer.derived(KEYS[name]), frozenset(modalities))


@contextmanager
def stage(
    folder: Path,
    files: dict[tuple[str, str], bytes],
    *,
    exports: Sequence[Export] | None = None,
    validate: Validate | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
) -> Iterator[Stage]:
    """A redactor whose tables and objects lie in `folder`."""

    class Clock:
        def now(self) -> datetime:
            return clock()

    database = Database(f"sqlite:///{folder / 'redactor.sqlite'}", schema="redactor")
    database.upgrade(*MIGRATIONS)
    outbox, source, custodian = Outbox(database), Held(files), KnownSubject()
    objects = FileObjectStore(folder / "objects")
    made = [export()] if exports is None else exports
    redactor = Redactor(
        source=source,
        custodian=custodian,
        objects=objects,
        database=database,
        enqueue=outbox.enqueue,
        clock=Clock(),
        exports={one.project.name: one for one in made},
        instruments=lambda: instruments(validate),
    )
    try:
        yield Stage(redactor, source, custodian, objects, database, outbox, folder)
    finally:
        database.close()
