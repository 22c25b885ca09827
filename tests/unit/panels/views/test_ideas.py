"""The pages of ideas: the list with its filter, one idea with every step, support."""

import uuid

import pytest
from django.db import IntegrityError
from django.test import Client

from cwf_portal.core.audit import acting
from cwf_portal.core.permissions import Role
from neighbourhoods.models import Outline
from panels.models import IdeaSupport, Proposal
from panels.services import Costs, assess_proposal, join_ideas, refuse_proposal
from panels.services.ideas import support_idea
from tests.unit.panels.builders import person
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_a_page_of_an_idea_shows_what_where_and_every_step(world):
    round = world.round_for_ideas()
    resident = signed_in(world.residents[0])
    fields = {"title": "Warm Halls", "what": "Heating.", "kind": "meet", "where": "Mill Lane"}
    fields["submission"] = "a75edb0e-7fc6-4d5a-9dbe-2f1a54f6d2c5"
    assert resident.post(f"/rounds/{round.pk}/ideas/new/", fields).status_code == 302
    idea = Proposal.objects.get()
    assess_proposal(by=world.officer, proposal=idea, costs=Costs(5_000_00, 100_00), reason="A quote.")
    page = text_of(Client().get(f"/ideas/{idea.pk}/"))

    for words in ("Mill Lane", "Put forward", "A quote.", "£5,000 to set up, £100 a year.", "An officer of the fund"):
        assert words in page
    assert world.residents[0].full_name not in page
    assert "This is your idea." in text_of(resident.get(f"/ideas/{idea.pk}/"))
    assert "Your idea: Warm Halls" in text_of(resident.get("/home/"))


