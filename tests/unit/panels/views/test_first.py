import re

import pytest
from django.test import Client

from panels.models import Round, SealedBallot
from tests.unit.panels.services.test_first_votes import newcomer, round, vote
from tests.unit.panels.services.test_places import KNOWN
from tests.unit.panels.views.test_placing import TYPED
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
__all__ = ["round"]
WHO = TYPED | {"postcode": KNOWN, "email": "ada@example.org", "card": ""}


def test_a_visitor_votes_from_start_to_receipt(world, round: Round):
    visitor, start = Client(), f"/rounds/{round.pk}/vote/first/"
    assert start in text_of(visitor.get(f"/rounds/{round.pk}/"))
    assert "Show by" in text_of(visitor.get(start))
    ballot = text_of(visitor.post(start))
    assert "Corner Hub: £90,000" in ballot
    drawn = re.search(r'name="seen" value="(\d+)"', ballot)[1]
    chosen = {"project": ["1", "3"], "seen": drawn}
    assert "Who are you?" in text_of(visitor.post(f"{start}who/", chosen))
    check = text_of(visitor.post(f"{start}check/", chosen | WHO))
    assert "Corner Hub" in check
    assert "We write to ada@example.org" in check
    assert not SealedBallot.objects.exists()
    done = text_of(visitor.post(f"{start}cast/", chosen | WHO))
    assert "One more step" in done
    assert "Corner Hub" not in done
    assert "It was there before" in text_of(visitor.post(f"{start}cast/", chosen | WHO))
    assert SealedBallot.objects.count() == 1


def test_every_step_refuses_with_a_sentence(world, round: Round):
    visitor, start = Client(), f"/rounds/{round.pk}/vote/first/"
    chosen = {"project": ["1"], "seen": "1"}
    for step in ("who", "check", "cast"):
        assert visitor.post(f"{start}{step}/", {"project": [], "seen": "1"}).status_code == 400
    for step in ("check", "cast"):
        refused = visitor.post(f"{start}{step}/", chosen | WHO | {"email": ""})
        assert "one of the two" in text_of(refused)
    taken = visitor.post(f"{start}cast/", chosen | WHO | {"email": world.residents[0].email})
    assert (taken.status_code, "has an account here" in text_of(taken)) == (409, True)
    world.close(round)
    assert visitor.post(f"{start}cast/", chosen | WHO).status_code == 404
    assert "You can vote from" in text_of(visitor.get(start))


def test_somebody_signed_in_goes_to_their_own_start(world, round: Round):
    response = signed_in(world.residents[0]).get(f"/rounds/{round.pk}/vote/first/")
    assert response["Location"] == f"/rounds/{round.pk}/vote/"


def test_pages_say_that_it_must_still_be_shown(world, round: Round):
    who = newcomer()
    client = signed_in(who)
    assert "show by" in text_of(client.get(f"/rounds/{round.pk}/vote/"))
    assert f"Vote: {round.title}" in text_of(client.get("/home/"))
    vote(who, round)
    assert f"Your vote in “{round.title}” counts if you do it by" in text_of(client.get("/home/"))
    assert "It counts if you show by" in text_of(client.get(f"/rounds/{round.pk}/vote/receipt/"))
