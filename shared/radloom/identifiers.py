"""Identifiers that derive from what they identify, so that a re-run names the same thing."""

import uuid

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "radloom")
"""Namespace of every name-based UUID that radloom derives (RFC 4122 section 4.3)."""


def derived_uuid(*parts: str) -> uuid.UUID:
    """UUID that depends on the parts and their order alone."""
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return uuid.uuid5(NAMESPACE, framed)


def derived_uid(*parts: str) -> str:
    """UID under 2.25 (PS3.5 B.2) that depends on the parts and their order alone."""
    return f"2.25.{derived_uuid(*parts).int}"
