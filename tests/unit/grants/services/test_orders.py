"""Sales of what is held: one at a time, down to what is worth nothing."""

import pytest

from cwf_portal.core.errors import DomainError
from grants import services
from grants.domain.investments import AssetClass
from grants.models import FundOrder, Holding, Programme
from grants.selectors.checks import ledger_identities
from grants.services.orders import Terms
from tests.unit.grants.conftest import MILLION, People, sealed
from tests.unit.grants.services.test_investments import (
    TEN_MILLION,
    buy,
    confirmed,
    equities,
    open_holding,
    settle,
    standing,
    value,
)

__all__ = ["equities"]


def sale(people: People, holding: Holding, reference: str, pence: int, *, part: int = 10_000) -> FundOrder:
    return services.propose_sale(
        by=people.finance_manager,
        holding=holding,
        part_basis_points=part,
        terms=Terms(reference, f"Contract note of {reference}", pence),
    )


def test_one_sale_of_a_holding_is_awaited_at_a_time(people: People, equities: Holding) -> None:
    first, second = (sale(people, equities, reference, 5 * MILLION, part=5_000) for reference in ("SELL-1", "SELL-2"))
    confirmed(people, first)

    with pytest.raises(DomainError, match="waits for the bank's line; what is left of it is known only then"):
        confirmed(people, second)
    with pytest.raises(DomainError, match="waits for the bank's line"):
        sale(people, equities, "SELL-3", 1)

    settle(first, "line 1")
    settle(confirmed(people, second), "line 2")
    assert equities.entries.carried().value_pence == TEN_MILLION // 4
    assert ledger_identities() == []


def test_what_is_worth_nothing_is_sold_and_its_loss_leaves_the_books(people: People, equities: Holding) -> None:
    free = standing().free_pence
    order = confirmed(people, sale(people, equities, "SELL-1", 500))
    value(people, equities, 0)

    with sealed():
        settle(order)

    carried = equities.entries.carried()
    assert (carried.value_pence, carried.unrealised_pence) == (0, 0)
    assert standing().free_pence == free - TEN_MILLION + 500
    assert ledger_identities() == []


def test_a_part_that_comes_to_no_penny_changes_nothing_about_the_holding(people: People, programme: Programme) -> None:
    holding = open_holding(people, programme, AssetClass.GILTS)
    buy(people, holding, 99)
    order = confirmed(people, sale(people, holding, "SELL-1", 3, part=100))

    with sealed():
        settle(order)

    assert (holding.entries.count(), holding.entries.carried().value_pence) == (1, 99)
    assert ledger_identities() == []
