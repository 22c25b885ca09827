"""Showing where one lives, and voting first, in other languages; and whose is which is kept nowhere."""

import re

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.messages import deliver_messages
from cwf_portal.core.models import OutgoingMessage
from panels.domain.confirm_code import write_code
from panels.models import FirstVote, Residence, Round
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_first_votes import round
from tests.unit.panels.services.test_routes import ADDRESS, home
from tests.unit.panels.views.test_first import WHO
from tests.unit.panels.views.test_languages import reader, text_of
from tests.unit.panels.views.test_languages_around_the_vote import left_in, visitor

pytestmark = pytest.mark.django_db
__all__ = ["home", "round"]
OTHER_LETTERS = ("ur", "bn")
TYPED_IN = ("ada@example.org", "Ada Newcomer", "4G7K-92MX", *WHO.values())
OPTIONS = re.compile(r"<option.*?</option>|<textarea.*?</textarea>", re.DOTALL)


def left(response, *ours: str) -> list[str]:
    return left_in(OPTIONS.sub("", text_of(response)), *ours, *(text for text in TYPED_IN if len(text) > 3), "ZA1")


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_saying_where_one_lives_shows_no_english_of_ours(world, voting, language):
    world.list_place()
    client = reader(person(), language)
    pages = [
        client.get("/living-here/"),
        client.get("/living-here/?place="),
        client.post("/living-here/", {}),
        client.post("/living-here/", WHO | {"born_on_month": "13", "neighbourhood": ""}),
        client.post("/living-here/", WHO | {"born_on_day": "", "postcode": "ZZ1 1ZZ"}),
        client.post("/living-here/", WHO | {"born_on_year": "1850"}),
    ]
    assert [left(page) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_every_way_to_show_it_shows_no_english_of_ours(world, home, voting, language):
    client = reader(home.user, language)
    pages = [
        client.get("/living-here/"),
        client.get("/living-here/letter/"),
        client.post("/living-here/letter/", {"address": "2 Wrong Road"}),
        client.post("/living-here/letter/", {"address": ADDRESS}, follow=True),
        client.get("/living-here/code/"),
        client.post("/living-here/code/", {"code": ""}),
        client.post("/living-here/code/", {"code": "AAAA-AAAA"}),
        client.get("/living-here/change/"),
        client.get("/living-here/corrected/"),
        client.post("/living-here/corrected/", {}),
        client.get("/living-here/confirm/"),
        client.post("/living-here/confirm/", {"code": "AAAA-AAAA"}),
        reader(world.residents[0], language).get("/living-here/"),
    ]
    assert [left(page, home.user.full_name, voting.title) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_a_neighbour_confirms_it_in_their_language(world, home, language):
    client = reader(world.members[0], language)
    path = f"/living-here/confirm/{write_code(home.pk, settings.PERSON_HMAC_KEY.encode())}/"
    pages = [client.get(path), client.post(path, {}), client.post(path, {"have_met": "on"}, follow=True)]

    assert [left(page, str(home.user)) for page in pages] == [[]] * len(pages)
    assert home.vouches.count() == 1


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_a_birth_date_is_told_again_in_their_language(home, language):
    with acting("system:test", "as long ago"):
        Residence.objects.filter(pk=home.pk).update(born_hmac="", of_age_on=localdate(core_now()))
    client = reader(home.user, language)
    pages = [
        client.get("/living-here/"),
        client.get("/living-here/born/"),
        client.post(
            "/living-here/born/", {"born_on_day": "1", "born_on_month": "1", "born_on_year": "1990", "address": "X"}
        ),
    ]
    assert [left(page) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_voting_first_and_saying_that_it_is_ones_own_show_no_english_of_ours(world, round: Round, language):
    client, start, chosen = visitor(language), f"/rounds/{round.pk}/vote/first/", {"project": ["1", "3"], "seen": "1"}
    pages = [
        client.get(start),
        client.post(start),
        client.post(f"{start}who/", {"seen": "1"}),
        client.post(f"{start}who/", chosen),
        client.post(f"{start}check/", chosen | WHO | {"email": ""}),
        client.post(f"{start}check/", chosen | WHO),
        client.post(f"{start}cast/", chosen | WHO | {"email": "", "card": "AAAA-AAAA"}),
        client.post(f"{start}cast/", chosen | WHO),
    ]
    owner = reader(FirstVote.objects.get().account, language)
    pages += [
        owner.get("/living-here/"),
        owner.post(f"/living-here/first-votes/{FirstVote.objects.get().pk}/", {"is_mine": "yes"}, follow=True),
    ]

    assert [left(page, round.title) for page in pages] == [[]] * len(pages)
    assert client.get(start).content != client.get(f"{start}?language=en-gb").content


def test_the_letter_after_voting_first_is_in_the_language_it_was_asked_for_in(world, round: Round):
    """What is kept of it, its subject, is the same for everybody."""
    kept = set()
    for number, language in enumerate(("pl", "ur", "en-gb")):
        sent = {"project": ["1"], "seen": "1"} | WHO | {"email": f"a{number}@example.org"}
        visitor(language).post(f"/rounds/{round.pk}/vote/first/cast/", sent)
        letter = OutgoingMessage.objects.latest("pk")
        said = {"pl": "Karta liczy się tylko wtedy", "ur": "بیلٹ باکس میں ڈالا گیا", "en-gb": "It counts only if"}[
            language
        ]
        assert said in letter.body
        kept.add(letter.subject)

    assert len(kept) == 1
    assert kept.pop().startswith("One more step · Jeszcze jeden krok · ")


def test_a_receipt_that_was_mailed_does_not_tell_in_which_language(world, round: Round):
    for voter, language in zip(world.residents, ("pl", "ur", "en-gb"), strict=False):
        client = reader(voter, language)
        client.post(f"/rounds/{round.pk}/vote/cast/", {"project": ["1"], "seen": "0"})
        client.post(f"/rounds/{round.pk}/vote/receipt/mail/")

    assert len(OutgoingMessage.objects.filter(topic=f"panels.receipt:{round.pk}").values("subject").distinct()) == 1


def test_what_went_out_to_sign_in_keeps_no_language_beside_an_address(settings):
    cache.clear()  # what other tests have counted
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.EMAIL_BACKEND = "cwf_portal.core.mail.OutboxBackend"
    visitor("pl").post("/account/signup/", {"email": "ala@example.com"})
    deliver_messages(None)

    assert [letter.subject for letter in mail.outbox] == ["Twój kod"]
    assert list(OutgoingMessage.objects.values_list("to", "subject", "body")) == [("ala@example.com", "", "")]


def test_a_letter_with_a_code_is_in_every_language(world, home):
    """The officer who prints it sees no language of the person: none is kept."""
    reader(home.user, "bn").post("/living-here/letter/", {"address": ADDRESS})
    printed = text_of(reader(world.officer, "en-gb").post("/living-here/letters/print/"))

    for said in ('<div lang="ur" dir="rtl">', "Twój kod do głosowania", "ভোট দেওয়ার জন্য আপনার কোড", "Your code to vote"):
        assert said in printed


def test_whoever_asked_for_a_correction_is_told_in_every_language(world, round: Round):
    advance_clock(to=round.show_by)
    client = reader(world.residents[0], "pl")
    client.post("/living-here/corrected/", WHO | {"why": "I have moved.", "address": "9 New Street"})
    letter = OutgoingMessage.objects.get(subject__startswith="Your details · Twoje dane")

    assert "You asked us to correct your details. Two people look at it" in letter.body
    assert "Sprawdzają to dwie osoby" in letter.body
