"""Delivers de-identified copies to the research archive of their project, and nothing beside them.

What is sent is what the event names by digest: the manifest, and each file that the manifest names.
No port of the PHI zone but the object store is used here.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from radloom.errors import Rejected
from radloom.ports import Archive, Reaction
from radloom.wire.v1.result_delivered_pb2 import ResultDelivered
from radloom.wire.v1.study_redacted_pb2 import RedactedInstance, RedactionManifest, StudyRedacted
from services.publisher import ledger
from services.publisher.handler.delivery import Delivery, is_late, step
from services.publisher.ledger import Entry, Result, Status

POST_BYTES = 64 * 2**20
POST_INSTANCES = 100
"""Of one post: memory stays flat, however large the study."""

NO_ARCHIVE = ({"gate": "no_research_archive", "reason": "the project has no research archive"},)


@dataclass(frozen=True)
class ResearchArchive:
    """Where the copies of one project go.

    Attributes:
        archive: The archive.
        address: Its URL, without credentials, for the ledger.
    """

    archive: Archive
    address: str


@dataclass(frozen=True)
class RedactionDelivery(Delivery):
    """Handler of `study.redacted`.

    Attributes:
        research: Archive of each project.
    """

    research: Mapping[str, ResearchArchive] = field(default_factory=dict)

    def on_study_redacted(self, event: StudyRedacted) -> Reaction:
        """Sends the copies that the event names, those that were sent before left out.

        Raises:
            Rejected: Event, manifest and files contradict each other, or the archive refuses.
            Unavailable: Object store or archive do not answer.
        """
        manifest = self._manifest(event)
        mine = result_of(event, manifest)
        history = self.history(mine)
        if is_late(mine, history):
            return Reaction()
        destination = self.research.get(event.project)
        if destination is None:
            return Reaction(
                effects=(
                    ledger.write(
                        Entry(replace(mine, gates=NO_ARCHIVE), Status.WITHHELD), self.clock.now()
                    ),
                )
            )
        entry = Entry(
            mine,
            Status.PENDING,
            [_listed(instance) for instance in manifest.instances],
            archive=destination.address,
        )
        with self.database.transaction() as connection:
            ledger.write(entry, self.clock.now())(connection)
        sent = _sent(history, destination.address)
        with step("store copies"):
            for batch in _batches(
                [i for i in manifest.instances if (i.sop_instance_uid, i.object.sha256) not in sent]
            ):
                self._send(destination.archive, event, batch)
        return self._announced(event, entry)

    def _manifest(self, event: StudyRedacted) -> RedactionManifest:
        manifest = RedactionManifest.FromString(self.objects.get(event.manifest))
        named = (manifest.redaction_id, manifest.release, len(manifest.instances))
        if named != (event.redaction_id, event.release, event.released_count):
            raise Rejected("the manifest is not that of the event", reason="manifest")
        return manifest

    def _send(
        self, archive: Archive, event: StudyRedacted, batch: Sequence[RedactedInstance]
    ) -> None:
        stored = archive.store([self.objects.get(instance.object) for instance in batch])
        told = {(item.sop_instance_uid, item.sha256) for item in stored}
        missing = [i for i in batch if (i.sop_instance_uid, i.object.sha256) not in told]
        if missing:
            raise Rejected(
                f"the archive of {event.project} did not acknowledge {len(missing)} of "
                f"{len(batch)} copies",
                reason="not_acknowledged",
            )

    def _announced(self, event: StudyRedacted, entry: Entry) -> Reaction:
        now = self.clock.now()
        announcement = ResultDelivered(
            kind="redaction",
            result_id=event.redaction_id,
            study_instance_uid=event.study_instance_uid,
            subject_key=event.subject_code,
        )
        announcement.delivered_at.FromDatetime(now)
        return Reaction(
            events=(announcement,),
            effects=(
                ledger.end_others(entry.result, Status.SUPERSEDED, now),
                ledger.write(replace(entry, status=Status.DELIVERED), now),
            ),
        )


def result_of(event: StudyRedacted, manifest: RedactionManifest) -> Result:
    """The release as the ledger knows it: one stands of a study of copies."""
    digests = sorted(f"{i.sop_instance_uid} {i.object.sha256}" for i in manifest.instances)
    made_at = event.redacted_at
    return Result(
        kind="redaction",
        result_id=f"{event.redaction_id}.{event.release}",
        about=event.study_instance_uid,
        order=(event.study_revision, made_at.seconds * 1_000_000 + made_at.nanos // 1000),
        study_instance_uid=event.study_instance_uid,
        fingerprint=hashlib.sha256("\n".join(digests).encode()).hexdigest(),
        event=event.SerializeToString(deterministic=True),
    )


def _sent(history: Sequence[Entry], address: str) -> set[tuple[str, str]]:
    """Copies that the archive at `address` acknowledged, as UID and digest."""
    return {
        (instance["sop_instance_uid"], instance["sha256"])
        for entry in history
        if entry.archive == address and entry.status in (Status.DELIVERED, Status.SUPERSEDED)
        for instance in entry.instances
    }


def _listed(instance: RedactedInstance) -> dict[str, str]:
    """Fields of DeliveredInstance."""
    return {
        "sop_class_uid": instance.sop_class_uid,
        "sop_instance_uid": instance.sop_instance_uid,
        "series_instance_uid": instance.series_instance_uid,
        "sha256": instance.object.sha256,
    }


def _batches(instances: Sequence[RedactedInstance]) -> Iterator[Sequence[RedactedInstance]]:
    """`instances` in posts of bounded size; a larger file travels alone."""
    held: list[RedactedInstance] = []
    size = 0
    for instance in instances:
        length = instance.object.size_bytes
        if held and (len(held) == POST_INSTANCES or size + length > POST_BYTES):
            yield held
            held, size = [], 0
        held.append(instance)
        size += length
    if held:
        yield held
