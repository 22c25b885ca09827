"""Every result explains itself in words: what each project got, when and why, or what it lacked."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from panels.domain import greedy
from panels.domain.election import Election
from panels.domain.purses import Electorate, Purses
from panels.domain.tally import Completion, Method, Outcome, Rule
from panels.domain.words import ordinal, pounds


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
        order: 1 for the first project funded; None when not funded.
        reason: a sentence about money; of votes it names only the number that the rules ask of every project, and only
            where anybody can tell from the result that there were fewer.
        support: a sentence about votes; shown only when all totals are published.
        more_votes: further votes that would have funded it whole, all else equal; None when funded or when none would.
        backing: money behind it in fair shares; None under other rules.
    """

    place: int
    order: int | None
    reason: str
    support: str
    more_votes: int | None = None
    backing: Backing | None = None


def explain(election: Election, method: Method, outcome: Outcome) -> list[Explanation]:
    """One explanation per project, in the order of the ballot."""
    story = _Story(election, method, outcome)
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

    def unfunded(self, place: int) -> tuple[str, int | None]:
        """The sentence, and how many more voters with money left could have paid the rest."""
        held = self.behind(place).money
        missing = self.election.projects[place].cost - held
        behind = set(self.electorate.supporters[place].tolist())
        needed = 0
        for block in sorted(set(range(len(self.money))) - behind, key=lambda block: (-self.money[block], block)):
            if missing <= 0 or not self.money[block]:
                break
            joining = min(self.electorate.sizes[block], -(-missing // self.money[block]))
            needed, missing = needed + int(joining), missing - joining * self.money[block]
        cost = self.election.projects[place].cost
        sentence = (
            f"{votes_of(self.election, place)} These voters had {pounds(int(held))} of their shares left between them"
            f"{f', {pounds(cost - int(held))} too little' if held < cost else ''}."
        )
        return sentence, needed if missing <= 0 and needed else None


@dataclass
class _Story:
    """One count, told project by project."""

    election: Election
    method: Method
    outcome: Outcome

    def tell(self, place: int, shares: _SharesStory | None) -> Explanation:
        told = self._told(place, shares)
        return replace(told, backing=shares.behind(place)) if shares else told

    def _told(self, place: int, shares: _SharesStory | None) -> Explanation:
        if place in self.outcome.winners:
            support = shares.funded(place) if shares else votes_of(self.election, place)
            return Explanation(place, self.outcome.winners.index(place) + 1, self._funded(place), support)
        return self._unfunded(place, shares)

    def _funded(self, place: int) -> str:
        before = self.outcome.winners[: self.outcome.winners.index(place)]
        left = self.election.budget - self.election.cost_of(before)
        if self.method.rule is Rule.PRIORITY:
            return f"It came {ordinal(len(before) + 1)}."
        mine, part = self.election.projects[place], self.outcome.part_of(place)
        if part is None:
            return (
                f"Funded {ordinal(len(before) + 1)}: it needs {pounds(mine.cost)}, and {pounds(left)} was still there."
            )
        return (
            f"Funded {ordinal(len(before) + 1)} with {pounds(part)} of {pounds(mine.cost)}, because {pounds(part)} was "
            f"left and it can start with {pounds(mine.least)}."
        )

    def _unfunded(self, place: int, shares: _SharesStory | None) -> Explanation:
        if self.method.rule is Rule.PRIORITY:
            return self._no_priority(place)
        mine = self.election.projects[place]
        support, more = votes_of(self.election, place), self._more_votes(place)
        if mine.cost > self.election.budget:
            reason = "more than all the money there was"
            more = None
        elif rival := self._rival_of(place):
            reason = f"and only one of it and {rival} could be funded"
        elif mine.cost > (left := self._left_at_turn(place)):
            reason = f"and {pounds(left)} was left" + ("" if shares else " when its turn came")
        else:
            # Too few votes for any rule, or too little in its voters' purses; the reason must not tell how many.
            reason = f"and {self._too_little(place)} stood behind it"
        if self._lacks_support(place) and mine.cost <= self.election.budget:
            support += f" A project needs {self.method.at_least:,} {self._votes} or more."
            more = None if shares else more
        elif shares and mine.cost <= self.election.budget:
            support, more = shares.unfunded(place)
            if self._rival_of(place):
                more = None  # it left when the other was funded: no money would have helped
        if more:
            support += self._more_needed(more, by_shares=shares is not None, is_whole=mine.least > 0)
        return Explanation(
            place, None, f"Not funded: it needs {pounds(mine.cost)}, {reason}.{self._no_part(place)}", support, more
        )

    def _no_part(self, place: int) -> str:
        """Why a project that can start with less did not get the rest; empty where what it lacks is told already."""
        mine, left = self.election.projects[place], self.election.budget - self.election.cost_of(self._paid_whole)
        if not 0 < mine.least < mine.cost or mine.cost <= left or self._rival_of(place) or self._lacks_support(place):
            return ""
        start = f" It can start with {pounds(mine.least)}"
        if left < mine.least:
            return f"{start}, but {f'only {pounds(left)}' if left else 'nothing'} was left in the end."
        if self.outcome.part is None:
            return ""
        other = self.election.projects[self.outcome.winners[-1]]
        return f"{start}, but what was left in the end went to {other.name or other.id}, which came before it."

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

    def _no_priority(self, place: int) -> Explanation:
        """It came after the last priority that the poll finds, or nobody named it."""
        support, number = votes_of(self.election, place), len(self.outcome.winners)
        if not self.election.support[place] or not number:
            return Explanation(place, None, "It is not among the priorities.", support)
        first = "the first" if number == 1 else f"the first {number}"
        more = self._votes_to_pass(place, self.outcome.winners[-1]) - self.election.support[place]
        return Explanation(place, None, f"It is not among {first}.", support + self._more_needed(more), more)

    def _more_needed(self, more: int, *, by_shares: bool = False, is_whole: bool = False) -> str:
        """How much more support it would have taken; in fair shares, what it would have taken when the count ended.

        Of a project that can start with less it is the support for its whole price.
        """
        if by_shares:
            voters = "1 more voter" if more == 1 else f"{more:,} more voters"
            return f" With what {voters} still had, they could have paid for it."
        what, for_all = "point" if self.election.points else "vote", " for all of it" if is_whole else ""
        return f" {more:,} more {what if more == 1 else f'{what}s'} would have been enough{for_all}."

    @cached_property
    def _walk(self) -> list[int]:
        """The order in which the greedy rule that decided reaches the projects."""
        per_cost = self.method.rule is Rule.GREEDY_PER_COST
        return greedy.order_per_cost(self.election) if per_cost else greedy.order(self.election)

    @property
    def _paid_whole(self) -> list[int]:
        return self.outcome.winners if self.outcome.part is None else self.outcome.winners[:-1]

    def _rival_of(self, place: int) -> str:
        """The funded project of the same group; empty when there is none."""
        group = self.election.projects[place].group
        rivals = [self.election.projects[winner] for winner in self.outcome.winners]
        return next((rival.name or rival.id for rival in rivals if group and rival.group == group), "")

    def _left_at_turn(self, place: int) -> int:
        """Money left when the rule reached this project; in fair shares, at the end."""
        ahead = self._paid_whole if self.method.rule is Rule.EQUAL_SHARES else self._ahead_of(place)
        return self.election.budget - self.election.cost_of(ahead)

    def _more_votes(self, place: int) -> int | None:
        """Fewest further votes (or points) with which most first would have funded it, all other support unchanged."""
        if self.method.rule is Rule.EQUAL_SHARES:
            return None
        mine = self.election.projects[place]
        votes = max(self.election.support[place], self.method.at_least)
        left = self._left_at_turn(place)
        ahead = self._ahead_of(place)
        while ahead and (mine.cost > left or mine.group in self.election.groups_of(ahead)):
            rival = ahead.pop()
            if self.method.rule is Rule.GREEDY_PER_COST and not self.election.projects[rival].cost:
                return None  # nothing passes a free project
            left += self.election.projects[rival].cost
            votes = max(votes, self._votes_to_pass(place, rival))
        return votes - self.election.support[place] or None

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
