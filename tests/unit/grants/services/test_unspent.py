"""Money from before that is not spent: what waits, what two people divide, and what stays promised to the penny."""

from collections.abc import Callable
from datetime import date
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import F

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank
from grants.errors import WrongStateError
from grants.models import Hold, Journal, Review, Tranche, TrancheFunding, TrancheStatus, UnspentDecision
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.unspent import following, later_days, suggested_day
from tests.unit.grants.conftest import (
    Beginning,
    Story,
    give_rank,
    hand_over,
    make_person,
    sealed,
    tell_accepted,
)
from tests.unit.grants.models.test_constraints import refused_by
from tests.unit.grants.payment_world import World
from tests.unit.grants.reconciler.lived_again import schedule_differences
from tests.unit.grants.services.test_sides import sit_on_the_panel
from tests.unit.grants.test_races import at_once

POUND = 100


def report_year(world: World, unspent_pence: int, *, year: int = 1) -> None:
    """The year is reported, read, reviewed; the next one promised."""
    people, agreement = world.people, world.agreement
    report = agreement.reports.get(year=year)
    world.go_to(report.due_on)
    services.submit_report(
        by=people.treasurer, report=report, spent_pence=5, unspent_pence=unspent_pence, summary="Slow."
    )
    services.accept_report(by=people.officer, report=report)
    review = agreement.reviews.get(year=year)
    services.propose_review(by=people.officer, review=review, outcome=Review.Outcome.CONTINUE, note="Well.")
    services.confirm_review(by=people.senior, review=review)


def go_to_third(world: World, unspent_share: float) -> Tranche:
    """To the first payment after the first report, which says that so much of that payment's grant is unspent."""
    report_year(world, int(world.tranche(3).grant_pence * unspent_share))
    world.go_to_due(3)
    world.sweep()
    return world.tranche(3)


@pytest.fixture
def unpaid(accepted: Story) -> World:
    """An agreement that runs, and no bank: its first two payments wait for bank details."""
    checker = make_person("checker", Role.PAYMENTS_OFFICER)
    return World(accepted.people, None, [accepted], checker, accepted.people.finance_director)


@pytest.fixture
def slow(unpaid: World) -> World:
    """Half of what the third payment brings is still there from the year before."""
    go_to_third(unpaid, 0.5)
    return unpaid


def propose(world: World, **changes: object) -> UnspentDecision:
    tranche = world.tranche(3)
    said = {
        "tranche": tranche,
        "plan_pence": tranche.grant_pence,
        "reason": "The plan of May.",
        "later_on": later_days(tranche, today())[0],
    }
    return services.propose_unspent(by=world.people.officer, **(said | changes))


def held(world: World) -> list[str]:
    return [hold.detail for hold in Hold.objects.open().filter(tranche=world.tranche(3), reason="unspent")]


@pytest.mark.parametrize(("share", "is_held"), [(0.0, False), (0.1, False), (0.11, True)])
def test_payment_waits_only_where_more_than_the_margin_is_left(unpaid: World, share: float, is_held: bool) -> None:
    go_to_third(unpaid, share)

    assert bool(held(unpaid)) == is_held


def test_hold_says_every_number_and_that_nothing_is_lost(slow: World) -> None:
    said = held(slow)[0]

    assert "is left after year 1" in said
    assert "with 10% on top" in said
    assert "stays promised" in said


def test_two_people_divide_the_payment_and_nothing_is_posted(slow: World) -> None:
    before, value = slow.tranche(3), slow.agreement.value_pence
    journals = Journal.objects.count()
    decision = propose(slow)
    with sealed():
        services.confirm_unspent(by=slow.people.senior, decision=decision)

    now, later = slow.tranche(3), UnspentDecision.objects.get().later
    assert now.grant_pence == before.grant_pence * 11 // 10 - decision.unspent_pence
    assert later.grant_pence == before.grant_pence - now.grant_pence
    assert now.contribution_pence + later.contribution_pence == before.contribution_pence
    assert (later.status, later.year, later.due_on) == (TrancheStatus.COMMITTED, before.year, decision.later_on)
    assert later.process_on < later.due_on
    assert TrancheFunding.objects.filter(tranche=later, amount_pence__lt=0).count() == 0
    assert Journal.objects.count() == journals
    assert slow.agreement.value_pence == value
    assert ledger_identities() == schedule_differences() == []
    letter = OutgoingMessage.objects.filter(topic="grants.unspent").get()
    assert letter.to == slow.people.treasurer.email
    assert "Nothing is taken away" in letter.body


