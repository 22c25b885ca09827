"""How much of a count may be published: full ballots, totals, or the winners only. Known before anyone votes."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction

FULL_FROM = 100
TOTALS_FROM = 30
SMALL = 10
MOST_UNSHARED = Fraction(1, 3)


class Disclosure(StrEnum):
    FULL = "full"
    TOTALS = "totals"
    WINNERS = "winners"


def disclosure_of(ballots: Iterable[tuple[int, ...]]) -> Disclosure:
    """FULL from 100 counted when at most a third of the ballots are shared with nobody; TOTALS from 30."""
    kinds = Counter(ballots)
    counted = kinds.total()
    unshared = sum(1 for number in kinds.values() if number == 1)
    if counted >= FULL_FROM and unshared <= MOST_UNSHARED * counted:
        return Disclosure.FULL
    return Disclosure.TOTALS if counted >= TOTALS_FROM else Disclosure.WINNERS


def published_votes(votes: int, counted: int, level: Disclosure) -> str:
    """A project's votes as published: the number, a mask, or a dash."""
    if level is Disclosure.WINNERS:
        return "not published"
    if level is Disclosure.TOTALS and votes < SMALL:
        return f"fewer than {SMALL}"
    if level is Disclosure.TOTALS and votes > counted - SMALL:
        return f"more than {counted - SMALL}"
    return f"{votes:,}"


def published_count(votes: int, counted: int, level: Disclosure) -> int | str:
    """The same for programs: a number, or the words in its place."""
    text = published_votes(votes, counted, level)
    return votes if text == f"{votes:,}" else text


def rounded_turnout(cast: int) -> int:
    """Turnout as shown while voting is open: to the nearest five, halves up."""
    return (2 * cast + 5) // 10 * 5
