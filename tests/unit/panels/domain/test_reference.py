"""Three counts of thousands of small elections: the portal's, the verifier's, and one that is only slow (`reference`).

Made for ties: equal costs, costs of nothing, a penny, all the money, a penny more than all of it; nobody votes, or all
alike; one project; budgets of nothing and of a penny; sums of millions of millions, where floating point errs.
"""

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from panels.domain import pabulib
from panels.domain.election import Choice, Election, borda
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Method, Rule, count
from panels.domain.verifier.counting import Vote
from panels.domain.verifier.counting import count as count_again
from tests.unit.panels.domain.reference import Reference

ELECTIONS = 2_000
IDS = ("1", "2", "10", "11", "02", "a", "B", "é", "z")


def an_election(drawn: random.Random) -> Election:
    scale = drawn.choice([1, 1, 1, 3, 1_000, 10**12 + 1])
    budget = drawn.choice([0, 1, drawn.randint(0, 12), drawn.randint(0, 60), drawn.randint(20, 100)]) * scale
    edges = (0, 1, budget, budget, budget + 1, max(0, budget - 1), budget // 2, budget // 3)
    costs = [drawn.choice([*edges, drawn.randint(0, 30) * scale]) for _ in range(drawn.randint(1, 7))]
    if drawn.random() < 0.3:
        costs = [costs[0]] * len(costs)
    has_groups, has_parts, often = drawn.random() < 0.5, drawn.random() < 0.5, drawn.random()
    projects = tuple(
        Choice(
            code,
            cost,
            group=drawn.choice(["", "", "a", "b"]) if has_groups else "",
            least=drawn.choice([0, 1, cost // 2, max(0, cost - 1), cost, cost + 1]) if has_parts else 0,
        )
        for code, cost in zip(drawn.sample(IDS, len(costs)), costs, strict=True)
    )
    voters = drawn.choice([0, 1, 1, 2, 3, 4, 5, 8, 12, 20])
    ballots = tuple(tuple(place for place in range(len(costs)) if drawn.random() < often) for _ in range(voters))
    step = max(drawn.choice([1, 2, 7]) * scale, budget // 50)
    return with_marks(Election(budget, projects, ballots, unit=drawn.choice([1, 100]), step=step), drawn)


def with_marks(election: Election, drawn: random.Random) -> Election:
    """With points or ranks, or as it is."""
    kind = drawn.choice(["naming", "naming", "points", "ranked"])
    if kind == "points":
        return replace(election, points=tuple(tuple(drawn.randint(1, 3) for _ in b) for b in election.ballots))
    if kind == "ranked":
        most = max((1, *map(len, election.ballots))) + drawn.randint(0, 1)
        ballots, points = borda([drawn.sample(ballot, len(ballot)) for ballot in election.ballots], most)
        return replace(election, ballots=ballots, points=points, most_ranks=most)
    return election


def a_method(drawn: random.Random, election: Election) -> Method:
    return Method(
        drawn.choice([rule for rule in Rule if rule is not Rule.EQUAL_SHARES or not election.points]),
        drawn.choice(list(Utility)),
        drawn.choice(list(Completion)),
        at_least=drawn.choice([0, 0, 1, 2, 3, len(election.ballots), len(election.ballots) + 1]),
        most_winners=drawn.choice([0, 0, 1, 2]),
    )


def counted_again(election: Election, method: Method) -> tuple[list[int], int]:
    """By the verifier."""
    listed = [(project.id, project.cost, project.group, project.least) for project in election.projects]
    vote = Vote(election.budget, listed, list(election.ballots), step=election.add1_step)
    if election.points:
        vote.set_votes(election.support)
    how = {"utility": method.utility.value, "completion": method.completion.value, "at_least": method.at_least}
    return count_again(vote, method.rule.value, most=method.most_winners, **how)


def in_pounds(election: Election) -> tuple[object, ...]:
    """What an election says, in whatever unit it is kept."""
    listed = [
        (one.id, one.group, Fraction(one.cost, election.unit), Fraction(one.least, election.unit))
        for one in election.projects
    ]
    sums = (Fraction(election.budget, election.unit), Fraction(election.add1_step, election.unit))
    return (election.ballots, election.points, listed, sums)


@pytest.mark.parametrize("seed", range(3))
def test_every_rule_counts_as_the_slow_reference_does(seed):
    drawn = random.Random(seed)
    for _ in range(ELECTIONS):
        election = an_election(drawn)
        method = a_method(drawn, election)
        outcome, expected = count(election, method), Reference(election, method).counted()
        assert (outcome.winners, outcome.spent(election), outcome.part) == expected, (election, method)
        assert counted_again(election, method) == expected[:2], (election, method)


def test_every_election_comes_back_from_its_file_as_it_was():
    drawn = random.Random(3)
    for _ in range(ELECTIONS):
        election = an_election(drawn)
        method, back = a_method(drawn, election), pabulib.read(pabulib.write(election, {}).encode())
        assert in_pounds(back) == in_pounds(election)
        assert count(back, method).winners == count(election, method).winners
