"""Every result explains itself in words: what each project got, when and why, or what it lacked."""

from dataclasses import dataclass
from fractions import Fraction

from panels.domain.election import Election
from panels.domain.equal_shares import Electorate, Purses
from panels.domain.tally import Method, Outcome, Rule


@dataclass(frozen=True)
class Explanation:
    """Why one project stands where it stands.

    Attributes:
        place: position of the project on the ballot.
        order: 1 for the first project funded; None when not funded.
        reason: a sentence about money only; it names no number of votes and none can be worked out from it.
        support: a sentence about votes; shown only when all totals are published.
        more_votes: further votes that would have funded it, all else equal; None when funded or when none would do.
    """

    place: int
    order: int | None
    reason: str
    support: str
    more_votes: int | None = None


def explain(election: Election, method: Method, outcome: Outcome) -> list[Explanation]:
    """One explanation per project, in the order of the ballot."""
    story = _Story(election, method, outcome)
    shares = _SharesStory(election, outcome) if method.rule is Rule.EQUAL_SHARES else None
    return [story.tell(place, shares) for place in range(len(election.projects))]


def pounds(pence: int | Fraction) -> str:
    """`£1,234` or `£1,234.50`; fractions of a penny are rounded up, since nobody pays less than their part."""
    whole = -(-pence // 1)
    return f"£{whole // 100:,}" if whole % 100 == 0 else f"£{whole // 100:,}.{whole % 100:02d}"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `4th`, `11th` …"""
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


class _SharesStory:
    """Replays the purchases exactly, so that sentences can name what supporters paid and had left."""

    def __init__(self, election: Election, outcome: Outcome) -> None:
        self.election, self.outcome = election, outcome
        self.electorate = Electorate.of(election)
        self.purses = Purses.filled(self.electorate, outcome.share)
        self.prices: dict[int, Fraction] = {}
        bought = outcome.winners[: outcome.paid_by_shares]
        for number, place in enumerate(bought):
            self.purses.follow(bought[:number])
            price = self.purses.price(place)
            self.prices[place] = price if price is not None else Fraction(0)
        self.purses.follow(bought)

    def funded(self, place: int) -> str:
        if place not in self.prices:
            return f"{votes_of(self.election, place)} It was paid from the money that was left at the end."
        most = pounds(self.prices[place])
        return f"{votes_of(self.election, place)} Each of these voters paid up to {most} for it from an equal share."

    def unfunded(self, place: int) -> tuple[str, int | None]:
        """The sentence, and how many more voters with money left could have paid for the project."""
        cost = self.election.projects[place].cost
        behind = set(self.electorate.supporters[place].tolist())
        held = self._left(behind)
        missing = cost - held
        others = [b for b in range(len(self.electorate.sizes)) if b not in behind and self.purses.amounts[b]]
        needed = 0
        for block in sorted(others, key=self.purses.amounts.__getitem__, reverse=True):
            purse = Fraction(self.purses.amounts[block], self.purses.denominator)
            joining = min(self.electorate.sizes[block], -(-missing // purse))
            needed, missing = needed + int(joining), missing - joining * purse
            if missing <= 0:
                break
        sentence = (
            f"{votes_of(self.election, place)} These voters had {pounds(held)} of their shares left between them."
        )
        return sentence, needed if missing <= 0 and needed else None

    def _left(self, blocks: set[int]) -> Fraction:
        sizes = self.electorate.sizes
        return Fraction(sum(self.purses.amounts[b] * sizes[b] for b in blocks), self.purses.denominator)


@dataclass(frozen=True)
class _Story:
    """One count, told project by project."""

    election: Election
    method: Method
    outcome: Outcome

    def tell(self, place: int, shares: _SharesStory | None) -> Explanation:
        if place in self.outcome.winners:
            support = shares.funded(place) if shares else votes_of(self.election, place)
            return Explanation(place, self.outcome.winners.index(place) + 1, self._funded(place), support)
        return self._unfunded(place, shares)

    def _funded(self, place: int) -> str:
        before = self.outcome.winners[: self.outcome.winners.index(place)]
        left = self.election.budget - self.election.cost_of(before)
        cost = self.election.projects[place].cost
        return f"Funded {ordinal(len(before) + 1)}: it needs {pounds(cost)}, and {pounds(left)} was still there."

    def _unfunded(self, place: int, shares: _SharesStory | None) -> Explanation:
        cost = self.election.projects[place].cost
        support, more = votes_of(self.election, place), self._more_votes(place)
        if cost > self.election.budget:
            reason = "more than all the money there was"
            more = None
        elif cost > (left := self._left_at_turn(place)):
            reason = f"and {pounds(left)} was left" + ("" if shares else " when its turn came")
        else:
            # Too few votes for any rule, or too little in its voters' purses; the reason must not tell how many.
            reason = "and too little support stood behind it"
        if shares and cost <= self.election.budget:
            support, more = shares.unfunded(place)
        if more:
            support += f" {more:,} more {'vote' if more == 1 else 'votes'} would have been enough."
        return Explanation(place, None, f"Not funded: it needs {pounds(cost)}, {reason}.", support, more)

    def _left_at_turn(self, place: int) -> int:
        """Money left when most votes first reached this project. Per-cost rounds use the end of the count."""
        ahead = self._ahead_of(place) if self.method.rule is Rule.GREEDY else self.outcome.winners
        return self.election.budget - self.election.cost_of(ahead)

    def _more_votes(self, place: int) -> int | None:
        """Fewest further votes with which most votes first would have funded it, the others' votes unchanged."""
        if self.method.rule is not Rule.GREEDY:
            return None
        projects, mine = self.election.projects, self.election.projects[place]
        left = self._left_at_turn(place)
        votes = max(self.election.votes[place], self.method.at_least)
        for rival in reversed(self._ahead_of(place)):
            if mine.cost <= left:
                break
            left += projects[rival].cost
            wins_ties = (mine.cost, mine.id) < (projects[rival].cost, projects[rival].id)
            votes = max(votes, self.election.votes[rival] + (0 if wins_ties else 1))
        return votes - self.election.votes[place] or None

    def _ahead_of(self, place: int) -> list[int]:
        """Winners that most votes first reached before this project, in that order."""
        ranks = self.election.precedence
        ahead = (winner for winner in self.outcome.winners if ranks[winner] < ranks[place])
        return sorted(ahead, key=ranks.__getitem__)


def votes_of(election: Election, place: int) -> str:
    """How many voters chose the project, as a sentence."""
    return f"{election.votes[place]:,} of {len(election.ballots):,} voters chose it."
