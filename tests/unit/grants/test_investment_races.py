"""Two people at once about investments and headroom, on real connections."""

from collections.abc import Callable

import pytest

from grants import services
from grants.domain.award import Strand
from grants.domain.investments import AssetClass
from grants.errors import HeadroomError
from grants.models import Cohort, FundOrder, Holding, Journal, Programme, Source, Valuation
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.days import today
from grants.services.orders import Terms
from tests.unit.grants.conftest import (
    MILLION,
    Beginning,
    People,
    allocate,
    make_body,
    make_programme,
    make_story,
    receive,
    tell_people,
)
from tests.unit.grants.sample import ranking_of
from tests.unit.grants.services.test_decisions import transfer
from tests.unit.grants.services.test_investments import buy, open_holding, standing
from tests.unit.grants.test_races import at_once, refused


@pytest.fixture
def staff(committed_beginning: Callable[..., Beginning]) -> People:
    return committed_beginning("people", tell_people).people


@pytest.fixture
def funded(staff: People) -> Programme:
    programme = make_programme(staff, indexation="none", index_basis_points=0)
    receive(staff, programme, "dormant", 60_000_000)
    return programme


def test_a_fall_and_a_start_at_once_never_promise_what_the_fall_took(staff: People, funded: Programme) -> None:
    holding = open_holding(staff, funded, AssetClass.EQUITIES)
    buy(staff, holding, 50 * MILLION)
    cohort = services.propose_cohort(by=staff.director, programme=funded, ranking=ranking_of(5, 1), number=1)
    wanted = sum(cohort.allocations.values_list("amount_pence", flat=True))
    before = standing().room_pence(Strand.PLACE)
    assert wanted <= before
    valuation = services.propose_valuation(
        by=staff.finance_manager,
        holding=holding,
        valued_on=today(),
        value_pence=50 * MILLION - (before - wanted) - 20 * MILLION,
        statement_reference="S 1",
    )

    results = at_once(
        lambda: services.confirm_valuation(by=staff.finance_director, valuation=valuation),
        lambda: services.allocate_cohort(by=staff.finance_director, cohort=cohort),
    )

    assert isinstance(results[0], Valuation), results  # a fall is posted whatever it breaks
    posted = list(Journal.objects.filter(kind__in=("revalued", "allocation")).order_by("pk"))
    assert isinstance(results[1], Cohort) == (posted[0].kind == "allocation")
    assert isinstance(results[1], Cohort | HeadroomError)
    assert ledger_identities() == list(broken_seals()) == []


def test_two_purchases_confirmed_at_once_never_spend_the_same_cash(staff: People, funded: Programme) -> None:
    holding = open_holding(staff, funded, AssetClass.GILTS)
    orders = [
        services.propose_purchase(
            by=staff.finance_manager, holding=holding, terms=Terms(f"BUY-{number}", "Note", 40 * MILLION)
        )
        for number in (1, 2)
    ]

    results = at_once(
        *(lambda order=order: services.confirm_order(by=staff.finance_director, order=order) for order in orders)
    )

    assert refused(results) == 1
    assert FundOrder.objects.awaited().count() == 1


def test_a_wave_and_an_order_at_once_never_stand_under_one_reference(staff: People, funded: Programme) -> None:
    source = Source.objects.get(code="dormant")
    results = at_once(
        lambda: services.propose_interest(
            by=staff.finance_manager, source=source, programme=funded, terms=Terms("SAME", "Interest")
        ),
        lambda: services.announce_wave(
            by=staff.director,
            programme=funded,
            source=source,
            title="Second wave",
            announced_pence=MILLION,
            expected_on=today(),
            bank_reference="SAME",
        ),
    )

    assert refused(results) == 1
    known = FundOrder.objects.filter(bank_reference="SAME").count() + funded.waves.filter(bank_reference="SAME").count()
    assert known == 1


def test_one_order_confirmed_and_settled_by_four_at_once_is_posted_once(staff: People, funded: Programme) -> None:
    holding = open_holding(staff, funded, AssetClass.GILTS)
    order = services.propose_purchase(
        by=staff.finance_manager, holding=holding, terms=Terms("BUY-1", "Note", 10 * MILLION)
    )
    services.confirm_order(by=staff.finance_director, order=order)

    results = at_once(
        *[
            lambda: services.settle_order(
                by="system:statements",
                order=order,
                amount_pence=10 * MILLION,
                value_on=today(),
                statement_line="line 1",
            )
        ]
        * 4
    )

    assert refused(results) == 0
    assert Journal.objects.filter(kind="invested").count() == 1
    assert holding.entries.carried().value_pence == 10 * MILLION
    assert ledger_identities() == []


def test_one_valuation_confirmed_by_four_at_once_is_posted_once(staff: People, funded: Programme) -> None:
    holding = open_holding(staff, funded, AssetClass.BONDS)
    buy(staff, holding)
    valuation = services.propose_valuation(
        by=staff.finance_manager, holding=holding, valued_on=today(), value_pence=9 * MILLION, statement_reference="S"
    )

    results = at_once(*[lambda: services.confirm_valuation(by=staff.finance_director, valuation=valuation)] * 4)

    assert refused(results) == 0
    assert Journal.objects.filter(kind="revalued").count() == 1
    assert ledger_identities() == []


def test_two_approvals_at_once_never_promise_one_headroom_twice(staff: People, funded: Programme) -> None:
    allocate(staff, funded, places=2)
    stories = [make_story(staff, funded, body=make_body(staff, f"Trust {number}")) for number in range(2)]
    for story in stories:
        story.recommend()
        services.assure_agreement(by=staff.senior, agreement=story.agreement)
        services.approve_agreement(by=staff.fund_director, agreement=story.agreement, minute_reference="B 1")
    # A fall that leaves room for either contribution, not for both.
    most = max(story.agreement.contribution_pence for story in stories)
    holding = open_holding(staff, funded, AssetClass.GILTS)
    buy(staff, holding, 50 * MILLION)
    contingency = standing().position.contingency_pence
    fall(staff, holding, 50 * MILLION - (standing().headroom_pence - most) - contingency)
    assert standing().headroom_pence == most

    results = at_once(
        *(lambda story=story: services.approve_agreement(by=staff.head, agreement=story.agreement) for story in stories)
    )

    assert refused(results) == 1
    assert standing().headroom_pence >= 0
    assert ledger_identities() == []


def fall(staff: People, holding: Holding, value_pence: int) -> None:
    """Value a holding lower."""
    valuation = services.propose_valuation(
        by=staff.finance_manager,
        holding=holding,
        valued_on=today(),
        value_pence=value_pence,
        statement_reference="S",
    )
    services.confirm_valuation(by=staff.finance_director, valuation=valuation)


def test_one_decision_confirmed_by_four_at_once_is_posted_once(staff: People, funded: Programme) -> None:
    decision = transfer(staff, amount_pence=MILLION)

    results = at_once(*[lambda: services.confirm_decision(by=staff.finance_director, decision=decision)] * 4)

    assert refused(results) == 0
    assert Journal.objects.filter(kind="strand_transfer").count() == 1
    assert ledger_identities() == []


def test_two_decisions_at_once_never_move_the_same_money(staff: People, funded: Programme) -> None:
    decisions = [transfer(staff, amount_pence=MILLION + number) for number in range(2)]  # of £1.8m

    results = at_once(
        *(
            lambda decision=decision: services.confirm_decision(by=staff.finance_director, decision=decision)
            for decision in decisions
        )
    )

    assert refused(results) == 1
    assert standing().free_by_strand[Strand.CONTINGENCY] >= 0
