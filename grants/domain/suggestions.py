"""Which of several things a bank line most likely is: by amount, by date, by what its text shares with ours."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

EXACT_AMOUNT, NEAR_AMOUNT = 150, 20
FULL_REFERENCE, SHARED_WORD = 80, 15
SAME_DAY, DAYS_COUNTED = 30, 30
WORD = re.compile(r"[A-Z0-9]{4,}", re.ASCII)


@dataclass(frozen=True)
class Movement:
    """A bank line, or what we expected of one: signed pence, the day, and the texts by which it may be known."""

    amount_pence: int
    on: date
    texts: tuple[str, ...]


def likeness(line: Movement, expected: Movement) -> int:
    """How much a line looks like what was expected; higher is likelier, 0 when only direction and day agree, else -1.

    The amount weighs most, then a reference that stands in the line whole, then the day, then words in common.
    """
    if (line.amount_pence < 0) != (expected.amount_pence < 0):
        return -1
    shared = _amount(line, expected) + _texts(line, expected)
    return shared + _days(line, expected) if shared else 0


def ranked(line: Movement, expected: Iterable[tuple[str, Movement]], *, limit: int = 8) -> list[str]:
    """The keys of what the line may be, likeliest first, those that share nothing but the direction left out.

    Equal likeness is broken by the key, so that two people see the same order.
    """
    found = [(likeness(line, movement), key) for key, movement in expected]
    best = sorted((pair for pair in found if pair[0] > 0), key=lambda pair: (-pair[0], pair[1]))
    return [key for _, key in best[:limit]]


def _amount(line: Movement, expected: Movement) -> int:
    gap = abs(line.amount_pence - expected.amount_pence)
    if gap == 0:
        return EXACT_AMOUNT
    return NEAR_AMOUNT if gap * 100 <= abs(expected.amount_pence) else 0  # within one per cent: somebody mistyped


def _texts(line: Movement, expected: Movement) -> int:
    ours = [_plain(text) for text in expected.texts if text]
    theirs = _plain(" ".join(line.texts))
    if any(len(text) > 3 and text in theirs for text in ours):
        return FULL_REFERENCE
    shared = set(WORD.findall(theirs)) & set(WORD.findall(" ".join(ours)))
    return min(FULL_REFERENCE - SHARED_WORD, SHARED_WORD * len(shared))


def _days(line: Movement, expected: Movement) -> int:
    return max(0, SAME_DAY - SAME_DAY * abs((line.on - expected.on).days) // DAYS_COUNTED)


def _plain(text: str) -> str:
    return " ".join(text.upper().split())
