"""What came out, in other languages: the result in words, the funded project, and what hangs on walls."""

import re
from datetime import timedelta

import pytest
from django.utils.translation import override

from cwf_portal.core.clock import advance_clock
from panels import presenters, selectors
from panels.domain.ballot_paper import Kind
from panels.domain.disclosure import Disclosure
from panels.domain.tally import Rule
from panels.models import Objection, Round, RoundResult
from panels.services import open_box, publish_result
from panels.services.projects import plan_milestone
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_annulling import annulled
from tests.unit.panels.services.test_objecting import WHY, published
from tests.unit.panels.services.test_projects import DAY_ONE, funded
from tests.unit.panels.views.test_languages import reader, text_of
from tests.unit.panels.views.test_languages_around_the_vote import left_in, visitor
from tests.unit.panels.views.test_voting import signed_in

pytestmark = pytest.mark.django_db
OTHER_LETTERS = ("ur", "bn")
NAMES = ("Place Trust", "Roof first.", "New roof", "Pabulib", "ZIP", "Python", "python3 verify_round.py")


def left(page: str) -> list[str]:
    return left_in(re.sub("[0-9a-f]{64}", "", page), *NAMES)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_the_result_in_words_shows_no_english_of_ours(result: Round, language):
    assert left(text_of(visitor(language).get(f"/rounds/{result.pk}/result/"))) == []


@pytest.mark.parametrize(
    "options",
    [
        {"rule": Rule.EQUAL_SHARES, "most_choices": 3},
        {"kind": Kind.POINTS, "points": 5, "most_points": 4, "most_choices": 3},
        {"rule": Rule.PRIORITY},
    ],
)
def test_results_of_every_rule_are_told_in_their_language_where_all_is_told(options):
    world = World()
    round = world.box(**options)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    page = text_of(visitor("ur").get(f"/rounds/{round.pk}/result/"))
    with override("ur"):
        rows = presenters.result_rows(
            selectors.result_lines(round, is_decisive=True), RoundResult(disclosure=Disclosure.FULL, counted_count=100)
        )

    assert "انگریزی متن مانا جائے گا" in page
    assert left(page) == []
    told = [names_out(text) for row in rows for text in (row.reason, row.support)]
    assert [text for text in told if re.search("[A-Za-z]{2}", text)] == []


def names_out(text: str) -> str:
    return re.sub("<bdi.*?</bdi>", "", text)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_the_page_of_a_project_shows_no_english_of_ours(world, result, language):
    project = funded(world, result)
    page = f"/projects/{project.pk}/"
    plan_milestone(by=world.chair, project=project, title="New roof", due_on=DAY_ONE)
    news = {"state": "under_way", "owner": "Place Trust", "spent_pence": "100", "note": "Roof first."}
    signed_in(world.chair).post(f"{page}report/", news)
    fan = reader(person(), language)
    pages = [visitor(language).get(page), fan.post(f"{page}follow/", follow=True), fan.get("/home/")]
    pages += [fan.post(f"{page}follow/", {"stop": "yes"}, follow=True), visitor(language).get(f"/rounds/{result.pk}/")]

    assert [left(text_of(one)) for one in pages] == [[]] * len(pages)


def test_the_poster_of_a_vote_invites_in_every_language(round: Round):
    page = text_of(visitor("en-gb").get(f"/rounds/{round.pk}/poster/"))

    assert re.findall(r'<p class="govuk-body[^>]*lang="([\w-]+)" dir="(\w+)"', page) == 2 * [
        ("en-GB", "ltr"), ("pl", "ltr"), ("ur", "rtl"), ("bn", "ltr"),
    ]  # fmt: skip
    for said in ("Residents decide £100,000.", "Zagłosuj tutaj.", "یہاں ووٹ دیں۔", "এখানে ভোট দিন।", "Skieruj aparat"):
        assert said in page


def test_prices_on_the_printed_ballot_stand_in_every_language(round: Round):
    page = text_of(visitor("en-gb").get(f"/rounds/{round.pk}/paper/"))

    for said in ("£60,000 to set up and £10,000 a year", "£60\u00a0000 na początek", "শুরু করতে £60,000"):
        assert said in page
    assert 'lang="ur" dir="rtl">شروع کرنے کے لیے' in page


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_an_annulled_vote_says_so_in_their_language(world, result, language):
    annulled(world, result)
    for page in ("", "result/"):
        assert left(text_of(visitor(language).get(f"/rounds/{result.pk}/{page}"))) == []


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_an_objection_is_made_and_its_answer_read_without_english_of_ours(world, box, language):
    voter, anyone = reader(world.residents[2], language), visitor(language)
    objections, new = f"/rounds/{box.pk}/objections/", f"/rounds/{box.pk}/objections/new/"
    pages = [anyone.get(objections), voter.get(new)]
    published(world, box)
    pages += [reader(person(), language).get(new), reader(person(), language).post(new, {"text": WHY})]
    pages += [voter.get(new), voter.post(new), voter.post(new, {"text": "12"})]
    pages += [voter.post(new, {"text": WHY}, follow=True), voter.get(new), anyone.get(objections)]
    for user in (world.chair, world.officer):
        found = {"finds": "stands", "reason": "The library had the right day."}
        signed_in(user).post(f"/objections/{Objection.objects.get().pk}/", found)
    pages += [anyone.get(objections), reader(world.chair, language).get(objections)]

    assert [left(text_of(one)) for one in pages] == [[]] * len(pages)


@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_a_text_that_is_not_published_is_explained_without_english_of_ours(world, result, language):
    objection = Objection.objects.create(round=result, objector=world.residents[1], text=WHY)
    page = f"/objections/{objection.pk}/withhold/"
    signed_in(world.chair).post(page, {"why": "personal", "reason": "It names somebody."})
    signed_in(world.officer).post(page, {"agrees": "yes"})
    waiting = text_of(visitor(language).get(f"/rounds/{result.pk}/objections/"))
    for user in (world.chair, world.officer):
        signed_in(user).post(f"/objections/{objection.pk}/", {"finds": "stands", "reason": "Nothing shows it."})
    answered = text_of(visitor(language).get(f"/rounds/{result.pk}/objections/"))

    assert (left(waiting), left(answered)) == ([], [])
    assert WHY not in waiting + answered


def test_who_objects_too_late_reads_until_when_it_was_in_polish(world, box):
    published(world, box)
    advance_clock(by=timedelta(days=20))
    page = text_of(reader(world.residents[2], "pl").post(f"/rounds/{box.pk}/objections/new/", {"text": WHY}))

    assert "Czas na sprzeciw minął:" in page
    assert "Napisz do funduszu." in page
