"""What is kept about a resident: they read it on a page and take it away as a file, and nobody else's."""

import json
import uuid

import pytest
from django.test import Client

from panels.models import Residence, RollEntry
from panels.services import object_to_result
from panels.services.ideas import support_idea
from panels.services.ideas_comments import comment_on_idea, switch_comments
from tests.support.sessions import sign_in
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_objecting import published

pytestmark = pytest.mark.django_db
PAGE, FILE = "/your-data/", "/your-data/file.json"


def taken(client: Client) -> dict[str, list[dict[str, object]]]:
    held: dict[str, list[dict[str, object]]] = client.get(FILE).json()["held"]
    return held


@pytest.fixture
def busy(world: World) -> tuple[Client, World]:
    """A resident who did what residents do, each with words of its own; and another with words of theirs."""
    ada, ben = world.residents[:2]
    round = world.round_for_ideas()
    mine, theirs = world.idea(round, "Canary of mine", by=ada), world.idea(round, "Canary of theirs", by=ben)
    switch_comments(by=world.chair, round=round, is_on=True)
    for by, idea in ((ada, theirs), (ben, mine)):
        text = f"What {by.full_name} says"
        comment_on_idea(by=by, proposal=idea, text=text, submission=uuid.uuid4())
    support_idea(by=ada, proposal=theirs)
    return sign_in(Client(), ada), world


def test_a_resident_reads_what_is_kept_about_them_and_takes_it_along(busy):
    client, world = busy
    ada, ben = world.residents[:2]
    held, page = taken(client), client.get(PAGE).content.decode()
    assert [row["Email address"] for row in held["Your account"]] == [ada.email]
    assert [row["Idea"] for row in held["Ideas that you put forward"]] == ["Canary of mine"]
    assert [row["Idea"] for row in held["Ideas that you support"]] == ["Canary of theirs"]
    assert [row["Text"] for row in held["What you wrote about ideas"]] == [f"What {ada.full_name} says"]
    assert [row["State"] for row in held["Where you live, as you told us"]] == ["Shown"]
    assert len(held["People who said that you live here"]) == 2
    assert "What we hold about you" in page
    assert "Ideas that you put forward (1)" in page
    for strange in (ben.email, ben.full_name, f"What {ben.full_name} says"):
        assert strange not in page
        assert strange not in json.dumps(held)


def test_nothing_that_opens_a_door_is_among_it(busy):
    client, world = busy
    text = client.get(FILE).content.decode() + client.get(PAGE).content.decode()
    residence = Residence.objects.get(user=world.residents[0])
    for secret in (residence.person_hmac, residence.household_hmac, client.session.session_key):
        assert secret not in text


def test_being_on_a_voters_list_and_an_objection_are_among_it(world, box):
    ada, round = world.residents[0], published(world, box)
    object_to_result(by=ada, round=round, text="Canary of an objection")
    held = taken(sign_in(Client(), ada))
    assert [row["Vote"] for row in held["Voters’ lists that you are on"]] == [round.title]
    assert [row["Text"] for row in held["Objections that you raised"]] == ["Canary of an objection"]
    assert RollEntry.objects.filter(user=ada).count() == 1


def test_only_who_is_signed_in_and_only_their_own(busy, django_assert_max_num_queries):
    client, world = busy
    for address in (PAGE, FILE):
        assert Client().get(address).status_code == 302
        assert client.get(address)["Cache-Control"] == "no-store, private"
        assert client.post(address).status_code == 405
    held = taken(sign_in(Client(), world.residents[3]))
    assert "Ideas that you put forward" not in held
    with django_assert_max_num_queries(45):
        client.get(f"{PAGE}?user={world.residents[3].pk}")


def test_the_page_speaks_the_language_and_leaves_what_people_wrote(busy):
    client, _ = busy
    page = client.get(f"{PAGE}?language=pl").content.decode()
    assert "Co o Tobie przechowujemy" in page
    assert '<bdi lang="en-GB">Canary of mine</bdi>' in page
    assert "Ideas that you" not in page
