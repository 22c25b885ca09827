from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.models import OutboxMessage
from panels.domain.deciding import Vote
from panels.errors import PanelError, PhaseError, ProposalError
from panels.models import PanelMembership, ProjectDelivery, Resolution, Round
from panels.models.round import CHALLENGE_WINDOW
from panels.selectors import standing_of
from panels.services import (
    DeliveryReport,
    close_resolution,
    end_membership,
    move_resolution,
    open_box,
    publish_result,
    register_organisation,
    report_on_project,
    vote_on_resolution,
)
from tests.unit.panels.builders import World, tell_result
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def move(world: World, round: Round, **changes: object) -> Resolution:
    body = register_organisation(by=world.officer, name="Place Trust", is_sample=True)
    fields = {"panel": world.panel, "kind": "endorse_result", "round": round, "accountable_body": body}
    return move_resolution(by=world.chair, **{"term_years": 10} | fields | changes)


def vote(world: World, resolution: Resolution, *votes: Vote) -> None:
    for member, value in zip(world.members, votes, strict=False):
        vote_on_resolution(by=member, resolution=resolution, vote=value)


def test_close_resolution_carried_starts_projects_and_tells_the_rooms_above(world, result):
    resolution = move(world, result)
    vote(world, resolution, *[Vote.FOR] * 5)
    carried = close_resolution(by=world.chair, resolution=resolution)

    assert carried.status == Resolution.Status.CARRIED
    assert carried.outcome == "5 for, 0 against."
    assert OutboxMessage.objects.get(topic="panels.resolution_carried").payload == {"resolution": carried.pk}
    assert ProjectDelivery.objects.count() == 2
    assert close_resolution(by=world.members[1], resolution=resolution).decided_at == carried.decided_at


def test_no_money_is_promised_while_people_can_object_to_the_result(world, box):
    """The panel can vote; the votes are counted once the fourteen days are over, by the service and by the database."""
    open_box(by=world.chair, round=box, keys=world.keys)
    ends_at = publish_result(by=world.chair, round=box).published_at + CHALLENGE_WINDOW
    resolution = move(world, box)
    vote(world, resolution, *[Vote.FOR] * 5)
    page, chair = f"/decisions/{resolution.pk}/", signed_in(world.chair)
    assert f"object to the result</a> until {moment_text(ends_at)}" in text_of(chair.get(page))
    assert "Close the vote and count" not in text_of(chair.get(page))
    assert f"object to this result</a> until {moment_text(ends_at)}" in text_of(chair.get(f"/rounds/{box.pk}/result/"))
    advance_clock(to=ends_at - timedelta(seconds=60))
    with pytest.raises(PhaseError, match="can object to the result until"):
        close_resolution(by=world.chair, resolution=resolution)
    with (
        pytest.raises(IntegrityError, match="window_over|can still object"),
        acting("system:test", "carried by hand"),
        transaction.atomic(),
    ):
        Resolution.objects.filter(pk=resolution.pk).update(status="carried", decided_at=core_now(), outcome="By hand.")
    assert not OutboxMessage.objects.filter(topic="panels.resolution_carried").exists()

    advance_clock(to=ends_at)
    assert "Close the vote and count" in text_of(chair.get(page))
    assert close_resolution(by=world.chair, resolution=resolution).status == Resolution.Status.CARRIED


@pytest.mark.parametrize(
    ("votes", "status"),
    [
        ([Vote.FOR] * 4, "deferred"),
        ([Vote.FOR] * 3 + [Vote.AGAINST] * 3, "not_carried"),
        ([Vote.FOR] * 2 + [Vote.AGAINST] * 3, "not_carried"),
        ([Vote.FOR] * 3 + [Vote.AGAINST] * 2 + [Vote.ABSTAIN], "carried"),
    ],
)
def test_close_resolution_by_the_votes(world, result, votes, status):
    resolution = move(world, result)
    vote(world, resolution, *votes)

    assert close_resolution(by=world.chair, resolution=resolution).status == status
    assert OutboxMessage.objects.filter(topic="panels.resolution_carried").exists() == (status == "carried")


def test_conflicted_members_are_out_of_the_count(world, result):
    resolution = move(world, result)
    vote(world, resolution, *[Vote.FOR] * 4)
    vote_on_resolution(by=world.members[4], resolution=resolution, vote=Vote.FOR, conflict="My sister runs the hall.")

    assert close_resolution(by=world.chair, resolution=resolution).status == "deferred"


