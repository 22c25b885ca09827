"""Spending policies: two directors, and an approval that would break one is refused with the numbers."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from grants import services
from grants.domain.dates import add_months
from grants.domain.spending import Hybrid
from grants.errors import PolicyError, WrongStateError
from grants.models import Agreement, Journal, SpendingPolicy
from grants.selectors.days import today
from grants.selectors.ledger import reserved_by_source, source_standings
from grants.selectors.promises import outlooks, planned_payments, promised_payments, remaining_by_source, spent_lately
from grants.selectors.reserved import reserved_payments
from tests.unit.grants.conftest import (
    MILLION,
    POUND,
    People,
    Programme,
    Story,
    make_programme,
    make_story,
    receive,
)
from tests.unit.grants.payment_world import World
from tests.unit.grants.sample import ranking_of

FAR = timedelta(days=15 * 366)


def agree(people: People, programme: Programme, until: date) -> SpendingPolicy:
    policy = services.propose_policy(by=people.director, programme=programme, spend_down_on=until, reason="The plan.")
    return services.confirm_policy(by=people.finance_director, policy=policy)


def test_an_agreement_within_the_policy_is_approved(story: Story) -> None:
    agree(story.people, story.programme, today() + FAR)

    assert story.approve().status == "approved"


def test_payments_after_the_day_break_the_policy(story: Story) -> None:
    agree(story.people, story.programme, today() + timedelta(days=400))

    with pytest.raises(PolicyError, match=r"£[\d,.]+ from “Forgotten accounts” would fall due after .* has spent"):
        story.approve()

    assert not Journal.objects.filter(kind="approval").exists()


def test_spending_faster_than_what_remains_breaks_the_policy(people: People) -> None:
    programme = make_programme(people, code="tight", profile="front_loaded", indexation="none", index_basis_points=0)
    cohort = services.propose_cohort(by=people.director, programme=programme, ranking=ranking_of(1, 1), number=1)
    award = cohort.allocations.get().amount_pence
    receive(people, programme, "dormant", award * 10 // 8 // POUND + 1)  # four fifths of it is all that one place gets
    services.allocate_cohort(by=people.finance_director, cohort=cohort)
    story = make_story(people, programme)
    agree(people, programme, today() + timedelta(days=11 * 366))

    with pytest.raises(
        PolicyError, match=r"By .* £[\d,.]+ from “.*” would be promised, but the policy lets £[\d,.]+ go"
    ):
        story.approve()

    assert not Journal.objects.filter(kind="approval").exists()


def test_a_policy_whose_day_has_passed_stops_approvals(story: Story, pass_time: object) -> None:
    agree(story.people, story.programme, today() + timedelta(days=1))
    pass_time(days=3)

    with pytest.raises(PolicyError, match="By its policy the programme has spent everything"):
        story.approve()


def test_a_policy_needs_two_directors_and_waits_alone(people: People, programme: Programme) -> None:
    said = {"by": people.director, "programme": programme, "spend_down_on": today() + FAR, "reason": "The plan."}
    policy = services.propose_policy(**said)

    assert services.propose_policy(**said) == policy
    with pytest.raises(ConflictError, match="waits already"):
        services.propose_policy(**said | {"reason": "Another."})
    with pytest.raises(NotAllowedError, match="You proposed this policy"):
        services.confirm_policy(by=people.director, policy=policy)
    confirmed = services.confirm_policy(by=people.finance_director, policy=policy)
    assert services.confirm_policy(by=people.finance_director, policy=policy) == confirmed
    with pytest.raises(WrongStateError, match="was agreed on"):
        services.withdraw_policy(by=people.director, policy=policy)


def test_an_approval_that_breaks_the_rule_is_refused_with_the_numbers(story: Story) -> None:
    people = story.people
    slow = Hybrid(smoothing_basis_points=7_000, rate_basis_points=10, cap_basis_points=20, inflation_basis_points=0)
    said = {"by": people.director, "programme": story.programme, "reason": "For ever."}
    policy = services.propose_policy(**said, rule=slow)
    assert services.propose_policy(**said, rule=slow) == policy
    with pytest.raises(ConflictError, match="waits already"):
        services.propose_policy(**said, rule=replace(slow, rate_basis_points=11))
    services.confirm_policy(by=people.finance_director, policy=policy)

    with pytest.raises(
        PolicyError, match=r"By .* £[\d,.]+ from “.*” would be promised, but the policy lets £[\d,.]+ go"
    ):
        story.approve()
    assert not Journal.objects.filter(kind="approval").exists()

    fast = services.propose_policy(**said, rule=replace(slow, rate_basis_points=900, cap_basis_points=1_000))
    services.confirm_policy(by=people.finance_director, policy=fast)
    services.approve_agreement(by=people.head, agreement=story.fresh())
    assert story.fresh().status == "approved"


def test_a_rule_and_a_day_are_not_mixed_and_a_rule_stays_in_bounds(people: People, programme: Programme) -> None:
    said = {"by": people.director, "programme": programme, "reason": "The plan."}
    rule = Hybrid(smoothing_basis_points=0, rate_basis_points=500, cap_basis_points=400, inflation_basis_points=0)

    with pytest.raises(DomainError, match="cap from the rate to 30%"):
        services.propose_policy(**said, rule=rule)
    for both in ({}, {"rule": rule, "spend_down_on": today() + FAR}):
        with pytest.raises(DomainError, match="a day or a rule"):
            services.propose_policy(**said, **both)


def test_the_rule_goes_on_from_what_was_spent_in_the_year_before(world: World) -> None:
    world.pay(1)
    tranche = world.tranche(1)
    programme = tranche.agreement.allocation.programme_id

    assert sum(spent_lately(programme, today()).values()) == tranche.total_pence
    assert spent_lately(programme, today() + timedelta(days=370)) == {}


def test_a_withdrawn_policy_is_not_confirmed(people: People, programme: Programme) -> None:
    policy = services.propose_policy(
        by=people.director, programme=programme, spend_down_on=today() + FAR, reason="The plan."
    )
    services.withdraw_policy(by=people.director, policy=policy)

    assert services.withdraw_policy(by=people.director, policy=policy).withdrawn_by == people.director
    with pytest.raises(WrongStateError, match="was withdrawn"):
        services.confirm_policy(by=people.finance_director, policy=policy)


def test_what_a_policy_must_say_and_who_may_say_it(people: People, programme: Programme) -> None:
    said = {"by": people.director, "programme": programme, "spend_down_on": today() + FAR, "reason": "The plan."}
    with pytest.raises(DomainError, match="needs a reason"):
        services.propose_policy(**said | {"reason": " "})
    with pytest.raises(DomainError, match="must lie ahead"):
        services.propose_policy(**said | {"spend_down_on": today()})
    with pytest.raises(NotAllowedError):
        services.propose_policy(**said | {"by": people.finance_manager})
    policy = services.propose_policy(**said)
    for step in (services.confirm_policy, services.withdraw_policy):
        with pytest.raises(NotAllowedError):
            step(by=people.officer, policy=policy)


def test_an_agreement_not_accepted_yet_counts_as_if_accepted_today(story: Story) -> None:
    agreement = story.approve()

    promised = promised_payments(today())

    whole = agreement.value_pence + agreement.uplift_cap_pence
    assert sum(pence for payments in promised.values() for _, pence in payments) == whole
    assert promised_payments(today(), without=agreement.pk) == {}
    assert promised_payments(today(), programme_pk=agreement.allocation.programme_id) == promised


def test_what_is_planned_follows_the_agreements_own_terms(story: Story) -> None:
    agreement = story.agreement
    agreement.cadence_months, agreement.profile, agreement.custom_weights = 12, "custom", [1] * 9 + [11]

    planned = planned_payments(agreement, today(), at_cap=False)

    assert [len(payments) for payments in planned.values()] == [10, 10]
    assert sum(payments[-1][1] for payments in planned.values()) == pytest.approx(
        agreement.value_pence * 0.55, rel=1e-6
    )


def test_what_is_scheduled_is_set_against_assets_and_policies(story: Story) -> None:
    agree(story.people, story.programme, today() + FAR)
    agreement = story.accept()

    found = outlooks(today(), source_standings())

    due = [outlook.ladder[-1].due_so_far_pence for outlook in found.values()]
    promised = [outlook.policies[0][1].years[-1].promised_pence for outlook in found.values()]
    assert sum(due) == sum(promised) == agreement.value_pence + agreement.uplift_cap_pence
    reserve = reserved_payments(Agreement.objects.all())
    for source, payments in reserved_by_source(agreement.pk).items():
        assert sum(pence for _, pence in reserve[source]) == payments
        assert min(day for day, _ in reserve[source]) >= add_months(agreement.anchor_on, 12) - timedelta(days=7)


def test_what_prices_may_add_counts_against_the_policy(people: People) -> None:
    programme = make_programme(people, code="tight", profile="even")
    cohort = services.propose_cohort(by=people.director, programme=programme, ranking=ranking_of(1, 1), number=1)
    award = cohort.allocations.get().amount_pence
    receive(people, programme, "dormant", award * 3 // 2 // POUND)
    services.allocate_cohort(by=people.finance_director, cohort=cohort)
    story = make_story(people, programme)
    # What is given and the contribution come to 1.05 of the award by year 10; the policy lets 1.13 go, prices add 0.15.
    agree(people, programme, today() + timedelta(days=4858))

    with pytest.raises(PolicyError, match="but the policy lets"):
        story.approve()

    assert not Journal.objects.filter(kind="approval").exists()


def test_several_programmes_share_a_source_by_their_waves(people: People, programme: Programme) -> None:
    other = make_programme(people, code="other")
    receive(people, other, "lottery", 15_000_000)
    receive(people, other, "dormant", 20_000_000)

    remaining = remaining_by_source(programme.pk, source_standings())

    assert sorted(remaining.values()) == [30 * MILLION, 60 * MILLION]
