"""Signatures (Ed25519 as in RFC 8032, verification only), and the hashes of the public list (RFC 6962)."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Tuple

Point = Tuple[int, int, int, int]
SIGNER = "community-wealth-fund-portal"


class Refused(Exception):  # noqa: N818 - it is said to a person, and names what was found
    """Something in the bundle does not hold."""


class Unreadable(Exception):  # noqa: N818
    """This is no bundle of a vote."""


P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a: Point, b: Point) -> Point:
    """Sum of two points in extended coordinates."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    m, n, o, q = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P, 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = n - m, q - o, q + o, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """A point added to itself this many times."""
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point_of(data: bytes) -> Point | None:
    """The point that 32 bytes stand for; None when they stand for none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (not x and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is by the holder of `key` (32 bytes)."""
    holder, commitment = point_of(key), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if holder is None or commitment is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    x1, y1, z1, _ = times(s, BASE)
    x2, y2, z2, _ = add(commitment, times(k, holder))
    return (x1 * z2 - x2 * z1) % P == 0 and (y1 * z2 - y2 * z1) % P == 0


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of one entry of the list."""
    return sha256(b"\0" + data)


def tree_hash(leaves: list[bytes]) -> bytes:
    """Root over the leaf hashes."""
    level = list(leaves) or [sha256(b"")]
    while len(level) > 1:
        pairs = [sha256(b"\1" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def head_of(note: str, key: bytes) -> tuple[str, int, bytes]:
    """(whose list, how many entries, root) of a signed head."""
    text, _, signature = note.partition("\n\n")
    lines, prefix = text.split("\n"), "\u2014 " + SIGNER + " "
    if len(lines) != 3 or not lines[1].isdigit() or not signature.startswith(prefix):
        raise Refused("A signed head of the public list is not of the form it should have.")
    signed = base64.b64decode(signature[len(prefix) :].strip())
    key_id = sha256(SIGNER.encode() + b"\n\1" + key)[:4]
    if signed[:4] != key_id or not is_signed(key, (text + "\n").encode(), signed[4:]):
        raise Refused("A head of the public list is not signed by the portal: entries may have been changed.")
    return lines[0], int(lines[1]), base64.b64decode(lines[2])


def receipt_bytes(code: str) -> bytes:
    """The beginning of a leaf hash that a receipt's code stands for."""
    letters = re.sub(r"[\s-]", "", code).upper().replace("O", "0").replace("I", "1").replace("L", "1")
    if re.fullmatch("[0-9A-F]{64}", letters):
        return bytes.fromhex(letters)
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    if len(letters) != 16 or set(letters) - set(alphabet):
        raise Unreadable("This is not a receipt code: it has sixteen letters and digits.")
    number = 0
    for letter in letters:
        number = number * 32 + alphabet.index(letter)
    return number.to_bytes(10, "big")
