"""RFC 6962 against its published test vectors, and heads and receipts against tampering."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from panels.domain.log import (
    Head,
    check_promise,
    checkpoint,
    inclusion_path,
    leaf_hash,
    read_checkpoint,
    receipt_promise,
    root_from_path,
    short_code,
    tree_hash,
)

ENTRIES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
)]  # fmt: skip
# Source: test vectors of the certificate-transparency reference implementation, as used with RFC 6962.
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
HEAD = Head("fund.example/round/1", 8, bytes.fromhex(ROOTS[8]))


@pytest.mark.parametrize("size", ROOTS)
def test_tree_hash_matches_the_published_vectors(size):
    assert tree_hash([leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size]


def test_tree_hash_of_nothing():
    assert tree_hash([]) == hashlib.sha256(b"").digest()


@given(size=st.integers(1, 40), data=st.data())
def test_inclusion_path_leads_to_the_root_and_no_other_leaf_does(size, data):
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(leaves, index)

    assert root_from_path(leaves[index], path, index=index, size=size) == tree_hash(leaves)
    assert root_from_path(leaf_hash(b"other"), path, index=index, size=size) != tree_hash(leaves)


@pytest.mark.parametrize(("change", "sentence"), [(lambda p: p[:-1], "too short"), (lambda p: [*p, p[0]], "too long")])
def test_root_from_path_refuses_a_proof_of_the_wrong_length(change, sentence):
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    with pytest.raises(ValueError, match=sentence):
        root_from_path(leaves[2], change(inclusion_path(leaves, 2)), index=2, size=8)


def test_checkpoint_reads_back():
    assert read_checkpoint(checkpoint(HEAD, KEY), KEY.public_key()) == HEAD


def test_checkpoint_with_another_root_is_refused():
    note = checkpoint(HEAD, KEY).replace("\n8\n", "\n7\n")
    with pytest.raises(ValueError, match="signature does not fit"):
        read_checkpoint(note, KEY.public_key())


def test_checkpoint_by_another_key_is_refused():
    with pytest.raises(ValueError, match="another key"):
        read_checkpoint(checkpoint(HEAD, OTHER), KEY.public_key())


@pytest.mark.parametrize("note", ["", "a\nb\nc\n\nnothing", "a\n1\nAA==\n\n\u2014 someone AAAA\n"])
def test_read_checkpoint_refuses_other_text(note):
    with pytest.raises(ValueError, match="not a checkpoint"):
        read_checkpoint(note, KEY.public_key())


def test_receipt_promise_is_for_one_leaf_of_one_round():
    leaf = leaf_hash(b"sealed")
    promise = receipt_promise(bytes(16), leaf, KEY)

    check_promise(promise, KEY.public_key(), round_id=bytes(16), leaf=leaf)
    for round_id, other in ((b"\1" * 16, leaf), (bytes(16), leaf_hash(b"other"))):
        with pytest.raises(ValueError, match="does not fit"):
            check_promise(promise, KEY.public_key(), round_id=round_id, leaf=other)


def test_short_code_is_the_first_eighty_bits():
    code = short_code(bytes(10) + b"\xff" * 22)

    assert code == "0000-0000-0000-0000"
    assert short_code(b"\xff" * 32) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
