"""A whole vote in a real browser: a resident on a phone and without scripts, the panel at a desk."""

import os
from pathlib import Path

from cwf_portal.core.clock import advance_clock
from panels.models import Round
from panels.services import (
    cast_ballot,
    enrol_residents,
    freeze_round,
    open_box,
    publish_result,
    register_organisation,
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


def open_vote(world: World) -> Round:
    round = freeze_round(by=world.chair, round=world.shaped_round())
    enrol_residents(by=world.chair, round=round)
    advance_clock(to=round.voting_opens_at)
    return round


def test_a_resident_votes_without_scripts(visitor_without_scripts: Visitor):
    world, visitor = World(), visitor_without_scripts
    round = open_vote(world)
    visitor.is_signed_in_as(world.residents[0])
    visitor.page.goto(f"{visitor.portal.url}/rounds/{round.pk}/vote/")
    visitor.page.get_by_role("button", name="Start voting").click()
    visitor.page.get_by_label("Corner Hub: £90,000").check()
    visitor.page.get_by_role("button", name="Check your vote").click()
    visitor.page.get_by_role("button", name="Put my vote in the box").click()
    visitor.sees("Your ballot is in the box")
    assert round.roll.get(user=world.residents[0]).sealed.version == 1


def test_a_resident_votes_on_a_phone(visitor: Visitor):
    world = World()
    round = open_vote(world)
    visitor.is_signed_in_as(world.residents[0])
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
    assert round.roll.get(user=world.residents[0]).sealed.version == 1


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
