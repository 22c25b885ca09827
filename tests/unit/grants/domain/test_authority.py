"""Who may approve what."""

import pytest

from grants.domain.authority import (
    Officer,
    Rank,
    Risk,
    is_within_limit,
    needs_assurance,
    second_approver_problems,
)

HEAD = Officer(1, Rank.HEAD_OF_GRANTS, "north")


@pytest.mark.parametrize(
    ("value_pence", "risk", "needed"),
    [
        (99_999_999, Risk.LOW, False),
        (100_000_000, Risk.LOW, True),
        (99_999_999, Risk.MEDIUM, False),
        (1, Risk.HIGH, True),
    ],
)
def test_assurance_is_needed_from_a_million_pounds_or_at_high_risk(value_pence: int, risk: Risk, needed: bool) -> None:
    assert needs_assurance(value_pence, risk) is needed


def test_limit_includes_its_own_value_and_no_limit_approves_nothing() -> None:
    assert is_within_limit(100, 100)
    assert not is_within_limit(101, 100)
    assert not is_within_limit(0, None)


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (Officer(1, Rank.HEAD_OF_GRANTS, "south"), "The same person gave the first approval."),
        (Officer(2, Rank.HEAD_OF_GRANTS, "north"), "The first approver is in the same team."),
        (Officer(2, Rank.SENIOR_OFFICER, "south"), "Your rank is more than one below the first approver's."),
    ],
)
def test_second_approver_is_refused_with_the_reason(second: Officer, problem: str) -> None:
    assert second_approver_problems(HEAD, second) == [problem]


@pytest.mark.parametrize("rank", [Rank.GRANTS_MANAGER, Rank.HEAD_OF_GRANTS, Rank.FUND_DIRECTOR])
def test_second_approver_from_another_team_and_at_most_one_rank_lower_may_approve(rank: Rank) -> None:
    assert second_approver_problems(HEAD, Officer(2, rank, "south")) == []
