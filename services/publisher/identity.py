"""Whose result it is: the custodian and the images must say the same."""

from collections.abc import Iterable
from dataclasses import replace

from pydicom import Dataset

from radloom.errors import Rejected
from radloom.fhir.observations import Subject
from radloom.wire.v1.custodian_service_pb2 import ResolveSubjectResponse


def subject_of(source: Dataset, system: str = "") -> Subject:
    """Who was examined, as the source image says.

    Args:
        source: Any image of the study.
        system: URI of the site's patient identifiers in the health record; empty when it has none.
    """
    return Subject(
        identifier=str(source.get("PatientID") or "").strip(),
        issuer=str(source.get("IssuerOfPatientID") or "").strip(),
        system=system,
    )


def confirmed(
    identity: ResolveSubjectResponse, source: Iterable[Dataset], system: str = ""
) -> Subject:
    """Who the custodian says was examined, if the images say the same.

    Raises:
        Rejected: They do not.
    """
    patient_id = identity.patient_id.strip()
    issuer = identity.issuer_of_patient_id.strip()
    for image in source:
        told = subject_of(image)
        # Some devices leave the issuer out; where both name one, it is part of the identity.
        if told.identifier != patient_id or (told.issuer and issuer and told.issuer != issuer):
            raise Rejected(
                "images and subject key belong to different patients; nothing was sent",
                reason="identity_mismatch",
            )
    return Subject(patient_id, issuer, system)


def filed(subject: Subject) -> Subject:
    """The subject as the record names it: an issuer that came as the URI of a system is one."""
    if not subject.system and subject.issuer.startswith(("urn:", "http://", "https://")):
        return replace(subject, system=subject.issuer, issuer="")
    return subject
