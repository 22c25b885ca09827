"""A keeper's private key on paper: four lines of three groups of five letters, each line with a check of its own.

A line is eight bytes of the key and eleven check bits over its number and these bytes, so a line that is mistyped or
out of place is named. That the whole key is the right one shows when its public key is compared with the rules.
"""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from panels.domain import crockford
from panels.domain.sealing import KeeperKey, public_bytes

LINES, LETTERS, GROUP = 4, 15, 5
LINE_BYTES, CHECK_BITS = 8, 11  # 75 bits: fifteen letters of five
LABEL = b"cwf-key-sheet-v1"
FINGERPRINT_BYTES = 10
KEY_BYTES = LINES * LINE_BYTES


class SheetError(ValueError):
    """What was typed is not a key sheet; the sentence names the line and never repeats it."""


@dataclass(frozen=True)
class KeySheet:
    """The four lines as printed."""

    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def write_sheet(key: ec.EllipticCurvePrivateKey) -> KeySheet:
    """The sheet of a private key."""
    secret = key.private_numbers().private_value.to_bytes(KEY_BYTES)
    chunks = [secret[start : start + LINE_BYTES] for start in range(0, KEY_BYTES, LINE_BYTES)]
    return KeySheet(tuple(_line(number, chunk) for number, chunk in enumerate(chunks, start=1)))


def read_sheet(typed: str) -> ec.EllipticCurvePrivateKey:
    """The private key of a sheet as somebody typed it: case, spaces and dashes do not matter.

    Raises:
        SheetError: there are not four lines, or one of them is mistyped; the sentence says which.
    """
    lines = [line for line in typed.splitlines() if line.strip()]
    if len(lines) != LINES:
        raise SheetError(f"a key sheet has {LINES} lines; this has {len(lines)}")
    secret = b"".join(read_line(number, line) for number, line in enumerate(lines, start=1))
    try:
        return ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
    except ValueError:
        raise SheetError("these four lines are no key") from None


def read_line(number: int, typed: str) -> bytes:
    """The eight bytes of one line.

    Raises:
        SheetError: it is mistyped, or it is another line.
    """
    try:
        text = crockford.normalise(typed)
    except ValueError:
        raise SheetError(f"line {number} has a sign that is on no key sheet") from None
    if len(text) != LETTERS:
        raise SheetError(f"line {number} has {len(text)} letters and digits; it should have {LETTERS}")
    value = 0
    for letter in text:
        value = value << 5 | crockford.ALPHABET.index(letter)
    chunk = (value >> CHECK_BITS).to_bytes(LINE_BYTES)
    if value & (1 << CHECK_BITS) - 1 != _check(number, chunk):
        raise SheetError(f"line {number} is mistyped")
    return chunk


def fingerprint(public: bytes) -> str:
    """The first 80 bits of a public key's hash, four groups of four, as it stands beside the rules."""
    return crockford.grouped(crockford.encode(hashlib.sha256(public).digest()[:FINGERPRINT_BYTES]))


def keeper_of(key: ec.EllipticCurvePrivateKey, keepers: list[str]) -> KeeperKey | None:
    """Which keeper of the frozen rules this key belongs to; None when it is of another round, or nobody's."""
    public = public_bytes(key).hex()
    return KeeperKey(keepers.index(public) + 1, key) if public in keepers else None


def _line(number: int, chunk: bytes) -> str:
    value = int.from_bytes(chunk) << CHECK_BITS | _check(number, chunk)
    letters = "".join(crockford.ALPHABET[value >> 5 * place & 31] for place in reversed(range(LETTERS)))
    return crockford.grouped(letters, GROUP).replace("-", " ")


def _check(number: int, chunk: bytes) -> int:
    return int.from_bytes(hashlib.sha256(LABEL + bytes((number,)) + chunk).digest()[:2]) >> 16 - CHECK_BITS
