"""Early notices: signs that post nothing, rejections that are acted upon, bad ones refused whole with their line."""

from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from grants.bank import FolderBank
from grants.domain.iso20022_camt054 import NAMESPACE, Sign, read_notification
from grants.domain.ledger import Account
from grants.models import BankMessage, Hold, Journal, Payment, PaymentNotice, PaymentStatus
from grants.selectors.checks import ledger_identities
from grants.selectors.ledger import held_on
from grants.services.notices import last_notice_sequence, take_notice
from grants.services.statements import fetch_messages, take_statement
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_statements import debit, payment, statement
from tests.unit.grants.views.test_payments import signed_in

__all__ = ["payment"]


def pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02d}"


def entry(name: str, pence: int, *, reason: str = "", way: str = "DBIT", status: str = "BOOK") -> str:
    why = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    return (
        f'<Ntry><Amt Ccy="GBP">{pounds(pence)}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\n'
        f"<ValDt><Dt>2027-05-04</Dt></ValDt><NtryDtls><TxDtls>\n<Refs><EndToEndId>{name}</EndToEndId></Refs>{why}"
        "</TxDtls></NtryDtls></Ntry>\n"
    )


def notice(*entries: str, sequence: int = 1, account: str = "00010001") -> bytes:
    return (
        f'<Document xmlns="{NAMESPACE}"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N-{sequence}</Id>\n'
        f"<ElctrncSeqNb>{sequence}</ElctrncSeqNb><Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>GBP</Ccy>"
        "<Svcr><FinInstnId><ClrSysMmbId><MmbId>000100</MmbId></ClrSysMmbId></FinInstnId></Svcr></Acct>\n"
        f"{''.join(entries)}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def test_notice_of_several_payments_in_one_entry_is_read_one_by_one() -> None:
    two = entry("A" * 16, 300).replace(
        "</TxDtls>",
        '<Amt Ccy="GBP">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls><TxDtls><Refs><EndToEndId>B</EndToEndId></Refs>'
        '<Amt Ccy="GBP">2.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>',
    )

    found = read_notification(notice(two, entry("NOTPROVIDED", 5), entry("C", 7, way="CRDT", reason="AC04")))

    assert [(one.sign, one.end_to_end_id, one.amount_pence, one.reason_code) for one in found.notices] == [
        (Sign.DEBITED, "A" * 16, 100, ""),
        (Sign.DEBITED, "B", 200, ""),
        (Sign.RETURNED, "C", 7, "AC04"),
    ]


def test_debit_is_noted_and_shown_and_only_the_statement_confirms_it(world: World, payment: Payment) -> None:
    journals = Journal.objects.count()

    take_notice(sequence=1, content=notice(entry(payment.end_to_end_id, payment.total_pence)))

    payment.refresh_from_db()
    assert (payment.status, Journal.objects.count()) == (PaymentStatus.INSTRUCTED, journals)
    page = signed_in(world.checker).get(f"/payments/runs/{payment.run_id}/").content.decode()
    assert "The bank says it has gone out" in page
    take_statement(sequence=2, content=statement(debit(payment)))
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CONFIRMED


def test_return_is_noted_and_posts_nothing_before_its_line(payment: Payment) -> None:
    take_statement(sequence=2, content=statement(debit(payment)))
    paid_pence = held_on(Account.PAID)

    content = notice(entry(payment.end_to_end_id, payment.total_pence, way="CRDT", reason="AC04"))
    take_notice(sequence=1, content=content)

    assert PaymentNotice.objects.get().kind == PaymentNotice.Kind.RETURNED
    assert held_on(Account.PAID) == paid_pence
    assert not Hold.objects.open().exists()


def test_rejection_stands_on_no_statement_and_is_acted_upon(payment: Payment) -> None:
    content = notice(entry(payment.end_to_end_id, payment.total_pence, reason="AC04", status="INFO"))

    take_notice(sequence=1, content=content)
    take_notice(sequence=1, content=content)

    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == (PaymentStatus.REJECTED, "AC04")
    assert "the account is closed" in Hold.objects.open().get().detail
    assert Journal.objects.filter(kind="rejected").count() == 1
    assert ledger_identities() == []


def test_what_is_not_ours_is_left_to_the_statement(payment: Payment) -> None:
    message = take_notice(sequence=1, content=notice(entry("NOBODYS", 100)))

    assert message.outcome == BankMessage.Outcome.APPLIED
    assert not PaymentNotice.objects.exists()


def test_bad_notices_are_refused_whole_with_their_line(payment: Payment) -> None:
    name, pence = payment.end_to_end_id, payment.total_pence
    bad = {
        "It rejects NOBODYS, which is no payment of ours": notice(entry("NOBODYS", 100, reason="AC04")),
        "which is of £": notice(entry(name, pence + 1, reason="AC04")),
        "twice": notice(entry(name, pence), entry(name, pence)),
        "which is not ours": notice(entry(name, pence), account="99999999"),
        "calls itself 4; 1 was announced": notice(entry(name, pence), sequence=4),
        "only pounds": notice(entry(name, pence)).replace(b'Ccy="GBP"', b'Ccy="EUR"'),
        "unreadable value": notice(entry(name, pence, status="MAYB")),
        "expected was a document": notice(entry(name, pence)).replace(b"camt.054", b"camt.053"),
    }

    found = {fact: take_notice(sequence=1, content=content) for fact, content in bad.items()}

    assert [fact for fact, message in found.items() if fact not in message.problem] == []
    assert found["which is of £"].problem.startswith("Line ")
    assert not PaymentNotice.objects.exists()
    assert last_notice_sequence() == 0


def test_rejection_of_a_payment_that_is_paid_is_noted_and_held_for_people(payment: Payment) -> None:
    take_statement(sequence=2, content=statement(debit(payment)))

    message = take_notice(sequence=1, content=notice(entry(payment.end_to_end_id, payment.total_pence, reason="AC04")))

    assert message.outcome == BankMessage.Outcome.APPLIED
    assert "which counts as “paid”" in Hold.objects.open().get(reason=Hold.Reason.IN_DOUBT).detail
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CONFIRMED
    assert ledger_identities() == []


def test_gap_or_other_content_under_a_known_number_is_refused(payment: Payment) -> None:
    take_notice(sequence=1, content=notice(entry(payment.end_to_end_id, payment.total_pence)))

    assert "Notice 3 came too early: 2 is missing" in take_notice(sequence=3, content=notice(sequence=3)).problem
    assert "taken in before with other content" in take_notice(sequence=1, content=notice()).problem


def test_folder_brings_notices_and_they_are_taken_in(payment: Payment, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    content = notice(entry(payment.end_to_end_id, payment.total_pence))
    (tmp_path / "in" / "notice-1.xml").write_bytes(content)

    assert fetch_messages(bank=FolderBank(tmp_path)) == 1
    assert PaymentNotice.objects.get().payment == payment


def test_notices_are_only_added(payment: Payment) -> None:
    take_notice(sequence=1, content=notice(entry(payment.end_to_end_id, payment.total_pence)))

    for change in (lambda: PaymentNotice.objects.update(kind="returned"), lambda: PaymentNotice.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
