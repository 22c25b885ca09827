"""Funded projects: news, milestones, and telling whoever follows them."""

import html
from datetime import date
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from neighbourhoods.services import follow_place, note_news, send_news
from panels.domain.deciding import Vote
from panels.errors import ProposalError
from panels.models import Project, ProjectFollow, ProjectMilestone, ProjectNews, Round
from panels.services import DeliveryReport, close_resolution, report_on_project
from panels.services.projects import (
    MOST_MILESTONES,
    finish_milestone,
    follow_project,
    plan_milestone,
    unfollow_project,
)
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_decisions import move, vote

pytestmark = pytest.mark.django_db
UNDER_WAY = DeliveryReport("under_way", "Place Trust", "Roof first.", 100_00)
DAY_ONE = date(2031, 5, 3)


def funded(world: World, round: Round) -> Project:
    """A project that residents chose in this vote and the panel's decision funds."""
    resolution = move(world, round)
    vote(world, resolution, *[Vote.FOR] * 5)
    close_resolution(by=world.chair, resolution=resolution)
    return round.projects.get(code="2")


def told() -> list[str]:
    return list(OutgoingMessage.objects.filter(topic="panels.project").order_by("pk").values_list("to", flat=True))


def test_followers_are_told_when_the_state_changes_and_only_then(world, result):
    project, fan, fickle = funded(world, result), person(), person()
    for follower in (fan, fan, fickle):
        follow_project(by=follower, project=project)
    unfollow_project(by=fickle, project=project)
    report_on_project(by=world.chair, project=project, report=UNDER_WAY)
    assert told() == [fan.email]
    assert "Roof first." in OutgoingMessage.objects.get(topic="panels.project").body
    more = DeliveryReport("under_way", "Place Trust", "Walls next.", 200_00)
    for _ in range(2):
        report_on_project(by=world.chair, project=project, report=more)
    assert told() == [fan.email]
    assert list(ProjectNews.objects.order_by("pk").values_list("note", flat=True)) == ["Roof first.", "Walls next."]


def test_a_follower_ends_it_by_the_link_in_the_letter_and_nobody_elses_with_it(world, result):
    project, fan, other = funded(world, result), person(), person()
    for follower in (fan, other):
        follow_project(by=follower, project=project)
    report_on_project(by=world.chair, project=project, report=UNDER_WAY)
    letter = OutgoingMessage.objects.get(topic="panels.project", to=fan.email)
    assert letter.stop_address in letter.body
    page = letter.stop_address
    assert Client(enforce_csrf_checks=True).post(page).status_code == 200
    assert list(ProjectFollow.objects.values_list("user", flat=True)) == [other.pk]
    assert Client().post(page).status_code == 200


def test_whoever_follows_the_place_too_is_told_once_and_the_place_says_it(world, result):
    project, both, weekly = funded(world, result), person(), person()
    place = project.round.panel.neighbourhood
    for follower in (both, weekly):
        follow_project(by=follower, project=project)
    follow_place(by=both, place=place, is_weekly=False)
    follow_place(by=weekly, place=place, is_weekly=True)
    for _ in range(2):
        report_on_project(by=world.chair, project=project, report=UNDER_WAY)
        note_news(core_now())
        send_news(core_now())
    assert told() == [weekly.email]
    news = OutgoingMessage.objects.filter(topic="neighbourhoods.news", body__contains="Roof first.")
    assert [letter.to for letter in news] == [both.email]
    assert f"“{project.title}” is under way. Roof first." in news[0].body
    page = Client().get(f"/places/{place.code}/").content.decode()
    assert f"“{project.title}” is under way. Roof first." in html.unescape(page)


def test_more_than_the_price_needs_a_reason(world, result):
    project = funded(world, result)
    much = project.price_pence + 1
    with pytest.raises(ProposalError, match="More was spent"):
        report_on_project(by=world.chair, project=project, report=DeliveryReport("done", "Trust", " ", much))
    report_on_project(by=world.chair, project=project, report=DeliveryReport("done", "Trust", "Steel rose.", much))
    assert ProjectNews.objects.get().spent_pence == much


def test_milestones_are_planned_moved_and_reached_once(world, result):
    project = funded(world, result)
    first = plan_milestone(by=world.chair, project=project, title="New roof", due_on=DAY_ONE)
    moved = plan_milestone(by=world.chair, project=project, title=" New roof ", due_on=date(2031, 6, 1))
    assert (moved.pk, moved.due_on) == (first.pk, date(2031, 6, 1))
    done = finish_milestone(by=world.chair, milestone=first)
    assert finish_milestone(by=world.members[1], milestone=first).done_on == done.done_on
    with pytest.raises(ProposalError, match="done already"):
        plan_milestone(by=world.chair, project=project, title="New roof", due_on=DAY_ONE)
    with pytest.raises(ProposalError, match="needs a name"):
        plan_milestone(by=world.chair, project=project, title=" ", due_on=DAY_ONE)
    with acting("system:test", "many"):
        ProjectMilestone.objects.bulk_create(
            ProjectMilestone(project=project, title=f"Part {number}", due_on=DAY_ONE)
            for number in range(MOST_MILESTONES - 1)
        )
    with pytest.raises(ProposalError, match="at most"):
        plan_milestone(by=world.chair, project=project, title="One more", due_on=DAY_ONE)


def test_only_members_tell_and_only_of_what_is_funded(world, result):
    project = funded(world, result)
    lost = project.round.projects.get(code="1")
    stranger = person(Role.PANEL_MEMBER)
    for act in (
        partial(report_on_project, project=project, report=UNDER_WAY),
        partial(plan_milestone, project=project, title="New roof", due_on=DAY_ONE),
    ):
        with pytest.raises(NotAllowedError):
            act(by=stranger)
    with pytest.raises(ProposalError, match="No decision"):
        plan_milestone(by=world.chair, project=lost, title="New roof", due_on=DAY_ONE)
    with pytest.raises(ProposalError, match="No decision"):
        follow_project(by=stranger, project=lost)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [({"state": "stopped", "spent_pence": 0}, "says_why"), ({"state": "done", "spent_pence": -1}, "spent")],
)
def test_the_database_refuses_news_without_a_reason_or_below_nothing(world, result, fields, rule):
    project = funded(world, result)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        ProjectNews.objects.create(project=project, told_by=world.chair, **fields)


def test_the_database_keeps_news_and_counts_followers_and_milestones_once(world, result):
    project = funded(world, result)
    with pytest.raises(DatabaseError), transaction.atomic():
        ProjectNews.objects.update(note="Rewritten.")
    follow_project(by=world.chair, project=project)
    with pytest.raises(IntegrityError, match="_once"), acting("system:test", "by hand"):
        ProjectFollow.objects.create(project=project, user=world.chair)
    plan_milestone(by=world.chair, project=project, title="New roof", due_on=DAY_ONE)
    with pytest.raises(IntegrityError, match="_once"), acting("system:test", "by hand"):
        ProjectMilestone.objects.create(project=project, title="New roof", due_on=DAY_ONE)
