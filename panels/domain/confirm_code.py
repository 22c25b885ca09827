"""The code a person reads out to whoever confirms where they live: short, checked, and useless to a stranger."""

import hashlib
import hmac

from panels.domain import crockford

NUMBER_BYTES, CHECK_BYTES = 3, 2  # forty bits: eight letters
CODE_LETTERS = (NUMBER_BYTES + CHECK_BYTES) * 8 // 5


def write_code(number: int, key: bytes) -> str:
    """Eight letters in two groups for the declaration of this number."""
    return crockford.grouped(crockford.encode(_bytes_of(number, key)))


def read_code(typed: str, key: bytes) -> int:
    """The number of the declaration.

    Raises:
        ValueError: the letters were never given out.
    """
    text = crockford.normalise(typed)
    if len(text) != CODE_LETTERS:
        raise ValueError(f"a code has {CODE_LETTERS} letters")
    number = crockford.decode(text)[:NUMBER_BYTES]
    if not hmac.compare_digest(crockford.encode(_bytes_of(int.from_bytes(number), key)), text):
        raise ValueError("this code was never given out")
    return int.from_bytes(number)


def _bytes_of(number: int, key: bytes) -> bytes:
    start = number.to_bytes(NUMBER_BYTES)
    return start + hmac.new(key, b"confirm" + start, hashlib.sha256).digest()[:CHECK_BYTES]