def test_vote_on_resolution_counts_once(world, result):
    resolution = move(world, result)
    vote(world, resolution, Vote.FOR)
    vote(world, resolution, Vote.AGAINST)

    assert resolution.votes.get().vote == "for"


def test_vote_on_resolution_after_it_was_taken_is_refused(world, result):
    resolution = move(world, result)
    vote(world, resolution, *[Vote.FOR] * 5)
    close_resolution(by=world.chair, resolution=resolution)
    with pytest.raises(PanelError, match="taken already"):
        vote_on_resolution(by=world.members[6], resolution=resolution, vote=Vote.AGAINST)


def test_move_resolution_twice_returns_the_standing_one(world, result):
    assert move(world, result) == move(world, result)


def test_move_resolution_before_the_result_is_refused(world, shaped):
    with pytest.raises(PhaseError, match="not published yet"):
        move(world, shaped)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"term_years": 0}, "between 1 and 25"), ({"term_years": 26}, "between 1 and 25"), ({"kind": "x"}, "own votes")],
)
def test_move_resolution_out_of_range_is_refused(world, result, changes, sentence):
    with pytest.raises(PanelError, match=sentence):
        move(world, result, **changes)


def test_move_resolution_of_another_panels_round_is_refused(world):
    with pytest.raises(PanelError, match="own votes only"):
        move(world, tell_result().told)


def test_move_and_close_wait_while_the_panel_is_unlawful(world, result):
    resolution = move(world, result)
    vote(world, resolution, *[Vote.FOR] * 5)
    membership = PanelMembership.objects.get(user=world.members[7])
    end_membership(by=world.officer, membership=membership)
    with acting("system:test", "their term ended yesterday"):
        PanelMembership.objects.filter(pk=membership.pk).update(starts_on="2000-01-01", ends_on="2000-01-02")

    assert standing_of(world.panel, core_now()).problems == ("The panel has 7 members; it needs at least 8.",)
    with pytest.raises(PanelError, match="7 members; it needs at least 8. Until then the panel cannot take decisions"):
        close_resolution(by=world.chair, resolution=resolution)


def test_somebody_who_is_no_member_neither_moves_nor_votes_nor_closes(world, result):
    resolution = move(world, result)
    stranger = World().chair
    with pytest.raises(NotAllowedError):
        vote_on_resolution(by=stranger, resolution=resolution, vote=Vote.FOR)
    with pytest.raises(NotAllowedError):
        close_resolution(by=stranger, resolution=resolution)


@pytest.mark.parametrize(
    ("votes", "what"),
    [
        ([Vote.FOR] * 4, "no quorum"),
        ([Vote.FOR] * 3 + [Vote.AGAINST] * 3, "no majority"),
    ],
)
def test_database_refuses_a_decision_its_votes_do_not_carry(world, result, votes, what):
    resolution = move(world, result)
    vote(world, resolution, *votes)
    with (
        pytest.raises(IntegrityError, match=what),
        acting("system:test", "carried by hand"),
        transaction.atomic(),
    ):
        Resolution.objects.filter(pk=resolution.pk).update(status="carried", decided_at=core_now(), outcome="By hand.")


def test_database_refuses_a_decision_by_members_from_elsewhere(world, result):
    """Five votes, three of them by members who live elsewhere: members six and seven, and one who moved away."""
    resolution = move(world, result)
    with acting("system:test", "moved away"):
        PanelMembership.objects.filter(user=world.members[5]).update(is_resident=False)
    for member in (*world.members[:2], *world.members[5:]):
        vote_on_resolution(by=member, resolution=resolution, vote=Vote.FOR)
    with (
        pytest.raises(IntegrityError, match="no resident majority"),
        acting("system:test", "carried by hand"),
        transaction.atomic(),
    ):
        Resolution.objects.filter(pk=resolution.pk).update(status="carried", decided_at=core_now(), outcome="By hand.")


def test_report_on_project_tells_residents_where_it_stands(world, result):
    resolution = move(world, result)
    vote(world, resolution, *[Vote.FOR] * 5)
    close_resolution(by=world.chair, resolution=resolution)
    project = result.projects.get(code="2")
    report = DeliveryReport(state="under_way", owner="Place Trust", note="Roof first.", spent_pence=100)

    assert report_on_project(by=world.chair, project=project, report=report).state == "under_way"
    with pytest.raises(ProposalError, match="why"):
        report_on_project(by=world.chair, project=project, report=DeliveryReport("stopped", "", " ", 0))
    with pytest.raises(ProposalError, match="No decision"):
        report_on_project(by=world.chair, project=result.projects.get(code="1"), report=report)
