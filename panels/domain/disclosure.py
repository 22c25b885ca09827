"""How much of a count may be published: full ballots, totals, or the winners only. Known before anyone votes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

FULL_FROM = 100
TOTALS_FROM = 30
SMALL = 10
MOST_UNSHARED = Fraction(1, 3)
NOT_TOLD = "not published"


class Disclosure(StrEnum):
    FULL = "full"
    TOTALS = "totals"
    WINNERS = "winners"


@dataclass(frozen=True)
class Limits:
    """From how many ballots on how much is published; frozen with the rules of a vote.

    Attributes:
        full_from: all ballots.
        most_unshared: and at most this part of them is cast by nobody else in the same way.
        totals_from: votes of each project.
        small: of these, none below so many, and none that leaves out fewer than so many voters.
    """

    full_from: int = FULL_FROM
    most_unshared: Fraction = MOST_UNSHARED
    totals_from: int = TOTALS_FROM
    small: int = SMALL

    @classmethod
    def from_rules(cls, content: Mapping[str, Any]) -> "Limits":
        """As they stand in frozen rules."""
        said = content["publication"]
        return cls(said["full_from"], Fraction(said["most_unshared"]), said["totals_from"], said["masked_below"])


def disclosure_of(ballots: Iterable[tuple[int, ...]], limits: Limits = Limits()) -> Disclosure:
    """FULL from 100 counted when at most a third of the ballots are shared with nobody; TOTALS from 30."""
    kinds = Counter(ballots)
    counted = kinds.total()
    unshared = sum(1 for number in kinds.values() if number == 1)
    if counted >= limits.full_from and unshared <= limits.most_unshared * counted:
        return Disclosure.FULL
    return Disclosure.TOTALS if counted >= limits.totals_from else Disclosure.WINNERS


def published_votes(votes: int, counted: int, level: Disclosure, *, masked_below: int = SMALL) -> str:
    """A project's votes as published: the number, a mask, or a dash."""
    if level is Disclosure.WINNERS:
        return NOT_TOLD
    if level is Disclosure.TOTALS and votes < masked_below:
        return f"fewer than {masked_below}"
    if level is Disclosure.TOTALS and votes > counted - masked_below:
        return f"more than {counted - masked_below}"
    return f"{votes:,}"


def published_count(votes: int, counted: int, level: Disclosure, *, masked_below: int = SMALL) -> int | str:
    """The same for programs: a number, or the words in its place."""
    text = published_votes(votes, counted, level, masked_below=masked_below)
    return votes if text == f"{votes:,}" else text


def rounded_turnout(cast: int) -> int:
    """Turnout as shown while voting is open: to the nearest five, halves up."""
    return (2 * cast + 5) // 10 * 5
