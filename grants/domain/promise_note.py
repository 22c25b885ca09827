"""The note of promises: when what is pledged and committed falls due, by the order of the schedule."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from grants.domain.dates import add_months

MONTHS_IN_YEAR = 12


class Horizon(StrEnum):
    """How far ahead a promise falls due, counted from the day of the note."""

    WITHIN_ONE_YEAR = "Within 1 year"
    TWO_TO_FIVE = "In 2 to 5 years"
    LATER = "Later than 5 years"
    NO_DATE = "No dates yet"


@dataclass
class Promise:
    """What one source has promised, in pence by horizon. Pledged and committed are never added together."""

    committed: dict[Horizon, int] = field(default_factory=lambda: dict.fromkeys(Horizon, 0))
    pledged: dict[Horizon, int] = field(default_factory=lambda: dict.fromkeys(Horizon, 0))

    def add(self, other: "Promise") -> None:
        """Take another agreement of the same source in."""
        for horizon in Horizon:
            self.committed[horizon] += other.committed[horizon]
            self.pledged[horizon] += other.pledged[horizon]


def horizon_of(due_on: date, on: date) -> Horizon:
    """Within a year of the day, within five, or later; what is late already counts as within a year."""
    if due_on <= add_months(on, MONTHS_IN_YEAR):
        return Horizon.WITHIN_ONE_YEAR
    if due_on <= add_months(on, 5 * MONTHS_IN_YEAR):
        return Horizon.TWO_TO_FIVE
    return Horizon.LATER


def spread(schedule: Sequence[tuple[date, int]], *, committed_pence: int, pledged_pence: int, on: date) -> Promise:
    """Lay what the ledger holds over the schedule: the last payments are pledged, those before them committed.

    Args:
        schedule: Due date and pence of every payment, the first due first.
        committed_pence: What the ledger has committed for it; not negative.
        pledged_pence: What it has pledged; not negative.
        on: The day of the note.

    Returns:
        The two amounts to the penny, by horizon; what no payment covers, such as an offer, has no date.
    """
    promise = Promise()
    payments = sorted(schedule)
    for kind, wanted in ((promise.pledged, pledged_pence), (promise.committed, committed_pence)):
        left = max(wanted, 0)
        while left and payments:
            due_on, pence = payments.pop()
            taken = min(left, pence)
            kind[horizon_of(due_on, on)] += taken
            left -= taken
            if pence > taken:
                payments.append((due_on, pence - taken))
        kind[Horizon.NO_DATE] += left
    return promise
