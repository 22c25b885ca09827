"""Which payments of a file one debit of the bank pays for: all that it still owes an answer for, or those of one day.

Bacs debits one sum for each day of processing; other banks book a whole file in one. Rejected payments are in neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Owed:
    """A payment that the bank has not answered for; `arrive_on` tells the part of the file that it was sent in."""

    key: int
    pence: int
    arrive_on: date


def paid_by(owed: Sequence[Owed], *, pence: int, value_on: date, count: int | None = None) -> list[int]:
    """The keys of the payments that a debit pays for, by total and count; none where it is neither all nor a day's.

    Where the payments of several days come to one sum, those that should arrive nearest to its value date are meant.

    Args:
        owed: Payments of one file.
        pence: What was debited, above zero.
        value_on: The bank's value date.
        count: How many payments the bank says that it paid.
    """
    days = sorted({one.arrive_on for one in owed}, key=lambda day: (abs((day - value_on).days), day))
    parts = [list(owed), *([one for one in owed if one.arrive_on == day] for day in days)]
    for part in parts:
        if part and sum(one.pence for one in part) == pence and count in (None, len(part)):
            return [one.key for one in part]
    return []