def test_a_resident_supports_an_idea_and_takes_it_back(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    client = signed_in(world.residents[1])
    assert "Support this idea" in text_of(client.get(f"/ideas/{idea.pk}/"))
    page = text_of(client.post(f"/ideas/{idea.pk}/support/", follow=True))
    assert "Take back my support" in page
    assert "Fewer than 10 people support it so far." in page
    client.post(f"/ideas/{idea.pk}/support/", {"take_back": "yes"})
    assert not IdeaSupport.objects.exists()


def test_support_from_elsewhere_is_refused_with_a_sentence(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    response = signed_in(person()).post(f"/ideas/{idea.pk}/support/")

    assert response.status_code == 409
    assert "Support comes from people who live here." in text_of(response)
    assert Client().post(f"/ideas/{idea.pk}/support/").status_code == 302


def test_ten_supporters_are_counted_out(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    for resident in [*world.residents[1:], *world.more_residents(5)]:
        support_idea(by=resident, proposal=idea)

    assert "10 people support it." in text_of(Client().get(f"/ideas/{idea.pk}/"))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Warm Halls", "Mend Potholes"}),
        ("?state=refused", {"Mend Potholes"}),
        ("?kind=meet&order=newest", {"Warm Halls", "Mend Potholes"}),
        ("?kind=green", set()),
        ("?kind=nonsense", {"Warm Halls", "Mend Potholes"}),
        ("?order=support&page=99", {"Warm Halls", "Mend Potholes"}),
    ],
)
def test_ideas_are_filtered_by_address(world, query, shown):
    round = world.round_for_ideas()
    world.idea(round, "Warm Halls")
    refuse_proposal(by=world.chair, proposal=world.idea(round, "Mend Potholes"), reason="The council does it.")
    page = text_of(Client().get(f"/rounds/{round.pk}/ideas/{query}"))

    assert {title for title in ("Warm Halls", "Mend Potholes") if title in page} == shown


def test_the_list_asks_the_same_few_questions_for_any_number_of_ideas(world, django_assert_max_num_queries):
    round = world.round_for_ideas()
    for number in range(6):
        world.idea(round, f"Idea {number}")
    with django_assert_max_num_queries(8):
        assert "6 ideas" in text_of(Client().get(f"/rounds/{round.pk}/ideas/"))


def test_the_panel_joins_and_parts_ideas_with_a_reason(world):
    round = world.round_for_ideas()
    first, second = (world.idea(round, title) for title in ("Warm Halls", "Cosy Halls"))
    chair = signed_in(world.chair)
    refused = chair.post(f"/ideas/{first.pk}/join/", {"reason": "The same."})
    assert refused.status_code == 400
    assert "Choose an answer" in text_of(refused)
    page = text_of(chair.post(f"/ideas/{first.pk}/join/", {"ideas": [second.pk], "reason": "The same."}, follow=True))
    assert "Another idea was joined with this one" in page
    assert f"/ideas/{second.pk}/part/" in text_of(chair.get(f"/rounds/{round.pk}/shaping/"))
    assert chair.post(f"/ideas/{second.pk}/part/", {"reason": ""}).status_code == 400
    page = text_of(chair.post(f"/ideas/{second.pk}/part/", {"reason": "Not the same."}, follow=True))
    assert "Parted from the idea it was joined with" in page


def test_joining_and_parting_are_refused_in_sentences(world):
    round = world.round_for_ideas()
    first, second = (world.idea(round, title) for title in ("Warm Halls", "Cosy Halls"))
    stranger = signed_in(person(Role.PANEL_MEMBER))
    assert stranger.post(f"/ideas/{first.pk}/join/", {"ideas": [second.pk], "reason": "Mine."}).status_code == 400
    join_ideas(by=world.chair, ideas=[second], into=first, reason="The same.")
    chair = signed_in(world.chair)
    assert "not joined" in text_of(chair.post(f"/ideas/{first.pk}/part/", {"reason": "Why not."}))
    assert "no other idea" in text_of(chair.get(f"/ideas/{first.pk}/join/"))
    assert signed_in(world.residents[0]).get(f"/ideas/{first.pk}/join/").status_code == 403


TRIANGLE = {"type": "Polygon", "coordinates": [[[-1, 53], [-0.9, 53], [-1, 53.06], [-1, 53]]]}


def test_whoever_puts_an_idea_forward_chooses_a_square_of_the_outline(world):
    with acting("system:test", "made for a test"):
        Outline.objects.create(neighbourhood=world.place, geometry=TRIANGLE, longitude=-1, latitude=53, source="Test")
    address = f"/rounds/{world.round_for_ideas().pk}/ideas/new/"
    resident = signed_in(world.residents[0])
    assert "Square 1, north-west" in text_of(resident.get(address))
    fields = {"title": "Warm Halls", "what": "Heating.", "kind": "other", "submission": str(uuid.uuid4())}
    wrong = resident.post(address, fields | {"square": "99"})
    assert wrong.status_code == 400
    assert "Choose one of the answers listed" in text_of(wrong)
    assert resident.post(address, fields | {"square": "1"}).status_code == 302
    idea = Proposal.objects.get()
    page = text_of(Client().get(f"/ideas/{idea.pk}/"))
    assert "in the north-west" in page
    assert "cwf-map__square--on" in page
    world.idea(idea.round, "Night Bus")
    shown = text_of(Client().get(f"/rounds/{idea.round_id}/ideas/map/"))
    assert shown.index("Square 1, north-west") < shown.index("Warm Halls") < shown.index("Anywhere, or in words only")
    assert shown.index("Anywhere, or in words only") < shown.index("Night Bus")
    assert shown.count("cwf-map__square--on") == 1
    assert "/ideas/map/" in Client().get(f"/rounds/{idea.round_id}/ideas/").content.decode()


def test_without_an_outline_there_is_no_map(world):
    round = world.round_for_ideas()
    assert Client().get(f"/rounds/{round.pk}/ideas/map/").status_code == 404
    assert "/ideas/map/" not in Client().get(f"/rounds/{round.pk}/ideas/").content.decode()


def test_a_spot_is_whole_and_in_england(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    for spot in ({"longitude": -1}, {"longitude": 50, "latitude": 53}):
        with pytest.raises(IntegrityError, match="spot_in_england"), acting("system:test", "by hand"):
            Proposal.objects.filter(pk=idea.pk).update(**spot)
