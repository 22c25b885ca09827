"""Every result explains itself in words: what each project got, when and why, or what it lacked."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from panels.domain import greedy
from panels.domain.election import Election
from panels.domain.purses import Electorate, Purses
from panels.domain.recounting import Recount
from panels.domain.tally import Completion, Method, Outcome, Rule, can_give_parts
from panels.domain.words import ordinal, pounds

MOST_RECOUNTED = 600_000  # voters times projects times projects: of a larger election it would take half a minute


@dataclass(frozen=True)
class Backing:
    """Money behind a project in fair shares.

    Attributes:
        money: what its voters paid for it, or, when it was not bought, had left for it at the end; in minor units.
        effective_votes: its voters, each counted by the part of the highest payment that they could make.
    """

    money: Fraction
    effective_votes: Fraction


@dataclass(frozen=True)
class Explanation:
    """Why one project stands where it stands.

    Attributes:
        place: position of the project on the ballot.
        order: 1 for the first project funded, as far as their order is told; None when not funded.
        reason: a sentence about money; of votes it names only the number that the rules ask of every project, and only
            where anybody can tell from the result that there were fewer.
        support: a sentence about votes; shown only when all totals are published.
        more_votes: further votes that would have funded it whole, all else equal, and with one fewer not: votes, or
            points, and in fair shares voters who choose nothing else; None when it is, or when none would.
        votes_to_start: as many that would have paid for a part of it, where that takes fewer; None otherwise.
        backing: money behind it in fair shares; None under other rules.
    """

    place: int
    order: int | None
    reason: str
    support: str
    more_votes: int | None = None
    votes_to_start: int | None = None
    backing: Backing | None = None


@dataclass(frozen=True)
class Turns:
    """As much as may be told of who came before whom (`telling`).

    Attributes:
        known: projects of which it may be told when they were reached, and what was left then.
        order: the winners as they are listed.
    """

    known: Collection[int]
    order: Sequence[int]


def explain(
    election: Election, method: Method, outcome: Outcome, *, recounts: bool = True, turns: Turns | None = None
) -> list[Explanation]:
    """One explanation per project, in the order of the ballot.

    Args:
        election: as it was counted.
        method: by which.
        outcome: of that.
        recounts: whether fair shares may be counted again to say how many more votes would have been enough.
        turns: what may be told of who came before whom; None for all of it.
    """
    is_small = len(election.ballots) * len(election.projects) ** 2 <= MOST_RECOUNTED
    told = turns or Turns(range(len(election.projects)), outcome.winners)
    story = _Story(election, method, outcome, turns=told, recounts=recounts and is_small)
    shares = _SharesStory(election, outcome) if method.rule is Rule.EQUAL_SHARES else None
    return [story.tell(place, shares) for place in range(len(election.projects))]


class _SharesStory:
    """Replays the purchases exactly, so that sentences can name what supporters paid and had left."""

    def __init__(self, election: Election, outcome: Outcome) -> None:
        self.election = election
        self.electorate = Electorate.of(election)
        self.purses = Purses(self.electorate, outcome.share)
        self.bought = outcome.winners[: outcome.paid_by_shares]
        self.purses.follow(self.bought)
        self.money = [self.purses.money(block) for block in range(len(self.electorate.sizes))]

    def behind(self, place: int) -> Backing:
        """What its voters paid for it, or had left for it at the end."""
        if place in self.bought:
            cost, most = Fraction(self.election.projects[place].cost), self.purses.prices[self.bought.index(place)]
            return Backing(cost, cost / most if most else Fraction(self.election.votes[place]))
        blocks = self.electorate.supporters[place].tolist()
        held = sum((self.money[block] * self.electorate.sizes[block] for block in blocks), Fraction(0))
        most = max((self.money[block] for block in blocks), default=Fraction(0))
        return Backing(held, held / most if most else Fraction(0))

    def funded(self, place: int) -> str:
        if place not in self.bought:
            return f"{votes_of(self.election, place)} It was paid from the money that was left at the end."
        most = pounds(self.purses.prices[self.bought.index(place)])
        return f"{votes_of(self.election, place)} Each of these voters paid up to {most} for it from an equal share."

    def unfunded(self, place: int) -> str:
        """What its voters had left for it at the end, and by how much that was too little."""
        held, cost = self.behind(place).money, self.election.projects[place].cost
        too_little = f", {pounds(cost - int(held))} too little" if held < cost else ""
        return (
            f"{votes_of(self.election, place)} These voters had {pounds(int(held))} of their shares left between "
            f"them{too_little}."
        )


@dataclass
class _Story:
    """One count, told project by project."""

    election: Election
    method: Method
    outcome: Outcome
    turns: Turns
    recounts: bool

    def tell(self, place: int, shares: _SharesStory | None) -> Explanation:
        told = self._told(place, shares)
        return replace(told, backing=shares.behind(place)) if shares else told

    def _told(self, place: int, shares: _SharesStory | None) -> Explanation:
        winners = self.turns.order
        if self.method.rule is Rule.PRIORITY:
            return self._priority(place) if place in winners else self._no_priority(place)
        held = shares.behind(place).money if shares else Fraction(0)
        more = self._more_votes(place, held)
        to_start = self._votes_to_start(place, held, below=more)
        if place in winners:
            order, reason = winners.index(place) + 1, self._funded(place)
            support = shares.funded(place) if shares else votes_of(self.election, place)
        else:
            order, reason = None, f"{self._unfunded(place)}{self._no_part(place)}"
            support = self._support_of_unfunded(place, shares)
        return Explanation(place, order, reason, support + self._more_needed(place, more, to_start), more, to_start)

    def _funded(self, place: int) -> str:
        before = self.outcome.winners[: self.outcome.winners.index(place)]
        left = self.election.budget - self.election.cost_of(before)
        mine, part = self.election.projects[place], self.outcome.part_of(place)
        if part is None and place not in self.turns.known:
            return f"Funded: it needs {pounds(mine.cost)}, and that was there."
        if part is None:
            return (
                f"Funded {ordinal(len(before) + 1)}: it needs {pounds(mine.cost)}, and {pounds(left)} was still there."
            )
        return (
            f"Funded {ordinal(len(before) + 1)} with {pounds(part)} of {pounds(mine.cost)}, because {pounds(part)} was "
            f"left and it can start with {pounds(mine.least)}."
        )

    def _unfunded(self, place: int) -> str:
        mine = self.election.projects[place]
        if mine.cost > self.election.budget:
            reason = "more than all the money there was"
        elif rival := self._rival_of(place, self._reached_before(place)):
            reason = f"and only one of it and {rival} could be funded"
        elif mine.cost > (left := self._left_at_turn(place)):
            reason = f"and {pounds(left)} was left" + (" when its turn came" if self._has_turn(place) else "")
        else:
            # Too few votes for any rule, or too little in its voters' purses; the reason must not tell how many.
            reason = f"and {self._too_little(place)} stood behind it"
        return f"Not funded: it needs {pounds(mine.cost)}, {reason}."

    def _no_part(self, place: int) -> str:
        """Why a project that can start with less did not get the rest; empty where what it lacks is told already."""
        mine, left = self.election.projects[place], self._left_in_the_end
        if not self._can_start(place) or mine.cost <= left or self._rival_of(place, self._reached_before(place)):
            return ""
        start = f" It can start with {pounds(mine.least)}, but"
        if left < mine.least:
            return f"{start} {f'only {pounds(left)}' if left else 'nothing'} was left in the end."
        if rival := self._rival_of(place, self.outcome.winners):
            return f"{start} only one of it and {rival} could be funded."
        if self.outcome.part is None:
            return f"{start} {self._too_little(place)} stood behind it."
        # Who came before whom, and whether it had enough votes at all, is not for everybody to know.
        other = self.election.projects[self.outcome.winners[-1]]
        return f"{start} what was left in the end went to {other.name or other.id}."

    def _support_of_unfunded(self, place: int, shares: _SharesStory | None) -> str:
        is_possible = self.election.projects[place].cost <= self.election.budget
        if self._lacks_support(place) and (is_possible or self._can_start(place)):
            needed = f"A project needs {self.method.at_least:,} {self._votes} or more."
            return f"{votes_of(self.election, place)} {needed}"
        return shares.unfunded(place) if shares and is_possible else votes_of(self.election, place)

    def _can_start(self, place: int) -> bool:
        """Whether the rules could have paid for a part of it."""
        mine = self.election.projects[place]
        return 0 < mine.least < mine.cost and can_give_parts(self.method.rule, self.method.completion)

    def _lacks_support(self, place: int) -> bool:
        """Whether the rules ask for more than one vote, and it has fewer than they ask for."""
        return self.method.at_least > max(1, self.election.support[place])

    def _too_little(self, place: int) -> str:
        """What kept a project out that still fitted: known to all where the rule leaves out nothing else that fits."""
        method = self.method
        is_told = method.rule is not Rule.EQUAL_SHARES or method.completion is Completion.ADD1_GREEDY
        if is_told and self._lacks_support(place):
            return f"fewer than the {method.at_least:,} {self._votes} that a project needs"
        return "too little support"

    @property
    def _votes(self) -> str:
        return "points" if self.election.points else "votes"

    def _priority(self, place: int) -> Explanation:
        """It is one of those that the poll finds; its place only where that may be told."""
        order, number = self.turns.order.index(place) + 1, len(self.turns.order)
        came = f"It came {ordinal(order)}." if number == 1 or place in self.turns.known else None
        return Explanation(place, order, came or f"It is among the first {number}.", votes_of(self.election, place))

    def _no_priority(self, place: int) -> Explanation:
        """It came after the last priority that the poll finds, or nobody named it."""
        support, number = votes_of(self.election, place), len(self.outcome.winners)
        is_told = place in self.turns.known  # else nobody may hear that nobody named it
        if (is_told and not self.election.support[place]) or not number:
            return Explanation(place, None, "It is not among the priorities.", support)
        first = "the first" if number == 1 else f"the first {number}"
        more = self._votes_to_pass(place, self.outcome.winners[-1]) - self.election.support[place]
        told = support + self._more_needed(place, more, None)
        return Explanation(place, None, f"It is not among {first}.", told, more)

    def _more_needed(self, place: int, more: int | None, to_start: int | None) -> str:
        """How much more support it would have taken; of a project that can start with less, for that and for all."""
        is_whole = self._can_start(place)
        if to_start:
            rest = f", and {more:,} for all of it" if more else ""
            return f" {self._many(to_start)} would have been enough to start it{rest}."
        return f" {self._many(more)} would have been enough{' for all of it' if is_whole else ''}." if more else ""

    def _many(self, more: int) -> str:
        """`3 more votes`; where every vote moves all shares, `3 more voters who chose nothing else`."""
        ending = "" if more == 1 else "s"
        if self.method.rule is Rule.EQUAL_SHARES:
            return f"{more:,} more voter{ending} who chose nothing else"
        return f"{more:,} more {'point' if self.election.points else 'vote'}{ending}"

    @cached_property
    def _walk(self) -> list[int]:
        """The order in which the greedy rule that decided reaches the projects."""
        per_cost = self.method.rule is Rule.GREEDY_PER_COST
        return greedy.order_per_cost(self.election) if per_cost else greedy.order(self.election)

    @property
    def _paid_whole(self) -> list[int]:
        return self.outcome.whole

    @property
    def _left_in_the_end(self) -> int:
        """Money that was left once everything was paid for that was paid for whole."""
        return self.election.budget - self.election.cost_of(self._paid_whole)

    def _has_turn(self, place: int) -> bool:
        """Whether it was reached at a turn, and at which may be told; fair shares know no turns."""
        return self.method.rule is not Rule.EQUAL_SHARES and place in self.turns.known

    def _reached_before(self, place: int) -> list[int]:
        """Winners that were funded before its turn; all of them where there is none to tell of."""
        return self._ahead_of(place) if self._has_turn(place) else self.outcome.winners

    def _rival_of(self, place: int, winners: list[int]) -> str:
        """The project of the same group among these; empty when there is none."""
        group = self.election.projects[place].group
        rivals = [self.election.projects[winner] for winner in winners]
        return next((rival.name or rival.id for rival in rivals if group and rival.group == group), "")

    def _left_at_turn(self, place: int) -> int:
        """Money left when the rule reached this project; in the end where no turn is told of."""
        ahead = self._ahead_of(place) if self._has_turn(place) else self._paid_whole
        return self.election.budget - self.election.cost_of(ahead)

    def _more_votes(self, place: int, held: Fraction) -> int | None:
        """Fewest further votes (or points) that would have funded it whole; None where it is, or none would.

        In fair shares its voters `held` so much at the end.
        """
        mine = self.election.projects[place]
        if mine.cost > self.election.budget or place in self._paid_whole:
            return None
        if self.method.rule is Rule.EQUAL_SHARES:
            return self._recounted(place, mine.cost - held, lambda found: place in found.whole)
        votes, ahead = self._votes_that_count(place), self._ahead_of(place)
        left = self.election.budget - self.election.cost_of(ahead)
        while ahead and (mine.cost > left or mine.group in self.election.groups_of(ahead)):
            rival = ahead.pop()
            if self.method.rule is Rule.GREEDY_PER_COST and not self.election.projects[rival].cost:
                return None  # nothing passes a free project
            left += self.election.projects[rival].cost
            votes = max(votes, self._votes_to_pass(place, rival))
        return votes - self.election.support[place] or None

    def _votes_to_start(self, place: int, held: Fraction, *, below: int | None) -> int | None:
        """Fewest further votes (or points), `below` so many, that would have paid for a part; None where none would.

        Whatever comes before whom, a part is paid once, from what is left in the end: to one project or another.
        """
        if not self._can_start(place) or place in self.outcome.winners:
            return None
        mine = self.election.projects[place]
        if self.method.rule is Rule.EQUAL_SHARES:
            return self._recounted(place, mine.least - held, lambda found: place in found.winners, below=below)
        is_there = mine.least <= self._left_in_the_end < mine.cost
        if not is_there or mine.group in self.election.groups_of(self._paid_whole):
            return None
        votes = self._votes_that_count(place)
        if self.outcome.part is not None:
            votes = max(votes, self._votes_to_pass(place, self.outcome.winners[-1]))
        more = votes - self.election.support[place]
        return more if more and (below is None or more < below) else None

    def _votes_that_count(self, place: int) -> int:
        """Its votes (or points), or as many as every project needs."""
        return max(self.election.support[place], self.method.at_least)

    def _recounted(
        self, place: int, missing: Fraction, is_enough: Callable[[Outcome], bool], *, below: int | None = None
    ) -> int | None:
        """By counting again, beginning with as many voters as hold at first what was missing at the end."""
        if not self.recounts:
            return None
        lacking = self.method.at_least - self.election.support[place]
        guess = max(lacking, math.ceil(missing / max(Fraction(1), self.outcome.share)))
        return Recount(self.election, self.method).fewest(place, guess, is_enough, below=below)

    def _votes_to_pass(self, place: int, rival: int) -> int:
        """Fewest votes (or points) with which a project comes before another."""
        mine, other, theirs = self.election.projects[place], self.election.projects[rival], self.election.support[rival]
        by_cost = self.method.rule is Rule.GREEDY_PER_COST
        ours, level = (theirs * mine.cost, other.cost) if by_cost else (theirs, 1)
        votes = -(-ours // level)
        if votes * level == ours and not (-votes, mine.cost, mine.id) < (-theirs, other.cost, other.id):
            return votes + 1
        return votes

    def _ahead_of(self, place: int) -> list[int]:
        """Winners that the rule reached before this project, in that order."""
        ahead = set(self._walk[: self._walk.index(place)])
        return [winner for winner in self._paid_whole if winner in ahead]


def votes_of(election: Election, place: int) -> str:
    """How many voters chose the project, as a sentence; with its points where ballots give any."""
    voters = f"{election.votes[place]:,} of {len(election.ballots):,} voters"
    if not election.points:
        return f"{voters} chose it."
    did = "ranked it" if election.most_ranks else "gave it points"
    points = election.support[place]
    return f"{voters} {did}: {points:,} {'point' if points == 1 else 'points'}."
