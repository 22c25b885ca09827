"""Whatever a bank may send by mistake or malice: refused whole with its line, or parked for a person; never half."""

from collections.abc import Callable

import pytest

from cwf_portal.sandbox_bank.messages import Account as BankNumber
from cwf_portal.sandbox_bank.messages import Entry, Rejection, write_rejections
from grants.domain.iso20022_xml import LARGEST_MESSAGE
from grants.models import BankMessage, BankStatement, Hold, Journal, Payment, PaymentStatus, StatementLine
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.services.rejections import take_report
from grants.services.statements import last_statement_sequence, take_statement
from tests.unit.grants.services.test_statements import debit, payment, statement

__all__ = ["payment"]
Change = Callable[[bytes], bytes]

BOMB = b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>\n<Document>&b;</Document>'
XXE = b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<Document>&a;</Document>'
DTD = b'<?xml version="1.0"?>\n<!DOCTYPE Document SYSTEM "http://example.org/camt.dtd">\n<Document/>'


def swap(old: bytes, new: bytes) -> Change:
    """The same message with one thing changed, once."""

    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return change


def instead(content: bytes) -> Change:
    return lambda _: content


# What comes in place of a good statement, and what the portal says of it.
REFUSED: dict[str, tuple[Change, str]] = {
    "nothing at all": (instead(b""), "not well-formed XML"),
    "not XML": (instead(b"MT940 :20:STATEMENT"), "Line 1: The message is not well-formed XML"),
    "half a message": (lambda content: content[: len(content) // 2], "not well-formed XML"),
    "unknown message": (swap(b"camt.053.001.08", b"camt.052.001.08"), "expected was a document of"),
    "another version of the schema": (swap(b"camt.053.001.08", b"camt.053.001.02"), "expected was a document of"),
    "no namespace": (swap(b' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', b""), "expected was a document"),
    "account in euros": (swap(b"<Ccy>GBP</Ccy>", b"<Ccy>EUR</Ccy>"), "The account is in EUR; only pounds"),
    "amount in euros": (swap(b'<Amt Ccy="GBP">', b'<Amt Ccy="EUR">'), "The amount is in EUR; only pounds"),
    "no closing balance": (swap(b"CLBD", b"ITBD"), "The balance CLBD must stand exactly once"),
    "amount with a comma": (swap(b'<Amt Ccy="GBP">', b'<Amt Ccy="GBP">1,'), "is not an amount in pounds"),
    "amount with a sign": (swap(b'<Amt Ccy="GBP">', b'<Amt Ccy="GBP">-'), "is not an amount in pounds"),
    "amount of tenths of a penny": (swap(b"</Amt>", b"5</Amt>"), "is not an amount in pounds"),
    "amount in full-width digits": (swap(b'<Amt Ccy="GBP">', '<Amt Ccy="GBP">１'.encode()), "is not an amount"),
    "amount of a quintillion": (swap(b'<Amt Ccy="GBP">', b'<Amt Ccy="GBP">1000000000000000000'), "not an amount"),
    "line not booked": (swap(b"BOOK", b"PDNG"), "is not booked"),
    "day that does not exist": (swap(b"</BookgDt>", b"<Dt>2027-02-30</Dt></BookgDt>"), "must stand exactly once"),
    "bomb": (instead(BOMB), "declares a document type or entities"),
    "external entity": (instead(XXE), "declares a document type or entities"),
    "document type": (instead(DTD), "declares a document type or entities"),
    "too large": (instead(b" " * (LARGEST_MESSAGE + 1)), "has more than the"),
    "NUL byte": (swap(b"<Stmt>", b"<Stmt>\0"), "holds a NUL byte"),
    "Latin-1": (swap(b"Sample", "Café".encode("latin-1")), "is not written in UTF-8"),
    "UTF-16": (lambda content: content.decode().encode("utf-16"), "Line 1: The message is not written in UTF-8"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_bad_statement_is_refused_whole_and_the_right_one_is_taken_afterwards(payment: Payment, name: str) -> None:
    change, problem = REFUSED[name]
    good = statement(debit(payment))
    journals, lines = Journal.objects.count(), StatementLine.objects.count()

    message = take_statement(sequence=2, content=change(good))

    assert message.outcome == BankMessage.Outcome.REFUSED
    assert problem in message.problem
    assert (Journal.objects.count(), StatementLine.objects.count()) == (journals, lines)
    payment.refresh_from_db()
    assert (payment.status, last_statement_sequence()) == (PaymentStatus.INSTRUCTED, 1)
    assert take_statement(sequence=2, content=good).outcome == BankMessage.Outcome.APPLIED
    assert ledger_identities() == []


def test_wrong_line_is_named_by_its_number(payment: Payment) -> None:
    good = statement(debit(payment))
    broken = good.replace(b"BOOK", b"PDNG")
    number = good[: good.index(b"<Ntry>")].count(b"\n") + 1

    assert take_statement(sequence=2, content=broken).problem.startswith(f"Line {number}: ")


def test_line_that_does_not_make_up_the_closing_balance_by_a_penny_is_refused(payment: Payment) -> None:
    good = statement(debit(payment), Entry("X", 10_000, reference="x"))

    message = take_statement(sequence=2, content=good.replace(b">100.00<", b">100.01<"))

    assert "differs from opening balance and lines by -1 pence" in message.problem


def test_statements_out_of_order_or_with_a_gap_wait_for_the_missing_one(payment: Payment) -> None:
    second = statement(debit(payment))
    closing_pence = BankStatement.objects.first().closing_pence - payment.total_pence
    third = statement(Entry("Z", 5, reference="x"), sequence=3, opening_pence=closing_pence)

    early = take_statement(sequence=3, content=third)
    in_order = [take_statement(sequence=number, content=one) for number, one in ((2, second), (3, third))]
    late = take_statement(sequence=2, content=second)

    assert early.problem == "Statement 3 came after statement 1: 2 is missing."
    assert [one.outcome for one in in_order] == ["applied", "applied"]
    assert late == in_order[0]
    assert last_statement_sequence() == 3


def test_lines_of_an_earlier_statement_told_again_are_refused_whole(payment: Payment) -> None:
    take_statement(sequence=2, content=statement(debit(payment)))
    journals = Journal.objects.count()

    message = take_statement(sequence=3, content=statement(Entry("new", 5, reference="x"), debit(payment), sequence=3))

    assert message.problem == "Line 2 of the statement, 00000002-000001, was Statement 2, line 1 already."
    assert Journal.objects.count() == journals


def test_one_line_twice_in_a_statement_is_refused_whole(payment: Payment) -> None:
    message = take_statement(sequence=2, content=statement(debit(payment), debit(payment)))

    assert "The bank's reference 00000002-000001 stands on two lines." in message.problem


@pytest.mark.parametrize("name", ["A" * 16, "NOBODY"])
def test_unknown_end_to_end_id_is_parked_with_its_line(payment: Payment, name: str) -> None:
    take_statement(sequence=2, content=statement(Entry("Q", -500, end_to_end_id=name, reference="x"), debit(payment)))

    line = StatementLine.objects.in_suspense().get()
    assert (line.position, line.end_to_end_id, line.amount_pence) == (1, name, -500)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CONFIRMED
    assert ledger_identities() == []


def test_repeated_end_to_end_id_pays_once_and_parks_the_second(payment: Payment) -> None:
    take_statement(sequence=2, content=statement(debit(payment, 1), debit(payment, 2)))

    assert StatementLine.objects.in_suspense().get().position == 2
    assert Journal.objects.filter(kind="confirmed").count() == 1
    assert ledger_identities() == []


def test_statement_of_another_account_is_refused(payment: Payment) -> None:
    message = take_statement(sequence=2, content=statement(debit(payment), account=BankNumber("999999", "00010001")))

    assert "is of account" in message.problem


def report(payment: Payment, *names: str) -> bytes:
    rejected = [Rejection(payment.run.message_id, "x", name, "AC04") for name in names or (payment.end_to_end_id,)]
    return write_rejections(1, today(), rejected).encode()


BAD_REPORTS: dict[str, tuple[Change, str]] = {
    "nothing at all": (instead(b""), "not well-formed XML"),
    "unknown message": (swap(b"pain.002.001.10", b"pain.014.001.10"), "expected was a document of"),
    "status that nobody knows": (swap(b"RJCT", b"CANC"), "which nothing here acts upon"),
    "another file": (swap(b"<OrgnlMsgId>", b"<OrgnlMsgId>X"), "which is no payment of file"),
    "bomb": (instead(BOMB), "declares a document type or entities"),
    "NUL byte": (swap(b"<GrpHdr>", b"\0<GrpHdr>"), "holds a NUL byte"),
    "Latin-1": (swap(b"<MsgId>", "<MsgId>é".encode("latin-1")), "is not written in UTF-8"),
}


@pytest.mark.parametrize("name", sorted(BAD_REPORTS))
def test_bad_report_is_refused_whole_and_the_right_one_is_taken_afterwards(payment: Payment, name: str) -> None:
    change, problem = BAD_REPORTS[name]
    good = report(payment)

    message = take_report(sequence=1, content=change(good))

    assert message.outcome == BankMessage.Outcome.REFUSED
    assert problem in message.problem
    assert not Hold.objects.open().exists()
    assert take_report(sequence=1, content=good).outcome == BankMessage.Outcome.APPLIED


def test_report_that_names_one_payment_right_and_one_wrong_is_refused_whole(payment: Payment) -> None:
    message = take_report(sequence=1, content=report(payment, payment.end_to_end_id, "NOBODYS"))

    assert "names NOBODYS" in message.problem
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.INSTRUCTED


def test_report_that_names_a_payment_twice_is_refused_whole(payment: Payment) -> None:
    message = take_report(sequence=1, content=report(payment, payment.end_to_end_id, payment.end_to_end_id))

    assert "names a payment twice" in message.problem
