"""How many of a voters' list each pair, card batch, officer or address stands for, and when that is worth a look."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MOST_ON_A_DAY = 10
MOST_AT_HOME = 6
Verifier = tuple[str, frozenset[int]]  # two pairs may bear the same names


@dataclass(frozen=True)
class Shown:
    """That one person showed where they live: in words by whom, and on which day. Invented people cause no burst.

    `people` are the numbers of the accounts that `by` names.
    """

    by: str
    day: date
    is_invented: bool = False
    people: frozenset[int] = frozenset()


@dataclass(frozen=True)
class CountOf:
    """How many one verifier stands for, and the most on one day."""

    by: str
    total: int
    most_on_a_day: int
    is_burst: bool
    people: frozenset[int] = frozenset()


def counts_of(shown: Iterable[Shown]) -> list[CountOf]:
    """One line for each verifier, the largest number first."""
    days: dict[Verifier, Counter[date]] = defaultdict(Counter)
    real: dict[Verifier, Counter[date]] = defaultdict(Counter)
    for one in shown:
        days[one.by, one.people][one.day] += 1
        if not one.is_invented:
            real[one.by, one.people][one.day] += 1
    counts = [
        CountOf(by, on.total(), max(on.values()), max(real[by, people].values(), default=0) > MOST_ON_A_DAY, people)
        for (by, people), on in days.items()
    ]
    return sorted(counts, key=lambda count: (-count.total, count.by, sorted(count.people)))


def crowded_homes(homes: Iterable[str]) -> list[int]:
    """How many live at each address that more than six people give, the largest number first."""
    return sorted((number for number in Counter(homes).values() if number > MOST_AT_HOME), reverse=True)
