"""How many of a voters' list each pair, card batch, officer or address stands for, and when that is worth a look."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from panels.domain.canonical import canonical_json, digest

MOST_ON_A_DAY = 10
MOST_UNCONFIRMED = 10
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


@dataclass(frozen=True)
class DoneBy:
    """How many people one helper helped to vote, or one person put on the list at a table."""

    name: str
    number: int
    person: int
    is_invented: bool = False

    @property
    def is_burst(self) -> bool:
        return self.number > MOST_ON_A_DAY and not self.is_invented


@dataclass(frozen=True)
class Unconfirmed:
    """Somebody who has voted and only said where they live: their name, and the day on which they said it."""

    name: str
    day: date


@dataclass(frozen=True)
class RollNumbers:
    """What two people look at before a box is opened: who stands for how many of a voters' list.

    Attributes:
        counts: by whom it was confirmed where people live.
        homes: how many give one address, where that is more than six.
        helpers: who helped how many to vote on the site.
        tables: who put how many on the list at a polling place.
        unconfirmed: who has voted on their own word alone, in a vote that asks for no more. One person with many
            addresses of email is many of these, on as many days as they like, so that they are counted in all.
    """

    counts: list[CountOf]
    homes: list[int]
    helpers: list[DoneBy]
    tables: list[DoneBy]
    unconfirmed: list[Unconfirmed]

    @property
    def are_many_unconfirmed(self) -> bool:
        return len(self.unconfirmed) > MOST_UNCONFIRMED

    @property
    def needs_review(self) -> bool:
        done = any(one.is_burst for one in (*self.helpers, *self.tables))
        many = bool(self.homes) or self.are_many_unconfirmed
        return many or done or any(count.is_burst for count in self.counts)

    def is_about(self, person: int) -> bool:
        """Whether `person` is among those who stand for many, so that somebody else looks."""
        done = any(one.is_burst and one.person == person for one in (*self.helpers, *self.tables))
        return done or any(count.is_burst and person in count.people for count in self.counts)

    @property
    def hash(self) -> str:
        """What a review is good for: these numbers and no others."""
        counts = [[count.by, count.total, count.most_on_a_day] for count in self.counts]
        done = {
            "helpers": [[one.person, one.number] for one in self.helpers],
            "tables": [[one.person, one.number] for one in self.tables],
        }
        unconfirmed = [[one.name, one.day.isoformat()] for one in self.unconfirmed]
        told = {"counts": counts, "homes": self.homes, "unconfirmed": unconfirmed, **done}
        return digest(canonical_json(told)).hex()


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
