"""What stands around a vote, in other languages: its page in every phase, its public list, its secrecy, its end."""

import re

import pytest
from django.test import Client

from panels.models import Round
from tests.unit.panels.builders import World
from tests.unit.panels.views.test_languages import english_left, reader, text_of

pytestmark = pytest.mark.django_db
OTHER_LETTERS = ("ur", "bn")


def left_in(page: str, *ours: str) -> list[str]:
    """English that nobody marked, without what people named and without codes."""
    body = re.sub(r"<title>.*?</title>", "<title></title>", page, flags=re.DOTALL)
    body = re.sub(r"<pre.*?</pre>|(?:Place|Vote|Council) \d+|SHA-256|\bKB\b|\bCSV\b|\bPDF\b", "", body, flags=re.DOTALL)
    for text in ours:
        body = body.replace(text, "")
    return english_left(body)


def visitor(language: str) -> Client:
    client = Client()
    client.cookies["language"] = language
    return client


def page_of(round: Round, step: str = "") -> str:
    return f"/rounds/{round.pk}/{step}"


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_the_page_of_a_vote_shows_no_english_of_ours_while_ideas_come_in(world, language):
    round = world.round_for_ideas(gives_parts=True)
    for client in (visitor(language), reader(world.residents[0], language), reader(world.chair, language)):
        assert left_in(text_of(client.get(page_of(round)))) == []


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_the_page_of_a_vote_and_its_list_show_no_english_of_ours_while_it_is_open(world, round, language):
    client = reader(world.residents[0], language)
    client.post(page_of(round, "vote/cast/"), {"project": ["1", "3"], "seen": "0"})
    assert left_in(text_of(client.get(page_of(round)))) == []
    assert left_in(text_of(visitor(language).get(page_of(round)))) == []
    for code in ("", "?code=", "?code=ABC", "?code=UUU", "?code=0000-0000-0000-0000"):
        assert left_in(text_of(client.get(page_of(round, "ballots/") + code))) == []


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_the_page_of_a_vote_shows_no_english_of_ours_once_it_is_over(language):
    world = World()
    assert left_in(text_of(visitor(language).get(page_of(world.box())))) == []


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_the_page_of_a_funded_vote_tells_in_their_language_where_projects_stand(result, language):
    page = text_of(visitor(language).get(page_of(result)))
    assert left_in(page) == []


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_secrecy_and_signing_out_show_no_english_of_ours(world, language):
    client = reader(world.residents[0], language)
    for path in ("/how-your-vote-stays-secret/", "/account/logout/"):
        assert left_in(text_of(client.get(path))) == []


def test_a_ballot_is_withdrawn_and_the_voter_told_so_in_their_language(world, round):
    client = reader(world.residents[0], "pl")
    client.post(page_of(round, "vote/cast/"), {"project": ["1", "3"], "seen": "0"})
    late = client.post(page_of(round, "vote/withdraw/"), {"seen": "7"})
    done = client.post(page_of(round, "vote/withdraw/"), {"seen": "1"}, follow=True)

    assert "Twoja karta została w międzyczasie zastąpiona. Otwórz głosowanie jeszcze raz." in text_of(late)
    assert "Twoja karta została wycofana. Możesz zagłosować ponownie." in text_of(done)


@pytest.mark.parametrize("language", ["pl", "ur", "bn"])
def test_which_wording_counts_is_said_where_rules_stand_in_another_language(world, round, language):
    counts = {"pl": "liczy się tekst angielski", "ur": "انگریزی متن مانا جائے گا", "bn": "ইংরেজি লেখাই মানা হবে"}[language]
    for path in (page_of(round), "/how-your-vote-stays-secret/"):
        assert counts in text_of(visitor(language).get(path))
        assert "the English counts" not in text_of(visitor("en-gb").get(path))


def test_codes_run_from_left_to_right_in_urdu(world, round):
    page = text_of(visitor("ur").get(page_of(round)))

    assert re.search(r'<bdi dir="ltr">[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}</bdi>', page)
    assert 'class="cwf-code" dir="ltr"' in page
