"""Two of one household who do their parts at the same moment, with real threads and connections."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError
from cwf_portal.core.models import User
from panels.models import Annulment, AnnulmentCall, PlaceQuestion, PlaceVerdict
from panels.services import call_for_annulment
from tests.unit.panels.builders import World, taken_up, tell_box
from tests.unit.panels.services.test_certifying import opened
from tests.unit.panels.services.test_nothing_to_win import newcomer
from tests.unit.panels.services.test_pairs import WHY, one_home
from tests.unit.panels.services.test_races import at_once


@pytest.fixture
def world(committed_beginning) -> World:
    return taken_up(committed_beginning("committed_box", tell_box))


def test_two_of_one_household_who_call_at_once_annul_nothing(world):
    round, calls = opened(world, world.told), one_home(world)
    done = at_once([partial(call_for_annulment, by=by, round=round, reason=WHY) for by in calls])
    assert sum(isinstance(one, DomainError) for one in done) == 1
    assert AnnulmentCall.objects.count() == 1
    assert not Annulment.objects.exists()


def judged_by_hand(by: User, question: PlaceQuestion) -> object:
    try:
        with acting("system:test", "by hand"), transaction.atomic():
            return PlaceVerdict.objects.create(question=question, judge=by, neighbourhood=None, reason=WHY)
    except IntegrityError as error:
        return error


def test_what_two_of_one_household_write_at_once_past_the_service_is_written_once(world):
    """Without the lock in the trigger neither of two sees the other."""
    questions, home = [newcomer(world).place_question for _ in range(8)], one_home(world)
    for question in questions:
        done = at_once([partial(judged_by_hand, by, question) for by in home])
        assert sum(isinstance(one, IntegrityError) for one in done) == 1
    assert PlaceVerdict.objects.count() == len(questions)
