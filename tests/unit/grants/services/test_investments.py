"""Holdings: bought and sold when the bank's line comes, valued by two people, and always what the ledger says."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import ConflictError, DomainError, IdempotencyConflictError, NotAllowedError
from cwf_portal.core.models import User
from grants import services
from grants.domain.award import Strand
from grants.domain.dates import add_months
from grants.domain.investments import AssetClass
from grants.domain.ledger import Account
from grants.errors import HeadroomError, WrongStateError
from grants.models import FundOrder, Holding, HoldingEntry, Journal, Posting, Programme, Source, Valuation
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.investments import holding_standings, orders_awaited, valuations_to_confirm
from grants.selectors.ledger import SourceStanding, lacking_by_source, source_standings
from grants.services.months import ask_to_close, close_month
from grants.services.orders import Terms
from tests.unit.grants.conftest import MILLION, POUND, People, allocate, make_story, sealed
from tests.unit.grants.sample import ranking_of

TEN_MILLION = 10 * MILLION


def standing(code: str = "dormant") -> SourceStanding:
    return next(found for found in source_standings() if found.source.code == code)


def open_holding(people: People, programme: Programme, asset_class: AssetClass, code: str = "dormant") -> Holding:
    return services.open_holding(
        by=people.finance_manager,
        source=Source.objects.get(code=code),
        programme=programme,
        asset_class=asset_class,
        name=f"{code} {asset_class.value}",
    )


def confirmed(people: People, order: FundOrder) -> FundOrder:
    return services.confirm_order(by=people.finance_director, order=order)


def settle(order: FundOrder, line: str = "line 1", *, amount_pence: int | None = None) -> Journal:
    return services.settle_order(
        by="system:statements",
        order=order,
        amount_pence=amount_pence or order.amount_pence or 0,
        value_on=today(),
        statement_line=line,
    )


def buy(people: People, holding: Holding, pence: int = TEN_MILLION, reference: str = "BUY-1") -> FundOrder:
    terms = Terms(reference, "Contract note 1", pence)
    order = confirmed(people, services.propose_purchase(by=people.finance_manager, holding=holding, terms=terms))
    settle(order, f"line of {reference}")
    return order


def value(people: People, holding: Holding, pence: int, *, days_ago: int = 0) -> Valuation:
    valuation = services.propose_valuation(
        by=people.finance_manager,
        holding=holding,
        valued_on=today() - timedelta(days=days_ago),
        value_pence=pence,
        statement_reference="Statement 7",
    )
    return services.confirm_valuation(by=people.finance_director, valuation=valuation)


@pytest.fixture
def equities(people: People, programme: Programme) -> Holding:
    """£10m of forgotten accounts in shares."""
    holding = open_holding(people, programme, AssetClass.EQUITIES)
    buy(people, holding)
    return holding


def test_a_purchase_waits_for_the_line_and_then_turns_cash_into_the_holding(
    people: People, programme: Programme
) -> None:
    holding = open_holding(people, programme, AssetClass.GILTS)
    order = services.propose_purchase(
        by=people.finance_manager, holding=holding, terms=Terms("BUY-1", "Contract note 1", TEN_MILLION)
    )
    confirmed(people, order)
    assert standing().investments_pence == 0
    assert list(orders_awaited()) == [order]

    with sealed():
        journal = settle(order)

    assert (journal.actor, journal.approver) == (people.finance_manager, people.finance_director)
    assert standing().cash_pence == 50 * MILLION
    assert holding.entries.carried().value_pence == standing().investments_pence == TEN_MILLION
    assert standing().headroom_pence == 60 * MILLION  # gilts have no haircut
    assert not orders_awaited()
    assert ledger_identities() == []


def test_the_same_line_again_changes_nothing_and_another_is_refused(people: People, equities: Holding) -> None:
    order = FundOrder.objects.get()

    assert settle(order, "line of BUY-1") == order.journal
    with pytest.raises(ConflictError, match="was settled already. Explain the second line by hand"):
        settle(order, "line 2")

    assert Journal.objects.filter(kind="invested").count() == 1


@pytest.mark.parametrize(
    ("asset_class", "haircut"), [(AssetClass.GILTS, 0), (AssetClass.BONDS, 5), (AssetClass.EQUITIES, 20)]
)
def test_the_haircut_goes_by_the_class_of_what_is_really_held(
    people: People, programme: Programme, asset_class: AssetClass, haircut: int
) -> None:
    buy(people, open_holding(people, programme, asset_class))

    found = standing()

    assert found.position.haircut_pence == haircut * MILLION // 10
    contingency = 18 * MILLION // 10  # 3% of £60m covers the first £1.8m
    assert found.headroom_pence == 60 * MILLION - max(0, haircut * MILLION // 10 - contingency)


def test_gains_never_count_and_do_not_cover_the_loss_of_another_holding(people: People, equities: Holding) -> None:
    bonds = open_holding(people, equities.programme, AssetClass.BONDS)
    buy(people, bonds, reference="BUY-2")
    value(people, equities, 12 * MILLION)
    value(people, bonds, 7 * MILLION)

    found = standing()

    assert found.position.unrealised_loss_pence == 3 * MILLION
    assert found.investments_pence == 19 * MILLION
    haircut = 12 * MILLION * 20 // 100 + 7 * MILLION * 5 // 100
    assert found.headroom_pence == 60 * MILLION - (haircut + 3 * MILLION - 18 * MILLION // 10)
    assert ledger_identities() == []


def test_a_fall_is_posted_whatever_it_breaks_and_freezes_every_promise(people: People, programme: Programme) -> None:
    allocate(people, programme, places=4)
    story = make_story(people, programme)
    story.recommend()
    services.assure_agreement(by=people.senior, agreement=story.agreement)
    services.approve_agreement(by=people.fund_director, agreement=story.agreement, minute_reference="B 1")
    holding = open_holding(people, programme, AssetClass.EQUITIES)
    buy(people, holding, 55 * MILLION)

    with sealed():
        value(people, holding, 1 * MILLION)

    fallen = standing()
    assert fallen.is_frozen
    assert lacking_by_source() == [(fallen.source, -fallen.headroom_pence)]
    assert fallen.room_pence(Strand.PLACE) == 0
    with pytest.raises(HeadroomError, match=r"only £0 can be promised. “Forgotten accounts” lacks £[\d,.]+:"):
        services.approve_agreement(by=people.head, agreement=story.agreement)
    cohort = services.propose_cohort(by=people.director, programme=programme, ranking=ranking_of(9, 2), number=2)
    with pytest.raises(HeadroomError, match=r"“Forgotten accounts” lacks £"):
        services.allocate_cohort(by=people.finance_director, cohort=cohort)
    assert ledger_identities() == []


def test_a_sale_takes_its_part_out_and_frees_the_gain_by_purpose(people: People, equities: Holding) -> None:
    value(people, equities, 12 * MILLION)
    free = standing().free_pence
    terms = Terms("SELL-1", "Contract note 2", 7 * MILLION)
    order = services.propose_sale(by=people.finance_manager, holding=equities, part_basis_points=5_000, terms=terms)
    confirmed(people, order)

    with sealed():
        settle(order)

    carried = equities.entries.carried()
    assert (carried.value_pence, carried.unrealised_pence) == (6 * MILLION, 1 * MILLION)
    assert standing().free_pence == free + 2 * MILLION  # £7m for what had cost £5m
    assert standing().free_by_strand[Strand.PLACE] == 48 * MILLION + 16 * MILLION // 10
    assert standing().cash_pence == 57 * MILLION
    assert ledger_identities() == []


def test_a_sale_at_a_loss_takes_it_from_free_money(people: People, equities: Holding) -> None:
    value(people, equities, 4 * MILLION)
    free = standing().free_pence
    terms = Terms("SELL-1", "Contract note 2", 3 * MILLION)
    order = services.propose_sale(by=people.finance_manager, holding=equities, part_basis_points=10_000, terms=terms)
    confirmed(people, order)

    with sealed():
        settle(order)

    assert standing().free_pence == free - 7 * MILLION
    assert (standing().investments_pence, standing().position.unrealised_loss_pence) == (0, 0)
    with pytest.raises(DomainError, match="is left to sell"):
        services.propose_sale(
            by=people.finance_manager, holding=equities, part_basis_points=1, terms=Terms("SELL-2", "Note 3", 1)
        )
    assert ledger_identities() == []


def test_valuations_never_go_back_and_need_what_is_held(people: People, programme: Programme) -> None:
    holding = open_holding(people, programme, AssetClass.BONDS)
    with pytest.raises(DomainError, match="Nothing of “dormant bonds” is held"):
        value(people, holding, MILLION)
    buy(people, holding)
    with pytest.raises(DomainError, match="after the day of this statement. Ask for a statement of that day or later"):
        value(people, holding, MILLION, days_ago=1)
    with pytest.raises(DomainError, match="never of a day to come"):
        value(people, holding, MILLION, days_ago=-1)
    value(people, holding, 9 * MILLION)

    with pytest.raises(DomainError, match="valuations never go back. Enter a later statement"):
        value(people, holding, 10 * MILLION)

    assert holding.entries.carried().value_pence == 9 * MILLION


def test_a_valuation_that_changes_nothing_is_kept_without_a_journal(people: People, equities: Holding) -> None:
    valuation = value(people, equities, TEN_MILLION)

    assert valuation.confirmed_at is not None
    assert not Journal.objects.filter(kind="revalued").exists()
    assert holding_standings()[0].valued_on == today()


def test_a_statement_of_a_closed_month_is_posted_on_the_first_open_day(people: People, programme: Programme) -> None:
    first_open = today().replace(day=1)
    holding = open_holding(people, programme, AssetClass.BONDS)
    terms = Terms("BUY-1", "Contract note 1", TEN_MILLION)
    order = confirmed(people, services.propose_purchase(by=people.finance_manager, holding=holding, terms=terms))
    services.settle_order(
        by="system:statements",
        order=order,
        amount_pence=TEN_MILLION,
        value_on=add_months(first_open, -1),
        statement_line="line 1",
    )
    asked = ask_to_close(by=people.finance_manager, month=add_months(first_open, -1))
    close_month(by=people.finance_director, close=asked)

    valuation = value(people, holding, 9 * MILLION, days_ago=today().day)  # the last day of the month before

    assert Journal.objects.get(kind="revalued").effective_on == first_open
    assert holding.entries.get(value_pence=-MILLION).effective_on == valuation.valued_on < first_open


def test_a_valuation_needs_two_people_and_waits_alone(people: People, equities: Holding) -> None:
    said = {
        "by": people.finance_manager,
        "holding": equities,
        "valued_on": today(),
        "value_pence": 9 * MILLION,
        "statement_reference": "S 1",
    }
    valuation = services.propose_valuation(**said)

    assert services.propose_valuation(**said) == valuation
    with pytest.raises(ConflictError, match="waits already"):
        services.propose_valuation(**said | {"value_pence": 1})
    with pytest.raises(NotAllowedError, match="You proposed this valuation"):
        services.confirm_valuation(by=people.finance_manager, valuation=valuation)
    assert list(valuations_to_confirm()) == [valuation]
    first = services.confirm_valuation(by=people.finance_director, valuation=valuation)
    assert services.confirm_valuation(by=people.finance_director, valuation=valuation) == first
    assert Journal.objects.filter(kind="revalued").count() == 1
    with pytest.raises(WrongStateError, match="there is no going back"):
        services.withdraw_valuation(by=people.finance_manager, valuation=valuation)


def test_a_withdrawn_valuation_is_not_confirmed(people: People, equities: Holding) -> None:
    valuation = services.propose_valuation(
        by=people.finance_manager, holding=equities, valued_on=today(), value_pence=1, statement_reference="S 1"
    )
    first = services.withdraw_valuation(by=people.finance_manager, valuation=valuation)

    assert (
        services.withdraw_valuation(by=people.finance_director, valuation=valuation).withdrawn_by == first.withdrawn_by
    )
    with pytest.raises(WrongStateError, match="was withdrawn"):
        services.confirm_valuation(by=people.finance_director, valuation=valuation)


def test_what_a_valuation_must_say(people: People, equities: Holding) -> None:
    said = {"by": people.finance_manager, "holding": equities, "valued_on": today(), "value_pence": 1}
    with pytest.raises(DomainError, match="comes from a statement"):
        services.propose_valuation(**said, statement_reference=" ")
    with pytest.raises(DomainError, match="never worth less than nothing"):
        services.propose_valuation(**said | {"value_pence": -1}, statement_reference="S 1")


def test_an_order_needs_two_people_and_cash_that_is_not_spoken_for(people: People, equities: Holding) -> None:
    terms = Terms("BUY-2", "Note 2", 30 * MILLION)
    order = services.propose_purchase(by=people.finance_manager, holding=equities, terms=terms)
    with pytest.raises(NotAllowedError, match="You proposed this order"):
        services.confirm_order(by=people.finance_manager, order=order)
    confirmed(people, order)
    assert confirmed(people, order).confirmed_by == people.finance_director

    with pytest.raises(DomainError, match=r"£30,000,000 is to be invested, but only £20,000,000 of cash"):
        services.propose_purchase(
            by=people.finance_manager, holding=equities, terms=Terms("BUY-3", "Note 3", 30 * MILLION)
        )

    assert not FundOrder.objects.filter(bank_reference="BUY-3").exists()


def test_a_reference_stands_for_one_thing(people: People, equities: Holding) -> None:
    terms = Terms("BUY-2", "Note 2", MILLION)
    first = services.propose_purchase(by=people.finance_manager, holding=equities, terms=terms)

    assert services.propose_purchase(by=people.finance_manager, holding=equities, terms=terms) == first
    for reference, said in (("BUY-2", "stands for something else"), ("WAVE-dormant-1", "stands for a wave or")):
        with pytest.raises(ConflictError, match=said):
            services.propose_purchase(
                by=people.finance_manager, holding=equities, terms=Terms(reference, "Note 3", MILLION)
            )


def test_a_withdrawn_order_is_neither_confirmed_nor_awaited(people: People, equities: Holding) -> None:
    terms = Terms("BUY-2", "Note 2", MILLION)
    order = services.propose_purchase(by=people.finance_manager, holding=equities, terms=terms)
    services.withdraw_order(by=people.finance_manager, order=order)

    assert services.withdraw_order(by=people.finance_director, order=order).withdrawn_by == people.finance_manager
    with pytest.raises(WrongStateError, match="was withdrawn"):
        confirmed(people, order)
    with pytest.raises(WrongStateError, match="has come"):
        services.withdraw_order(by=people.finance_manager, order=FundOrder.objects.get(bank_reference="BUY-1"))


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (Terms(" ", "Note", 1), "needs a reference"),
        (Terms("X", " ", 1), "needs a reference"),
        (Terms("X", "Note", 0), "must move money"),
        (Terms("X", "Note"), "must move money"),
    ],
)
def test_what_an_order_must_say(people: People, equities: Holding, terms: Terms, said: str) -> None:
    with pytest.raises(DomainError, match=said):
        services.propose_purchase(by=people.finance_manager, holding=equities, terms=terms)


def test_a_sale_is_of_a_part(people: People, equities: Holding) -> None:
    for part in (0, 10_001):
        with pytest.raises(DomainError, match=r"between 0.01 and 100 per cent"):
            services.propose_sale(
                by=people.finance_manager, holding=equities, part_basis_points=part, terms=Terms("X", "Note", 1)
            )


def test_a_running_cost_is_paid_from_its_own_purpose(people: People, programme: Programme) -> None:
    source = Source.objects.get(code="dormant")
    terms = Terms("RENT-1", "Rent of the office", 2 * MILLION)
    cost = {"by": people.finance_manager, "source": source, "programme": programme}
    order = services.propose_running_cost(**cost, terms=terms)
    confirmed(people, order)
    with pytest.raises(DomainError, match=r"only £1,000,000 is left for running the fund"):
        services.propose_running_cost(**cost, terms=Terms("RENT-2", "Rent", 2 * MILLION))

    with sealed():
        journal = settle(order)

    assert (journal.kind, journal.actor, journal.approver) == (
        "running_cost",
        people.finance_manager,
        people.finance_director,
    )
    assert standing().free_by_strand[Strand.RUNNING] == MILLION
    assert standing().held_by_account[Account.PAID] == 2 * MILLION
    assert ledger_identities() == []


def test_interest_is_posted_by_purpose_each_time_it_comes(people: People, programme: Programme) -> None:
    source = Source.objects.get(code="dormant")
    rule = services.propose_interest(
        by=people.finance_manager, source=source, programme=programme, terms=Terms("INTEREST", "Interest on cash")
    )
    confirmed(people, rule)

    with sealed():
        first = settle(rule, "line 1", amount_pence=100 * POUND)
        settle(rule, "line 2", amount_pence=300 * POUND)

    assert settle(rule, "line 1", amount_pence=100 * POUND) == first
    assert (first.kind, first.process) == ("interest", "system:statements")
    assert standing().cash_pence == 60 * MILLION + 400 * POUND
    assert standing().free_by_strand[Strand.PLACE] == 48 * MILLION + 320 * POUND
    assert list(orders_awaited()) == [rule]
    with pytest.raises(IdempotencyConflictError):
        settle(rule, "line 1", amount_pence=5)


def test_only_finance_may_invest(people: People, equities: Holding) -> None:
    order, valuation = FundOrder.objects.get(), Valuation(holding=equities)
    calls = [
        lambda by: open_holding(
            People(**{**people.__dict__, "finance_manager": by}), equities.programme, AssetClass.GILTS
        ),
        lambda by: services.propose_purchase(by=by, holding=equities, terms=Terms("X", "x", 1)),
        lambda by: services.confirm_order(by=by, order=order),
        lambda by: services.withdraw_order(by=by, order=order),
        lambda by: services.confirm_valuation(by=by, valuation=valuation),
        lambda by: services.withdraw_valuation(by=by, valuation=valuation),
        lambda by: services.propose_valuation(
            by=by, holding=equities, valued_on=today(), value_pence=1, statement_reference="S"
        ),
    ]

    refused: list[User] = []
    for call in calls:
        for person in (people.officer, people.director):
            with pytest.raises(NotAllowedError):
                call(person)
            refused.append(person)

    assert len(refused) == len(calls) * 2


def test_a_holding_has_a_name_a_class_and_a_source_of_its_own(people: People, equities: Holding) -> None:
    named = {"by": people.finance_manager, "programme": equities.programme, "source": equities.source}
    assert services.open_holding(**named, asset_class=AssetClass.EQUITIES, name="dormant equities ") == equities
    with pytest.raises(ConflictError, match="stands for another kind"):
        services.open_holding(**named, asset_class=AssetClass.BONDS, name="dormant equities")
    with pytest.raises(DomainError, match="needs a name"):
        services.open_holding(**named, asset_class=AssetClass.BONDS, name=" ")
    with pytest.raises(DomainError, match="Nothing is invested from"):
        services.open_holding(
            **named | {"source": Source.objects.get(code="unidentified")}, asset_class=AssetClass.BONDS, name="x"
        )


def test_an_entry_is_never_changed_and_one_that_is_missing_is_noticed(people: People, equities: Holding) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        HoldingEntry.objects.update(value_pence=1)
    with acting("system:test", "an entry that no journal backs"):
        journal = Journal.objects.get(kind="wave_received", postings__source__code="lottery", postings__account="cash")
        HoldingEntry.objects.create(holding=equities, journal=journal, effective_on=today(), value_pence=5)

    assert ledger_identities() == [
        f"investments of source {equities.source_id}: 1000000000 pence in the ledger, 1000000005 in holdings."
    ]
    assert Posting.objects.balance_pence() == 0
