"""Errors in postings so rare that chance needs long to come to them: one life with every event finds them at once."""

from grants.domain.ledger import Account
from grants.models import Programme
from tests.unit.grants import wrong_postings
from tests.unit.grants.books import with_error
from tests.unit.grants.conftest import People
from tests.unit.grants.test_every_event import a_whole_life, machine


def test_an_error_in_what_overtakes_a_claim_is_found(people: People, programme: Programme) -> None:
    fund = machine(people, programme, with_error(clawback_overtaken=wrong_postings.what_came_counts_twice))()

    found: list[str] = []
    for step in a_whole_life(fund):
        step()
        found = found or fund.books.differences()

    assert any(Account.PAID.name in difference for difference in found), found
    fund.teardown()
