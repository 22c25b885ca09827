import pytest

from panels.domain.deciding import MemberVote, PanelRules, Verdict, Vote, decide, standing

RULES = PanelRules()


def votes(for_: int = 0, against: int = 0, abstain: int = 0, *, outsiders: int = 0) -> list[MemberVote]:
    """Votes in this order; the first `outsiders` are by members who live elsewhere."""
    cast = [Vote.FOR] * for_ + [Vote.AGAINST] * against + [Vote.ABSTAIN] * abstain
    return [MemberVote(vote, is_resident=number >= outsiders) for number, vote in enumerate(cast)]


@pytest.mark.parametrize(
    ("members", "residents", "has_chair", "problems"),
    [
        (8, 5, True, 0),
        (16, 9, True, 0),
        (7, 7, True, 1),
        (17, 17, True, 1),
        (10, 5, True, 1),
        (8, 8, False, 1),
        (0, 0, False, 3),
    ],
)
def test_standing_names_every_problem(members, residents, has_chair, problems):
    found = standing(member_count=members, resident_count=residents, has_resident_chair=has_chair, rules=RULES)

    assert found.is_lawful == (problems == 0)
    assert len(found.problems) == problems


@pytest.mark.parametrize(
    ("members", "cast", "verdict"),
    [
        (8, votes(3, 2), Verdict.CARRIED),
        (8, votes(2, 2, 1), Verdict.NOT_CARRIED),
        (8, votes(2, 3), Verdict.NOT_CARRIED),
        (8, votes(4), Verdict.DEFERRED),
        (12, votes(5), Verdict.DEFERRED),
        (12, votes(6), Verdict.CARRIED),
        (11, votes(5), Verdict.DEFERRED),
        (8, votes(5, outsiders=3), Verdict.DEFERRED),
        (8, votes(5, outsiders=2), Verdict.CARRIED),
    ],
)
def test_decide(members, cast, verdict):
    assert decide(members, cast, RULES).verdict is verdict


def test_decide_leaves_conflicted_members_out_of_the_count():
    conflicted = MemberVote(Vote.FOR, is_resident=True, is_conflicted=True)

    assert decide(8, [*votes(4), conflicted], RULES).verdict is Verdict.DEFERRED
    assert decide(8, [*votes(2, 3), conflicted, conflicted], RULES).verdict is Verdict.NOT_CARRIED


def test_decide_says_that_a_tie_is_not_enough():
    assert decide(8, votes(3, 3), RULES).reason == "3 for, 3 against. A tie is not enough."
