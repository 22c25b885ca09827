"""A vote in Urdu in a real browser: from right to left, on a phone of 320 pixels, sealed here as in English."""

import re

import pytest
from playwright.sync_api import expect

from cwf_portal.core.audit import acting
from neighbourhoods.models import Outline
from panels.domain.ballot_paper import Kind
from panels.domain.tally import Rule
from panels.services import open_box, publish_result
from tests.browser.panels.test_a_vote import open_vote, picture, sealed_marks
from tests.browser.visitor import Visitor, axe_violations, sideways
from tests.unit.panels.builders import World, person
from tests.unit.panels.views.test_ideas import TRIANGLE


def finds_nothing_wrong(visitor: Visitor, language: str) -> None:
    """What holds for every page, with the title in another language."""
    page = visitor.page
    assert axe_violations(page) == []
    assert sideways(page) <= 0
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("getComputedStyle(document.body).direction") == ("rtl" if language == "ur" else "ltr")
    assert visitor.complaints == []


@pytest.mark.parametrize("language", ["ur", "pl", "bn"])
def test_a_resident_votes_in_their_own_language(visitor: Visitor, language: str):
    world = World()
    round = open_vote(world)
    visitor.is_signed_in_as(world.residents[0])
    page, steps = visitor.page, SAID[language]
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    visitor.goes_to(f"/rounds/{round.pk}/vote/")
    page.get_by_role("link", name=steps["name"]).click()
    finds_nothing_wrong(visitor, language)
    picture(visitor, f"start-{language}")
    presses(visitor, steps["start"], language)
    picture(visitor, f"ballot-{language}")
    presses(visitor, steps["check"], language)
    assert page.get_by_role("alert").inner_text() == steps["none"]
    picture(visitor, f"error-{language}")
    page.get_by_label("Corner Hub").check()
    presses(visitor, steps["check"], language)
    picture(visitor, f"check-{language}")
    presses(visitor, steps["box"], language)
    page.get_by_role("heading", name=steps["done"]).wait_for()
    finds_nothing_wrong(visitor, language)
    picture(visitor, f"receipt-{language}")

    assert sealed_marks(world, round) == (1, 0, 0)
    assert not any("project" in line for line in sent)


@pytest.mark.parametrize("size", ["", "?print=large"])
def test_the_one_paper_in_every_language_fits_a_phone(visitor: Visitor, size: str):
    round = open_vote(World())
    visitor.goes_to(f"/rounds/{round.pk}/paper/{size}")
    picture(visitor, f"paper-{size[-5:]}")
    finds_nothing_wrong(visitor, "en-GB")
    directions = "all => all.map(one => getComputedStyle(one).direction)"
    said = visitor.page.locator("p.cwf-ballot-paper__said").evaluate_all(directions)
    prices = visitor.page.locator("li .cwf-ballot-paper__said").evaluate_all(directions)
    assert (said, prices) == (2 * ["ltr", "ltr", "rtl", "ltr"], 3 * ["ltr", "rtl", "ltr"])


def test_points_are_counted_along_in_polish(visitor: Visitor):
    world = World()
    round = open_vote(world, kind=Kind.POINTS, most_choices=3, points=5, most_points=4)
    visitor.is_signed_in_as(world.residents[0])
    page = visitor.page
    visitor.goes_to(f"/rounds/{round.pk}/vote/")
    page.get_by_role("link", name="Polski").click()
    presses(visitor, "Zacznij głosować", "pl")
    page.get_by_label("Hall Repairs").fill("4")
    page.get_by_label("Corner Hub").fill("2")

    assert page.locator("#bar-text").inner_text() == "Rozdane punkty: 6 z 5, za dużo o: 1"
    presses(visitor, "Sprawdź swój głos", "pl")
    assert page.get_by_role("alert").inner_text() == "Rozdane punkty: 6. Możesz rozdać: 5."


