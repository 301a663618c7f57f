import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from radloom.errors import Rejected
from services.redactor.evidence import (
    Signer,
    canonical,
    inclusion_proof,
    is_included,
    leaf_hash,
    merkle_root,
    opened,
)

KEY = bytes(range(32))
RECORD = {"sop_instance_uid": "2.25.1", "actions": [["00100010", "PatientName", "replaced", "Z"]]}

leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def test_a_signed_record_is_opened_with_the_public_key_alone() -> None:
    signer = Signer.derived(KEY)
    assert opened(signer.signed(RECORD), signer.public_key) == RECORD


def test_signing_again_gives_the_same_bytes() -> None:
    assert Signer.derived(KEY).signed(RECORD) == Signer.derived(KEY).signed(RECORD)


def test_another_projects_key_opens_nothing() -> None:
    line = Signer.derived(KEY).signed(RECORD)
    with pytest.raises(Rejected, match="signature"):
        opened(line, Signer.derived(bytes(32)).public_key)


def test_a_changed_record_is_noticed() -> None:
    signer = Signer.derived(KEY)
    both = json.loads(signer.signed(RECORD))
    both["record"]["actions"] = []
    with pytest.raises(Rejected, match="signature"):
        opened(json.dumps(both), signer.public_key)


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"record": {}, "signature": "zz"}'])
def test_a_line_that_is_no_record_is_named(line: str) -> None:
    with pytest.raises(Rejected, match="no signed evidence record"):
        opened(line, Signer.derived(KEY).public_key)


def test_a_key_of_a_file_signs() -> None:
    pem = Ed25519PrivateKey.from_private_bytes(KEY).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    signer = Signer.of_pem(pem)
    assert opened(signer.signed(RECORD), signer.public_key) == RECORD


def test_a_key_of_another_kind_is_named() -> None:
    pem = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    for content in (pem, b"no key"):
        with pytest.raises(Rejected, match="openssl genpkey"):
            Signer.of_pem(content)


def test_the_root_is_that_of_rfc_9162() -> None:
    # Two leaves, written out: SHA-256(0x01 || SHA-256(0x00 || a) || SHA-256(0x00 || b)).
    a, b = {"n": 1}, {"n": 2}
    hashes = [hashlib.sha256(b"\0" + canonical(x)).digest() for x in (a, b)]
    expected = hashlib.sha256(b"\1" + hashes[0] + hashes[1]).digest()
    assert merkle_root([leaf_hash(a), leaf_hash(b)]) == expected
    assert merkle_root([]) == hashlib.sha256(b"").digest()


@given(leaves, st.data())
def test_every_leaf_is_proven_and_no_other(hashes: list[bytes], data: st.DataObject) -> None:
    root = merkle_root(hashes)
    index = data.draw(st.integers(0, len(hashes) - 1))
    proof = inclusion_proof(hashes, index)
    assert is_included(hashes[index], index, len(hashes), proof, root)
    stranger = hashlib.sha256(hashes[index]).digest()
    assert not is_included(stranger, index, len(hashes), proof, root)
    assert not is_included(hashes[index], index, len(hashes), (*proof, stranger), root)
    assert not is_included(hashes[index], len(hashes), len(hashes), proof, root)
    if proof:
        assert not is_included(hashes[index], index, len(hashes), proof[1:], root)


@given(leaves)
def test_a_leaf_out_of_place_changes_the_root(hashes: list[bytes]) -> None:
    assert merkle_root([*hashes, hashes[0]]) != merkle_root(hashes)
