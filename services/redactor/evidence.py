"""Evidence of what was done to a released copy, which anybody with the public key can check.

A record is a JSON object without any value of the source. Its canonical bytes are signed (Ed25519,
RFC 8032) and are a leaf of the Merkle tree of its study (RFC 9162 section 2.1), so one record can
be shown to belong to a release without showing the others. Neither holds a time: the same input
gives the same bytes. When it happened is in the event and in the database.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from radloom.errors import Rejected

SCHEMA = "radloom/redaction/1"
"""Names what the fields of a record mean; part of every record."""

CONTEXT = b"radloom redaction evidence 1\0"
"""Before the signed bytes: a signature made here means nothing elsewhere."""

LEAF, NODE = b"\0", b"\1"
"""Keep a leaf from passing as a node (RFC 9162 section 2.1.1)."""

Record = Mapping[str, Any]


def canonical(record: Record) -> bytes:
    """The one way to write a record: sorted names, no blanks, ASCII."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@dataclass(frozen=True)
class Signer:
    """Signs records of one project.

    Attributes:
        key: Ed25519 private key.
    """

    key: Ed25519PrivateKey

    @classmethod
    def derived(cls, project_key: bytes) -> "Signer":
        """Signer whose key derives from that of the project, for who has no other."""
        seed = hmac.new(project_key, b"evidence signing key", hashlib.sha256).digest()
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def of_pem(cls, content: bytes) -> "Signer":
        """Signer with the key of a PKCS #8 PEM file.

        Raises:
            Rejected: It holds no Ed25519 private key, or one behind a password.
        """
        try:
            key = load_pem_private_key(content, password=None)
        except (ValueError, TypeError) as error:
            raise _no_key() from error
        if not isinstance(key, Ed25519PrivateKey):
            raise _no_key()
        return cls(key)

    @property
    def public_key(self) -> str:
        """Key that checks the signatures, 64 hexadecimal digits."""
        return self.key.public_key().public_bytes_raw().hex()

    def signed(self, record: Record) -> str:
        """`record` and its signature as one line of JSON, without line break."""
        signature = self.key.sign(CONTEXT + canonical(record)).hex()
        return canonical({"record": record, "signature": signature}).decode()


def opened(line: str, public_key: str) -> dict[str, Any]:
    """The record of a signed line.

    Raises:
        Rejected: The line is none, or was not signed with the key that belongs to `public_key`.
    """
    try:
        both = json.loads(line)
        record: dict[str, Any] = both["record"]
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
            bytes.fromhex(both["signature"]), CONTEXT + canonical(record)
        )
    except InvalidSignature as error:
        raise Rejected(
            "an evidence record does not bear the signature of this key", reason="signature"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Rejected(
            "a line is no signed evidence record, or the public key has not 64 hexadecimal digits",
            reason="evidence",
        ) from error
    return record


# ---------------------------------------------------------------- Merkle tree (RFC 9162, 2.1)


def leaf_hash(record: Record) -> bytes:
    """Hash of a record as a leaf."""
    return hashlib.sha256(LEAF + canonical(record)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; that of no leaf is the hash of nothing."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _node(merkle_root(leaves[:split]), merkle_root(leaves[split:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """What is needed, besides the leaf at `index`, to arrive at the root (section 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_proof(leaves[:split], index), merkle_root(leaves[split:]))
    return (*inclusion_proof(leaves[split:], index - split), merkle_root(leaves[:split]))


def is_included(leaf: bytes, index: int, count: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` stands at `index` of the `count` leaves under `root` (section 2.1.3.2)."""
    if not 0 <= index < count:
        return False
    try:
        return _climbed(leaf, index, count, list(proof)) == root
    except IndexError:
        return False


def _climbed(leaf: bytes, index: int, count: int, proof: list[bytes]) -> bytes:
    if count == 1:
        if proof:
            raise IndexError("the proof is too long")
        return leaf
    split, sibling = _split(count), proof.pop()
    if index < split:
        return _node(_climbed(leaf, index, split, proof), sibling)
    return _node(sibling, _climbed(leaf, index - split, count - split, proof))


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _no_key() -> Rejected:
    return Rejected(
        "the signing key is no Ed25519 private key in PKCS #8 PEM without password; make one with "
        "`openssl genpkey -algorithm ed25519`",
        reason="signing_key",
    )
