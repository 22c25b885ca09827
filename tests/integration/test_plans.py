"""No question of a tick reads the whole history, however much of it there is."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from cwf_portal.core.clock import core_now
from cwf_portal.core.ticks import run_tick, waiting_counts
from grants.domain.dates import add_months
from grants.domain.ledger import Account
from grants.models import LedgerBalance, Payment, PaymentRun
from grants.selectors.balances import account_pence
from grants.selectors.days import today
from grants.selectors.ledger import lacking_by_source, source_standings, trial_balance
from grants.services.holds import place_hold
from grants.services.months import ask_to_close, close_month
from tests.support.history import LAST_SEQUENCE, TABLES, add_history
from tests.support.plans import Plan, plans_of
from tests.unit.grants.payment_world import WAVE_POUNDS, World, make_world, running_bank

JOURNALS = int(os.environ.get("HISTORY_JOURNALS", "15000"))  # a million in `make faults`
MOST_JOURNALS_A_PLACE = 90_000  # three to a payment, and a schedule numbers no more than 32,767
DAYS = 100
GOES_ON = (
    "INSERT INTO statement SELECT ?, on_date, closing_pence, document FROM statement ORDER BY sequence DESC LIMIT 1"
)
LONG = {*TABLES} - {"grants_bankmessage", "grants_bankstatement"}  # one a day is no history


@pytest.fixture
def aged(committed_db: str, redis_server: None, tmp_path: Path) -> Iterator[World]:
    """A fund of which one place, or as many as it takes, has a long past, and two others a payment due."""
    with running_bank(tmp_path / "bank.sqlite3") as bank, override_settings(BANK_ADDRESS=f"http://{bank.netloc}"):
        aged = -(-JOURNALS // MOST_JOURNALS_A_PLACE)
        world = make_world(bank, places=2 + aged, wave_pounds=WAVE_POUNDS * aged)
        pasts = [story.agreement for story in world.stories[:aged]]
        for past in pasts:
            place_hold(by=world.checker, agreement=past, detail="Only its past matters here.")
        agreements = [past.pk for past in pasts]
        assert add_history(journals=JOURNALS, agreements=agreements, run_size=10, days=DAYS) >= JOURNALS // 100 * 99
        with closing(sqlite3.connect(tmp_path / "bank.sqlite3")) as store:
            store.execute(GOES_ON, [LAST_SEQUENCE])
            store.commit()
        run_tick()  # what setting the scene left to do
        world.go_to_due()
        yield world


def whole_scans(act: Callable[[], object]) -> list[str]:
    return [told(plan) for plan in plans_of(act) if plan.scanned_whole() & LONG]


def told(plan: Plan) -> str:
    return f"{sorted(plan.scanned_whole() & LONG)} by {plan.statement}"


def test_no_question_of_a_tick_reads_all_history(aged: World) -> None:
    noticed = whole_scans(lambda: Payment.objects.filter(reason_code="XXXX").exists())
    assert len(noticed) == 1, "a scan of a long table is noticed"
    found: dict[str, list[str]] = {}
    found["sweep and claim"] = whole_scans(run_tick)
    run = PaymentRun.objects.latest("pk")
    found["release"] = whole_scans(lambda: aged.release(run))
    found["send"] = whole_scans(run_tick)
    found["waiting"] = whole_scans(lambda: waiting_counts(core_now()))
    aged.bank.advance(max(Payment.objects.with_bank().values_list("arrive_on", flat=True)))
    found["statements"] = whole_scans(run_tick)
    found["idle"] = whole_scans(run_tick)

    assert Payment.objects.with_bank().count() == 0
    assert {phase: scans for phase, scans in found.items() if scans} == {}
    assert_balances_read_what_is_kept(aged)


def assert_balances_read_what_is_kept(aged: World) -> None:
    """In the same world, which takes long to make: a month is closed, and then every balance is a few rows."""
    before = trial_balance()
    asked = ask_to_close(by=aged.people.finance_manager, month=add_months(today(), -1))
    close = close_month(by=aged.people.finance_director, close=asked)
    assert LedgerBalance.objects.filter(close=close).exists()
    pages: dict[str, Callable[[], object]] = {
        "trial balance": trial_balance,
        "trial balance of a day": lambda: trial_balance(through=today() - timedelta(days=1)),
        "endowment": source_standings,
        "who lacks headroom": lacking_by_source,
        "the bank": lambda: account_pence(Account.CASH),
    }

    assert {page: whole_scans(act) for page, act in pages.items() if whole_scans(act)} == {}
    assert trial_balance() == before
