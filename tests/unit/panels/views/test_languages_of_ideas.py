"""Ideas in other languages: reading, putting forward, supporting, commenting, reporting and asking again."""

import uuid

import pytest
from django.http import HttpResponse
from django.test import Client

from cwf_portal.core.audit import acting
from neighbourhoods.models import Outline
from panels.models import ModerationCase, Proposal
from panels.services import Costs, assess_proposal
from panels.services.ideas_comments import switch_comments
from panels.services.ideas_joining import join_ideas
from panels.services.ideas_moderation import decide_case
from tests.unit.panels.builders import World
from tests.unit.panels.photo_files import SHOWS, form
from tests.unit.panels.services.test_ideas_moderation import hidden
from tests.unit.panels.views.test_ideas import TRIANGLE
from tests.unit.panels.views.test_languages import reader, text_of
from tests.unit.panels.views.test_languages_around_the_vote import left_in, visitor

pytestmark = pytest.mark.django_db
OTHER_LETTERS = ("ur", "bn")
NAMES = ("Warm Halls", SHOWS, "JPEG", "PNG", "WebP", " MB")
FIELDS = {"title": "Warm Halls", "what": "Heating.", "kind": "other", "where": "Mill Lane", "square": "1"}


def left(page: HttpResponse) -> list[str]:
    return left_in(text_of(page), *NAMES)


@pytest.fixture
def round(world: World):
    with acting("system:test", "made for a test"):
        Outline.objects.create(neighbourhood=world.place, geometry=TRIANGLE, longitude=-1, latitude=53, source="Test")
    round = world.round_for_ideas()
    switch_comments(by=world.chair, round=round, is_on=True)
    return round


def put_forward(client: Client, round) -> HttpResponse:
    return client.post(f"/rounds/{round.pk}/ideas/new/", FIELDS | {"submission": str(uuid.uuid4())}, follow=True)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_an_idea_is_put_forward_supported_and_talked_about_without_english_of_ours(world, round, language):
    author, fan = (reader(user, language) for user in world.residents[:2])
    new = f"/rounds/{round.pk}/ideas/new/"
    pages = [author.get(new), author.post(new, {"submission": "x"}), put_forward(author, round)]
    idea = f"/ideas/{Proposal.objects.get().pk}/"
    pages += [author.post(f"{idea}photos/new/", {"may": ""}), author.post(f"{idea}photos/new/", form(), follow=True)]
    pages += [fan.post(f"{idea}support/", follow=True), fan.post(f"{idea}support/", {"take_back": "yes"}, follow=True)]
    pages += [author.post(f"{idea}support/"), fan.get(f"{idea}comment/"), fan.post(f"{idea}comment/", {"text": ""})]
    said = {"text": "Good.\nVery.", "submission": str(uuid.uuid4())}
    pages += [fan.post(f"{idea}comment/", said, follow=True), fan.get(f"{idea}report/"), fan.post(f"{idea}report/")]
    pages.append(fan.post(f"{idea}report/", {"why": "rude"}, follow=True))
    pages += [visitor(language).get(f"/rounds/{round.pk}/ideas/{part}") for part in ("", "?photos=yes", "map/")]

    assert [left(page) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_what_became_of_ideas_is_told_without_english_of_ours(world, round, language):
    ideas = [world.idea(round, "Warm Halls") for _ in range(3)]
    costs = Costs(capital_pence=500_000, yearly_pence=10_000)
    assess_proposal(by=world.chair, proposal=ideas[0], costs=costs, reason="It can be done.")
    join_ideas(by=world.chair, ideas=[ideas[1]], into=ideas[0], reason="The same.")
    pages = [visitor(language).get(f"/ideas/{idea.pk}/") for idea in ideas]
    pages.append(visitor(language).get(f"/rounds/{round.pk}/ideas/"))

    assert [left(page) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("language", OTHER_LETTERS)
@pytest.mark.parametrize("rests", [True, False])
def test_a_hidden_idea_and_asking_for_it_again_show_no_english_of_ours(world, language, rests):
    case = hidden(world)
    author, idea, asking = reader(case.author, language), f"/ideas/{case.proposal_id}/", f"/ideas/checks/{case.pk}/"
    pages = [visitor(language).get(idea), author.get(idea), author.get(f"{asking}appeal/")]
    pages.append(author.post(f"{asking}appeal/", {"text": ""}))
    step = f"{asking}rest/" if rests else f"{asking}appeal/"
    pages += [author.post(step, {"text": "It names nobody."}, follow=True), visitor(language).get(idea)]
    pages += [author.get(idea), author.post(f"{asking}appeal/", {"text": "Again."}, follow=True)]

    assert [left(page) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_a_hidden_comment_is_explained_without_english_of_ours(world, round, language):
    idea, fan = world.idea(round, "Warm Halls"), world.residents[1]
    said = {"text": "Good.", "submission": str(uuid.uuid4())}
    reader(fan, language).post(f"/ideas/{idea.pk}/comment/", said)
    comment = idea.comments.get()
    report = f"/ideas/{idea.pk}/report/{comment.pk}/"
    pages = [reader(world.residents[2], language).get(report)]
    pages.append(reader(world.residents[2], language).post(report, {"why": "rude"}, follow=True))
    decide_case(by=world.chair, case=ModerationCase.objects.get(), hides=True, reason="It names a neighbour.")
    pages.append(reader(fan, language).get(f"/ideas/checks/{ModerationCase.objects.get().pk}/appeal/"))

    assert [left(page) for page in pages] == [[]] * len(pages)


def test_ideas_and_who_supports_them_are_counted_in_polish(world, round):
    for _ in range(2):
        world.idea(round, "Warm Halls")

    page = text_of(visitor("pl").get(f"/rounds/{round.pk}/ideas/"))
    assert "2 pomysły" in page
    assert "Na razie popiera go mniej niż 10 osób." in page
    assert '<bdi lang="en-GB">Warm Halls</bdi>' in page
