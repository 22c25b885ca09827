"""The way to a vote in other languages: the start page, the list of places, a place, and one's own home page."""

import pytest

from cwf_portal.core.audit import acting
from neighbourhoods.models import AreaShare, Event, Figure
from neighbourhoods.services import rebuild_figures
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_first_votes import newcomer, round
from tests.unit.panels.views.test_languages import reader, text_of
from tests.unit.panels.views.test_languages_around_the_vote import left_in, visitor
from tests.unit.panels.views.test_languages_where_one_lives import OPTIONS

pytestmark = pytest.mark.django_db
__all__ = ["round"]
OTHER_LETTERS = ("ur", "bn")
NAMES = ("ZA1 1AA", "Council", "Region", "Local authority")


def left(page: str, *ours: str) -> list[str]:
    return left_in(OPTIONS.sub("", page), *ours, *NAMES)


@pytest.mark.parametrize("language", OTHER_LETTERS)
@pytest.mark.parametrize(
    "path", ["/", "/places/", "/places/?q=nowhere", "/places/?q=ZZ1+1ZZ", "/places/?region=E12000001"]
)
def test_finding_a_place_shows_no_english_of_ours(world, round, language, path):
    world.list_place()
    assert left(text_of(visitor(language).get(path))) == []


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_the_page_of_a_place_says_in_english_only_what_it_marks_so(world, result, language):
    with acting("system:test", "made for a test"):
        AreaShare.objects.create(neighbourhood=world.place, area=world.place.area, share=1)
    rebuild_figures(by="system:test")
    page = text_of(visitor(language).get(f"/places/{world.place.code}/"))
    said, _, rest = page.partition('<div lang="en-GB" dir="ltr">')

    assert Figure.objects.exists()
    assert Event.objects.exists()
    assert left(f"{said}</body>") == []
    assert f"About {world.place.name}" in rest
    assert "</title>" in said


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_ones_own_page_shows_no_english_of_ours(world, round, language):
    pages = [reader(person(), language).get("/home/")]
    voter, stranger = reader(world.residents[0], language), reader(newcomer(), language)
    pages += [voter.get("/home/"), stranger.get("/home/")]
    for client in (voter, stranger):
        client.post(f"/rounds/{round.pk}/vote/cast/", {"project": ["1"], "seen": "0"})
        pages.append(client.get("/home/"))

    assert [left(text_of(page), "Ada Newcomer", "Resident") for page in pages] == [[]] * len(pages)


def test_what_waits_for_those_at_work_is_marked_as_english(world, shaped):
    page = text_of(reader(world.chair, "pl").get("/home/"))

    assert f'<bdi lang="en-GB">Fix the vote: {shaped.title}</bdi>' in page
    assert "Do zrobienia" in page
