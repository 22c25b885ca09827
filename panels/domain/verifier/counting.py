"""Counting once more, in whole numbers and fractions only: slower than the portal's own count, and apart from it."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Tuple

from panels.domain.verifier.signatures import Refused

Listed = Tuple[str, int, str, int]  # id, cost, group, smallest part of use


class Vote:
    """What is counted: `projects` are (id, cost, group, smallest part of use); ballots are positions among them."""

    def __init__(self, budget: int, projects: list[Listed], ballots: list[tuple[int, ...]], *, step: int = 1) -> None:
        self.budget, self.projects, self.ballots, self.step = budget, projects, ballots, step
        self.votes = [0] * len(projects)
        blocks: dict[tuple[int, ...], int] = {}
        for ballot in ballots:
            blocks[tuple(ballot)] = blocks.get(tuple(ballot), 0) + 1
            for place in ballot:
                self.votes[place] += 1
        self.sizes = list(blocks.values())
        self.set_votes(self.votes)
        self.backers: list[list[int]] = [[] for _ in projects]
        for block, ballot in enumerate(blocks):
            for place in ballot:
                self.backers[place].append(block)

    def set_votes(self, votes: list[int]) -> None:
        """The order of projects, with ties as the rules break them: more votes, lower cost, id as text."""
        self.votes = votes
        places = range(len(self.projects))
        self.order = sorted(places, key=lambda c: (-votes[c], self.projects[c][1], self.projects[c][0]))
        self.rank = {place: rank for rank, place in enumerate(self.order)}

    def cost(self, places: list[int]) -> int:
        return sum(self.projects[place][1] for place in places)

    def is_open(self, place: int, winners: list[int]) -> bool:
        """Not chosen, and nothing of its group either."""
        group = self.projects[place][2]
        return place not in winners and not (group and any(self.projects[other][2] == group for other in winners))


def fill(vote: Vote, winners: list[int], order: list[int], *, at_least: int) -> list[int]:
    """Each project in this order that still fits, after those already chosen."""
    winners = list(winners)
    left = vote.budget - vote.cost(winners)
    for place in order:
        cost = vote.projects[place][1]
        if cost <= left and vote.votes[place] >= at_least and vote.is_open(place, winners):
            winners.append(place)
            left -= cost
    return winners


def price_of(vote: Vote, place: int, money: list[int], *, unit: int) -> Fraction | None:
    """The most that one backer pays, as a fraction; None when they have not enough together."""
    owed = vote.projects[place][1] * unit
    purses = sorted((money[block], vote.sizes[block]) for block in vote.backers[place])
    payers = sum(size for _, size in purses)
    for amount, size in purses:
        if owed <= amount * payers:
            return Fraction(owed, payers * unit)
        owed, payers = owed - amount * size, payers - size
    return None


def equal_shares(vote: Vote, share: Fraction, *, utility: str, at_least: int) -> list[int]:
    """Fair shares: again and again the project that costs its backers least for what they gain."""
    unit, money = share.denominator, [share.numerator] * len(vote.sizes)
    bought: list[int] = []
    gain = [(project[1] or 1) if utility == "cost" else 1 for project in vote.projects]
    wanted = [place for place, votes in enumerate(vote.votes) if votes >= max(1, at_least)]
    least = {place: Fraction(vote.projects[place][1], vote.votes[place] * gain[place]) for place in wanted}
    while True:
        best: tuple[Fraction, int, int, Fraction] | None = None
        for place in sorted(least, key=lambda c: least[c]):
            if best is not None and least[place] > best[0]:
                break  # purses only shrink: it cannot have become cheaper
            price = price_of(vote, place, money, unit=unit)
            if price is None:
                del least[place]
                continue
            least[place] = price / gain[place]
            offer = (least[place], vote.rank[place], place, price)
            best = offer if best is None else min(best, offer)
        if best is None:
            return bought
        _, _, place, price = best
        common = unit * price.denominator // gcd(unit, price.denominator)
        if common != unit:
            money = [amount * (common // unit) for amount in money]
            unit = common
        most = price.numerator * (unit // price.denominator)
        for block in vote.backers[place]:
            money[block] = max(0, money[block] - most)
        bought.append(place)
        least = {other: low for other, low in least.items() if vote.is_open(other, bought)}


def add1(vote: Vote, *, utility: str, at_least: int) -> list[int]:
    """The last run within the budget while every voter's share grows step by step."""
    share = Fraction(vote.budget, max(1, len(vote.ballots)))
    winners = equal_shares(vote, share, utility=utility, at_least=at_least)
    wanted = [place for place, votes in enumerate(vote.votes) if votes >= max(1, at_least)]
    while True:
        left = vote.budget - vote.cost(winners)
        if not any(vote.projects[c][1] <= left and vote.is_open(c, winners) for c in wanted):
            return winners
        share += vote.step
        attempt = equal_shares(vote, share, utility=utility, at_least=at_least)
        if vote.cost(attempt) > vote.budget:
            return winners
        winners = attempt


def count(
    vote: Vote, rule: str, *, utility: str = "cost", completion: str = "none", at_least: int = 0, most: int = 0
) -> tuple[list[int], int]:
    """(winners in order of selection, money spent) by a rule named as in the rules of a vote.

    Money left in the end goes to the first project, in the order of the rule, of which a part as small is of use: the
    last of the winners then gets less than its price.
    """
    if rule == "priority":
        return [place for place in vote.order if vote.votes[place] >= at_least][: most or None], 0
    if rule == "equal-shares":
        share = Fraction(vote.budget, max(1, len(vote.ballots)))
        run = (
            equal_shares(vote, share, utility=utility, at_least=at_least)
            if completion == "none"
            else add1(vote, utility=utility, at_least=at_least)
        )
        if completion != "add1+greedy":
            return run, vote.cost(run)
        order = vote.order
        winners = fill(vote, run, order, at_least=at_least)
    elif rule == "greedy-per-cost":
        costs = [project[1] for project in vote.projects]
        order = sorted(vote.order, key=lambda c: (costs[c] > 0, Fraction(-vote.votes[c], costs[c] or 1), vote.rank[c]))
        winners = fill(vote, [], order, at_least=at_least)
    elif rule == "greedy":
        order = vote.order
        winners = fill(vote, [], order, at_least=at_least)
    else:
        raise Refused(f"The rules name a way of counting that this file does not know: {ascii(rule)}.")
    left = vote.budget - vote.cost(winners)
    for place in order:
        _, cost, _, part = vote.projects[place]
        if 0 < part <= left < cost and vote.votes[place] >= at_least and vote.is_open(place, winners):
            return winners + [place], vote.budget
    return winners, vote.budget - left
