"""Approving an agreement: the right people, in the right order, within their limits."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank, Risk
from grants.domain.award import Strand
from grants.domain.ledger import Account
from grants.errors import HeadroomError, LimitError, WrongStateError
from grants.models import AgreementStatus, Approval, OfficerAuthority
from grants.selectors.agreements import to_approve, to_assure
from grants.selectors.checks import ledger_identities
from grants.selectors.ledger import held_on, source_standings
from grants.selectors.values import whole_life_pence
from panels.models import PanelMembership
from tests.unit.grants.conftest import (
    People,
    Programme,
    Story,
    allocate,
    give_rank,
    make_body,
    make_person,
    make_story,
    sealed,
)


def test_the_second_approval_pledges_the_grant_and_the_contribution(story: Story) -> None:
    with sealed():
        agreement = story.approve()

    assert agreement.status == AgreementStatus.APPROVED
    assert held_on(Account.PLEDGED) == agreement.value_pence
    assert agreement.contribution_pence * 20 == agreement.amount_pence
    assert held_on(Account.ALLOCATED) == 0
    assert ledger_identities() == []
    assert [approval.step for approval in agreement.approvals.order_by("pk")] == [
        "recommendation",
        "assurance",
        "first",
        "second",
    ]


def test_a_step_asks_the_same_few_things_however_much_is_promised_already(people: People, programme: Programme) -> None:
    allocate(people, programme, places=2)
    body = make_body(people)
    asked = []
    for _ in range(2):
        story = make_story(people, programme, body=body)
        with CaptureQueriesContext(connection) as queries:
            story.approve()
        asked.append(len(queries))

    assert asked[1] <= asked[0] <= 106  # four steps with their officers, and what the second approval pledges


def test_every_step_is_taken_by_another_person(story: Story) -> None:
    story.recommend()
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)

    with pytest.raises(NotAllowedError, match="You took another step"):
        services.approve_agreement(by=story.people.senior, agreement=story.agreement)


def test_nobody_gives_both_approvals(story: Story) -> None:
    story.recommend()
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)
    director = story.people.fund_director
    services.approve_agreement(by=director, agreement=story.agreement, minute_reference="B 1")

    with pytest.raises(NotAllowedError, match="You took another step"):
        services.approve_agreement(by=director, agreement=story.agreement)


def test_the_second_approver_is_of_another_team_and_at_most_one_rank_lower(story: Story) -> None:
    story.recommend()
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)
    services.approve_agreement(by=story.people.fund_director, agreement=story.agreement, minute_reference="B 1")
    same_team = give_rank(make_person("same-team", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "north")
    too_low = give_rank(make_person("too-low", Role.GRANTS_MANAGER), Rank.GRANTS_MANAGER, "south")

    with pytest.raises(NotAllowedError, match="same team"):
        services.approve_agreement(by=same_team, agreement=story.agreement)
    with pytest.raises(NotAllowedError, match="more than one below"):
        services.approve_agreement(by=too_low, agreement=story.agreement)
    assert not to_approve(same_team).exists()
    assert not to_approve(too_low).exists()
    assert to_approve(story.people.head).get() == story.agreement


def test_an_approval_waits_only_for_whom_it_is_in_the_limit_or_the_board_s(story: Story) -> None:
    story.recommend()
    assert to_assure(story.people.senior).get() == story.agreement
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)

    assert not to_approve(story.people.head).exists()  # £1.5 million at low risk
    assert to_approve(story.people.fund_director).get() == story.agreement
    assert not to_approve(make_person("no-rank", Role.HEAD_OF_GRANTS)).exists()


def test_a_large_agreement_needs_assurance_first(story: Story) -> None:
    story.recommend()

    with pytest.raises(WrongStateError, match="next step is another: assurance"):
        services.approve_agreement(by=story.people.fund_director, agreement=story.agreement, minute_reference="B 1")


def test_an_officer_above_the_limit_is_told_the_numbers(story: Story) -> None:
    story.recommend()
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)

    with pytest.raises(LimitError, match=r"whole-life value is £[\d,.]+; you may approve up to £1,500,000 at low risk"):
        services.approve_agreement(by=story.people.head, agreement=story.agreement)
    with pytest.raises(LimitError, match="Enter the reference of the Board's minute"):
        services.approve_agreement(by=story.people.fund_director, agreement=story.agreement)


def test_an_officer_without_a_rank_today_takes_no_step(story: Story) -> None:
    nobody = make_person("nobody", Role.GRANTS_OFFICER)

    with pytest.raises(NotAllowedError, match="You hold no rank today"):
        services.recommend_agreement(by=nobody, agreement=story.agreement, risk=Risk.LOW)


def test_a_role_that_may_not_approve_is_refused(story: Story) -> None:
    story.recommend()

    with pytest.raises(NotAllowedError, match="assurance"):
        services.assure_agreement(by=story.people.officer, agreement=story.agreement)


def test_a_grants_officer_with_a_senior_role_still_needs_the_rank(story: Story) -> None:
    story.recommend()
    junior = give_rank(make_person("junior", Role.SENIOR_OFFICER), Rank.GRANTS_OFFICER, "south")

    with pytest.raises(NotAllowedError, match="Your rank may not take this step"):
        services.assure_agreement(by=junior, agreement=story.agreement)


def test_a_panel_that_is_not_lawful_stops_approval(story: Story) -> None:
    story.recommend()
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)
    with acting("system:test", "left"):
        PanelMembership.objects.filter(panel=story.agreement.resolution.panel, is_chair=False).update(
            ends_on="2020-06-01"
        )

    with pytest.raises(ConflictError, match="The panel cannot decide at present: The panel has 1 members"):
        services.approve_agreement(by=story.people.fund_director, agreement=story.agreement, minute_reference="B 1")


def test_sending_back_needs_a_reason_and_starts_another_attempt(story: Story) -> None:
    story.recommend()
    with pytest.raises(DomainError, match="needs a reason"):
        services.send_back_agreement(by=story.people.senior, agreement=story.agreement, reason=" ")

    services.send_back_agreement(by=story.people.senior, agreement=story.agreement, reason="No lease yet.")

    agreement = story.fresh()
    assert (agreement.status, agreement.attempt) == (AgreementStatus.DRAFT, 2)
    assert Approval.objects.get(outcome="refused").reason == "No lease yet."
    story.approve()
    assert held_on(Account.PLEDGED) == agreement.value_pence


def test_nobody_sends_back_their_own_step_or_what_is_decided(story: Story) -> None:
    story.approve()

    with pytest.raises(WrongStateError, match="no approval is due"):
        services.send_back_agreement(by=story.people.head, agreement=story.agreement, reason="Too late.")


def test_a_contribution_beyond_the_strand_is_refused_and_nothing_is_pledged(
    people: People, programme: Programme
) -> None:
    programme.contribution_basis_points = 9_000
    with acting("system:test", "changed"):
        programme.save()
    allocate(people, programme)
    story = make_story(people, programme)

    with pytest.raises(HeadroomError, match="the organisation's contribution"):
        story.approve()

    assert story.fresh().status == AgreementStatus.FIRST_APPROVED
    assert held_on(Account.PLEDGED) == 0


def test_splitting_gains_nothing(people: People, programme: Programme) -> None:
    allocate(people, programme, places=2)
    first = make_story(people, programme)
    first.approve()
    second = make_story(people, programme, body=first.agreement.body)

    both = (first.agreement, second.agreement)
    assert whole_life_pence(second.agreement) == sum(one.value_pence + one.uplift_cap_pence for one in both)


def test_what_was_approved_two_years_ago_no_longer_counts(
    people: People, programme: Programme, pass_time: Callable[..., None]
) -> None:
    allocate(people, programme, places=2)
    first = make_story(people, programme)
    first.approve()
    pass_time(days=732)
    second = make_story(people, programme, body=first.agreement.body)

    alone = second.agreement
    assert whole_life_pence(alone) == alone.value_pence + alone.uplift_cap_pence


def test_a_value_that_grew_since_the_first_approval_goes_round_again(people: People, programme: Programme) -> None:
    allocate(people, programme, places=2)
    one = make_story(people, programme)
    other = make_story(people, programme, body=one.agreement.body)
    for story in (one, other):
        story.recommend()
        services.assure_agreement(by=people.senior, agreement=story.agreement)
        services.approve_agreement(by=people.fund_director, agreement=story.agreement, minute_reference="B 1")
    services.approve_agreement(by=people.head, agreement=one.agreement)

    with pytest.raises(ConflictError, match="More was approved"):
        services.approve_agreement(by=people.head, agreement=other.agreement)


def write_approval(story: Story, **changes: Any) -> str:
    """The constraint by which the database refuses an approval written past the service; empty when it does not."""
    officer = changes.pop("by", story.people.fund_director)
    authority = OfficerAuthority.objects.get(user=officer)
    values = {
        "agreement": story.agreement,
        "attempt": 1,
        "step": "first",
        "outcome": "approved",
        "by": officer,
        "rank": authority.rank,
        "team": authority.team,
        "value_pence": whole_life_pence(story.agreement),
        "minute_reference": "B 1",
    }
    try:
        with transaction.atomic():
            Approval.objects.create(**values | changes)
            transaction.set_rollback(True)
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name or ""
    return ""


def test_the_database_itself_refuses_what_the_rules_refuse(story: Story) -> None:
    people = story.people
    assert write_approval(story) == "grants_approval_step_in_order"
    story.recommend()
    assert write_approval(story) == "grants_approval_step_in_order"
    low = write_approval(story, by=people.officer, step="assurance", minute_reference="", attempt=1)
    assert low in {"grants_approval_rank_suffices", "grants_approval_one_a_person"}
    services.assure_agreement(by=people.senior, agreement=story.agreement)

    assert write_approval(story, minute_reference="") == "grants_approval_within_limit"
    assert write_approval(story, by=people.head, minute_reference="") == "grants_approval_within_limit"
    assert write_approval(story, rank=4) == "grants_approval_officer_stands"
    assert write_approval(story, value_pence=1) == "grants_approval_value_current"
    assert write_approval(story, attempt=2) == "grants_approval_value_current"
    assert write_approval(story) == ""
    services.approve_agreement(by=people.fund_director, agreement=story.agreement, minute_reference="B 1")
    again = {"step": "second", "minute_reference": ""}
    assert write_approval(story, by=people.senior, **again) == "grants_approval_second_apart"
    assert write_approval(story, **again) == "grants_approval_second_apart"
    assert write_approval(story, by=people.head, **again) == ""


def test_an_approval_comes_out_of_free_money_for_bodies(story: Story) -> None:
    before = {standing.source.code: standing.free_by_strand for standing in source_standings()}
    agreement = story.approve()

    after = {standing.source.code: standing.free_by_strand for standing in source_standings()}
    taken = sum(before[code][Strand.BODY_CONTRIBUTION] - after[code][Strand.BODY_CONTRIBUTION] for code in before)
    assert taken == agreement.contribution_pence


def test_minute_of_the_board_is_named_by_nobody_else_and_nothing_is_kept(story: Story) -> None:
    people = story.people
    story.recommend()
    services.assure_agreement(by=people.senior, agreement=story.agreement)
    services.approve_agreement(by=people.fund_director, agreement=story.agreement, minute_reference="B 1")

    with pytest.raises(DomainError, match="Only the fund director names a minute of the Board"):
        services.approve_agreement(by=people.head, agreement=story.agreement, minute_reference="B 1")

    assert Approval.objects.filter(agreement=story.agreement, step="second").count() == 0
    services.approve_agreement(by=people.head, agreement=story.agreement)
    assert story.fresh().status == AgreementStatus.APPROVED