@pytest.mark.parametrize("language", ["ur", "pl", "bn"])
def test_projects_are_put_in_order_with_buttons_that_speak_their_language(visitor: Visitor, language: str):
    world = World()
    round = open_vote(world, kind=Kind.RANKED, most_choices=3)
    visitor.is_signed_in_as(world.residents[0])
    page, steps = visitor.page, SAID[language]
    up, take_out, told = ORDERING[language]
    visitor.goes_to(f"/rounds/{round.pk}/vote/?language={language}")
    presses(visitor, steps["start"], language)
    for title in ("Corner Hub", "Hall Repairs", "Pocket Garden"):
        page.get_by_role("button", name=title).press("Enter")
    page.get_by_role("button", name=f"{up} Pocket Garden").press("Enter")
    expect(page.get_by_role("button", name=f"{up} Pocket Garden")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text(told)
    page.get_by_role("button", name=f"{take_out} Hall Repairs").press("Enter")
    picture(visitor, f"ordering-{language}")
    left = page.locator(".cwf-order").inner_text() + page.locator("fieldset > .govuk-hint").inner_text()
    assert not re.search(r"\b(Your|Make|Take|Up|Down|Press|now)\b", left)
    presses(visitor, steps["check"], language)
    presses(visitor, steps["box"], language)
    page.get_by_role("heading", name=steps["done"]).wait_for()

    assert sealed_marks(world, round) == (1, 0, 2)


@pytest.mark.parametrize("language", ["ur", "pl", "bn"])
def test_the_pages_around_a_vote_are_whole_in_their_language(visitor: Visitor, language: str):
    world = World()
    round = open_vote(world)
    visitor.is_signed_in_as(world.residents[0])
    world.list_place()
    place = f"/places/{world.place.code}/"
    for path in (f"/rounds/{round.pk}/", f"/rounds/{round.pk}/ballots/?code=A", place, *AROUND):
        visitor.goes_to(f"{path}{'&' if '?' in path else '?'}language={language}")
        for hidden in visitor.page.locator("details").all():
            hidden.evaluate("one => { one.open = true }")
        picture(visitor, f"around-{path.strip('/').replace('/', '-').partition('?')[0]}-{language}")
        finds_nothing_wrong(visitor, language)


@pytest.mark.parametrize("language", ["ur", "pl", "bn"])
def test_showing_where_one_lives_is_whole_in_their_language(visitor: Visitor, language: str):
    world = World()
    world.list_place()
    open_vote(world)
    visitor.is_signed_in_as(person())
    page = visitor.page
    visitor.goes_to(f"/living-here/?language={language}")
    finds_nothing_wrong(visitor, language)
    page.get_by_role("main").get_by_role("button").click()
    page.wait_for_load_state()
    picture(visitor, f"living-mistakes-{language}")
    finds_nothing_wrong(visitor, language)
    visitor.goes_to("/living-here/?place=")
    page.get_by_role("combobox").select_option(world.place.code)
    fill_in(visitor)
    for name in ("", "letter/", "code/", "corrected/", "confirm/"):
        visitor.goes_to(f"/living-here/{name}")
        picture(visitor, f"living-{name.strip('/')}-{language}")
        finds_nothing_wrong(visitor, language)


@pytest.mark.parametrize("language", ["ur", "pl", "bn"])
def test_a_visitor_votes_first_in_their_language(visitor: Visitor, language: str):
    round = open_vote(World())
    page = visitor.page
    visitor.goes_to(f"/rounds/{round.pk}/vote/first/?language={language}")
    picture(visitor, f"first-start-{language}")
    presses(visitor, SAID[language]["start"], language)
    page.get_by_label("Corner Hub").check()
    page.get_by_role("main").get_by_role("button").first.click()
    page.wait_for_load_state()
    finds_nothing_wrong(visitor, language)
    page.locator("[name=email]").fill("ada@example.org")
    fill_in(visitor)
    picture(visitor, f"first-check-{language}")
    finds_nothing_wrong(visitor, language)
    presses(visitor, SAID[language]["box"], language)
    picture(visitor, f"first-done-{language}")
    page.get_by_role("heading", name=SAID[language]["done"]).wait_for()


@pytest.mark.parametrize("language", ["ur", "pl", "bn"])
def test_ideas_are_put_forward_and_read_in_their_language(visitor: Visitor, language: str):
    world = World()
    with acting("system:test", "made for a test"):
        Outline.objects.create(neighbourhood=world.place, geometry=TRIANGLE, longitude=-1, latitude=53, source="Test")
    round = world.round_for_ideas()
    visitor.is_signed_in_as(world.residents[0])
    page = visitor.page
    visitor.goes_to(f"/rounds/{round.pk}/ideas/new/?language={language}")
    send = page.get_by_role("main").get_by_role("button")
    send.click()
    page.wait_for_load_state()
    picture(visitor, f"idea-mistakes-{language}")
    finds_nothing_wrong(visitor, language)
    page.locator("[name=title]").fill("Warm Halls")
    page.locator("[name=what]").fill("Heating for everybody.")
    page.locator("[name=kind]").first.check()
    page.locator("[name=square]").select_option("1")
    send.click()
    page.wait_for_load_state()
    picture(visitor, f"idea-{language}")
    finds_nothing_wrong(visitor, language)
    idea = round.proposals.get()
    for path in (f"/rounds/{round.pk}/ideas/", f"/rounds/{round.pk}/ideas/map/", f"/ideas/{idea.pk}/photos/new/"):
        visitor.goes_to(path)
        picture(visitor, f"ideas-{path.strip('/').rpartition('/')[2]}-{language}")
        finds_nothing_wrong(visitor, language)


@pytest.mark.parametrize("language", ["ur", "pl", "bn"])
def test_a_result_and_a_poster_are_whole_in_their_language(visitor: Visitor, language: str):
    world = World()
    round = world.box(rule=Rule.EQUAL_SHARES, most_choices=3)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    visitor.goes_to(f"/rounds/{round.pk}/result/?language={language}")
    for hidden in visitor.page.locator("details").all():
        hidden.evaluate("one => { one.open = true }")
    picture(visitor, f"result-{language}")
    finds_nothing_wrong(visitor, language)
    visitor.is_signed_in_as(world.residents[0])
    visitor.goes_to(f"/rounds/{round.pk}/objections/new/?language={language}")
    visitor.page.get_by_role("main").get_by_role("button").click()
    visitor.page.wait_for_load_state()
    picture(visitor, f"objection-mistakes-{language}")
    finds_nothing_wrong(visitor, language)
    visitor.goes_to(f"/rounds/{round.pk}/objections/")
    finds_nothing_wrong(visitor, language)
    visitor.goes_to(f"/rounds/{round.pk}/poster/")
    picture(visitor, f"poster-{language}")
    finds_nothing_wrong(visitor, "en-GB")


def fill_in(visitor: Visitor) -> None:
    """Who somebody is; the fields have the same names in every language."""
    page = visitor.page
    typed = {"full_name": "Ada Newcomer", "born_on_day": "1", "born_on_month": "2", "born_on_year": "1990"}
    for name, text in (typed | {"address": "1 New Road"}).items():
        page.locator(f"[name={name}]").fill(text)
    page.get_by_role("main").get_by_role("button").click()
    page.wait_for_load_state()


def presses(visitor: Visitor, name: str, language: str) -> None:
    """The button, and a look at what comes of it."""
    visitor.page.get_by_role("button", name=name, exact=True).click()
    visitor.page.wait_for_load_state()
    finds_nothing_wrong(visitor, language)


AROUND = (
    "/", "/places/?q=x", "/home/", "/how-your-vote-stays-secret/", "/cookies/", "/account/email/", "/account/logout/",
)  # fmt: skip
# Up; take out the third; what is told of a move.
ORDERING = {
    "ur": ("اوپر", "نمبر 3 سے ہٹائیں", "اب 3 میں سے نمبر 2 پر"),
    "pl": ("W górę", "Usuń z miejsca 3", "teraz na miejscu 2 z 3"),
    "bn": ("উপরে", "3 নম্বর থেকে সরান", "এখন 3টির মধ্যে 2 নম্বরে"),
}
SAID = {
    "ur": {
        "name": "اردو",
        "start": "ووٹ دینا شروع کریں",
        "check": "اپنا ووٹ جانچ لیں",
        "none": "ایک یا زیادہ منصوبے چنیں",
        "box": "میرا ووٹ باکس میں ڈالیں",
        "done": "آپ کا بیلٹ باکس میں ہے",
    },
    "pl": {
        "name": "Polski",
        "start": "Zacznij głosować",
        "check": "Sprawdź swój głos",
        "none": "Wybierz co najmniej jeden projekt",
        "box": "Wrzuć mój głos do urny",
        "done": "Twoja karta jest w urnie",
    },
    "bn": {
        "name": "বাংলা",
        "start": "ভোট দেওয়া শুরু করুন",
        "check": "আপনার ভোট যাচাই করুন",
        "none": "এক বা একাধিক প্রকল্প বেছে নিন",
        "box": "আমার ভোট বাক্সে দিন",
        "done": "আপনার ব্যালট বাক্সে আছে",
    },
}
