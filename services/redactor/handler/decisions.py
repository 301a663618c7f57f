"""What people decide about held copies."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from radloom.errors import Rejected
from radloom.identifiers import derived_uuid
from radloom.wire.v1.redactor_service_pb2 import DecideQuarantinedRequest, DecideQuarantinedResponse
from services.redactor import release, tables
from services.redactor.copies import accepted, settled
from services.redactor.handler.staging import Staging
from services.redactor.release import Kept, Redaction
from services.redactor.tables import Decision

MAX_REASON, MAX_NAME = 500, 200
"""Characters of a reason and of a reviewer's name."""


@dataclass(frozen=True)
class Decisions(Staging):
    """Behind `RedactorService.DecideQuarantined`."""

    def decide(self, request: DecideQuarantinedRequest) -> DecideQuarantinedResponse:
        """Notes a decision; an accepted copy leaves by a new release of its study.

        What leaves is byte for byte what the reviewer saw: the digest of the request, that of the
        row and that of the stored object are compared. The same decision again changes nothing.

        Raises:
            Rejected: There is no such instance in quarantine, a later revision of the study took
                its place, somebody decided otherwise before, or nothing can be accepted.
            Unavailable: Database or object store do not answer.
        """
        what = _checked(request)
        with self.database.transaction() as connection:
            made = tables.redaction(connection, request.redaction_id, lock=True)
            if made is None:
                raise _not_found()
            before = tables.decision(connection, made.redaction_id, request.sop_instance_uid)
            if before is not None:
                return self._again(before, what, made)
            kept = self._decidable(connection, made, request, what)
            now = self.clock.now()
            reasons = kept.copy.reasons
            tables.decide(connection, made, request.sop_instance_uid, what, reasons, now)
            if not what.accepted:
                return DecideQuarantinedResponse(status="rejected")
            return self._released(connection, made, kept)

    def _decidable(
        self,
        connection: Connection,
        made: Redaction,
        request: DecideQuarantinedRequest,
        what: Decision,
    ) -> Kept:
        kept = next((k for k in made.held if k.source[1] == request.sop_instance_uid), None)
        if kept is None:
            raise _not_found()
        latest = tables.latest_revision(connection, made.project, made.study_key)
        if latest > made.study_revision:
            raise Rejected(
                "a later revision of the study was redacted; decide about its copy",
                reason="superseded",
            )
        if what.accepted:
            self._require_same_bytes(kept, what)
        return kept

    def _require_same_bytes(self, kept: Kept, what: Decision) -> None:
        reference = kept.reference
        if reference is None:
            raise Rejected(
                "no copy was made of this instance; it can only be rejected", reason="no_candidate"
            )
        if reference.sha256 != what.candidate_sha256:
            raise Rejected(
                "candidate_sha256 is not the digest of the copy held; look at it again",
                reason="candidate",
            )
        self.objects.get(reference)

    def _released(
        self, connection: Connection, made: Redaction, kept: Kept
    ) -> DecideQuarantinedResponse:
        copies = [accepted(k.copy) if k is kept else k.copy for k in made.copies]
        after = release.with_copies(made, settled(copies, made.left_behind), made.release)
        digests = _digests(after.released)
        now = self.clock.now()
        if digests == _digests(made.released):  # it refers to a copy that is held
            tables.keep(connection, after, tables.evidence(connection, made.redaction_id), now)
            return DecideQuarantinedResponse(status="accepted", release=made.release)
        after = release.with_copies(after, [k.copy for k in after.copies], made.release + 1)
        manifest, evidence_ref, evidence = self.staged(after, self.export_of(made.project).signer)
        tables.keep(connection, after, evidence.lines, now)
        event = release.redacted(after, manifest, evidence_ref, evidence.root, now)
        event_id = str(derived_uuid("study.redacted", made.redaction_id, str(after.release)))
        self.enqueue(connection, event, event_id=event_id)
        return DecideQuarantinedResponse(
            status="accepted", release=after.release, manifest=manifest
        )

    @staticmethod
    def _again(before: Decision, what: Decision, made: Redaction) -> DecideQuarantinedResponse:
        if before != what:
            raise Rejected(
                "somebody decided about this instance before; the first decision stands",
                reason="decided",
            )
        if not before.accepted:
            return DecideQuarantinedResponse(status="rejected")
        return DecideQuarantinedResponse(status="accepted", release=made.release)


def _checked(request: DecideQuarantinedRequest) -> Decision:
    reason, by = request.reason.strip(), request.decided_by.strip()
    if not reason or not by or len(reason) > MAX_REASON or len(by) > MAX_NAME:
        raise Rejected(
            f"a decision needs a reason of 1 to {MAX_REASON} characters and a name of 1 to "
            f"{MAX_NAME}",
            reason="decision",
        )
    digest = request.candidate_sha256 if request.accepted else ""
    return Decision(request.accepted, reason, by, digest)


def _digests(released: Sequence[Kept]) -> list[str]:
    return [kept.copy.sha256 for kept in released]


def _not_found() -> Rejected:
    return Rejected("no such instance in quarantine", reason="not_found")
