"""Every fault of the sandbox bank, in a real process: nothing is lost, nothing twice, and the books meet."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cwf_portal.sandbox_bank.store import FAULTS, UNTIL_OFF
from grants.bank import BankAwayError
from grants.models import BankMessage, BankStatement, FileStatus, Hold, Payment, PaymentStatus, StatementLine
from grants.selectors.bank_lines import known_days, period
from grants.selectors.checks import ledger_identities
from grants.services.statements import fetch_messages
from tests.support import cluster
from tests.support.remembered import remembered
from tests.unit.grants.payment_world import PlayedBank, World, kept_bank, teller
from tests.unit.grants.services.test_payment_story import cash_pence

# What each fault leaves after the bank has behaved again: the payment, whether it was credited, and an open hold.
LEFT = {
    "reject": (PaymentStatus.REJECTED, 0, Hold.Reason.REJECTED),
    "return": (PaymentStatus.RETURNED, 1, Hold.Reason.RETURNED),
    "reverse": (PaymentStatus.CONFIRMED, 1, None),
    "delay": (PaymentStatus.CONFIRMED, 1, None),
    "forget": (PaymentStatus.INSTRUCTED, 0, None),
    "silence": (PaymentStatus.CONFIRMED, 1, None),
    "duplicate": (PaymentStatus.CONFIRMED, 1, None),
    "half_upload": (PaymentStatus.REJECTED, 0, Hold.Reason.REJECTED),
    "half_answer": (PaymentStatus.CONFIRMED, 1, None),
    "early": (PaymentStatus.CONFIRMED, 1, None),
}


@pytest.fixture
def world(db: None, tmp_path: Path) -> Iterator[World]:
    """One agreement, and a bank that is a process of its own."""
    with remembered("world", teller("world")) as world:
        shutil.copyfile(kept_bank("world"), tmp_path / "bank.sqlite3")
        yield from with_a_bank_apart(world, tmp_path / "bank.sqlite3")


def with_a_bank_apart(world: World, store: Path) -> Iterator[World]:
    command = [sys.executable, "-m", "cwf_portal.sandbox_bank", "--store", str(store)]
    process = subprocess.Popen(command, cwd=cluster.CHECKOUT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address is not None
        world.bank = PlayedBank(address[0])
        yield world
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


def look(world: World) -> None:
    """What one tick of the worker does about the bank."""
    world.send()
    try:
        fetch_messages(bank=world.bank)
    except BankAwayError:
        return


def test_every_fault_of_the_bank_is_tried() -> None:
    assert set(LEFT) == FAULTS


@pytest.mark.parametrize("kind", sorted(LEFT))
def test_portal_stays_right_under_a_fault_that_lasts(world: World, kind: str) -> None:
    world.bank.misbehave(kind=kind, times=UNTIL_OFF)
    world.go_to_due()
    run = world.sweep()
    assert run is not None
    world.release(run)
    for _ in range(3):
        look(world)
    world.bank.advance(world.tranche().due_on)
    for _ in range(3):
        look(world)
    world.bank.behave(kind)
    world.bank.advance(world.tranche().due_on + timedelta(days=5))
    for _ in range(2):
        look(world)

    status, credited, reason = LEFT[kind]
    totals = world.bank.totals()
    assert Payment.objects.get().status == status
    assert (totals["credited"], totals["credited_twice"]) == (credited, 0)
    assert {hold.reason for hold in Hold.objects.open()} == ({reason} if reason else set())
    assert run.file.__class__.objects.get(run=run).status == (
        FileStatus.REFUSED if kind == "half_upload" else FileStatus.ACCEPTED
    )
    _books_meet_the_bank(totals["balance_pence"])


def _books_meet_the_bank(balance_pence: int) -> None:
    known = known_days()
    assert known is not None
    assert cash_pence() == BankStatement.objects.first().closing_pence == balance_pence
    assert period(*known).missing_pence == 0
    assert not StatementLine.objects.in_suspense().exists()
    assert not BankMessage.objects.filter(outcome=BankMessage.Outcome.REFUSED).exists()
    assert ledger_identities() == []


def test_bank_that_only_repeats_itself_is_not_asked_for_ever(world: World) -> None:
    world.pay()

    class Parrot(PlayedBank):
        asked = 0

        def statements_after(self, sequence: int) -> list[object]:
            self.asked += 1
            return super().statements_after(0)

    parrot = Parrot(f"http://{world.bank.netloc}")

    assert fetch_messages(bank=parrot) == 0
    assert parrot.asked == 1
