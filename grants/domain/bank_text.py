"""What may stand in a bank message: characters, amounts, account numbers.

Source: the character set is the one UK clearing and SEPA share (EPC217-08, "Best practices: SEPA requirements for
character set"); the shapes of sort code and account number are those of Pay.UK's published modulus checking guide.
"""

import re
import unicodedata
from dataclasses import dataclass

LARGEST_PENCE = 10**13  # £100 billion: above it somebody mistyped
REPLACEMENTS = {"&": "+", "’": "'", "‘": "'", "“": "'", "”": "'", '"': "'", "–": "-", "—": "-", "_": "-", "£": "GBP"}
LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d"}
ALLOWED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*", re.ASCII)
NOT_ALLOWED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]", re.ASCII)
AMOUNT = re.compile(r"(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,2}))?", re.ASCII)
SORT_CODE = re.compile(r"[0-9]{6}", re.ASCII)
ACCOUNT_NUMBER = re.compile(r"[0-9]{8}", re.ASCII)


class BankTextError(ValueError):
    """A text or amount that no bank message may carry; the message says which and why."""


@dataclass(frozen=True)
class Account:
    """A UK bank account. Both parts are digits only, leading zeros kept."""

    sort_code: str
    account_number: str


def bank_text(text: str, *, limit: int) -> str:
    """`text` in the characters banks exchange, at most `limit` long: accents dropped, the unwritable left out.

    Raises:
        BankTextError: nothing readable is left, for instance of a name in another script.
    """
    cut = " ".join((text if ALLOWED.fullmatch(text) else _in_allowed(text)).split())[:limit].rstrip()
    if not any(char.isalnum() for char in cut):
        raise BankTextError(f"{text[:40]!r} has no letter or digit that a bank message can carry.")
    return cut


def _in_allowed(text: str) -> str:
    spelled = "".join(LETTERS.get(char, REPLACEMENTS.get(char, char)) for char in text)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode("ascii")
    return NOT_ALLOWED.sub(" ", plain)


def format_pence(pence: int) -> str:
    """Pence as pounds with two decimals: 1234 → "12.34".

    Raises:
        BankTextError: not above zero, or £100 billion and more.
    """
    if not 0 < pence < LARGEST_PENCE:
        raise BankTextError(f"{pence} pence is not an amount that can be paid.")
    return f"{pence // 100}.{pence % 100:02d}"


def parse_pence(text: str) -> int:
    """Pounds as written in a bank message, in pence: "12.3" → 1230; never negative.

    Raises:
        BankTextError: a sign, a comma, more than two decimals, other digits than 0–9, or £100 billion and more.
    """
    match = AMOUNT.fullmatch(text)
    if not match:
        raise BankTextError(f"{text[:40]!r} is not an amount in pounds with at most two decimals.")
    pence = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if pence >= LARGEST_PENCE:
        raise BankTextError(f"{text[:40]!r} is more than any amount this fund could pay or receive.")
    return pence
