"""Beginnings of a round: kind of ballot, way of counting, limits and days that usually go together.

A panel takes one and changes what it likes; nothing of it is kept but what they set up.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from panels.domain.ballot_paper import Kind
from panels.domain.tally import Rule


@dataclass(frozen=True)
class RoundTemplate:
    """One beginning.

    Attributes:
        code: in addresses.
        title: for the panel.
        what: when it fits, in a sentence.
        kind, rule: of ballot and of counting.
        most_choices: projects that may be chosen or ranked; None for no limit.
        most_budget_pence: no more than this is suggested; None for all the money there is, 0 for a poll.
        days: for ideas, for working out what they cost, for voting.
    """

    code: str
    title: str
    what: str
    kind: Kind
    rule: Rule
    most_choices: int | None
    most_budget_pence: int | None
    days: tuple[int, int, int]


@dataclass(frozen=True)
class RoundDays:
    """First and last days of a round; each last day counts."""

    ideas_open_on: date
    ideas_close_on: date
    voting_opens_on: date
    voting_closes_on: date

    @property
    def days(self) -> tuple[int, int, int]:
        """How long ideas, shaping and voting take."""
        shaping = (self.voting_opens_on - self.ideas_close_on).days - 1
        return _length(self.ideas_open_on, self.ideas_close_on), shaping, _length(*self._voting)

    @property
    def _voting(self) -> tuple[date, date]:
        return self.voting_opens_on, self.voting_closes_on


TEMPLATES = (
    RoundTemplate(
        code="priority-poll",
        title="Priority poll",
        what="Residents put in order what matters most. No money yet.",
        kind=Kind.RANKED,
        rule=Rule.PRIORITY,
        most_choices=5,
        most_budget_pence=0,
        days=(14, 7, 14),
    ),
    RoundTemplate(
        code="small-grants",
        title="Small grants",
        what="Up to £10,000 for small things. Saying where one lives is enough to vote.",
        kind=Kind.APPROVAL,
        rule=Rule.GREEDY,
        most_choices=None,
        most_budget_pence=10_000_00,
        days=(21, 14, 14),
    ),
    RoundTemplate(
        code="yearly-budget",
        title="Yearly budget",
        what="The year's money in fair shares. Each voter chooses up to five projects.",
        kind=Kind.APPROVAL,
        rule=Rule.EQUAL_SHARES,
        most_choices=5,
        most_budget_pence=None,
        days=(28, 28, 21),
    ),
)


def template_called(code: str) -> RoundTemplate | None:
    return next((template for template in TEMPLATES if template.code == code), None)


def days_from(start: date, days: tuple[int, int, int]) -> RoundDays:
    """The dates of a round that begins on `start` and takes so many days for ideas, shaping and voting."""
    ideas, shaping, voting = days
    ideas_close = start + timedelta(days=ideas - 1)
    voting_opens = ideas_close + timedelta(days=max(1, shaping) + 1)
    return RoundDays(start, ideas_close, voting_opens, voting_opens + timedelta(days=voting - 1))


def _length(first: date, last: date) -> int:
    return (last - first).days + 1
