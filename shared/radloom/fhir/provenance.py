"""Provenance and AuditEvent of de-identified copies, FHIR R4. They name nobody.

Everything in them is a pseudonym, a digest or a name of our own: the target is the study of the
copies, never the source, which is told of by a keyed digest alone.
"""

from dataclasses import dataclass
from datetime import datetime

from radloom import codes
from radloom.fhir.elements import Json, coding, concept, instant, uid_reference
from radloom.fhir.shape import check_shape
from radloom.identifiers import derived_uuid

SOFTWARE = "radloom redactor"


@dataclass(frozen=True)
class Deidentification:
    """One release of de-identified copies.

    Attributes:
        redaction_id: Identifier of the redaction.
        release: Number of the release.
        project: Research project it was made for.
        profile: De-identification profile.
        study_instance_uid: Study Instance UID of the copies.
        source_digest: Keyed digest of the source's Study Instance UID, 64 hexadecimal digits.
        evidence_root: Merkle root over the evidence records.
        released: Copies released.
        held: Instances held.
        software: Name and version of what made them.
        recorded: When they were released.
    """

    redaction_id: str
    release: int
    project: str
    profile: str
    study_instance_uid: str
    source_digest: str
    evidence_root: str
    released: int
    held: int
    software: str
    recorded: datetime


def bundle(made: Deidentification) -> Json:
    """Collection of a Provenance and an AuditEvent about one release.

    Raises:
        Rejected: They have not the shape of FHIR R4.
    """
    entries = [
        {"fullUrl": _url(made, "provenance"), "resource": provenance(made)},
        {"fullUrl": _url(made, "audit-event"), "resource": audit_event(made)},
    ]
    found: Json = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    check_shape(found)
    return found


def provenance(made: Deidentification) -> Json:
    """What the copies are made from, and what proves it."""
    return {
        "resourceType": "Provenance",
        "target": [uid_reference("ImagingStudy", made.study_instance_uid)],
        "recorded": instant(made.recorded),
        "policy": [f"urn:radloom:deidentification-profile:{made.profile}"],
        "reason": [concept(codes.RESEARCH)],
        "activity": concept(codes.PSEUDONYMIZED),
        "agent": [{"type": concept(codes.ASSEMBLER), "who": _device(made)}],
        "entity": [
            _entity("source", made.source_digest, "source study, keyed digest"),
            _entity("derivation", made.evidence_root, "Merkle root of the evidence"),
        ],
    }


def audit_event(made: Deidentification) -> Json:
    """That copies left the PHI zone (DICOM Audit Message 110106, PS3.15 A.5.3.5)."""
    return {
        "resourceType": "AuditEvent",
        "type": coding(codes.EXPORT),
        "action": "R",
        "recorded": instant(made.recorded),
        "outcome": "0",
        "purposeOfEvent": [concept(codes.RESEARCH)],
        "agent": [{"who": _device(made), "requestor": False, "name": made.software}],
        "source": {"observer": _device(made)},
        "entity": [
            {
                "what": uid_reference("ImagingStudy", made.study_instance_uid),
                "lifecycle": coding(codes.DEIDENTIFICATION),
                "detail": [
                    {"type": name, "valueString": value}
                    for name, value in (
                        ("redaction", made.redaction_id),
                        ("release", str(made.release)),
                        ("project", made.project),
                        ("profile", made.profile),
                        ("evidence root", made.evidence_root),
                        ("copies released", str(made.released)),
                        ("instances held", str(made.held)),
                    )
                ],
            }
        ],
    }


def _device(made: Deidentification) -> Json:
    return {"type": "Device", "display": made.software}


def _entity(role: str, value: str, display: str) -> Json:
    return {"role": role, "what": {"identifier": {"value": value}, "display": display}}


def _url(made: Deidentification, part: str) -> str:
    return f"urn:uuid:{derived_uuid(part, made.redaction_id, str(made.release))}"
