"""The one key of a payment attempt: EndToEndId in ISO 20022, reference in BACS, the payee's line on a statement.

Sixteen characters of base32 (A–Z, 2–7) fit all three (35, 18 and 18 characters) and hold 80 bits of a SHA-256, so
that a key is computed again rather than looked up: the same attempt has the same key on every retry.
"""

import base64
import hashlib
import re
from collections.abc import Iterable

REFERENCE = re.compile(r"[A-Z2-7]{16}", re.ASCII)


def file_reference(end_to_end_ids: Iterable[str]) -> str:
    """What a file of these payments is called at the bank: the same for the same payments."""
    return reference_for(natural_key=f"run:{','.join(sorted(end_to_end_ids))}")


def reference_for(*, natural_key: str) -> str:
    """The reference of whatever `natural_key` names, for instance "tranche:812:attempt:1".

    Raises:
        ValueError: the natural key is empty.
    """
    if not natural_key:
        raise ValueError("a reference needs something to refer to")
    digest = hashlib.sha256(natural_key.encode()).digest()
    return base64.b32encode(digest[:10]).decode("ascii")


def is_reference(text: str) -> bool:
    """True when the text could be one of our references; statements carry others' references too."""
    return REFERENCE.fullmatch(text) is not None
