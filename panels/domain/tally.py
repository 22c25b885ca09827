"""From an election to its winners by a named rule; the one door for services, the command and the tests."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from panels.domain import greedy
from panels.domain.election import Election
from panels.domain.equal_shares import Utility, add1, equal_shares


class Rule(StrEnum):
    GREEDY = "greedy"
    GREEDY_PER_COST = "greedy-per-cost"
    EQUAL_SHARES = "equal-shares"


class Completion(StrEnum):
    """What equal shares does with money that is left. The greedy rules leave nothing that fits."""

    NONE = "none"
    ADD1 = "add1"
    ADD1_GREEDY = "add1+greedy"


@dataclass(frozen=True)
class Method:
    """A complete, published way of counting; the defaults are those of the command.

    `at_least` is the number of votes below which a project is never funded.
    """

    rule: Rule = Rule.GREEDY
    utility: Utility = Utility.COST
    completion: Completion = Completion.NONE
    at_least: int = 0


@dataclass(frozen=True)
class Outcome:
    """Winners in order of selection; the first `paid_by_shares` were bought from purses of `share` minor units each."""

    winners: list[int]
    paid_by_shares: int = 0
    share: Fraction = Fraction(0)


def count(election: Election, method: Method) -> Outcome:
    """Counts the election; the same input always gives the same outcome."""
    if method.rule is Rule.GREEDY:
        return Outcome(greedy.by_votes(election, method.at_least))
    if method.rule is Rule.GREEDY_PER_COST:
        return Outcome(greedy.by_votes_per_cost(election, method.at_least))
    with_add1 = method.completion is not Completion.NONE
    bought, share = (add1 if with_add1 else equal_shares)(election, method.utility, method.at_least)
    fills_up = method.completion is Completion.ADD1_GREEDY
    winners = greedy.complete(election, bought, method.at_least) if fills_up else bought
    return Outcome(winners, paid_by_shares=len(bought), share=share)
