"""A whole vote in a real browser: a resident on a phone and without scripts, the panel at a desk."""

import os
from pathlib import Path

import segno
from playwright.sync_api import expect

from cwf_portal.core.clock import advance_clock
from panels.domain.ballot_paper import Kind, decode
from panels.domain.key_sheet import read_sheet, write_sheet
from panels.domain.sealing import PAIRS, public_bytes, unseal
from panels.models import Keeper, Round
from panels.services import (
    appoint_keeper,
    cast_ballot,
    freeze_round,
    open_box,
    publish_result,
    register_organisation,
    rules_sheet,
)
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.unit.panels.builders import World


def picture(visitor: Visitor, name: str) -> None:
    """Keeps a picture of the page at both widths where the person running the test asks for it."""
    folder = os.environ.get("CWF_PICTURES")
    if folder:
        for size in (PHONE, DESK):
            visitor.page.set_viewport_size(size)
            visitor.page.screenshot(path=Path(folder) / f"votes-{name}-{size['width']}.png", full_page=True)


def open_vote(world: World, **options: object) -> Round:
    round = freeze_round(by=world.chair, round=world.shaped_round(**options))
    advance_clock(to=round.voting_opens_at)
    return round


def test_a_resident_votes_without_scripts(visitor_without_scripts: Visitor):
    world, visitor = World(), visitor_without_scripts
    round = open_vote(world)
    visitor.is_signed_in_as(world.residents[0])
    visitor.page.goto(f"{visitor.portal.url}/rounds/{round.pk}/vote/")
    visitor.submits("Start voting")
    visitor.page.get_by_label("Corner Hub: £90,000").check()
    visitor.submits("Check your vote")
    visitor.submits("Put my vote in the box")
    visitor.sees("Your ballot is in the box")
    assert round.roll.get(user=world.residents[0]).sealed.version == 1


def test_a_resident_votes_on_a_phone(visitor: Visitor):
    """The browser seals: what it sends opens with two keepers' keys to what was chosen, and holds no choice."""
    world = World()
    round = open_vote(world)
    visitor.is_signed_in_as(world.residents[0])
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    visitor.goes_to("/home/")
    picture(visitor, "home")
    visitor.goes_to(f"/rounds/{round.pk}/vote/")
    picture(visitor, "start")
    visitor.presses("Start voting")
    picture(visitor, "ballot")
    visitor.presses("Check your vote")
    visitor.sees("Choose one or more projects")
    picture(visitor, "ballot-error")
    visitor.chooses("Corner Hub: £90,000")
    visitor.presses("Check your vote")
    picture(visitor, "check")
    visitor.presses("Put my vote in the box")
    visitor.sees("Your ballot is in the box")
    picture(visitor, "receipt")
    visitor.goes_to("/my-votes/")
    picture(visitor, "my-votes")
    visitor.goes_to(f"/rounds/{round.pk}/")
    picture(visitor, "round-voting")
    ballot = round.roll.get(user=world.residents[0]).sealed
    sheet = rules_sheet(round)
    for pair in PAIRS:
        keys = tuple(world.keys.read(round.code, number) for number in pair)
        assert decode(unseal(bytes(ballot.sealed), keys, sheet.context), sheet.ballot) == (1, 0, 0)
    assert ballot.version == 1
    assert any("sealed=" in line for line in sent)
    assert not any("project" in line for line in sent)


def sealed_marks(world: World, round: Round) -> tuple[int, ...]:
    """What the first resident put into the box, opened by two keepers."""
    sheet, ballot = rules_sheet(round), round.roll.get(user=world.residents[0]).sealed
    keys = (world.keys.read(round.code, 1), world.keys.read(round.code, 2))
    return decode(unseal(bytes(ballot.sealed), keys, sheet.context), sheet.ballot)


