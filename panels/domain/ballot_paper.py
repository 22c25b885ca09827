"""The plain ballot before it is sealed: one fixed length per round, numbers only, no free text.

Layout: version (1 byte), kind (1 byte), number of projects n (2 bytes), then one 16-bit number per project in the
order of the frozen rules, the *marks*. A mark is 0 where the voter left the project out; else, by kind of ballot,
- approval and knapsack: 1, the voter chose it;
- ranked: its place, 1 for the one that matters most, each place once and none left out;
- points: how many points the voter gives it.

Whoever has marks needs only this: `BallotRules` (of a round: `RulesSheet.ballot`), `naming`, `ranking` or plain numbers
to make marks, `check` to refuse them with a sentence for the voter, `encode` before sealing, `decode` after opening.
What is counted and published of a ballot is its *content*, see `content_of`.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from cwf_portal.core.said import Pence, Place, Said

VERSION = 1
MOST_PROJECTS = 1000
MOST_MARK = 65_535
_HEAD = struct.Struct(">BBH")

Marks = tuple[int, ...]


class Kind(StrEnum):
    """How a voter fills in a ballot."""

    APPROVAL = "approval"
    RANKED = "ranked"
    POINTS = "points"
    KNAPSACK = "knapsack"


NUMBERS = {Kind.APPROVAL: 1, Kind.RANKED: 2, Kind.POINTS: 3, Kind.KNAPSACK: 4}
NAMING = {Kind.APPROVAL, Kind.KNAPSACK}
GIVING_POINTS = {Kind.RANKED, Kind.POINTS}


class BallotError(ValueError):
    """The marks or bytes are no ballot of this round. The sentence names no project.

    Attributes:
        sentence: what is wrong.
        mend: what the voter can do about it; empty where only a damaged ballot comes here.
        at: positions of the projects that it is about, where it is about some of them.
    """

    def __init__(self, sentence: str, mend: str = "", at: tuple[int, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence, self.mend, self.at = sentence, mend, at


@dataclass(frozen=True)
class BallotRules:
    """What the frozen rules say about a ballot.

    Attributes:
        kind: how it is filled in.
        project_count: projects that stand on it.
        most_choices: projects that may be chosen, ranked or given points.
        points: points of one voter; 0 where the kind has none.
        most_points: of these, the most for one project.
        budget: money that a knapsack may hold, in pence; 0 where the kind does not ask.
        prices: of each project, in pence, where the kind asks; else empty.
    """

    kind: Kind
    project_count: int
    most_choices: int
    points: int = 0
    most_points: int = 0
    budget: int = 0
    prices: tuple[int, ...] = ()

    @classmethod
    def from_rules(cls, content: dict[str, Any]) -> "BallotRules":
        """Of the rules of a round, as they were frozen."""
        ballot, projects = content["ballot"], content["projects"]
        kind = Kind(ballot["kind"])
        rules = cls(kind, len(projects), ballot["most_choices"], ballot.get("points", 0), ballot.get("most_points", 0))
        if kind is not Kind.KNAPSACK:
            return rules
        prices = tuple(project["price_pence"] for project in projects)
        return cls(kind, rules.project_count, rules.most_choices, budget=content["budget_pence"], prices=prices)

    def to_table(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> "BallotRules":
        """Back from `to_table`."""
        return cls(**table | {"kind": Kind(table["kind"]), "prices": tuple(table["prices"])})


def ballot_length(project_count: int) -> int:
    """Bytes of a plain ballot: the same for every ballot of a round."""
    return _HEAD.size + 2 * project_count


def naming(chosen: Iterable[int], project_count: int) -> Marks:
    """Marks of a voter who chose these positions.

    Raises:
        BallotError: a position does not exist or occurs twice.
    """
    return _marked(((place, 1) for place in chosen), project_count)


def ranking(order: Iterable[int], project_count: int) -> Marks:
    """Marks of a voter who put these positions first, second and so on.

    Raises:
        BallotError: a position does not exist or occurs twice.
    """
    return _marked(((place, rank) for rank, place in enumerate(order, start=1)), project_count)


def check(marks: Sequence[int], rules: BallotRules) -> None:
    """Refuse marks that are no ballot under these rules.

    Raises:
        BallotError: with a sentence for the voter, and how to mend it.
    """
    if len(marks) != rules.project_count or not all(0 <= mark <= MOST_MARK for mark in marks):
        raise BallotError("This is not a ballot of this vote.", "Start again from the ballot.")
    given = [mark for mark in marks if mark]
    if not given:
        raise BallotError(*EMPTY[rules.kind])
    if len(given) > rules.most_choices:
        one, more = TOO_MANY[rules.kind]
        pattern = one if rules.most_choices == 1 else more
        raise BallotError(Said(pattern, given=len(given), most=rules.most_choices), "Take some away.")
    CHECKS[rules.kind](marks, rules)


def encode(marks: Sequence[int], rules: BallotRules) -> bytes:
    """The plain ballot of these marks, which `check` has let through or nobody could check."""
    head = _HEAD.pack(VERSION, NUMBERS[rules.kind], rules.project_count)
    return head + struct.pack(f">{rules.project_count}H", *marks)


def decode(ballot: bytes, rules: BallotRules) -> Marks:
    """The marks of a plain ballot.

    Raises:
        BallotError: another version, kind or length, or marks that the rules do not allow.
    """
    if len(ballot) != ballot_length(rules.project_count):
        raise BallotError("the ballot has another length than this round's ballots")
    if _HEAD.unpack_from(ballot) != (VERSION, NUMBERS[rules.kind], rules.project_count):
        raise BallotError("the ballot is of another version, kind or size")
    marks = struct.unpack_from(f">{rules.project_count}H", ballot, _HEAD.size)
    check(marks, rules)
    return marks


def content_of(marks: Marks, kind: Kind) -> tuple[int, ...]:
    """A ballot as it is counted, sorted among others and published.

    Approval and knapsack: the positions chosen, ascending. Ranked: the positions in the voter's order, the first
    first. Points: the points of every project, in the order of the rules.
    """
    if kind is Kind.POINTS:
        return marks
    named = [place for place, mark in enumerate(marks) if mark]
    return tuple(sorted(named, key=lambda place: marks[place]))


def cost_of(marks: Sequence[int], prices: Sequence[int]) -> int:
    """What the projects with a mark cost together, in pence."""
    return sum(price for mark, price in zip(marks, prices, strict=True) if mark)


def _marked(pairs: Iterable[tuple[int, int]], project_count: int) -> Marks:
    marks = [0] * project_count
    for place, mark in pairs:
        if not 0 <= place < project_count:
            raise BallotError(f"position {place} is not on this ballot")
        if marks[place]:
            raise BallotError(f"position {place} is chosen twice")
        marks[place] = mark
    return tuple(marks)


def _check_naming(marks: Sequence[int], rules: BallotRules) -> None:
    if any(mark > 1 for mark in marks):
        raise BallotError("a mark is neither 0 nor 1")


def _check_knapsack(marks: Sequence[int], rules: BallotRules) -> None:
    _check_naming(marks, rules)
    cost = cost_of(marks, rules.prices)
    if cost > rules.budget:
        raise BallotError(
            Said(DEARER, cost=Pence(cost), budget=Pence(rules.budget)),
            Said("Take some away: it is {excess} too much.", excess=Pence(cost - rules.budget)),
        )


def _check_ranking(marks: Sequence[int], rules: BallotRules) -> None:
    ranks = Counter(mark for mark in marks if mark)
    for rank in sorted(ranks):
        if ranks[rank] > 1:
            at = tuple(place for place, mark in enumerate(marks) if mark == rank)
            said = Said("You gave {place} place to {many} projects.", place=Place(rank), many=len(at))
            raise BallotError(said, "Give each place once.", at)
    missing = next(rank for rank in range(1, MOST_PROJECTS + 2) if rank not in ranks)
    if missing < max(ranks):
        later = min(rank for rank in ranks if rank > missing)
        at = (marks.index(later),)
        said = Said("You gave {later} place, but not {missing}.", later=Place(later), missing=Place(missing))
        raise BallotError(said, "Leave no place out.", at)


def _check_points(marks: Sequence[int], rules: BallotRules) -> None:
    highest, total = max(marks), sum(marks)
    if highest > rules.most_points:
        raise BallotError(
            Said(
                "You gave {given} points to one project; the most for one is {most}.",
                given=highest,
                most=rules.most_points,
            ),
            "Give it fewer.",
            (marks.index(highest),),
        )
    if total > rules.points:
        raise BallotError(
            Said("You gave {given} points; you have {points} to give.", given=total, points=rules.points),
            Said("Take {excess} away.", excess=total - rules.points),
        )


EMPTY = {
    Kind.APPROVAL: ("You have not chosen a project.", "Choose one or more."),
    Kind.KNAPSACK: ("You have not chosen a project.", "Choose one or more."),
    Kind.RANKED: ("You have not ranked a project.", "Write 1 beside the one that matters most to you."),
    Kind.POINTS: ("You have not given any points.", "Give some to one project or more."),
}
DEARER = "Together the projects you chose cost {cost}, and there is {budget}."
CHOSE = (
    "You chose {given} projects; you can choose one.",
    "You chose {given} projects; you can choose up to {most}.",
)
TOO_MANY = {
    Kind.APPROVAL: CHOSE,
    Kind.KNAPSACK: CHOSE,
    Kind.RANKED: (
        "You ranked {given} projects; you can rank one.",
        "You ranked {given} projects; you can rank up to {most}.",
    ),
    Kind.POINTS: (
        "You gave points to {given} projects; you can give points to one.",
        "You gave points to {given} projects; you can give points to up to {most}.",
    ),
}
CHECKS = {
    Kind.APPROVAL: _check_naming,
    Kind.KNAPSACK: _check_knapsack,
    Kind.RANKED: _check_ranking,
    Kind.POINTS: _check_points,
}
