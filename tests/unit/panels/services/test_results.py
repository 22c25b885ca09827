"""What is stored of a count, and how much of it is worked out for whom."""

import pytest

from cwf_portal.core.audit import acting
from panels.domain.tally import Rule
from panels.models import ProjectResult, Round
from panels.services.results import count_round

pytestmark = pytest.mark.django_db
PATTERN = ((0,), (0, 1), (1, 2), (0, 2))  # of three projects for £90,000, £40,000 and £12,000; there is £100,000


def lacking(round: Round, voters: int) -> dict[bool, list[str]]:
    """What is said about the support of each project that was not funded, by the rule that decides and by the other."""
    with acting("system:test", "counted"):
        count_round(round, [PATTERN[number % 4] for number in range(voters)])
    lines = ProjectResult.objects.filter(result__round=round, order=None).order_by("project__place")
    return {decides: [line.support for line in lines if line.is_decisive is decides] for decides in (True, False)}


@pytest.mark.parametrize(
    ("options", "what"), [({"rule": Rule.EQUAL_SHARES}, "voters who chose nothing else"), ({}, "vote")]
)
def test_a_published_count_says_how_many_more_votes_would_have_been_enough(world, round, what):
    said = lacking(round, voters=120)

    assert said[True]
    assert all(f" more {what}" in support and "would have been enough" in support for support in said[True])
    assert not any("voters who chose nothing else" in support for support in said[False])


@pytest.mark.parametrize("options", [{"rule": Rule.EQUAL_SHARES}])
def test_nothing_is_counted_again_for_a_sentence_that_nobody_may_read(world, round):
    assert not any("would have been enough" in support for support in lacking(round, voters=99)[True])
