"""A worker is killed with SIGKILL after the bank has taken the file and before the portal has noted it."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from cwf_portal.core.clock import core_now
from cwf_portal.sandbox_bank.messages import Account
from cwf_portal.sandbox_bank.server import BankServer
from cwf_portal.sandbox_bank.store import Bank
from grants.models import FileStatus, Payment, PaymentFile, PaymentStatus
from grants.selectors.checks import ledger_identities
from grants.services.claim import claim_due, refresh_holds
from tests.support import cluster
from tests.support.portal import environment
from tests.unit.grants.payment_world import PlayedBank, World, make_world

TICK = "import django; django.setup(); from cwf_portal.core.ticks import run_tick; run_tick()"


class StallingBank(Bank):
    """The sandbox bank, which can be told to keep a worker waiting for its answer once it has taken the file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, account=Account("000100", "00010001"))
        self.is_stalling = False
        self.has_taken = threading.Event()
        self.may_answer = threading.Event()

    def use_silence(self) -> bool:
        if self.is_stalling:
            self.has_taken.set()
            self.may_answer.wait(timeout=60)
        return super().use_silence()


@contextmanager
def serving(bank: Bank) -> Iterator[str]:
    with BankServer(bank, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.address
        server.shutdown()
        thread.join()
    bank.close()


def worker(database: str, address: str) -> subprocess.Popen[bytes]:
    """A process of the portal that runs one tick."""
    settings = environment(database, BANK_ADDRESS=address, DJANGO_SETTINGS_MODULE="cwf_portal.settings")
    return subprocess.Popen([sys.executable, "-c", TICK], cwd=cluster.CHECKOUT, env=settings)


@pytest.mark.parametrize("kills", [2])
def test_killed_between_hand_over_and_record_nothing_is_lost_or_paid_twice(
    committed_db: str, redis_server: None, tmp_path: Path, kills: int
) -> None:
    bank = StallingBank(tmp_path / "bank.sqlite3")
    with serving(bank) as address:
        played = PlayedBank(address)
        world = make_world(played, places=2)
        due_on = _release_a_run(world)

        bank.is_stalling = True
        for _ in range(kills):
            _kill_while_the_bank_answers(bank, lambda: worker(committed_db, address))
        left_behind = PaymentFile.objects.get()
        bank.is_stalling = False
        assert worker(committed_db, address).wait(timeout=60) == 0
        played.advance(due_on)
        assert worker(committed_db, address).wait(timeout=60) == 0

        assert (left_behind.status, left_behind.tries) == (FileStatus.SENDING, kills)
        assert PaymentFile.objects.get().status == FileStatus.ACCEPTED
        assert set(Payment.objects.values_list("status", flat=True)) == {PaymentStatus.CONFIRMED}
        totals = played.totals()
        assert (totals["credited"], totals["credited_twice"]) == (2, 0)
        assert ledger_identities() == []


def _release_a_run(world: World) -> date:
    world.go_to(max(world.tranche(of=number).process_on for number in range(2)))
    refresh_holds(at=core_now())
    run = claim_due(at=core_now())
    assert run is not None
    world.release(run)
    return max(payment.arrive_on for payment in run.payments.all())


def _kill_while_the_bank_answers(bank: StallingBank, start: Callable[[], subprocess.Popen[bytes]]) -> None:
    bank.has_taken.clear()
    bank.may_answer.clear()
    process = start()
    assert bank.has_taken.wait(timeout=60)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL
    bank.may_answer.set()
