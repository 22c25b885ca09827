"""What may be told of one count beside its winners, so that no number that is kept back can be worked out from it.

The winners, and what each gets, are always told. Everything else that is told is told already by them, or is a total
that the rules of publication allow. Three things would say more, and are kept back here: totals from which, since every
ballot names a project and none more than it may, a masked one follows; points, which say how many voters put a project
first; and the turn at which a project was reached, which says who had more votes than whom.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from panels.domain.ballot_paper import GIVING_POINTS, BallotRules, Kind
from panels.domain.disclosure import SMALL, Disclosure, Limits, disclosure_of
from panels.domain.election import Election
from panels.domain.explain import Turns
from panels.domain.tally import Method, Outcome, Rule

MOST_TIMES = 10  # as much is masked as the rules say, at most: wider masks would leave little to tell
BY_VOTES = (Rule.GREEDY, Rule.PRIORITY)


@dataclass(frozen=True)
class Telling:
    """How much of one count is told.

    Attributes:
        level: ballots, totals or winners.
        masked_below: of totals, none below this, nor above the ballots counted less this.
        tells_points: whether the points of all projects are told, where ballots give any.
        masked: projects whose votes are not told as a number, where totals are.
    """

    level: Disclosure
    masked_below: int = SMALL
    tells_points: bool = True
    masked: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls, election: Election, contents: Sequence[tuple[int, ...]], *, rules: BallotRules, limits: Limits
    ) -> "Telling":
        """Of what was in a box.

        Args:
            election: as it is counted.
            contents: of the ballots, as the box held them.
            rules: of one ballot.
            limits: of publication, as frozen.
        """
        level = disclosure_of(contents, limits)
        if level is not Disclosure.TOTALS:
            return cls(level, limits.small, tells_points=level is Disclosure.FULL)
        masks = _Masks(election, rules)
        wider = range(limits.small, min(masks.counted // 2, MOST_TIMES * limits.small) + 1, limits.small)
        below = next((below for below in wider if masks.hold(below)), 0)
        if not below:
            return cls(Disclosure.WINNERS, limits.small, tells_points=False)
        masked = frozenset(masks.low(below)) | frozenset(masks.high(below))
        return cls(level, below, not masked and _points_hide(election, rules, limits.small), masked)

    def turns(self, election: Election, method: Method, outcome: Outcome) -> Turns:
        """Of which projects it may be told when they were reached, and the winners as they are told.

        Where the turns of some may not be told, all that have more votes stand before the others, and all that have
        fewer after, in the order of the ballot. What is paid for in part is the last in any case.
        """
        known, whole = self._known(election, method), outcome.whole
        listed = sorted(whole, key=lambda place: self._band(election, place, known) or (1, whole.index(place)))
        return Turns(known, listed + outcome.winners[len(whole) :])

    def tells_another(self, election: Election, method: Method) -> bool:
        """Whether the winners of a second way of counting are known already from what the first lets be told."""
        return len(self._known(election, method)) == len(election.projects)

    def _known(self, election: Election, method: Method) -> frozenset[int]:
        places = frozenset(range(len(election.projects)))
        if self.level is Disclosure.FULL:
            return places
        if self.level is Disclosure.WINNERS or method.rule is Rule.EQUAL_SHARES:
            return frozenset()
        if method.rule in BY_VOTES and not election.points:
            return places - self.masked
        return places if not self.masked and (self.tells_points or not election.points) else frozenset()

    def _band(self, election: Election, place: int, known: frozenset[int]) -> tuple[int, int] | None:
        """Where a winner stands that stands in the order of the ballot; None where its turn is known."""
        if place in known:
            return None
        comes_first = not known or election.votes[place] >= self.masked_below
        return (0 if comes_first else 2, place)


@dataclass(frozen=True)
class _Masks:
    """Whether the masks over some totals can be seen through; asked of nothing but what is told, so the answer tells
    nothing itself.
    """

    election: Election
    rules: BallotRules

    @property
    def counted(self) -> int:
        return len(self.election.ballots)

    def low(self, below: int) -> list[int]:
        return [place for place, votes in enumerate(self.election.votes) if votes < below]

    def high(self, below: int) -> list[int]:
        return [place for place, votes in enumerate(self.election.votes) if votes > self.counted - below]

    def hold(self, below: int) -> bool:
        """Whether each masked project could have any number of votes that its mask allows, all that is told the same.

        Ballots may be thought of in any way, as long as each names a project, and no more than it may. A project
        that no ballot can name has no votes, as everybody knows; it hides nothing.
        """
        low, high = [place for place in self.low(below) if self._is_possible(place)], self.high(below)
        tops = dict.fromkeys(low, below - 1) | dict.fromkeys(high, self.counted)
        floors = dict.fromkeys(low, 0) | dict.fromkeys(high, self.counted - below + 1)
        told = {place: votes for place, votes in enumerate(self.election.votes) if place not in tops}
        every = sum(told.values()) + sum(tops.values())
        if any(every - tops[place] + floors[place] < self.counted for place in tops):
            return False  # with fewer, some ballot would name nothing
        dearest = sorted(low, key=lambda place: self.election.projects[place].cost)[-1:]  # a cheaper one fits as well
        most = tops if high else tops | dict.fromkeys(low, below)  # nor may they be few between them
        return all(self._fits(told | floors | {place: most[place]}) for place in (*dearest, *high))

    def _is_possible(self, place: int) -> bool:
        return self.rules.kind is not Kind.KNAPSACK or self.rules.prices[place] <= self.rules.budget

    def _fits(self, votes: dict[int, int]) -> bool:
        """Whether so many ballots could give these votes, naming nothing else; never true where they could not."""
        most = min(self.rules.most_choices, self.rules.points or self.rules.most_choices)
        if self.rules.kind is not Kind.KNAPSACK:
            return sum(votes.values()) <= self.counted * most
        return self._packs(votes, -1) or self._packs(votes, 1)

    def _packs(self, votes: dict[int, int], first: int) -> bool:
        """Puts the dearest first into the ballots with most (-1) or least (1) money left that it fits into."""
        left = Counter({self.rules.budget: self.counted})  # so many ballots have so much money left
        for place in sorted(votes, key=lambda place: -self.rules.prices[place]):
            price, waiting, into = self.rules.prices[place], votes[place], Counter[int]()
            for money in sorted((money for money in left if money >= price), key=lambda money: first * money):
                taken = min(waiting, left[money])
                waiting, left[money] = waiting - taken, left[money] - taken
                into[money - price] += taken
            if waiting:
                return False
            left += into
        return True


def _points_hide(election: Election, rules: BallotRules, small: int) -> bool:
    """Whether points leave open who gave a project the most it can get, and who the least: of few it could be told."""
    if rules.kind not in GIVING_POINTS:
        return False
    most = rules.most_points if rules.kind is Kind.POINTS else rules.most_choices
    if most == 1:
        return True  # then they say no more than the votes
    pairs = zip(election.votes, election.support, strict=True)
    return all(votes + small <= points <= votes * most - small for votes, points in pairs)
