import re

import pytest
from django.core.cache import cache
from django.test import Client

from cwf_portal.core.clock import core_now
from panels.models import FirstVote, Round, SealedBallot
from panels.services import append_leaves
from tests.unit.panels.services.test_first_votes import newcomer, round, vote
from tests.unit.panels.services.test_places import KNOWN
from tests.unit.panels.services.test_routes import card_codes
from tests.unit.panels.views.test_placing import TYPED
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
__all__ = ["round"]
WHO = TYPED | {"postcode": KNOWN, "email": "ada@example.org", "card": ""}


def test_a_visitor_votes_from_start_to_receipt(world, round: Round):
    visitor, start = Client(), f"/rounds/{round.pk}/vote/first/"
    assert start in text_of(visitor.get(f"/rounds/{round.pk}/"))
    assert "say that the vote is yours, and show that you live" in text_of(visitor.get(start))
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
    wrong = visitor.post(f"{start}cast/", chosen | WHO | {"email": "", "card": "AAAA-AAAA"})
    assert (wrong.status_code, "not right, was used before" in text_of(wrong)) == (409, True)


@pytest.mark.parametrize("step", ["", "who/", "check/", "cast/"])
def test_whoever_votes_first_and_comes_too_late_reads_that_nothing_was_stored(world, round: Round, step):
    world.close(round)
    start = f"/rounds/{round.pk}/vote/first/"
    refused = Client().post(f"{start}{step}", {"project": ["1"], "seen": "1"} | WHO)
    page = text_of(refused)

    assert (refused.status_code, "<title>Error: " in page) == (409, True)
    assert "has closed. Nothing was stored." in page
    assert "Voting closed on" in page
    assert "Voting closed on" in text_of(Client().get(start))
    assert not SealedBallot.objects.exists()


def test_whoever_votes_first_and_comes_too_early_reads_when_voting_opens(world, shaped):
    start = f"/rounds/{shaped.pk}/vote/first/"
    refused = Client().post(f"{start}cast/", {"project": ["1"], "seen": "1"} | WHO)

    assert (refused.status_code, "has not begun yet. Nothing was stored." in text_of(refused)) == (409, True)
    assert "You can vote from" in text_of(Client().get(start))


@pytest.mark.parametrize("seen", ["²", "9" * 5_000])
def test_a_broken_number_is_refused_with_a_sentence(world, round: Round, seen):
    page = Client().post(f"/rounds/{round.pk}/vote/first/who/", {"project": ["1"], "seen": seen})
    assert page.status_code == 400
    assert "This page is out of date" in text_of(page)


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


@pytest.fixture
def _counted_anew():
    """Other tests count in the same cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("_counted_anew")
def test_known_address_gets_the_same_page(world, round: Round):
    visitor, cast = Client(), f"/rounds/{round.pk}/vote/first/cast/"
    code, pages = re.compile(r"<strong[^>]*>\w{4}(-\w{4})*</strong>"), set()
    for email in ("nobody@example.org", world.residents[0].email):
        page = visitor.post(cast, {"project": ["1"], "seen": "1"} | WHO | {"email": email})
        pages.add((page.status_code, code.sub("", text_of(page))))
    assert len(pages) == 1


@pytest.mark.usefixtures("_counted_anew")
def test_sixth_vote_with_one_address_waits_an_hour(world, round: Round):
    visitor, cast = Client(), f"/rounds/{round.pk}/vote/first/cast/"
    sent = {"project": ["1"], "seen": "1"} | WHO
    names = ["ada@example.org", "ADA@example.org"] * 3
    answers = [visitor.post(cast, sent | {"full_name": f"Ada {n}", "email": email}) for n, email in enumerate(names)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "Wait an hour" in text_of(answers[-1])
    assert visitor.post(cast, sent | {"email": "bea@example.org"}).status_code == 200
    assert SealedBallot.objects.count() == 6


@pytest.mark.usefixtures("_counted_anew")
def test_one_network_sends_so_many_votes_in_an_hour_and_none_raises_the_turnout(world, round: Round, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"vote_first": "60/m/ip,10/h/ip"}
    visitor, cast = Client(), f"/rounds/{round.pk}/vote/first/cast/"
    answers = [
        visitor.post(
            cast, {"project": ["1"], "seen": "1"} | WHO | {"full_name": f"Ada {n}", "email": f"a{n}@example.org"}
        )
        for n in range(11)
    ]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "Many votes came from this network" in text_of(answers[-1])
    head = append_leaves(by="system:log", round=round, at=core_now())
    assert (head.size, head.turnout_shown) == (11, 0)


@pytest.mark.usefixtures("_counted_anew")
def test_thirty_wrong_cards_are_enough_and_good_ones_are_not_counted(world, round: Round):
    visitor, cast = Client(), f"/rounds/{round.pk}/vote/first/cast/"
    codes = card_codes(world)
    sent = {"project": ["1"], "seen": "1"} | WHO | {"email": "", "card": codes[0]}
    assert [visitor.post(cast, sent).status_code for _ in range(3)] == [200] * 3
    wrong = sent | {"card": "AAAA-AAAA"}
    assert {visitor.post(cast, wrong).status_code for _ in range(30)} == {409}
    stopped = visitor.post(cast, sent | {"card": codes[1]})
    assert (stopped.status_code, "Wait five minutes" in text_of(stopped)) == (429, True)


@pytest.mark.usefixtures("_counted_anew")
def test_owner_of_the_address_is_asked_whether_it_was_they(world, round: Round):
    Client().post(f"/rounds/{round.pk}/vote/first/cast/", {"project": ["1"], "seen": "1"} | WHO)
    first = FirstVote.objects.get()
    client = signed_in(first.account)
    assert "Is this your vote?" in text_of(client.get("/home/"))
    assert "did you vote? Tell us by" in text_of(client.get("/living-here/"))
    answer = f"/living-here/first-votes/{first.pk}/"
    assert client.post(answer, {"is_mine": "perhaps"}).status_code == 404
    assert signed_in(world.residents[0]).post(answer, {"is_mine": "yes"}).status_code == 404
    assert client.post(answer, {"is_mine": "yes"})["Location"] == "/living-here/"
    assert "Show that you live here" in text_of(client.get("/living-here/"))
    assert client.post(answer, {"is_mine": "no"}).status_code == 302
    assert first.account.roll_entries.get().sealed.version == 1
