"""From an election to its winners by a named rule; the one door for services, the command and the tests."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from panels.domain import greedy
from panels.domain.ballot_paper import NAMING, Kind
from panels.domain.election import Election
from panels.domain.equal_shares import Utility, add1, equal_shares


class Rule(StrEnum):
    GREEDY = "greedy"
    GREEDY_PER_COST = "greedy-per-cost"
    EQUAL_SHARES = "equal-shares"
    PRIORITY = "priority"


FUNDING = (Rule.GREEDY, Rule.GREEDY_PER_COST, Rule.EQUAL_SHARES)  # the others share out no money


def rules_for(kind: Kind, *, is_poll: bool) -> tuple[Rule, ...]:
    """The ways of counting that fit ballots of this kind: fair shares needs ballots that only name projects."""
    if is_poll:
        return (Rule.PRIORITY,) if kind is not Kind.KNAPSACK else ()
    return FUNDING if kind in NAMING else (Rule.GREEDY, Rule.GREEDY_PER_COST)


def other_rule(rule: Rule, kind: Kind) -> Rule | None:
    """The rule a result is compared with; None for a poll."""
    if rule is Rule.PRIORITY:
        return None
    if kind in NAMING:
        return Rule.GREEDY if rule is Rule.EQUAL_SHARES else Rule.EQUAL_SHARES
    return Rule.GREEDY if rule is Rule.GREEDY_PER_COST else Rule.GREEDY_PER_COST


class Completion(StrEnum):
    """What equal shares does with money that is left. The greedy rules leave nothing that fits."""

    NONE = "none"
    ADD1 = "add1"
    ADD1_GREEDY = "add1+greedy"


def can_give_parts(rule: Rule, completion: Completion) -> bool:
    """Whether what is left in the end can pay for a part: not where it stays although something whole would fit."""
    return rule in (Rule.GREEDY, Rule.GREEDY_PER_COST) or (
        rule is Rule.EQUAL_SHARES and completion is Completion.ADD1_GREEDY
    )


class MethodError(ValueError):
    """The rule cannot count ballots of this kind."""


@dataclass(frozen=True)
class Method:
    """A complete, published way of counting; the defaults are those of the command.

    `at_least` is the number of votes (or points) below which a project is never funded; `most_winners` how many
    priorities a poll finds, 0 for no limit.
    """

    rule: Rule = Rule.GREEDY
    utility: Utility = Utility.COST
    completion: Completion = Completion.NONE
    at_least: int = 0
    most_winners: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a count gave.

    Attributes:
        winners: positions in order of selection; the last is paid in part where `part` says so.
        paid_by_shares: how many of them, from the first, were bought from purses.
        share: what each purse held at first, in minor units.
        part: what the last winner gets when it is less than its cost; None when all winners get their cost.
        is_poll: the winners are priorities, and no money is shared out.
    """

    winners: list[int]
    paid_by_shares: int = 0
    share: Fraction = Fraction(0)
    part: int | None = None
    is_poll: bool = False

    @property
    def whole(self) -> list[int]:
        """The winners that get all of their cost."""
        return self.winners if self.part is None else self.winners[:-1]

    def part_of(self, place: int) -> int | None:
        """What this project gets where that is less than its cost; None for all others."""
        return self.part if self.part is not None and place == self.winners[-1] else None

    def spent(self, election: Election) -> int:
        """Money used, in minor units."""
        if self.is_poll:
            return 0
        return election.cost_of(self.whole) + (self.part or 0)


def count(election: Election, method: Method) -> Outcome:
    """Counts the election; the same input always gives the same outcome.

    Raises:
        MethodError: equal shares was asked of ballots that give points.
    """
    if method.rule is Rule.EQUAL_SHARES:
        return _by_shares(election, method)
    if method.rule is Rule.PRIORITY:
        first = greedy.by_priority(election, method.at_least)[: method.most_winners or None]
        return Outcome(first, is_poll=True)
    rule = greedy.by_votes if method.rule is Rule.GREEDY else greedy.by_votes_per_cost
    return _with_part(election, Outcome(rule(election, method.at_least)), method)


def _by_shares(election: Election, method: Method) -> Outcome:
    if election.points:
        raise MethodError("equal shares needs ballots that only name projects, and these give points or ranks")
    with_add1 = method.completion is not Completion.NONE
    bought, share = (add1 if with_add1 else equal_shares)(election, method.utility, method.at_least)
    if not can_give_parts(method.rule, method.completion):
        return Outcome(bought, paid_by_shares=len(bought), share=share)
    winners = greedy.complete(election, bought, method.at_least)
    return _with_part(election, Outcome(winners, paid_by_shares=len(bought), share=share), method)


def _with_part(election: Election, outcome: Outcome, method: Method) -> Outcome:
    """The last of the money for a project of which a part is of use, where its ballot said so."""
    walk = greedy.order_per_cost(election) if method.rule is Rule.GREEDY_PER_COST else greedy.order(election)
    found = greedy.part_funded(election, outcome.winners, walk, at_least=method.at_least)
    if found is None:
        return outcome
    place, part = found
    return Outcome([*outcome.winners, place], outcome.paid_by_shares, outcome.share, part)
