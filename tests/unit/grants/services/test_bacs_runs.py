"""A run released in the format of Bacs: into the folder, debited in one sum, confirmed by two people, checked daily."""

from datetime import date
from pathlib import Path

import pytest
from django.test import override_settings

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError
from cwf_portal.sandbox_bank.messages import Entry
from grants.bank import FolderBank
from grants.domain.bacs_standard18 import bacs_date
from grants.domain.working_days import england_and_wales
from grants.models import (
    FileStatus,
    LineClearing,
    Payment,
    PaymentFile,
    PaymentRun,
    PaymentStatus,
    StatementLine,
    Tranche,
    TrancheStatus,
)
from grants.reconciler.messages import read_transfers
from grants.reconciler.queries import TRANCHES
from grants.selectors.checks import ledger_identities
from grants.selectors.payments import attempts
from grants.services.clearing import confirm_clearing, propose_clearing
from grants.services.clearing_checks import Explanation
from grants.services.handover import send_files
from grants.services.rejections import reject_payments
from grants.services.statements import take_statement
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.reconciler.lived_again import asked, bulk_evidence
from tests.unit.grants.services.test_statements import statement
from tests.unit.grants.views.test_payments import signed_in

ACCOUNT = {"name": "Fund", "sort_code": "000100", "account_number": "00010001", "service_user_number": "123456"}
IN_BACS = override_settings(BANK_FORMAT="bacs18", FUND_ACCOUNT=ACCOUNT)


@IN_BACS
def test_run_goes_out_in_bacs_and_its_one_debit_confirms_every_payment(wide_world: World, tmp_path: Path) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    assert run is not None
    wide_world.release(run)
    send_files(bank=FolderBank(tmp_path))
    content = (tmp_path / "out" / f"{run.message_id}.txt").read_bytes()

    payments = {payment.end_to_end_id: payment for payment in run.payments.all()}
    sent = {one.end_to_end_id: one for one in read_transfers(content)}
    assert {name: (one.amount_pence, one.account_number) for name, one in sent.items()} == {
        name: (payment.total_pence, payment.account_number) for name, payment in payments.items()
    }
    assert bacs_date(max(payment.arrive_on for payment in payments.values())).encode() not in content
    with sealed():
        take_statement(sequence=2, content=statement(Entry("D", -run.total_pence, reference=f"BACS {run.message_id}")))
    line = StatementLine.objects.get(bank_reference="D")
    assert (line.match, line.run, line.journal.kind) == ("file", run, "confirmed")
    assert set(run.payments.values_list("status", flat=True)) == {PaymentStatus.CONFIRMED}
    assert set(Tranche.objects.filter(payments__run=run).values_list("status", flat=True)) == {TrancheStatus.PAID}
    assert (differences(), ledger_identities()) == ([], [])
    page = signed_in(wide_world.checker).get("/bank/statements/2/").content.decode()
    assert "A payment file of ours went out in one sum" in page


def differences() -> list[tuple[object, ...]]:
    """What the reconciler would report of tranches, asked in this transaction."""
    return asked(TRANCHES, {"instructed_by": date(2020, 1, 1), **bulk_evidence()})


@pytest.fixture
def two_days(wide_world: World) -> PaymentRun:
    """A run in Bacs of which one payment should arrive two working days after the others; the bank has its file."""
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    last = wide_world.tranche(of=2)
    with acting("system:test", "due later, looked at with the others"):
        Tranche.objects.filter(pk=last.pk).update(due_on=england_and_wales().shift(last.due_on, 2))
    run = wide_world.sweep()
    assert run is not None
    with IN_BACS:
        wide_world.release(run)
    assert run.payments.values("arrive_on").distinct().count() == 2
    return run


def contras(run: PaymentRun) -> list[tuple[int, date]]:
    """What the bank debits on each day, as the file says it."""
    content = bytes(PaymentFile.objects.get(run=run).content).decode()
    debits = [int(record[35:46]) for record in content.splitlines() if record[15:17] == "17" and len(record) == 106]
    days = sorted(set(run.payments.values_list("arrive_on", flat=True)))
    return list(zip(debits, days, strict=True))


def test_each_day_of_a_file_is_confirmed_by_its_own_debit(wide_world: World, two_days: PaymentRun) -> None:
    (first, first_on), (second, _) = contras(two_days)
    debit = Entry("D1", -first, reference=two_days.message_id)

    with sealed():
        take_statement(sequence=2, content=statement(debit, Entry("D2", -first, reference=two_days.message_id)))

    assert dict(two_days.payments.values_list("arrive_on", "status"))[first_on] == PaymentStatus.CONFIRMED
    assert two_days.payments.filter(status=PaymentStatus.CONFIRMED).count() == 2
    assert StatementLine.objects.in_suspense().get().bank_reference == "D2"  # the same debit again pays for nothing
    take_statement(sequence=3, content=statement(Entry("D3", -second, reference="NO NAME"), sequence=3))
    line = StatementLine.objects.get(bank_reference="D3")
    assert line.match == "suspense"
    whole = Explanation(LineClearing.Kind.FILE, run=two_days)
    said = propose_clearing(by=wide_world.checker, line=line, explanation=whole, note="The contra of the second day.")
    with sealed():
        confirm_clearing(by=wide_world.people.finance_manager, clearing=said)
    assert set(two_days.payments.values_list("status", flat=True)) == {PaymentStatus.CONFIRMED}
    assert (differences(), ledger_identities()) == ([], [])


