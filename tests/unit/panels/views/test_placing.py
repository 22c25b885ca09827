import pytest

from panels.models import Residence
from panels.services import declare_residence, vouch_for_residence
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_places import KNOWN, UNKNOWN, give_postcode
from tests.unit.panels.services.test_residence import details
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
TYPED = {
    "full_name": "Ada Newcomer",
    "address": "1 New Road",
    "born_on_day": "1",
    "born_on_month": "2",
    "born_on_year": "1990",
}


def test_known_postcode_is_all_the_form_needs(world):
    give_postcode(world)
    who = person()
    assert "Which place do you live in?" not in text_of(signed_in(who).get("/living-here/"))
    assert signed_in(who).post("/living-here/", TYPED | {"postcode": KNOWN}).status_code == 302
    assert who.residence.neighbourhood == world.place


def test_unknown_postcode_asks_for_the_place_and_goes_on(world):
    world.list_place()
    who = person()
    client = signed_in(who)
    asked = client.post("/living-here/", TYPED | {"postcode": UNKNOWN})
    assert asked.status_code == 400
    assert "We do not know this postcode. Choose the place where you live" in text_of(asked)
    sent = TYPED | {"postcode": UNKNOWN, "neighbourhood": world.place.code}
    assert client.post("/living-here/", sent).status_code == 302
    assert "Two people look at it." in text_of(client.get("/living-here/"))


def test_who_typed_something_wrong_tells_it_again_until_somebody_has_confirmed_it(world):
    give_postcode(world)
    who = person()
    client = signed_in(who)
    assert client.get("/living-here/change/")["Location"] == "/living-here/"
    client.post("/living-here/", TYPED | {"postcode": KNOWN})
    assert "/living-here/change/" in client.get("/living-here/").content.decode()
    assert "takes the place of what you told us" in text_of(client.get("/living-here/change/"))
    assert client.post("/living-here/change/", TYPED | {"postcode": KNOWN, "full_name": ""}).status_code == 400
    before = who.residence.person_hmac
    client.post("/living-here/change/", TYPED | {"postcode": KNOWN, "address": "2 New Road"})
    residence = Residence.objects.get(user=who)
    assert residence.person_hmac != before
    vouch_for_residence(by=world.members[0], residence=residence)
    assert "Somebody has confirmed these details." in text_of(client.get("/living-here/"))
    assert client.post("/living-here/change/", TYPED)["Location"] == "/living-here/corrected/"
    assert Residence.objects.get(user=who).person_hmac == residence.person_hmac


def test_two_members_judge_on_the_page(world):
    world.list_place()
    home = declare_residence(by=person(), neighbourhood=world.place, details=details(postcode=UNKNOWN))
    page = f"/living-here/places/{home.place_question.pk}/"
    for number, judge in enumerate((world.members[0], world.officer)):
        client = signed_in(judge)
        assert f"{number} of 2 people" in text_of(client.get("/living-here/places/"))
        assert UNKNOWN in text_of(client.get(page))
        assert "Choose the other place" in text_of(client.post(page, {"lies": "other", "reason": "I know it."}))
        assert client.post(page, {"lies": "here", "reason": "I know it."}).status_code == 302
    assert Residence.objects.get(pk=home.pk).placed_by == "people"
    assert "No home waits" in text_of(signed_in(world.officer).get("/living-here/places/"))


def test_homes_of_another_place_are_nothing_to_a_member(world):
    home = declare_residence(by=person(), neighbourhood=world.place, details=details())
    stranger = signed_in(World().members[0])
    assert stranger.get(f"/living-here/places/{home.place_question.pk}/").status_code == 404
    assert signed_in(world.residents[0]).get("/living-here/places/").status_code == 403


def test_home_page_says_what_waits_to_be_judged(world):
    declare_residence(by=person(), neighbourhood=world.place, details=details())
    assert "Judge where 1 home lies" in text_of(signed_in(world.officer).get("/home/"))
