"""What the redactor tells of its work: quarantine, evidence, provenance."""

from dataclasses import dataclass
from typing import Any

from radloom.errors import Rejected
from radloom.fhir.provenance import Deidentification, bundle
from services.redactor import release, tables
from services.redactor.evidence import merkle_root
from services.redactor.handler.staging import Staging
from services.redactor.release import Redaction


@dataclass(frozen=True)
class Answers(Staging):
    """Behind the reading doors."""

    def waiting(self, project: str = "") -> list[dict[str, Any]]:
        """Redactions with held instances that nobody decided about, newest first."""
        with self.database.reading() as connection:
            found = [
                tables.redaction(connection, one) for one in tables.quarantined(connection, project)
            ]
        return [
            {
                "redaction_id": made.redaction_id,
                "project": made.project,
                "profile": made.profile,
                "study_revision": made.study_revision,
                "held": len(made.held),
                "released": len(made.released),
                "reasons": {
                    one.reason: one.count
                    for one in release.reason_counts([kept.copy for kept in made.held])
                },
            }
            for made in found
            if made is not None
        ]

    def held(self, redaction_id: str) -> dict[str, Any]:
        """Held instances of a redaction, with what was decided.

        Raises:
            Rejected: There is no such redaction.
        """
        with self.database.reading() as connection:
            made = _known(tables.redaction(connection, redaction_id))
            decided = {
                kept.source[1]: tables.decision(connection, redaction_id, kept.source[1])
                for kept in made.held
            }
        return {
            "redaction_id": made.redaction_id,
            "project": made.project,
            "instances": [
                {
                    "series_instance_uid": kept.source[0],
                    "sop_instance_uid": kept.source[1],
                    "sop_class_uid": kept.copy.sop_class_uid,
                    "reasons": list(kept.copy.reasons),
                    "doubts": kept.copy.record.get("doubts", []),
                    "candidate": {
                        "key": kept.object_key,
                        "sha256": kept.copy.sha256,
                        "size_bytes": kept.size_bytes,
                    }
                    if kept.object_key
                    else None,
                    "decision": {
                        "accepted": what.accepted,
                        "reason": what.reason,
                        "decided_by": what.decided_by,
                    }
                    if (what := decided[kept.source[1]]) is not None
                    else None,
                }
                for kept in made.held
            ],
        }

    def evidence(self, redaction_id: str) -> str:
        """Signed records of the last release, JSON lines.

        Raises:
            Rejected: There is no such redaction.
        """
        with self.database.reading() as connection:
            _known(tables.redaction(connection, redaction_id))
            return "".join(f"{line}\n" for line in tables.evidence(connection, redaction_id))

    def provenance(self, redaction_id: str) -> dict[str, Any]:
        """FHIR Provenance and AuditEvent of the last release.

        Raises:
            Rejected: There is no such redaction, or nothing of it was released.
        """
        with self.database.reading() as connection:
            made = _known(tables.redaction(connection, redaction_id))
            recorded = tables.redacted_at(connection, redaction_id)
        if not made.released:
            raise Rejected("nothing was released of this study", reason="not_found")
        return bundle(
            Deidentification(
                redaction_id=made.redaction_id,
                release=made.release,
                project=made.project,
                profile=made.profile,
                study_instance_uid=made.study_instance_uid,
                source_digest=made.study_key,
                evidence_root=merkle_root(release.leaves(made)).hex(),
                released=len(made.released),
                held=len(made.held),
                software=self.instruments().software,
                recorded=recorded,
            )
        )


def _known(made: Redaction | None) -> Redaction:
    if made is None:
        raise Rejected("no such redaction", reason="not_found")
    return made
