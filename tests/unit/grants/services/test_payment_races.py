"""What two workers or two people do at the same moment: real connections, a barrier, and committed rows."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from queue import Queue
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.models import User
from cwf_portal.sandbox_bank.messages import Entry
from grants import services
from grants.models import (
    BankMessage,
    Clawback,
    Journal,
    Payment,
    PaymentFile,
    PaymentStatus,
    RunStatus,
    StatementLine,
)
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.services.claim import claim_due, refresh_holds
from grants.services.handover import send_files
from grants.services.runs import check_run, release_run
from grants.services.statements import last_statement_sequence, take_statement
from tests.unit.grants.payment_world import World, its_bank_goes_on, teller
from tests.unit.grants.services.test_statements import statement
from tests.unit.grants.services.waiting import own_pid, until_it_waits


@pytest.fixture
def busy_world(committed_beginning: Callable[..., World], tmp_path: Path) -> Iterator[World]:
    """Three agreements whose first payments are due, committed for every connection to see."""
    world = committed_beginning("wide_world", teller("wide_world", places=3))
    with its_bank_goes_on(world, "wide_world", tmp_path):
        world.go_to(max(world.tranche(of=number).process_on for number in range(3)))
        refresh_holds(at=core_now())
        yield world


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run each call on a connection of its own, all starting together; results, or the error, in order."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return call()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_sweeps_claim_each_payment_once(busy_world: World) -> None:
    at = core_now()

    at_once(*[lambda: claim_due(at=at)] * 4)

    assert Payment.objects.count() == 3
    assert Payment.objects.values("tranche").distinct().count() == 3
    assert Journal.objects.filter(kind="released").count() == 3
    assert ledger_identities() == []


def test_releasing_three_times_at_once_releases_once(busy_world: World) -> None:
    run = claim_due(at=core_now())
    assert run is not None
    check_run(by=busy_world.checker, run=run)
    releaser = busy_world.releaser.pk

    released = at_once(*[lambda: release_run(by=User.objects.get(pk=releaser), run=run)] * 3)

    assert [getattr(one, "status", one) for one in released] == [RunStatus.RELEASED] * 3
    assert PaymentFile.objects.count() == 1
    assert Journal.objects.filter(kind="instructed").count() == 3
    assert ledger_identities() == []


def test_hold_and_release_at_once_leave_one_true_outcome(busy_world: World) -> None:
    run = claim_due(at=core_now())
    assert run is not None
    check_run(by=busy_world.checker, run=run)
    agreement, officer = busy_world.stories[0].agreement, busy_world.people.officer

    at_once(
        lambda: services.place_hold(by=officer, agreement=agreement, detail="Complaint received."),
        lambda: release_run(by=busy_world.releaser, run=run),
    )

    payment = Payment.objects.get(tranche__agreement=agreement)
    in_file = payment.end_to_end_id.encode() in bytes(PaymentFile.objects.get().content)
    assert in_file == (payment.status == PaymentStatus.INSTRUCTED)
    assert ledger_identities() == []


def test_same_statement_taken_in_twice_at_once_posts_once(busy_world: World) -> None:
    run = claim_due(at=core_now())
    assert run is not None
    busy_world.release(run)
    busy_world.send()
    busy_world.bank.advance(max(payment.arrive_on for payment in run.payments.all()))
    documents = busy_world.bank.statements_after(1)

    for document in documents:
        at_once(*[lambda one=document: take_statement(sequence=one.sequence, content=one.content)] * 4)

    assert set(BankMessage.objects.values_list("outcome", flat=True)) == {BankMessage.Outcome.APPLIED}
    assert StatementLine.objects.filter(match="confirmed").count() == 3
    assert Journal.objects.filter(kind="confirmed").count() == 3
    assert ledger_identities() == []


def test_two_senders_hand_one_file_over_and_the_bank_pays_once(busy_world: World) -> None:
    run = claim_due(at=core_now())
    assert run is not None
    busy_world.release(run)

    at_once(*[lambda: send_files(bank=busy_world.bank)] * 3)

    busy_world.let_bank_live(max(payment.arrive_on for payment in run.payments.all()))
    assert busy_world.bank.totals()["credited"] == 3
    assert busy_world.bank.totals()["credited_twice"] == 0
    assert set(Payment.objects.values_list("status", flat=True)) == {PaymentStatus.CONFIRMED}


def test_claim_raised_while_a_statement_brings_the_payment_back_leaves_the_line_to_people(busy_world: World) -> None:
    run = claim_due(at=core_now())
    assert run is not None
    busy_world.release(run)
    busy_world.send()
    busy_world.let_bank_live(max(payment.arrive_on for payment in run.payments.all()))
    payment = Payment.objects.get(tranche__agreement=busy_world.agreement)
    claim = services.propose_clawback(
        by=busy_world.people.officer,
        agreement=busy_world.agreement,
        amount_pence=1_000,
        ground=Clawback.Ground.MISSPENT,
        reason="The van was sold.",
        pay_by_on=today() + timedelta(days=28),
    )
    back = Entry("BACK", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")
    sequence = last_statement_sequence() + 1
    content = statement(back, sequence=sequence)
    pids: Queue[int] = Queue()

    def take() -> BankMessage:
        try:
            pids.put(own_pid())
            return take_statement(sequence=sequence, content=content)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with acting("system:test", "holds what is raised open until the statement waits"):
            services.raise_clawback(by=busy_world.people.head, clawback=claim)
            taken = pool.submit(take)
            until_it_waits(pids.get(timeout=30))
        assert taken.result(timeout=30).outcome == BankMessage.Outcome.APPLIED

    line = StatementLine.objects.get(bank_reference="BACK")
    assert (line.match, "asked back" in line.finding) == ("suspense", True)
    assert ledger_identities() == []
