"""What a redaction says to the world: manifests, signed records, events."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from radloom.wire.v1.common_pb2 import ObjectRef
from radloom.wire.v1.redaction_quarantined_pb2 import (
    QuarantinedInstance,
    QuarantineManifest,
    ReasonCount,
    RedactionQuarantined,
)
from radloom.wire.v1.study_redacted_pb2 import RedactedInstance, RedactionManifest, StudyRedacted
from services.redactor.copies import Copy
from services.redactor.evidence import Signer, leaf_hash, merkle_root


@dataclass(frozen=True)
class Kept:
    """A copy and where it lies.

    Attributes:
        copy: The copy.
        object_key: Key of its bytes in the object store; "" when no copy was made.
        size_bytes: Their length.
        source: Series and SOP Instance UID of the source; two empty ones once it is released.
    """

    copy: Copy
    object_key: str = ""
    size_bytes: int = 0
    source: tuple[str, str] = ("", "")

    @property
    def reference(self) -> ObjectRef | None:
        """Where its bytes lie; None when no copy was made."""
        if not self.object_key:
            return None
        return ObjectRef(key=self.object_key, sha256=self.copy.sha256, size_bytes=self.size_bytes)


@dataclass(frozen=True)
class Redaction:
    """What was made of one study for one project.

    Attributes:
        redaction_id: As in StudyRedacted.
        project: Name of the project.
        profile: Name of the profile.
        study_key: Keyed digest of the source's Study Instance UID.
        subject_code: As in StudyRedacted.
        study_instance_uid: That of the copies.
        study_revision: Revision of the study at ingest.
        release: Last release; 0 when nothing was released yet.
        left_behind: Pseudonyms of instances of the study that no rule exports.
        copies: Every instance of the export, in order.
    """

    redaction_id: str
    project: str
    profile: str
    study_key: str
    subject_code: str
    study_instance_uid: str
    study_revision: int
    release: int
    left_behind: frozenset[str]
    copies: tuple[Kept, ...]

    @property
    def released(self) -> tuple[Kept, ...]:
        """Copies that may leave, ordered by SOP Instance UID."""
        found = [kept for kept in self.copies if kept.copy.released]
        return tuple(sorted(found, key=lambda kept: kept.copy.sop_instance_uid))

    @property
    def held(self) -> tuple[Kept, ...]:
        """Copies in quarantine, ordered by SOP Instance UID of the source."""
        found = [kept for kept in self.copies if not kept.copy.released]
        return tuple(sorted(found, key=lambda kept: kept.source[1]))


def with_copies(made: Redaction, copies: Sequence[Copy], release: int) -> Redaction:
    """`made` with other states of its copies."""
    kept = tuple(replace(k, copy=c) for k, c in zip(made.copies, copies, strict=True))
    return replace(made, copies=kept, release=release)


# ---------------------------------------------------------------- evidence


@dataclass(frozen=True)
class Evidence:
    """Signed records of one release.

    Attributes:
        lines: One per released copy, in the order of the manifest.
        root: Merkle root over the records, lower-case hexadecimal.
    """

    lines: tuple[str, ...]
    root: str


def evidence_of(made: Redaction, signer: Signer) -> Evidence:
    """Evidence of everything that is released."""
    return Evidence(
        tuple(signer.signed(record_of(kept.copy)) for kept in made.released),
        merkle_root(leaves(made)).hex(),
    )


def leaves(made: Redaction) -> list[bytes]:
    """Leaf hashes of the records of what is released, in the order of the manifest."""
    return [leaf_hash(record_of(kept.copy)) for kept in made.released]


def record_of(copy: Copy) -> dict[str, Any]:
    """Record of a released copy: what was done, and by which word it leaves."""
    verdict = {
        "release": "review" if copy.accepted and copy.reasons else "verified",
        "overruled": sorted(copy.reasons),
    }
    return copy.record | {"verdict": verdict}


# ---------------------------------------------------------------- manifests


def manifest(made: Redaction) -> bytes:
    """RedactionManifest of everything that is released."""
    instances = [
        RedactedInstance(
            sop_class_uid=kept.copy.sop_class_uid,
            sop_instance_uid=kept.copy.sop_instance_uid,
            series_instance_uid=kept.copy.series_instance_uid,
            object=kept.reference,
            reviewed=kept.copy.accepted and bool(kept.copy.reasons),
        )
        for kept in made.released
    ]
    found = RedactionManifest(
        redaction_id=made.redaction_id, release=made.release, instances=instances
    )
    return found.SerializeToString(deterministic=True)


def quarantine_manifest(made: Redaction) -> bytes:
    """QuarantineManifest of everything that is held."""
    instances = [
        QuarantinedInstance(
            sop_class_uid=kept.copy.sop_class_uid,
            series_instance_uid=kept.source[0],
            sop_instance_uid=kept.source[1],
            reasons=kept.copy.reasons,
            candidate=kept.reference,
        )
        for kept in made.held
    ]
    found = QuarantineManifest(redaction_id=made.redaction_id, instances=instances)
    return found.SerializeToString(deterministic=True)


# ---------------------------------------------------------------- events


def redacted(
    made: Redaction, manifest_ref: ObjectRef, evidence_ref: ObjectRef, root: str, at: datetime
) -> StudyRedacted:
    """The event that lets `manifest` leave."""
    event = StudyRedacted(
        redaction_id=made.redaction_id,
        subject_code=made.subject_code,
        project=made.project,
        profile=made.profile,
        study_instance_uid=made.study_instance_uid,
        study_revision=made.study_revision,
        release=made.release,
        manifest=manifest_ref,
        evidence=evidence_ref,
        evidence_root=root,
        released_count=len(made.released),
        quarantined_count=len(made.held),
    )
    event.redacted_at.FromDatetime(at)
    return event


def quarantined(
    made: Redaction, source_study: str, subject_key: str, manifest_ref: ObjectRef, at: datetime
) -> RedactionQuarantined:
    """The event that asks people to look."""
    event = RedactionQuarantined(
        redaction_id=made.redaction_id,
        subject_key=subject_key,
        study_instance_uid=source_study,
        study_revision=made.study_revision,
        project=made.project,
        profile=made.profile,
        manifest=manifest_ref,
        reasons=reason_counts([kept.copy for kept in made.held]),
        released_count=len(made.released),
        quarantined_count=len(made.held),
    )
    event.quarantined_at.FromDatetime(at)
    return event


def reason_counts(copies: Sequence[Copy]) -> list[ReasonCount]:
    """How many copies each reason holds, the most frequent first."""
    counts = Counter(reason for copy in copies for reason in copy.reasons)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [ReasonCount(reason=reason, count=count) for reason, count in ordered]
