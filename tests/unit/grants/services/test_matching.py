"""Lines of the bank that carry out what finance ordered, and those that do not quite."""

import pytest

from cwf_portal.sandbox_bank.messages import Entry
from grants import services
from grants.domain.award import Strand
from grants.domain.investments import AssetClass
from grants.domain.ledger import JournalKind
from grants.domain.postings import received
from grants.models import BankMessage, BankStatement, FundOrder, StatementLine
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import ledger_sum_pence
from grants.services.orders import Terms
from grants.services.posting import Entry as LedgerEntry
from grants.services.posting import post_journal
from grants.services.statements import take_statement
from tests.unit.grants.conftest import MILLION, sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_investments import open_holding, standing
from tests.unit.grants.services.test_statements import statement


@pytest.fixture
def order(world: World) -> FundOrder:
    """A purchase of £1m, confirmed by two."""
    people = world.people
    holding = open_holding(people, world.agreement.allocation.programme, AssetClass.GILTS)
    order = services.propose_purchase(
        by=people.finance_manager, holding=holding, terms=Terms("BUY-1", "Contract note 1", MILLION)
    )
    return services.confirm_order(by=people.finance_director, order=order)


def take(*entries: Entry) -> list[StatementLine]:
    number = BankStatement.objects.count() + 1
    message = take_statement(sequence=number, content=statement(*entries, sequence=number))
    assert message.outcome == BankMessage.Outcome.APPLIED
    return list(StatementLine.objects.filter(statement__sequence=number).order_by("position"))


def test_a_line_of_the_reference_and_the_amount_carries_the_order_out(order: FundOrder) -> None:
    cash = standing().cash_pence

    (line,) = take(Entry("L1", -MILLION, reference="BUY-1"))

    order.refresh_from_db()
    assert (line.match, line.order, line.journal) == ("order", order, order.journal)
    assert order.settled_on == line.value_on
    assert (standing().cash_pence, standing().investments_pence) == (cash - MILLION, MILLION)
    assert (ledger_identities(), ledger_sum_pence()) == ([], 0)


@pytest.mark.parametrize("amount_pence", [-MILLION - 1, -MILLION + 1, MILLION])
def test_a_line_of_another_amount_or_direction_is_left_to_people(order: FundOrder, amount_pence: int) -> None:
    (line,) = take(Entry("L1", amount_pence, reference="BUY-1"))

    assert line.match == "suspense"
    assert line.finding.startswith("Our order is of £1,000,000, the line of ")
    assert standing().investments_pence == 0


def test_the_same_order_twice_in_one_statement_is_carried_out_once(order: FundOrder) -> None:
    lines = take(Entry("L1", -MILLION, reference="BUY-1"), Entry("L2", -MILLION, reference="BUY-1"))

    assert [line.match for line in lines] == ["order", "suspense"]
    assert standing().investments_pence == MILLION


def test_an_order_that_one_person_proposed_is_not_awaited(world: World, order: FundOrder) -> None:
    services.propose_purchase(
        by=world.people.finance_manager, holding=order.holding, terms=Terms("BUY-2", "Note 2", MILLION)
    )

    (line,) = take(Entry("L1", -MILLION, reference="BUY-2"))

    assert line.match == "suspense"


def test_two_sales_of_one_holding_are_settled_one_after_the_other(world: World, order: FundOrder) -> None:
    people = world.people
    take(Entry("L1", -MILLION, reference="BUY-1"))
    for number in (1, 2):
        terms = Terms(f"SELL-{number}", "Contract note", 600_000)
        sale = services.propose_sale(
            by=people.finance_manager, holding=order.holding, part_basis_points=5_000, terms=terms
        )
        services.confirm_order(by=people.finance_director, order=sale)
        with sealed():
            (line,) = take(Entry(f"S{number}", 600_000, reference=f"SELL-{number}"))
        assert line.match == "order"

    assert standing().investments_pence == MILLION // 4
    assert ledger_identities() == []


def test_a_line_that_its_order_cannot_post_is_parked_with_the_reason_and_stops_nothing(order: FundOrder) -> None:
    entry = LedgerEntry(
        JournalKind.INTEREST, f"order:{order.pk}", received(order.source_id, {Strand.PLACE: 5}), today()
    )
    with sealed():
        post_journal(by="system:test", entry=entry)  # what no service does: the order's own key, with other content

        lines = take(Entry("L1", -MILLION, reference="BUY-1"), Entry("L2", 5, reference="nobody knows"))

    assert [line.match for line in lines] == ["suspense", "suspense"]
    assert lines[0].finding.startswith("It could not be posted as what its reference says. The ledger already has")
    order.refresh_from_db()
    assert order.journal is None
    with sealed():
        assert take(Entry("L3", 7, reference="next")) != []


@pytest.mark.parametrize("more_pence", [-1, 1, -6_000_000_000])
def test_a_wave_off_by_a_penny_is_left_to_people(world: World, more_pence: int) -> None:
    wave = services.announce_wave(
        by=world.people.director,
        programme=world.agreement.allocation.programme,
        source=standing().source,
        title="Second wave",
        announced_pence=MILLION,
        expected_on=today(),
        bank_reference="WAVE-2",
    )

    lines = take(Entry("L1", MILLION + more_pence, reference="WAVE-2"), Entry("L2", MILLION, reference="WAVE-2"))

    assert [line.match for line in lines] == ["suspense", "wave"]
    assert lines[0].finding.startswith("£1,000,000 was announced under this reference, the line is ")
    wave.refresh_from_db()
    assert wave.received_pence == MILLION


def test_interest_comes_again_and_never_goes_out(world: World) -> None:
    people = world.people
    rule = services.propose_interest(
        by=people.finance_manager,
        source=standing().source,
        programme=world.agreement.allocation.programme,
        terms=Terms("INTEREST", "Interest on cash"),
    )
    services.confirm_order(by=people.finance_director, order=rule)
    entries = [Entry(f"L{number}", pence, reference="INTEREST") for number, pence in enumerate((500, 700, -5))]

    lines = take(*entries)

    assert [line.match for line in lines] == ["order", "order", "suspense"]
    assert [line.journal.kind for line in lines] == ["interest", "interest", "unknown_line"]
    assert ledger_identities() == []