def test_nobody_who_sits_on_the_panel_says_how_its_payment_is_divided(slow: World) -> None:
    sit_on_the_panel(slow.people.senior, slow)
    with pytest.raises(NotAllowedError, match="You sit on the panel"):
        services.confirm_unspent(by=slow.people.senior, decision=propose(slow))


@pytest.mark.usefixtures("paid")
def test_what_may_go_is_claimed_at_the_next_sweep_and_the_rest_waits_for_its_day(world: World) -> None:
    world.pay(2)
    go_to_third(world, 0.5)
    assert world.tranche(3).status == TrancheStatus.COMMITTED
    services.confirm_unspent(by=world.people.senior, decision=propose(world))

    run = world.sweep()

    assert run is not None
    assert [payment.tranche.number for payment in run.payments.all()] == [3]
    assert held(world) == []


def test_plan_that_needs_all_of_it_lets_all_of_it_go(slow: World) -> None:
    whole = slow.tranche(3).grant_pence
    decision = propose(slow, plan_pence=whole * 3 // 2, later_on=None)
    services.confirm_unspent(by=slow.people.senior, decision=decision)
    slow.sweep()

    assert (decision.pay_pence, decision.later_pence, decision.later_on) == (whole, 0, None)
    assert (held(slow), slow.agreement.tranches.count()) == ([], 20)


def test_nothing_goes_where_more_is_left_than_planned_and_the_next_period_counts_on(unpaid: World) -> None:
    world, tranche = unpaid, go_to_third(unpaid, 2.0)
    days = later_days(tranche, today())
    with sealed():
        services.confirm_unspent(by=world.people.senior, decision=propose(world, later_on=days[-1]))

    moved = world.tranche(3)
    assert (moved.due_on, moved.grant_pence) == (days[-1], tranche.grant_pence)
    world.sweep()
    assert held(world) == []
    world.go_to_due(4)
    world.sweep()
    fourth = world.tranche(4)
    said = Hold.objects.open().get(tranche=fourth, reason="unspent").detail
    assert f"£{tranche.grant_pence // POUND:,}" in said  # one plan less than the report said


def test_rest_comes_after_the_next_report_unless_somebody_chooses(slow: World) -> None:
    tranche = slow.tranche(3)
    days = later_days(tranche, today())

    assert days[0] == slow.tranche(4).due_on
    assert suggested_day(tranche, days) == slow.tranche(5).due_on
    assert suggested_day(tranche, days[:1]) == days[0]
    assert suggested_day(tranche, []) is None


def test_last_payment_has_the_end_of_the_agreement_to_move_to(unpaid: World) -> None:
    last = unpaid.agreement.tranches.order_by("-number").first()
    days = later_days(last, today())

    assert len(days) == 1
    assert last.due_on < days[0] <= unpaid.agreement.ends_on
    assert later_days(last, unpaid.agreement.ends_on) == []


def test_one_alone_cannot_divide_and_twice_counts_once(slow: World) -> None:
    people = slow.people
    decision = propose(slow)
    assert propose(slow) == decision
    with pytest.raises(ConflictError, match="proposed for this payment already"):
        propose(slow, plan_pence=1)
    with pytest.raises(NotAllowedError):
        services.confirm_unspent(by=people.officer, decision=decision)
    mine = UnspentDecision.objects.get()
    with acting("system:test", "proposed by a senior officer"):
        UnspentDecision.objects.filter(pk=mine.pk).update(proposed_by=people.senior)
    with pytest.raises(NotAllowedError, match="You proposed this"):
        services.confirm_unspent(by=people.senior, decision=mine)
    once = services.confirm_unspent(by=people.head, decision=mine)
    assert services.confirm_unspent(by=people.fund_director, decision=mine) == once
    assert slow.agreement.tranches.count() == 21
    with pytest.raises(WrongStateError, match="already"):
        services.refuse_unspent(by=people.head, decision=mine, reason="Too late.")


def test_refusals_say_what_is_wrong(slow: World) -> None:
    people = slow.people
    with pytest.raises(DomainError, match="needs its reason"):
        propose(slow, reason=" ")
    with pytest.raises(DomainError, match="less than nothing"):
        propose(slow, plan_pence=-1)
    with pytest.raises(DomainError, match="later payment's day"):
        propose(slow, later_on=date(2031, 1, 1))
    with pytest.raises(WrongStateError, match="Only a promised"):
        propose(slow, tranche=slow.tranche(6))
    with pytest.raises(NotAllowedError):
        services.propose_unspent(by=people.treasurer, tranche=slow.tranche(3), plan_pence=1, reason="Mine.")
    decision = propose(slow)
    with pytest.raises(DomainError, match="needs a reason"):
        services.refuse_unspent(by=people.head, decision=decision, reason="")
    with pytest.raises(NotAllowedError):
        services.refuse_unspent(by=people.treasurer, decision=decision, reason="No.")
    services.refuse_unspent(by=people.officer, decision=decision, reason="Wrong plan.")
    with pytest.raises(WrongStateError, match="refused"):
        services.confirm_unspent(by=people.head, decision=decision)
    assert propose(slow) != decision


def test_confirming_what_has_changed_is_refused(slow: World) -> None:
    decision = propose(slow)
    with acting("system:test", "another margin"):
        slow.stories[0].programme.__class__.objects.update(unspent_margin_basis_points=2000)

    with pytest.raises(ConflictError, match="has changed since"):
        services.confirm_unspent(by=slow.people.senior, decision=decision)


def test_payment_without_a_report_against_it_needs_no_decision(unpaid: World) -> None:
    with pytest.raises(WrongStateError, match="No report says"):
        propose(unpaid, tranche=unpaid.tranche(1))


def test_report_shows_what_follows_before_it_is_accepted(unpaid: World) -> None:
    report = unpaid.agreement.reports.get(year=1)
    report.unspent_pence = unpaid.tranche(3).grant_pence
    limit = following([report]).get(report.pk)
    report_of_the_last_year = unpaid.agreement.reports.get(year=10)

    assert limit is not None
    assert limit.later_pence == limit.scheduled_pence - limit.scheduled_pence // 10
    assert following([report_of_the_last_year]) == {}
    assert following([]) == {}


def test_database_refuses_what_is_not_the_rule_or_not_two_people(slow: World) -> None:
    decision = propose(slow)
    alone = {"status": "confirmed", "decided_by_id": slow.people.officer.pk, "decided_at": core_now()}
    tried: list[tuple[dict[str, object], str]] = [
        ({"pay_pence": 1}, "by_the_rule"),
        ({"unspent_pence": -1, "pay_pence": decision.scheduled_pence, "later_on": None}, "not_negative"),
        ({"due_on": None}, "has_its_day"),
        ({"later_on": None}, "rest_comes_later"),
        ({"later_id": decision.tranche_id}, "later_made"),
        ({"reason": ""}, "says_why"),
        ({"status": "confirmed"}, "status_fits"),
        ({"status": "refused", "decided_by_id": slow.people.head.pk, "refusal": "No."}, "decided_pair"),
        (alone, "two_people"),
        ({}, "one_proposed"),
    ]

    refused = [refused_by(decision, **change) for change, _ in tried]
    assert refused == [f"grants_unspentdecision_{rule}" for _, rule in tried]


def test_two_who_confirm_at_once_divide_once(committed_beginning: Callable[..., Beginning]) -> None:
    beginning = committed_beginning("accepted", tell_accepted)
    people = beginning.people
    world = World(people, None, [beginning.story], people.head, people.head)
    go_to_third(world, 0.5)
    decision = propose(world)

    results = at_once(
        lambda: services.confirm_unspent(by=people.senior, decision=decision),
        lambda: services.confirm_unspent(by=people.head, decision=decision),
    )

    assert [one for one in results if isinstance(one, Exception)] == []
    assert world.agreement.tranches.count() == 21
    assert ledger_identities() == schedule_differences() == []


def test_second_decision_counts_where_the_payment_has_grown_since_the_first(slow: World) -> None:
    whole, senior = slow.tranche(3).grant_pence, slow.people.senior
    services.confirm_unspent(by=senior, decision=propose(slow, plan_pence=whole * 3 // 2, later_on=None))
    with acting("system:test", "rose"):
        Tranche.objects.filter(pk=slow.tranche(3).pk).update(uplift_pence=F("uplift_pence") + whole)
        more = {"amount_pence": 0, "uplift_pence": whole, "contribution_pence": 0, "why": TrancheFunding.Why.UPLIFT}
        source = slow.tranche(3).funding.first().source
        TrancheFunding.objects.create(tranche=slow.tranche(3), source=source, entry=9, **more)
    slow.sweep()
    assert len(held(slow)) == 1

    services.confirm_unspent(by=senior, decision=propose(slow, plan_pence=whole * 3, later_on=None))
    slow.sweep()

    assert held(slow) == []
    assert [one.pay_pence for one in UnspentDecision.objects.all()] == [whole, 2 * whole]


def test_two_payments_of_one_day_have_one_plan(unpaid: World) -> None:
    """Unspent 50, margin a tenth: 40 with a plan of 30 move to the day of another 40. Of both 24 may go, not more."""
    world, part = unpaid, unpaid.tranche(3).grant_pence // 40
    go_to_third(unpaid, 50 * part / unpaid.tranche(3).grant_pence)
    services.confirm_unspent(by=world.people.senior, decision=propose(world, plan_pence=30 * part))
    assert world.tranche(3).due_on == world.tranche(4).due_on
    world.go_to_due(4)
    plan, later_on = 40 * part, later_days(world.tranche(4), today())[-1]
    fourth = propose(world, tranche=world.tranche(4), plan_pence=plan, later_on=later_on)
    services.confirm_unspent(by=world.people.senior, decision=fourth)
    world.sweep()

    assert abs(fourth.pay_pence - 24 * part) <= 1
    assert len(held(world)) == 1
    third = propose(world, plan_pence=plan, later_on=later_on)
    assert third.pay_pence == 0
    services.confirm_unspent(by=world.people.senior, decision=third)
    world.sweep()
    assert (held(world), world.tranche(3).due_on) == ([], later_on)
    days = list(UnspentDecision.objects.values_list("due_on", flat=True))
    with acting("system:test", "as before the day was kept"), connection.cursor() as cursor:
        UnspentDecision.objects.update(due_on=date(2000, 1, 1))
        cursor.execute(import_module("grants.migrations.0022_one_plan_a_day").DAYS)
    assert list(UnspentDecision.objects.values_list("due_on", flat=True)) == days


def test_whoever_handed_their_authority_over_or_acts_for_the_proposer_confirms_nothing(slow: World) -> None:
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    hand_over(slow.people.head, other)
    with pytest.raises(NotAllowedError, match="acts for you until"):
        services.confirm_unspent(by=slow.people.head, decision=propose(slow))
    services.refuse_unspent(by=slow.people.senior, decision=UnspentDecision.objects.get(), reason="Another plan.")
    tranche = slow.tranche(3)
    theirs = services.propose_unspent(
        by=slow.people.head,
        tranche=tranche,
        plan_pence=tranche.grant_pence,
        reason="The plan of May.",
        later_on=later_days(tranche, today())[0],
    )

    with pytest.raises(NotAllowedError, match="count as one person"):
        services.confirm_unspent(by=other, decision=theirs)
    services.confirm_unspent(by=slow.people.senior, decision=theirs)
