"""Every way of counting once more, as the rules say it: one voter, one penny, one exact fraction at a time.

Written from the specification alone, as slow as it likes. It shares nothing with what it is compared with but the
tables an election is made of.
"""

from fractions import Fraction
from itertools import count as numbers

from panels.domain.election import Election
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Method, Rule

Counted = tuple[list[int], int, int | None]


class Reference:
    """One election under one method."""

    def __init__(self, election: Election, method: Method) -> None:
        self.method, self.budget = method, election.budget
        self.costs = [project.cost for project in election.projects]
        self.ids = [project.id for project in election.projects]
        self.groups = [project.group for project in election.projects]
        self.least = [project.least for project in election.projects]
        self.step = election.step or election.unit
        self.voters = [set(ballot) for ballot in election.ballots]
        self.places = list(range(len(self.costs)))
        self.support = [0] * len(self.costs)
        for voter, ballot in enumerate(election.ballots):
            for at, place in enumerate(ballot):
                self.support[place] += election.points[voter][at] if election.points else 1

    def counted(self) -> Counted:
        """Winners in order of selection, money spent, and what the last gets where that is less than its cost."""
        if self.method.rule is Rule.PRIORITY:
            first = [place for place in self.by_support() if self.support[place] >= self.method.at_least]
            return first[: self.method.most_winners] if self.method.most_winners else first, 0, None
        if self.method.rule is Rule.EQUAL_SHARES:
            winners = self.shares() if self.method.completion is Completion.NONE else self.add1()
            if self.method.completion is not Completion.ADD1_GREEDY:
                return winners, self.spent(winners), None
            order = self.by_support()
        else:
            winners = []
            order = self.by_support() if self.method.rule is Rule.GREEDY else self.by_support_per_penny()
        return self.with_part(self.filled(winners, order), order)

    def before(self, one: int, other: int) -> bool:
        """The published order of ties: more support, lower cost, project id as text."""
        if self.support[one] != self.support[other]:
            return self.support[one] > self.support[other]
        if self.costs[one] != self.costs[other]:
            return self.costs[one] < self.costs[other]
        return self.ids[one] < self.ids[other]

    def sorted_by(self, comes_before) -> list[int]:
        """Each project stands behind all that come before it."""
        order = [None] * len(self.places)
        for place in self.places:
            order[sum(comes_before(other, place) for other in self.places if other != place)] = place
        return order

    def by_support(self) -> list[int]:
        return self.sorted_by(self.before)

    def by_support_per_penny(self) -> list[int]:
        def comes_before(one: int, other: int) -> bool:
            if (self.costs[one] == 0) != (self.costs[other] == 0):
                return self.costs[one] == 0
            if self.costs[one] == 0:
                return self.before(one, other)
            mine, theirs = self.support[one] * self.costs[other], self.support[other] * self.costs[one]
            return mine > theirs if mine != theirs else self.before(one, other)

        return self.sorted_by(comes_before)

    def spent(self, winners: list[int]) -> int:
        return sum(self.costs[place] for place in winners)

    def excluded(self, place: int, winners: list[int]) -> bool:
        return place in winners or any(self.groups[place] and self.groups[place] == self.groups[w] for w in winners)

    def filled(self, winners: list[int], order: list[int]) -> list[int]:
        for place in order:
            fits = self.spent(winners) + self.costs[place] <= self.budget
            if fits and self.support[place] >= self.method.at_least and not self.excluded(place, winners):
                winners = [*winners, place]
        return winners

    def with_part(self, winners: list[int], order: list[int]) -> Counted:
        left = self.budget - self.spent(winners)
        for place in order:
            can = not self.excluded(place, winners) and self.support[place] >= self.method.at_least
            if can and self.least[place] > 0 and self.least[place] <= left < self.costs[place]:
                return [*winners, place], self.budget, left
        return winners, self.budget - left, None

    def wanted(self) -> list[int]:
        return [place for place in self.places if self.support[place] >= max(1, self.method.at_least)]

    def shares(self, share: Fraction | None = None) -> list[int]:
        """Again and again what costs its voters least for what they gain."""
        if share is None:
            share = Fraction(self.budget, max(1, len(self.voters)))
        purses, winners = [share] * len(self.voters), []
        while True:
            best = None
            for place in self.wanted():
                if self.excluded(place, winners):
                    continue
                most = self.most_paid([purses[v] for v, ballot in enumerate(self.voters) if place in ballot], place)
                if most is None:
                    continue
                gain = 1 if self.method.utility is Utility.CARDINALITY else max(1, self.costs[place])
                if best is None or most / gain < best[0] or (most / gain == best[0] and self.before(place, best[1])):
                    best = (most / gain, place, most)
            if best is None:
                return winners
            _, place, most = best
            purses = [
                purse - min(purse, most) if place in ballot else purse
                for purse, ballot in zip(purses, self.voters, strict=True)
            ]
            winners.append(place)

    def most_paid(self, purses: list[Fraction], place: int) -> Fraction | None:
        """The q for which the sum of min(purse, q) is the cost; None where all they have is too little."""
        cost = self.costs[place]
        if sum(purses) < cost:
            return None
        for poor in range(len(purses)):  # so many pay all they have
            ordered = sorted(purses)
            q = (cost - sum(ordered[:poor])) / Fraction(len(purses) - poor)
            if sum(min(purse, q) for purse in purses) == cost:
                return q
        raise AssertionError("somebody can pay")

    def add1(self) -> list[int]:
        share = Fraction(self.budget, max(1, len(self.voters)))
        winners = self.shares(share)
        for more in numbers(1):
            left = self.budget - self.spent(winners)
            if not any(self.costs[p] <= left and not self.excluded(p, winners) for p in self.wanted()):
                return winners
            attempt = self.shares(share + more * self.step)
            if self.spent(attempt) > self.budget:
                return winners
            winners = attempt
        return winners
