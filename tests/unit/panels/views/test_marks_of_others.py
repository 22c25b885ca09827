"""Forms sent with the mark of somebody else's form, or of another one of one's own: refused in a sentence."""

import uuid

import pytest

from cwf_portal.core.clock import core_now
from cwf_portal.core.permissions import Role
from panels.models import CardBatch, IdeaComment, Photo, Proposal, Round
from panels.services.ideas_comments import switch_comments
from tests.unit.panels.builders import World, person
from tests.unit.panels.photo_files import form
from tests.unit.panels.views.test_running import round_fields
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db

OUT_OF_DATE = "This page is out of date. Open it again and send it once more."
IDEA = {"title": "Warm Halls", "what": "Heating.", "kind": "other"}


def assert_refused(response):
    assert response.status_code == 400
    assert OUT_OF_DATE in text_of(response)


@pytest.mark.parametrize("is_own", [False, True], ids=["of-another-person", "of-another-thing"])
def test_the_mark_of_another_idea_makes_none(world, is_own):
    first, second = world.round_for_ideas(), world.round_for_ideas()
    author, other = world.residents[0], world.residents[0 if is_own else 1]
    sent = IDEA | {"submission": str(uuid.uuid4())}
    assert signed_in(author).post(f"/rounds/{first.pk}/ideas/new/", sent).status_code == 302
    where = second if is_own else first

    assert_refused(signed_in(other).post(f"/rounds/{where.pk}/ideas/new/", sent | {"title": "Night Bus"}))
    assert Proposal.objects.get().title == "Warm Halls"


@pytest.mark.parametrize("is_own", [False, True], ids=["of-another-person", "of-another-thing"])
def test_the_mark_of_another_comment_says_nothing(world, is_own):
    round = world.round_for_ideas()
    first, second = world.idea(round, "Warm Halls"), world.idea(round, "Night Bus")
    switch_comments(by=world.chair, round=round, is_on=True)
    author, other = world.residents[1], world.residents[1 if is_own else 2]
    sent = {"text": "Good.", "submission": str(uuid.uuid4())}
    assert signed_in(author).post(f"/ideas/{first.pk}/comment/", sent).status_code == 302

    assert_refused(signed_in(other).post(f"/ideas/{(second if is_own else first).pk}/comment/", sent))
    assert IdeaComment.objects.get().author == author


@pytest.mark.parametrize("is_own", [False, True], ids=["of-another-person", "of-another-thing"])
def test_the_mark_of_another_photo_adds_none(world, is_own):
    round = world.round_for_ideas()
    first, second = world.idea(round, "Warm Halls"), world.idea(round, "Night Bus")
    adder, other = world.chair, world.chair if is_own else world.members[1]
    sent = form()
    assert signed_in(adder).post(f"/ideas/{first.pk}/photos/new/", sent).status_code == 302
    sent["photo"].seek(0)

    assert_refused(signed_in(other).post(f"/ideas/{(second if is_own else first).pk}/photos/new/", sent))
    assert Photo.objects.get().added_by == adder


def test_the_mark_of_another_panels_vote_which_everybody_can_read_sets_none_up(world):
    elsewhere = World().round_for_ideas()
    sent = round_fields(submission=str(elsewhere.code))

    assert_refused(signed_in(world.chair).post(f"/panels/{world.panel.pk}/rounds/new/", sent))
    assert not Round.objects.filter(panel=world.panel).exists()


def test_the_mark_of_another_officers_cards_makes_none(world):
    world.list_place()
    last = {"last_on_day": "1", "last_on_month": "1", "last_on_year": str(core_now().year + 1)}
    sent = {"neighbourhood": world.place.code, "event": "Fair", "count": "2", "submission": str(uuid.uuid4()), **last}
    assert signed_in(world.officer).post("/living-here/cards/", sent).status_code == 302

    assert_refused(signed_in(person(Role.GRANTS_OFFICER)).post("/living-here/cards/", sent))
    assert CardBatch.objects.get().made_by == world.officer
