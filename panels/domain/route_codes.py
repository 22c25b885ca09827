"""Codes that show where somebody lives: on a letter to their address, or on a card from an event.

A code is worked out from a key outside the database and a salt beside it, so that the same sheet can be printed twice;
once it is in the post or handed out the salt is erased, and what is left is a keyed hash that only checks a code.
"""

import hashlib
import hmac

from panels.domain import crockford

CODE_BYTES = 5  # forty bits: eight letters
CODE_LETTERS = CODE_BYTES * 8 // 5


def code_of(salt: bytes, number: int, key: bytes) -> str:
    """The code with this number under this salt, as printed: two groups of four letters."""
    drawn = hmac.new(key, b"route-code\n" + number.to_bytes(8) + salt, hashlib.sha256).digest()
    return crockford.grouped(crockford.encode(drawn[:CODE_BYTES]))


def hash_of_code(typed: str, key: bytes) -> str:
    """What is stored of a code, in hexadecimal.

    Raises:
        ValueError: a code is not written like this.
    """
    letters = crockford.normalise(typed)
    if len(letters) != CODE_LETTERS:
        raise ValueError(f"a code has {CODE_LETTERS} letters and digits")
    return hmac.new(key, b"route-code-hash\n" + letters.encode(), hashlib.sha256).hexdigest()
