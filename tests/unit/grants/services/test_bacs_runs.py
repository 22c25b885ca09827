"""A run released in the format of Bacs: into the folder, debited in one sum, confirmed by two people, checked daily."""

from pathlib import Path

import pytest
from django.test import override_settings

from cwf_portal.core.errors import DomainError
from cwf_portal.sandbox_bank.messages import Entry
from grants.bank import FolderBank
from grants.domain.bacs_standard18 import bacs_date
from grants.models import FileStatus, LineClearing, PaymentStatus, StatementLine
from grants.reconciler.messages import read_transfers
from grants.selectors.checks import ledger_identities
from grants.services.clearing import Explanation, confirm_clearing, propose_clearing
from grants.services.handover import send_files
from grants.services.statements import take_statement
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_statements import statement

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
    take_statement(sequence=2, content=statement(Entry("D", -run.total_pence, reference=f"BACS {run.message_id}")))
    line = StatementLine.objects.in_suspense().get()
    whole = Explanation(LineClearing.Kind.FILE, run=run)
    said = propose_clearing(by=wide_world.checker, line=line, explanation=whole, note="The contra.")
    confirm_clearing(by=wide_world.people.finance_manager, clearing=said)
    assert set(run.payments.values_list("status", flat=True)) == {PaymentStatus.CONFIRMED}
    assert ledger_identities() == []


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