def test_a_resident_puts_projects_in_order_by_keyboard_on_a_phone(visitor: Visitor):
    """Buttons put projects in order, the focus stays, every move is said, and the browser seals the order."""
    world = World()
    round = open_vote(world, kind=Kind.RANKED, most_choices=3)
    visitor.is_signed_in_as(world.residents[0])
    page = visitor.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    visitor.goes_to(f"/rounds/{round.pk}/vote/")
    visitor.presses("Start voting")
    for title in ("Corner Hub", "Hall Repairs", "Pocket Garden"):
        page.get_by_role("button", name=title).press("Enter")
    picture(visitor, "ranked-ballot")
    expect(page.get_by_role("status")).to_have_text("Pocket Garden: £12,000 is now 3rd")
    page.get_by_role("button", name="Up Pocket Garden").press("Enter")
    expect(page.get_by_role("button", name="Up Pocket Garden")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Pocket Garden: £12,000 is now 1st of 3")
    expect(page.get_by_role("button", name="Down Pocket Garden")).to_be_focused()
    page.get_by_role("button", name="Take out 2nd Corner Hub").press("Enter")
    visitor.presses("Check your vote")
    visitor.sees("1. Pocket Garden")
    picture(visitor, "ranked-check")
    visitor.presses("Put my vote in the box")
    visitor.sees("Your ballot is in the box")

    assert sealed_marks(world, round) == (0, 2, 1)
    assert not any("project" in line for line in sent)


def test_points_are_counted_along_and_sealed_here_where_the_browser_cannot(visitor: Visitor):
    """Whose browser fails to seal goes on as without scripts, with a sentence."""
    world = World()
    round = open_vote(world, kind=Kind.POINTS, most_choices=3, points=5, most_points=4)
    visitor.is_signed_in_as(world.residents[0])
    page = visitor.page
    visitor.goes_to(f"/rounds/{round.pk}/vote/")
    visitor.presses("Start voting")
    expect(page.get_by_role("button", name="Show what is left")).to_have_count(0)
    page.get_by_label("Hall Repairs: £40,000").fill("4")
    page.get_by_label("Corner Hub: £90,000").fill("2")
    expect(page.get_by_role("status")).to_have_text("6 of 5 points given, 1 too many")
    visitor.presses("Check your vote")
    visitor.sees("You gave 6 points. You have 5 to give.")
    picture(visitor, "points-error")
    page.get_by_label("Corner Hub: £90,000").fill("1")
    visitor.presses("Check your vote")
    page.evaluate("() => { crypto.subtle.generateKey = () => Promise.reject(new Error('no keys here')); }")
    visitor.presses("Put my vote in the box")
    visitor.sees("This browser could not seal your vote.")
    picture(visitor, "cannot-seal")
    visitor.presses("Check your vote")
    visitor.presses("Put my vote in the box")
    visitor.sees("Your ballot is in the box")

    assert sealed_marks(world, round) == (1, 4, 0)


def test_the_panel_runs_and_decides_at_a_desk(visitor_at_a_desk: Visitor):
    world, visitor = World(residents=8), visitor_at_a_desk
    register_organisation(by=world.officer, name="Place Trust")
    visitor.is_signed_in_as(world.chair)
    visitor.goes_to(f"/panels/{world.panel.pk}/rounds/new/")
    picture(visitor, "round-new")
    ideas = world.round_for_ideas()
    idea = world.idea(ideas, "Warm Halls")
    for path, name in (
        ("/home/", "home-member"),
        (f"/rounds/{ideas.pk}/shaping/", "shaping"),
        (f"/ideas/{idea.pk}/assess/", "assess"),
        (f"/rounds/{ideas.pk}/ideas/", "ideas"),
        (f"/rounds/{ideas.pk}/ideas/new/", "idea-new"),
        (f"/ideas/{idea.pk}/", "idea"),
        (f"/rounds/{ideas.pk}/manage/", "manage-ideas"),
        (f"/panels/{world.panel.pk}/", "panel"),
        ("/living-here/", "living-here"),
        ("/living-here/confirm/", "living-confirm"),
    ):
        visitor.goes_to(path)
        picture(visitor, name)
    round = open_vote(world)
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["2", "3"], seen_version=0)
    world.close(round)
    visitor.goes_to(f"/rounds/{round.pk}/manage/")
    picture(visitor, "manage-closed")
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    visitor.goes_to(f"/rounds/{round.pk}/result/")
    picture(visitor, "result")
    visitor.goes_to(f"/rounds/{round.pk}/ballots/")
    picture(visitor, "list")
    visitor.goes_to(f"/rounds/{round.pk}/decision/new/")
    picture(visitor, "decision-new")
    visitor.page.get_by_label("Organisation that looks after the money").select_option(label="Place Trust")
    visitor.presses("Put it to the panel")
    picture(visitor, "decision")
    visitor.chooses("For")
    visitor.presses("Give your vote")
    visitor.sees("Your vote is noted.")
    assert world.panel.resolutions.get().votes.count() == 1


