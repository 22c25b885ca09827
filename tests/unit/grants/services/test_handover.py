"""Handing over: intent, bytes, outcome; and what a crash or a silent bank between them leaves behind."""

from dataclasses import dataclass, field

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from grants import services
from grants.bank import Answer, BankAwayError, BankSilentError, Document
from grants.domain.iso20022_pain001 import build_payment_file
from grants.models import FileStatus, Hold, PaymentFile, PaymentRun, PaymentStatus, TrancheStatus
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.payments import attempts, awaiting_letter
from grants.services.claim import claim_due
from grants.services.handover import send_files
from grants.services.runs import payment_order
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World


@dataclass
class ScriptedBank:
    """Answers as it is told, in turn, and remembers what it was sent."""

    answers: list[Answer | Exception]
    dedupes: bool = True
    received: list[bytes] = field(default_factory=list)

    def submit(self, *, name: str, content: bytes) -> Answer:
        answer = self.answers.pop(0)
        if not isinstance(answer, BankAwayError):
            self.received.append(content)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def statements_after(self, sequence: int) -> list[Document]:
        return []

    def reports_after(self, sequence: int) -> list[Document]:
        return []


@pytest.fixture
def file(released: World) -> PaymentFile:
    """The file of a released run, to be sent."""
    return PaymentFile.objects.get()


def test_accepted_file_is_sent_once(file: PaymentFile) -> None:
    bank = ScriptedBank([Answer("accepted")])

    assert (send_files(bank=bank), send_files(bank=bank)) == (1, 0)

    file.refresh_from_db()
    assert (file.status, file.tries) == (FileStatus.ACCEPTED, 1)
    assert bank.received == [bytes(file.content)]


def test_bank_that_is_away_gets_the_file_later(file: PaymentFile) -> None:
    bank = ScriptedBank([BankAwayError("no route"), Answer("accepted")])

    first = send_files(bank=bank)
    file.refresh_from_db()
    waiting = (file.status, file.answer)
    second = send_files(bank=bank)

    assert (first, second) == (0, 1)
    assert waiting == (FileStatus.WAITING, "no route")


def test_silent_bank_that_dedupes_gets_identical_bytes_again(file: PaymentFile) -> None:
    bank = ScriptedBank([BankSilentError("no answer"), Answer("duplicate")])

    send_files(bank=bank)
    file.refresh_from_db()
    assert file.status == FileStatus.SENDING
    send_files(bank=bank)

    file.refresh_from_db()
    assert (file.status, file.tries) == (FileStatus.ACCEPTED, 2)
    assert bank.received[0] == bank.received[1]


def test_silent_bank_that_does_not_dedupe_leaves_the_file_in_doubt_for_good(world: World, file: PaymentFile) -> None:
    bank = ScriptedBank([BankSilentError("no answer")], dedupes=False)

    send_files(bank=bank)
    send_files(bank=bank)

    file.refresh_from_db()
    assert file.status == FileStatus.IN_DOUBT
    assert len(bank.received) == 1
    assert file.run.payments.get().status == PaymentStatus.IN_DOUBT
    assert world.tranche().status == TrancheStatus.INSTRUCTED


def crash_while_sending(file: PaymentFile) -> None:
    """What a worker killed between intent and outcome leaves."""
    with acting("system:test", "crash"):
        PaymentFile.objects.filter(pk=file.pk).update(status=FileStatus.SENDING, tries=1, last_tried_at=core_now())


def test_file_of_a_killed_worker_is_sent_again_only_where_that_is_safe(file: PaymentFile) -> None:
    crash_while_sending(file)
    bank = ScriptedBank([], dedupes=False)

    send_files(bank=bank)

    file.refresh_from_db()
    assert (file.status, bank.received) == (FileStatus.IN_DOUBT, [])


def test_file_of_a_killed_worker_goes_to_a_deduping_bank_again(world: World, file: PaymentFile) -> None:
    crash_while_sending(file)
    world.bank.submit(name="first", content=bytes(file.content))

    assert world.send() == 1

    file.refresh_from_db()
    assert file.status == FileStatus.ACCEPTED
    world.let_bank_live(world.tranche().due_on)
    assert world.bank.totals() | {"credited": 1, "credited_twice": 0} == world.bank.totals()


def test_file_without_an_answer_is_in_doubt_once_details_in_it_change(world: World, file: PaymentFile) -> None:
    """Sent again it may reach an account in question, kept back it would be forgotten: a letter settles it."""
    crash_while_sending(file)
    services.propose_bank_account(
        by=world.people.treasurer,
        body=world.agreement.body,
        account_name="Trust 0",
        sort_code="10-20-30",
        account_number="99990000",
    )
    bank = ScriptedBank([])

    send_files(bank=bank)

    file.refresh_from_db()
    assert (file.status, bank.received) == (FileStatus.IN_DOUBT, [])
    assert awaiting_letter(today()).get().status == PaymentStatus.IN_DOUBT


def test_statement_resolves_a_doubt(world: World, file: PaymentFile) -> None:
    world.bank.submit(name="it did arrive", content=bytes(file.content))
    send_files(bank=ScriptedBank([BankSilentError("no answer")], dedupes=False))

    with sealed():
        world.let_bank_live(world.tranche().due_on)

    assert file.run.payments.get().status == PaymentStatus.CONFIRMED
    assert ledger_identities() == []


def test_refused_file_rejects_its_payments_with_the_banks_reason(world: World, file: PaymentFile) -> None:
    with sealed():
        send_files(bank=ScriptedBank([Answer("refused", "CtrlSum is not the sum")]))

    file.refresh_from_db()
    assert file.status == FileStatus.REFUSED
    assert file.run.payments.get().status == PaymentStatus.REJECTED
    assert world.tranche().status == TrancheStatus.PAYABLE
    assert "CtrlSum is not the sum" in Hold.objects.open().get().detail
    assert ledger_identities() == []


def test_sandbox_bank_gone_silent_is_asked_again_and_pays_once(world: World, file: PaymentFile) -> None:
    world.bank.misbehave(kind="silence")

    assert (world.send(), world.send()) == (0, 1)

    world.let_bank_live(world.tranche().due_on)
    assert world.bank.totals()["credited"] == 1
    assert world.bank.totals()["credited_twice"] == 0


def test_file_that_cannot_be_handed_over_keeps_no_other_back(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    for _ in range(3):
        run = claim_due(at=core_now(), largest=1)
        assert run is not None
        wide_world.release(run)
    bank = ScriptedBank([RuntimeError("a defect"), Answer("accepted"), Answer("accepted")])

    with pytest.raises(RuntimeError, match="a defect"):  # the job fails, and its red banner says so
        send_files(bank=bank)

    statuses = PaymentFile.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == [FileStatus.SENDING, FileStatus.ACCEPTED, FileStatus.ACCEPTED]


def test_file_can_be_built_again_to_the_byte(file: PaymentFile) -> None:
    run = PaymentRun.objects.get(pk=file.run_id)

    again = build_payment_file(payment_order(run, attempts(run.payments.all())))

    assert (again.content, again.sha256) == (bytes(file.content), file.sha256)
