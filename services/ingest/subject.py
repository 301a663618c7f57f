"""The keyed identifier under which a patient appears on the bus."""

import hashlib
import hmac

from radloom.errors import Rejected

MIN_SECRET_BYTES = 32
"""As long as the digest: a shorter key would be the weakest part (RFC 2104 section 3)."""


def subject_key(secret: bytes, patient_id: str, issuer_of_patient_id: str) -> str:
    """HMAC-SHA256 of patient identifier and issuer under the site's secret, 64 hexadecimal digits.

    Both parts are preceded by their length, so that no two patients share a message.
    """
    parts = [part.strip().encode() for part in (patient_id, issuer_of_patient_id)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def require_same_patient(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Returns when two identifiers, each with its issuer, name one patient.

    Some devices leave the issuer out; where both name one, it is part of the identity.

    Raises:
        Rejected: They name two.
    """
    patient_id, issuer = (part.strip() for part in one)
    other_id, other_issuer = (part.strip() for part in other)
    if patient_id != other_id or (issuer and other_issuer and issuer != other_issuer):
        raise Rejected(
            "the study that the document names is another patient's; send the identifier and "
            "assigner.display that the images have",
            reason="study_of_another_patient",
        )


def require_secret(secret: str) -> bytes:
    """The secret as bytes.

    Raises:
        ValueError: It is too short to protect anybody.
    """
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ValueError(
            f"the site secret has {len(secret.encode())} bytes, at least {MIN_SECRET_BYTES} are "
            "needed; make one with `openssl rand -hex 32` and keep it for the life of the site"
        )
    return secret.encode()