def test_two_contras_of_one_value_date_count_each_payment_once(two_days: PaymentRun) -> None:
    (first, _), (second, _) = contras(two_days)
    name = two_days.message_id

    take_statement(
        sequence=2, content=statement(Entry("D1", -second, reference=name), Entry("D2", -first, reference=name))
    )

    assert set(StatementLine.objects.filter(run=two_days).values_list("match", "value_on").distinct()) == {
        ("file", StatementLine.objects.get(bank_reference="D1").value_on)
    }
    assert set(two_days.payments.values_list("status", flat=True)) == {PaymentStatus.CONFIRMED}
    assert differences() == []


@pytest.mark.usefixtures("paid")
def test_debit_and_its_nameless_contra_are_one_pair(world: World) -> None:
    """The bank takes a payment twice and gives one back without saying which: two people pair them."""
    payment = Payment.objects.get()
    again = Entry("AGAIN", -payment.total_pence, end_to_end_id=payment.end_to_end_id)
    back = Entry("BACK", payment.total_pence, reference="OUR ERROR")
    take_statement(sequence=3, content=statement(again, back, sequence=3))
    assert [row[0] for row in differences()] == ["paid_twice"]

    line, counter = (StatementLine.objects.get(bank_reference=name) for name in ("AGAIN", "BACK"))
    pair = Explanation(LineClearing.Kind.CANCELS, counter_line=counter)
    said = propose_clearing(by=world.checker, line=line, explanation=pair, note="The bank's letter of 4 May.")
    confirm_clearing(by=world.people.finance_manager, clearing=said)

    assert differences() == []


def test_rejected_payment_is_not_in_the_debit_and_another_sum_is_left_to_people(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    assert run is not None
    with IN_BACS:
        wide_world.release(run)
    rejected = attempts(run.payments.all())[0]
    reject_payments(by="system:test", payments={rejected: "AC04"})
    left = run.total_pence - rejected.total_pence

    with sealed():
        take_statement(
            sequence=2,
            content=statement(
                Entry("D1", -left - 1, reference=f"{run.message_id}"), Entry("D2", -left, reference=run.message_id)
            ),
        )

    assert list(StatementLine.objects.filter(statement__sequence=2).values_list("match", flat=True)) == [
        "suspense",
        "file",
    ]
    assert sorted(run.payments.values_list("status", flat=True)) == ["confirmed", "confirmed", "rejected"]
    assert ledger_identities() == []


def test_entry_that_names_every_payment_confirms_each(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    assert run is not None
    wide_world.release(run)
    payments = list(run.payments.all())
    content = statement(Entry("D", -run.total_pence, end_to_end_id="FIRST", reference="x")).decode()
    begin, end = content.index("<TxDtls>"), content.index("</TxDtls>") + len("</TxDtls>")
    named = "".join(
        f"<TxDtls><Refs><EndToEndId>{one.end_to_end_id}</EndToEndId></Refs>"
        f'<Amt Ccy="GBP">{one.total_pence // 100}.{one.total_pence % 100:02d}</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>'
        for one in payments
    )

    with sealed():
        message = take_statement(sequence=2, content=(content[:begin] + named + content[end:]).encode())

    assert message.problem == ""
    lines = StatementLine.objects.filter(statement__sequence=2).order_by("position")
    assert [(line.match, line.payment) for line in lines] == [("confirmed", payment) for payment in payments]
    assert (differences(), ledger_identities()) == ([], [])


@override_settings(BANK_FORMAT="bacs18")
def test_run_cannot_be_released_in_bacs_without_a_service_user_number(world: World) -> None:
    world.go_to_due()
    run = world.sweep()
    assert run is not None

    with pytest.raises(DomainError, match="service user number"):
        world.release(run)


@IN_BACS
def test_bank_that_does_not_read_bacs_refuses_the_file_and_nothing_is_lost(world: World) -> None:
    world.go_to_due()
    run = world.sweep()
    assert run is not None
    world.release(run)
    world.send()

    assert run.file.__class__.objects.get(run=run).status == FileStatus.REFUSED
    assert run.payments.get().status == PaymentStatus.REJECTED
    assert ledger_identities() == []
