"""Who may approve what: ranks, risk, and the rules of the second approver."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

MILLION_POUNDS_PENCE = 100_000_000
DELEGATED_DAYS_MAX = 30  # both ends counted


class Rank(IntEnum):
    """Officers' ranks, lowest first."""

    GRANTS_OFFICER = 1
    SENIOR_OFFICER = 2
    GRANTS_MANAGER = 3
    HEAD_OF_GRANTS = 4
    FUND_DIRECTOR = 5


RANK_LABELS = {
    Rank.GRANTS_OFFICER: "Grants officer",
    Rank.SENIOR_OFFICER: "Senior officer",
    Rank.GRANTS_MANAGER: "Grants manager",
    Rank.HEAD_OF_GRANTS: "Head of grants",
    Rank.FUND_DIRECTOR: "Fund director",
}


class Risk(StrEnum):
    """How risky a grant is judged to be."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Step(StrEnum):
    """The steps by which an agreement is approved, in order."""

    RECOMMENDATION = "recommendation"
    ASSURANCE = "assurance"
    FIRST = "first"
    SECOND = "second"


STEP_LABELS = {
    Step.RECOMMENDATION: "Recommended",
    Step.ASSURANCE: "Assured",
    Step.FIRST: "First approval",
    Step.SECOND: "Second approval",
}

LOWEST_RANK_FOR = {Step.RECOMMENDATION: Rank.GRANTS_OFFICER, Step.ASSURANCE: Rank.SENIOR_OFFICER}


@dataclass(frozen=True)
class Officer:
    """An officer as the rules see one; `user` is any value that tells two people apart."""

    user: int
    rank: Rank
    team: str


def needs_assurance(value_pence: int, risk: Risk) -> bool:
    """Whether a senior officer must assure first: from £1m of whole-life value, or at high risk."""
    return value_pence >= MILLION_POUNDS_PENCE or risk is Risk.HIGH


def is_within_limit(value_pence: int, limit_pence: int | None) -> bool:
    """Whether a value may be approved under a limit; no limit means the rank approves nothing."""
    return limit_pence is not None and value_pence <= limit_pence


def second_approver_problems(first: Officer, second: Officer) -> list[str]:
    """Why the second officer may not approve after the first; empty when they may."""
    problems: list[str] = []
    if first.user == second.user:
        problems.append("The same person gave the first approval.")
    if first.team == second.team:
        problems.append("The first approver is in the same team.")
    if second.rank < first.rank - 1:
        problems.append("Your rank is more than one below the first approver's.")
    return problems
