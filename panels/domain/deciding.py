"""When a panel may decide, and what its votes amount to. Defaults from the fund's rules, handed in as `PanelRules`."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class PanelRules:
    """Bounds a panel must keep; percentages are 0 to 100."""

    fewest_members: int = 8
    most_members: int = 16
    residents_pct: int = 51
    smallest_quorum: int = 5

    def quorum(self, member_count: int) -> int:
        """Half the members, rounded up, and never fewer than the smallest quorum."""
        return max(self.smallest_quorum, -(-member_count // 2))

    def has_resident_majority(self, residents: int, total: int) -> bool:
        return total > 0 and residents * 100 >= self.residents_pct * total


@dataclass(frozen=True)
class Standing:
    """Whether a panel may decide today, and if not, why, in sentences."""

    is_lawful: bool
    problems: tuple[str, ...]


def standing(*, member_count: int, resident_count: int, has_resident_chair: bool, rules: PanelRules) -> Standing:
    """A panel is lawful with enough members, a resident majority and a resident chair."""
    problems = []
    if member_count < rules.fewest_members:
        problems.append(f"The panel has {member_count} members; it needs at least {rules.fewest_members}.")
    if member_count > rules.most_members:
        problems.append(f"The panel has {member_count} members; it may have at most {rules.most_members}.")
    if not rules.has_resident_majority(resident_count, member_count):
        share = f"{resident_count} of {member_count}"
        problems.append(f"Residents are {share} members; they must be at least {rules.residents_pct}%.")
    if not has_resident_chair:
        problems.append("The panel has no chair who lives here.")
    return Standing(not problems, tuple(problems))


class Vote(StrEnum):
    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


@dataclass(frozen=True)
class MemberVote:
    """One member's vote. A conflicted member declares it and is out of the count."""

    vote: Vote
    is_resident: bool
    is_conflicted: bool = False


class Verdict(StrEnum):
    CARRIED = "carried"
    NOT_CARRIED = "not_carried"
    DEFERRED = "deferred"


@dataclass(frozen=True)
class Decision:
    verdict: Verdict
    reason: str


def decide(member_count: int, votes: Iterable[MemberVote], rules: PanelRules) -> Decision:
    """What the votes amount to. A tie fails: the chair has no casting vote.

    Args:
        member_count: members of the panel today, conflicted ones included; the quorum counts from it.
        votes: one per member who took part.
        rules: the panel's bounds.
    """
    eligible = [vote for vote in votes if not vote.is_conflicted]
    quorum = rules.quorum(member_count)
    if len(eligible) < quorum:
        return Decision(Verdict.DEFERRED, f"{len(eligible)} members without a conflict voted; {quorum} are needed.")
    residents = sum(1 for vote in eligible if vote.is_resident)
    if not rules.has_resident_majority(residents, len(eligible)):
        reason = f"Residents cast {residents} of {len(eligible)} votes; they must cast at least {rules.residents_pct}%."
        return Decision(Verdict.DEFERRED, reason)
    in_favour = sum(1 for vote in eligible if vote.vote is Vote.FOR)
    against = sum(1 for vote in eligible if vote.vote is Vote.AGAINST)
    verdict = Verdict.CARRIED if in_favour > against else Verdict.NOT_CARRIED
    tie = " A tie is not enough." if in_favour == against else ""
    return Decision(verdict, f"{in_favour} for, {against} against.{tie}")
