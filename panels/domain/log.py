"""The public log of a round: RFC 6962 hashes, heads as C2SP checkpoints signed with Ed25519, receipts.

Source: RFC 6962 section 2.1; C2SP "tlog-checkpoint" and "signed-note".
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from panels.domain import crockford

RECEIPT_LABEL = b"cwf-receipt-v1"
SHORT_CODE_BYTES = 10  # 80 bits, sixteen letters
SIGNER = "community-wealth-fund-portal"
_ED25519 = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Hash of one entry of the log."""
    return hashlib.sha256(b"\x00" + data).digest()


def set_hash(leaves: Sequence[bytes], salt: bytes) -> bytes:
    """What is signed of the leaves to open.

    Without the salt, whoever takes one entry of the public list after another away would find by trying which were
    replaced; it is told to nobody but the keepers, unless no entry is left out.
    """
    return hashlib.sha256(salt + b"".join(sorted(leaves))).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; the hash of nothing for an empty log."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        # Pairing from the left with the odd one carried up gives RFC 6962's split at the largest power of two.
        paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Sibling hashes that prove leaf `index` is under the root of `leaves`, lowest first."""
    path, level = list[bytes](), list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level, index = paired + level[len(paired) * 2 :], index // 2
    return path


def root_from_path(leaf: bytes, path: Sequence[bytes], *, index: int, size: int) -> bytes:
    """The root that this proof leads to; equal to the published root exactly when the leaf is in the log.

    Raises:
        ValueError: the proof has the wrong number of hashes for this index and size.
    """
    current, hashes = leaf, list(path)
    while size > 1:
        if index ^ 1 < size:
            if not hashes:
                raise ValueError("the proof is too short")
            sibling = hashes.pop(0)
            current = _node(sibling, current) if index & 1 else _node(current, sibling)
        index, size = index // 2, (size + 1) // 2
    if hashes:
        raise ValueError("the proof is too long")
    return current


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: whose log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def checkpoint(head: Head, key: Ed25519PrivateKey) -> str:
    """The head as a signed note: text, blank line, one signature line."""
    text = head.text()
    signature = key_id(key.public_key()) + key.sign(text.encode())
    return f"{text}\n\u2014 {SIGNER} {base64.b64encode(signature).decode()}\n"


def read_checkpoint(note: str, key: Ed25519PublicKey) -> Head:
    """The head of a signed note.

    Raises:
        ValueError: the note is malformed or not signed by this key.
    """
    text, _, signatures = note.partition("\n\n")
    lines = text.split("\n")
    prefix = f"\u2014 {SIGNER} "
    if len(lines) != 3 or not signatures.startswith(prefix) or not lines[1].isdigit():
        raise ValueError("this is not a checkpoint of the portal")
    signature = base64.b64decode(signatures.removeprefix(prefix).strip(), validate=True)
    if signature[:4] != key_id(key):
        raise ValueError("the checkpoint is signed by another key")
    verify(key, f"{text}\n".encode(), signature[4:])
    return Head(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True))


def key_id(key: Ed25519PublicKey) -> bytes:
    """First four bytes of the hash of name, type and key, as signed notes name their signers."""
    return hashlib.sha256(SIGNER.encode() + b"\n" + _ED25519 + raw_public(key)).digest()[:4]


def raw_public(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a verifying key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def verify(key: Ed25519PublicKey, message: bytes, signature: bytes) -> None:
    """Raises ValueError unless `signature` over `message` is by this key."""
    try:
        key.verify(signature, message)
    except InvalidSignature as error:
        raise ValueError("the signature does not fit") from error


def short_code(leaf: bytes) -> str:
    """The receipt as a voter reads it: the first 80 bits of the leaf hash, four groups of four letters."""
    return crockford.grouped(crockford.encode(leaf[:SHORT_CODE_BYTES]))


def receipt_promise(round_id: bytes, leaf: bytes, key: Ed25519PrivateKey) -> bytes:
    """The portal's signed promise that this leaf will be under the next head."""
    return key.sign(RECEIPT_LABEL + round_id + leaf)


def check_promise(promise: bytes, key: Ed25519PublicKey, *, round_id: bytes, leaf: bytes) -> None:
    """Raises ValueError unless the portal promised to include this leaf."""
    verify(key, RECEIPT_LABEL + round_id + leaf, promise)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
