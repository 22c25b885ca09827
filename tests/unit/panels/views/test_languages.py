"""The vote in other languages: the page, its refusals, its letters, and what must stay English whatever it says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override

from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import OutgoingMessage, User
from panels.ballot_cards import cards_of
from panels.domain.ballot_paper import Kind
from panels.models import Round
from panels.services import freeze_round, rules_sheet
from tests.unit.panels.builders import World

pytestmark = pytest.mark.django_db
COLD_BYTES, WARM_BYTES = 14 * 1024, 5 * 1024
FOOTERS = ("About the fund", "O funduszu", "فنڈ کے بارے میں")  # written once per language too
STATIC = Path(settings.STATIC_ROOT)
CHOICES = {"project": ["1", "3"], "seen": "0"}
STEPS = ("", "ballot/", "check/", "cast/", "receipt/")


def reader(user: User, language: str) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["language"] = language
    return client


def address(round: Round, step: str = "") -> str:
    return f"/rounds/{round.pk}/vote/{step}"


def text_of(response) -> str:
    return response.content.decode()


def pages_of_a_vote(client: Client, round: Round) -> Iterator[str]:
    yield text_of(client.get(address(round)))
    yield text_of(client.post(address(round, "ballot/")))
    yield text_of(client.post(address(round, "check/"), {"seen": "0"}))
    yield text_of(client.post(address(round, "check/"), CHOICES))
    client.post(address(round, "cast/"), CHOICES)
    yield text_of(client.get(address(round, "receipt/")))
    yield text_of(client.get("/my-votes/"))


def english_left(page: str) -> list[str]:
    """Words of two letters and more that a reader is not told are English."""
    body = page[page.index("</title>") :]
    body = re.sub(r"<svg.*?</svg>|<script.*?</script>|<code.*?</code>", "", body, flags=re.DOTALL)
    body = re.sub(r'<(\w+)[^>]* lang="(?:en-GB|pl|ur|bn)"[^>]*>.*?</\1>', "", body, flags=re.DOTALL)
    texts = re.findall(r">([^<]+)<", body)
    names = r"Community Wealth Fund|[A-Z0-9]{4}(?:-[A-Z0-9]{4})+|&\w+;|&#\w+;|Corner Hub|Hall Repairs|Pocket Garden"
    return [text.strip() for text in texts if re.search(r"[A-Za-z]{2}", re.sub(names, "", text))]


@pytest.mark.parametrize("language", ["ur", "bn"])
def test_a_vote_from_start_to_receipt_shows_no_english_of_ours(world, round, language):
    """Urdu and Bengali are written in other letters, so whatever is left in ours was forgotten."""
    for page in pages_of_a_vote(reader(world.residents[0], language), round):
        place = round.panel.neighbourhood.name
        left = [text for text in english_left(page.replace(place, "")) if round.title not in text]
        assert left == []
        assert f'<html lang="{language}" dir="{"rtl" if language == "ur" else "ltr"}">' in page


def test_each_page_is_in_the_language_that_was_chosen_by_address_and_remembered(world, round):
    client = Client()
    client.force_login(world.residents[0])
    polish = client.get(address(round) + "?language=pl")

    assert "Zacznij głosować" in text_of(polish)
    assert "Cookie" in polish["Vary"]
    assert 'hreflang="ur" lang="ur" dir="rtl">اردو</a>' in text_of(polish)
    assert "Wrzuć mój głos do urny" in text_of(client.post(address(round, "check/"), CHOICES))
    assert "Start voting" in text_of(client.get(address(round) + "?language=en-gb"))
    assert "Start voting" in text_of(client.get(address(round)))


def test_cards_of_one_language_are_never_shown_in_another(world, round):
    pages = [text_of(reader(world.residents[0], one).post(address(round, "ballot/"))) for one in ("en-gb", "pl", "ur")]

    assert "£60,000 to set up" in pages[0]
    assert [said in page for said, page in zip(FOOTERS, pages, strict=True)] == [True] * 3
    assert "£60\u00a0000 na początek" in pages[1]
    assert "شروع کرنے کے لیے \u200e£60,000\u200e" in pages[2]
    assert '<bdi lang="en-GB">Corner Hub</bdi>' in pages[2]


def test_the_rules_and_what_they_hash_to_are_the_same_in_every_language(world, shaped):
    """The rules are frozen in a request of somebody who reads Urdu; nothing of that is in them."""
    with override("ur"):
        round = freeze_round(by=world.chair, round=shaped)
        sheet = rules_sheet(round)
        cards_of(sheet)

    assert not re.search(r"[\u0600-\u06ff\u200e]", json.dumps(json.loads(bytes(round.rules)), ensure_ascii=False))
    for language in ("en-gb", "pl", "bn"):
        with override(language):
            assert rules_sheet(round) == sheet


@pytest.mark.parametrize("language", ["en-gb", "pl", "ur", "bn"])
def test_the_stored_ballot_and_its_choice_know_no_language(world, round, language):
    client = reader(world.residents[0], language)
    client.post(address(round, "cast/"), CHOICES)

    assert round.roll.get(user=world.residents[0]).sealed.version == 1


@pytest.mark.parametrize(
    ("options", "sent", "said"),
    [
        ({}, {"project": ["1", "2", "3"]}, "Wybrane projekty: 3; możesz wybrać najwyżej 2. Usuń któryś wybór."),
        ({}, {}, "Wybierz co najmniej jeden projekt"),
        ({"kind": Kind.RANKED}, {"project-1": "1", "project-2": "1"}, "Miejsce 1 jest wpisane kilka razy"),
        ({"kind": Kind.RANKED}, {"project-1": "dwa"}, "„dwa” obok „"),
        ({"kind": Kind.POINTS, "points": 5, "most_points": 4}, {"project-1": "9"}, "Punkty dane jednemu projektowi: 9"),
    ],
)
def test_a_mistake_on_a_ballot_is_told_in_the_voters_language(options, sent, said):
    world = World()
    round = freeze_round(by=world.chair, round=world.shaped_round(**options))
    advance_clock(to=round.voting_opens_at)
    page = reader(world.residents[0], "pl").post(address(round, "check/"), {**sent, "seen": "0"})

    assert page.status_code == 400
    assert said in text_of(page)
    assert "<title>Błąd: " in text_of(page)
    assert "&lt;bdi" not in text_of(page)


def test_a_refusal_from_below_is_told_in_the_voters_language(world, round):
    advance_clock(to=round.voting_closes_at)
    page = reader(world.residents[0], "pl").post(address(round, "cast/"), CHOICES)

    assert page.status_code == 409
    assert "jest zakończone. Nic nie zostało zapisane." in text_of(page)


def test_a_receipt_is_mailed_in_the_language_it_was_asked_for_in(world, round):
    client = reader(world.residents[0], "pl")
    client.post(address(round, "cast/"), CHOICES)
    client.post(address(round, "receipt/mail/"))
    letter = OutgoingMessage.objects.get(topic=f"panels.receipt:{round.pk}")

    assert "jest w urnie. Twój kod potwierdzenia" in letter.body
    assert "Potwierdzenie jest w drodze" in text_of(client.get(address(round, "receipt/")))


def test_a_first_visit_is_as_light_in_every_language(world, round):
    """What `test_weight` holds for pages in English: other letters take more bytes, and so may the other sheet."""
    script = brotli.compress(STATIC.joinpath("js/site.js").read_bytes())
    for language in ("pl", "ur", "bn"):
        page = brotli.compress(reader(world.residents[0], language).get(address(round)).content)
        sheet = STATIC.joinpath("site-rtl.css" if language == "ur" else "site.css").read_bytes()

        assert len(page) <= WARM_BYTES
        assert len(page) + len(brotli.compress(sheet)) + len(script) <= COLD_BYTES
