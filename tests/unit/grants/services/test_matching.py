"""Lines of the bank that carry out what finance ordered, and those that do not quite."""

import pytest

from cwf_portal.sandbox_bank.messages import Entry
from grants import services
from grants.domain.investments import AssetClass
from grants.models import BankMessage, FundOrder, StatementLine
from grants.selectors.checks import ledger_identities
from grants.selectors.ledger import ledger_sum_pence
from grants.services.orders import Terms
from grants.services.statements import take_statement
from tests.unit.grants.conftest import MILLION
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
    message = take_statement(sequence=2, content=statement(*entries))
    assert message.outcome == BankMessage.Outcome.APPLIED
    return list(StatementLine.objects.filter(statement__sequence=2).order_by("position"))


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
