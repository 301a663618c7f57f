"""Copies go to the archive of their project, and only those that the event names."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from radloom.adapters.database import Database
from radloom.adapters.folder import FolderArchive
from radloom.adapters.folder_record import FolderRecord
from radloom.adapters.object_store import FileObjectStore
from radloom.errors import Rejected, Unavailable
from radloom.ports import Archive, Reaction, StoredInstance
from radloom.wire.v1.result_delivered_pb2 import ResultDelivered
from radloom.wire.v1.study_redacted_pb2 import RedactedInstance, RedactionManifest, StudyRedacted
from services.publisher import ledger
from services.publisher.app import MIGRATIONS
from services.publisher.handler import Publisher
from services.publisher.handler.redaction import ResearchArchive
from tests.ingest.example import ct_file
from tests.publisher.test_handler import KnownSubject, OneSeries

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
STUDY = "2.25.88"


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Recorded:
    """An archive that notes what it is sent, and is away or forgetful when told so."""

    posts: list[list[str]] = field(default_factory=list)
    away: bool = False
    forgets: bool = False

    def series(self, study_instance_uid: str) -> Sequence[object]:
        raise AssertionError(study_instance_uid)

    retrieve_series = series

    def store(self, instances: Sequence[bytes]) -> Sequence[StoredInstance]:
        if self.away:
            raise Unavailable("no answer", dependency="archive")
        self.posts.append([hashlib.sha256(content).hexdigest() for content in instances])
        stored = [
            StoredInstance("1.2", f"{STUDY}.1.{number}", f"{STUDY}.1", digest)
            for content in instances
            for digest in [hashlib.sha256(content).hexdigest()]
            for number in range(1, 9)
            if ct_file(number, study=STUDY, series=f"{STUDY}.1") == content
        ]
        return stored[1:] if self.forgets else stored


@dataclass
class Stage:
    objects: FileObjectStore
    database: Database
    archive: Recorded | FolderArchive
    publisher: Publisher

    def event(self, *numbers: int, release: int = 1, revision: int = 1) -> StudyRedacted:
        """A release of the instances numbered."""
        instances = []
        for number in numbers:
            content = ct_file(number, study=STUDY, series=f"{STUDY}.1")
            ref = self.objects.put(
                f"redactor/lung/{hashlib.sha256(content).hexdigest()}.dcm", content
            )
            uid = f"{STUDY}.1.{number}"
            instances.append(
                RedactedInstance(
                    sop_class_uid="1.2",
                    sop_instance_uid=uid,
                    series_instance_uid=f"{STUDY}.1",
                    object=ref,
                )
            )
        manifest = RedactionManifest(redaction_id="r", release=release, instances=instances)
        content = manifest.SerializeToString()
        ref = self.objects.put(f"m/{hashlib.sha256(content).hexdigest()}", content)
        event = StudyRedacted(
            redaction_id="r",
            subject_code="RL00",
            project="lung",
            study_instance_uid=STUDY,
            study_revision=revision,
            release=release,
            manifest=ref,
            released_count=len(numbers),
        )
        event.redacted_at.FromSeconds(1_790_000_000 + 10 * revision + release)
        return event

    def handle(self, event: StudyRedacted) -> Reaction:
        """Handles an event and runs its effects."""
        reaction = self.publisher.on_study_redacted(event)
        with self.database.transaction() as connection:
            for effect in reaction.effects:
                effect(connection)
        return reaction

    def rows(self) -> list[tuple[str, str, int]]:
        """Result id, status and number of instances of each row, oldest first."""
        with self.database.reading() as connection:
            found = ledger.listing(connection)
        return sorted((r["result_id"], r["status"], len(r["instances"])) for r in found)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    database = Database(f"sqlite:///{tmp_path / 'p.sqlite'}", schema="publisher")
    database.upgrade(*MIGRATIONS)
    objects = FileObjectStore(tmp_path / "objects")

    def made(archive: Recorded | FolderArchive, project: str = "lung") -> Stage:
        to: Archive = archive  # type: ignore[assignment]  # the fake answers no query
        publisher = Publisher(
            ingest=OneSeries([]),
            custodian=KnownSubject(),
            objects=objects,
            archive=FolderArchive(tmp_path / "clinical"),
            record=FolderRecord(tmp_path / "record"),
            database=database,
            clock=StoppedClock(),
            research={project: ResearchArchive(to, "file:///research")},
        )
        return Stage(objects, database, archive, publisher)

    yield made
    database.close()


def test_copies_reach_the_archive_of_their_project_byte_for_byte(
    stage: Callable[..., Stage], tmp_path: Path
) -> None:
    on = stage(FolderArchive(tmp_path / "research"))
    (event,) = on.handle(on.event(1, 2)).events
    assert isinstance(event, ResultDelivered)
    assert (event.kind, event.result_id, event.subject_key) == ("redaction", "r", "RL00")
    sent = {path.read_bytes() for path in (tmp_path / "research").rglob("*.dcm")}
    assert sent == {ct_file(n, study=STUDY, series=f"{STUDY}.1") for n in (1, 2)}
    assert not (tmp_path / "clinical").exists()
    assert on.rows() == [("r.1", "delivered", 2)]


def test_a_later_release_sends_only_what_is_new(stage: Callable[..., Stage]) -> None:
    archive = Recorded()
    on = stage(archive)
    on.handle(on.event(1, 2))
    on.handle(on.event(1, 2, 3, release=2))
    assert [len(post) for post in archive.posts] == [2, 1]
    assert on.rows() == [("r.1", "superseded", 2), ("r.2", "delivered", 3)]


def test_the_same_event_again_sends_nothing_again(stage: Callable[..., Stage]) -> None:
    archive = Recorded()
    on = stage(archive)
    on.handle(on.event(1))
    on.handle(on.event(1))
    assert [len(post) for post in archive.posts] == [1]


def test_an_older_release_that_comes_late_is_left(stage: Callable[..., Stage]) -> None:
    archive = Recorded()
    on = stage(archive)
    on.handle(on.event(1, 2, release=2))
    assert on.handle(on.event(1)).events == ()
    assert on.rows() == [("r.2", "delivered", 2)]


def test_a_project_without_archive_is_sent_nowhere_and_says_so(
    stage: Callable[..., Stage],
) -> None:
    archive = Recorded()
    on = stage(archive, project="heart")
    assert on.handle(on.event(1)).events == ()
    assert archive.posts == []
    assert on.rows() == [("r.1", "withheld", 0)]


def test_what_was_sent_before_the_archive_went_away_is_sent_again(
    stage: Callable[..., Stage],
) -> None:
    archive = Recorded(away=True)
    on = stage(archive)
    with pytest.raises(Unavailable):
        on.handle(on.event(1))
    assert on.rows() == [("r.1", "pending", 1)]
    archive.away = False
    on.handle(on.event(1))
    assert [len(post) for post in archive.posts] == [1]
    assert on.rows() == [("r.1", "delivered", 1)]


def test_a_copy_that_was_not_acknowledged_is_not_delivered(stage: Callable[..., Stage]) -> None:
    on = stage(Recorded(forgets=True))
    with pytest.raises(Rejected) as refused:
        on.handle(on.event(1, 2))
    assert refused.value.reason == "not_acknowledged"
    assert on.rows() == [("r.1", "pending", 2)]


def test_a_file_that_is_not_what_the_event_names_is_never_sent(
    stage: Callable[..., Stage], tmp_path: Path
) -> None:
    archive = Recorded()
    on = stage(archive)
    event = on.event(1)
    (file,) = (tmp_path / "objects" / "redactor").rglob("*.dcm")
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(Rejected) as refused:
        on.handle(event)
    assert refused.value.reason == "digest"
    assert archive.posts == []


@pytest.mark.parametrize(
    "change",
    [{"redaction_id": "other"}, {"release": 9}, {"released_count": 2}],
    ids=["id", "release", "count"],
)
def test_a_manifest_of_another_release_is_refused(
    change: dict[str, object], stage: Callable[..., Stage]
) -> None:
    archive = Recorded()
    on = stage(archive)
    event = on.event(1)
    for name, value in change.items():
        setattr(event, name, value)
    with pytest.raises(Rejected) as refused:
        on.handle(event)
    assert refused.value.reason == "manifest"
    assert archive.posts == []


def test_large_releases_go_in_posts_of_bounded_size(
    stage: Callable[..., Stage],
) -> None:
    from services.publisher.handler import redaction  # noqa: PLC0415 - its splitting alone

    on = stage(Recorded())
    instance = RedactionManifest.FromString(on.objects.get(on.event(1).manifest)).instances[0]
    large = RedactedInstance()
    large.CopyFrom(instance)
    large.object.size_bytes = redaction.POST_BYTES
    batches = list(redaction._batches([instance] * 150 + [large, instance]))  # noqa: SLF001
    assert [len(batch) for batch in batches] == [100, 50, 1, 1]


def test_no_address_with_credentials_stays_in_the_ledger(stage: Callable[..., Stage]) -> None:
    on = stage(Recorded())
    research = {"lung": replace(on.publisher.research["lung"], address="https://pacs/dicom-web")}
    on.publisher = replace(on.publisher, research=research)
    on.handle(on.event(1))
    with on.database.reading() as connection:
        (row,) = ledger.listing(connection)
    assert row["archive"] == "https://pacs/dicom-web"
    assert row["study_instance_uid"] == STUDY
