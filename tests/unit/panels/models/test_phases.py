from collections.abc import Callable
from datetime import timedelta

import pytest

from panels.models import Phase, Round
from tests.unit.panels.builders import World

pytestmark = pytest.mark.django_db


def test_a_phase_asks_only_for_what_can_be_there(
    world: World, round: Round, django_assert_num_queries: Callable
) -> None:
    """Nothing before the freeze, then only whether it was annulled; an open box only once voting is over."""
    pk = round.pk
    known = Round.objects.get(pk=pk)
    moments = (
        (known.voting_opens_at - timedelta(hours=1), Phase.FROZEN, 1),
        (known.voting_opens_at, Phase.VOTING, 1),
        (known.voting_closes_at, Phase.CLOSED, 2),
    )
    for at, phase, questions in moments:
        round = Round.objects.get(pk=pk)
        with django_assert_num_queries(questions):
            assert round.phase_at(at) is phase

    known.frozen_at = None
    with django_assert_num_queries(0):
        assert known.phase_at(known.ideas_open_at) is Phase.IDEAS
        assert known.phase_at(known.voting_opens_at) is Phase.MISSED
