"""A bank that tells early and then says it again: the sandbox bank's notices (camt.054) before its statements."""

import pytest

from cwf_portal.core.clock import core_now
from grants.models import BankMessage, BankStatement, Hold, Journal, Payment, PaymentNotice, StatementLine
from grants.selectors.checks import ledger_identities
from grants.services.claim import refresh_holds
from grants.services.notices import take_notice
from grants.services.statements import fetch_messages
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_payment_story import cash_pence

ALWAYS = 1_000_000


def send_all(world: World) -> None:
    """Three payments go to the bank; it will reject the first, and return the second after three days."""
    for kind, details in {"early": {"times": ALWAYS}, "reject": {}, "return": {"days": 3}}.items():
        world.bank.misbehave(kind=kind, **details)
    world.go_to(max(world.tranche(of=number).process_on for number in range(3)))
    refresh_holds(at=core_now())
    run = world.sweep()
    assert run is not None
    world.release(run)
    world.send()


def statuses() -> list[str]:
    return sorted(Payment.objects.values_list("status", flat=True))


def counts(*kinds: str) -> dict[str, int]:
    return {kind: Journal.objects.filter(kind=kind).count() for kind in kinds}


def test_notices_then_statements_count_every_line_once(wide_world: World) -> None:
    send_all(wide_world)
    due = max(wide_world.tranche(of=number).due_on for number in range(3))
    wide_world.bank.advance(due)

    for document in wide_world.bank.notices_after(0):
        assert take_notice(sequence=document.sequence, content=document.content).problem == ""
    assert statuses() == ["instructed", "instructed", "rejected"]
    assert counts("confirmed", "rejected") == {"confirmed": 0, "rejected": 1}
    with sealed():
        fetch_messages(bank=wide_world.bank)
    assert statuses() == ["confirmed", "confirmed", "rejected"]
    with sealed():
        wide_world.let_bank_live(due.replace(day=28))
        assert fetch_messages(bank=wide_world.bank) == 0

    assert statuses() == ["confirmed", "rejected", "returned"]
    assert counts("confirmed", "rejected", "returned") == {"confirmed": 2, "rejected": 1, "returned": 1}
    assert sorted(PaymentNotice.objects.values_list("kind", flat=True)) == [
        "debited",
        "debited",
        "rejected",
        "returned",
    ]
    assert StatementLine.objects.exclude(match="wave").count() == 3
    assert not StatementLine.objects.in_suspense().exists()
    assert cash_pence() == BankStatement.objects.first().closing_pence == wide_world.bank.totals()["balance_pence"]
    assert wide_world.bank.totals()["credited_twice"] == 0
    assert not BankMessage.objects.filter(outcome="refused").exists()
    assert Hold.objects.open().count() == 2
    assert ledger_identities() == []


def test_a_report_that_came_before_its_notice_is_not_acted_upon_twice(wide_world: World) -> None:
    send_all(wide_world)
    wide_world.bank.advance(max(wide_world.tranche(of=number).due_on for number in range(3)))
    late = wide_world.bank.notices_after(0)
    assert late

    class Slow(type(wide_world.bank)):
        """The notices come last."""

        def notices_after(self, sequence: int) -> list:
            return []

    fetch_messages(bank=Slow(f"http://{wide_world.bank.netloc}"))
    assert statuses() == ["confirmed", "confirmed", "rejected"]
    problems = [take_notice(sequence=one.sequence, content=one.content).problem for one in late]

    assert problems == [""] * len(late)
    assert counts("confirmed", "rejected") == {"confirmed": 2, "rejected": 1}
    assert ledger_identities() == []


@pytest.mark.usefixtures("paid")
def test_a_bank_that_is_not_told_to_tells_nothing_early(world: World) -> None:
    assert world.bank.notices_after(0) == []
    assert not PaymentNotice.objects.exists()