def drawn_as_qr(text: str) -> str:
    """The dark squares of a QR code, as another program works them out."""
    code = segno.make(text, version=5, error="m", mask=0, mode="byte", boost_error=False)
    dark = [(x, y) for y, row in enumerate(code.matrix) for x, module in enumerate(row) if module]
    return "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)


def test_a_keeper_makes_a_key_that_never_leaves_the_browser(visitor: Visitor):
    world = World()
    round = world.round_for_ideas()
    keeper = world.keepers[2]
    appoint_keeper(by=world.chair, round=round, body=Keeper.Body.INDEPENDENT, email=keeper.email)
    visitor.is_signed_in_as(keeper)
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.post_data or ""))
    visitor.goes_to(f"/rounds/{round.pk}/my-key/")
    picture(visitor, "key-start")
    visitor.presses("Make my key here")
    visitor.sees("Your key sheet")
    picture(visitor, "key-sheet")
    lines = visitor.page.locator("#browser-sheet code").all_inner_texts()
    assert visitor.page.locator("#browser-sheet svg path").get_attribute("d") == drawn_as_qr("\n".join(lines))
    visitor.types("Type line 2 back from your paper", lines[2])
    visitor.presses("My key is on paper")
    visitor.sees("Line 2 is mistyped")
    visitor.types("Type line 2 back from your paper", lines[1].lower())
    visitor.presses("My key is on paper")
    visitor.sees("Your public key is noted")
    kept = Keeper.objects.get(round=round)
    assert kept.public_key == public_bytes(read_sheet("\n".join(lines))).hex()
    assert kept.made_with == "browser"
    assert not any(line.replace(" ", "") in body.replace("+", "") for line in lines for body in sent)


def test_a_keeper_makes_a_key_without_scripts_and_two_open_the_box(visitor_without_scripts: Visitor):
    world, visitor = World(), visitor_without_scripts
    ideas = world.round_for_ideas()
    appoint_keeper(by=world.chair, round=ideas, body=Keeper.Body.INDEPENDENT, email=world.keepers[2].email)
    visitor.is_signed_in_as(world.keepers[2])
    visitor.page.goto(f"{visitor.portal.url}/rounds/{ideas.pk}/my-key/")
    visitor.submits("Make my key here")
    line = visitor.page.locator("code").all_inner_texts()[1]
    picture(visitor, "key-sheet-portal")
    visitor.page.get_by_label("Type line 2 back from your paper").fill(line)
    visitor.submits("My key is on paper")
    visitor.sees("Your key is noted")
    round = open_vote(world)
    cast_ballot(by=world.residents[0], round=round, choices=["2"], seen_version=0)
    world.close(round)
    visitor.page.goto(f"{visitor.portal.url}/rounds/{round.pk}/open-box/")
    visitor.submits("Sign which ballots are in the box")
    for label, number in (("Key sheet of the first keeper", 3), ("Key sheet of the second keeper", 1)):
        sheet = write_sheet(world.keys.read(round.code, number).private).text
        visitor.page.get_by_label(label).fill(sheet)
    picture(visitor, "open-box")
    visitor.submits("Open the box")
    visitor.sees("The box is open and the ballots are counted.")
    picture(visitor, "opened")
