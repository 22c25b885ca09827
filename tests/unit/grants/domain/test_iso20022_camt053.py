"""The bank's statement: read whole, to the penny, or refused whole with the line."""

import tracemalloc
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwf_portal.sandbox_bank.messages import Account as BankAccount
from cwf_portal.sandbox_bank.messages import Entry, StatementOfDay, write_statement
from grants.domain.bank_text import Account
from grants.domain.iso20022_camt053 import check_next, read_statement
from grants.domain.iso20022_xml import LARGEST_MESSAGE, BankMessageError
from grants.reconciler.messages import read_statement as read_again

BANK = BankAccount("000100", "00010001")
DAY = date(2027, 5, 4)
GOOD = write_statement(
    StatementOfDay(
        7,
        DAY,
        100_000,
        (
            Entry("00000007-000001", 2_500, reference="WAVE1"),
            Entry("00000007-000002", -4_200, end_to_end_id="J7ZTGYDEKFCLAW5X", reference="Sample"),
            Entry("00000007-000003", 4_200, end_to_end_id="J7ZTGYDEKFCLAW5X", reference="Sample", reason="AC04"),
        ),
    ),
    BANK,
)


def test_statement_is_read_to_the_penny() -> None:
    statement = read_statement(GOOD.encode())

    assert (statement.sequence, statement.closes_on) == (7, DAY)
    assert statement.account == Account("000100", "00010001")
    assert (statement.opening_pence, statement.closing_pence) == (100_000, 102_500)
    credit, debit, returned = statement.entries
    assert (credit.amount_pence, credit.end_to_end_id, credit.reference, credit.is_return) == (
        2_500,
        "",
        "WAVE1",
        False,
    )
    assert (debit.amount_pence, debit.end_to_end_id, debit.is_return) == (-4_200, "J7ZTGYDEKFCLAW5X", False)
    assert (returned.amount_pence, returned.is_return, returned.reason_code) == (4_200, True, "AC04")
    assert [entry.position for entry in statement.entries] == [1, 2, 3]


SECOND_PART = (
    '<TxDtls><Refs><EndToEndId>K7ZTGYDEKFCLAW5X</EndToEndId></Refs><Amt Ccy="GBP">12.00</Amt>'
    "<CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls>"
)


def bulk(first: str = "30.00", more: str = SECOND_PART) -> bytes:
    """The debit of 42.00 as one entry of two payments."""
    begin = GOOD.index("<AcctSvcrRef>00000007-000002")
    end = GOOD.index("</NtryDtls>", begin) + len("</NtryDtls>")
    entry = GOOD[begin:end].replace(">42.00<", f">{first}<").replace("</NtryDtls>", more)
    return (GOOD[:begin] + entry + GOOD[end:]).encode()


def test_entry_that_names_several_payments_is_a_line_for_each() -> None:
    entries = read_statement(bulk()).entries

    assert [(one.position, one.bank_reference, one.amount_pence, one.end_to_end_id) for one in entries[1:3]] == [
        (2, "00000007-000002/1", -3_000, "J7ZTGYDEKFCLAW5X"),
        (3, "00000007-000002/2", -1_200, "K7ZTGYDEKFCLAW5X"),
    ]
    assert [one.position for one in entries] == [1, 2, 3, 4]
    raw = read_again(bulk())
    assert [(one.bank_reference, one.amount_pence, one.end_to_end_id) for one in raw.lines] == [
        (one.bank_reference, one.amount_pence, one.end_to_end_id) for one in entries
    ]


@pytest.mark.parametrize("first", ["30.01", "42.00"])
def test_payments_of_an_entry_that_do_not_make_it_up_are_refused(first: str) -> None:
    with pytest.raises(
        BankMessageError, match=r"Line \d+: Line 2 of the statement lumps payments together that do not"
    ):
        read_statement(bulk(first))


def test_entry_of_a_whole_file_names_it_and_its_count() -> None:
    begin = GOOD.index("<TxDtls>", GOOD.index("00000007-000002"))
    end = GOOD.index("</TxDtls>", begin) + len("</TxDtls>")
    batch = "<Btch><MsgId>RUN1</MsgId><NbOfTxs>17</NbOfTxs></Btch>"

    entry = read_statement((GOOD[:begin] + batch + GOOD[end:]).encode()).entries[1]

    assert (entry.reference, entry.payment_count, entry.end_to_end_id) == ("RUN1", 17, "")


@given(
    st.integers(-(10**11), 10**11),
    st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=12),
)
def test_whatever_the_bank_writes_is_read_back(opening_pence: int, amounts: list[int]) -> None:
    entries = tuple(Entry(f"E{number}", pence, reference="x") for number, pence in enumerate(amounts))

    statement = read_statement(write_statement(StatementOfDay(1, DAY, opening_pence, entries), BANK).encode())

    assert [entry.amount_pence for entry in statement.entries] == amounts
    assert statement.closing_pence == opening_pence + sum(amounts)


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        ("camt.053.001.08", "camt.052.001.08", r"Line 1: The message is .*camt.052"),
        ("<Ccy>GBP<", "<Ccy>EUR<", r"Line \d+: The account is in EUR"),
        ('<Amt Ccy="GBP">25.00<', '<Amt Ccy="USD">25.00<', r"Line \d+: The amount is in USD"),
        ('<Amt Ccy="GBP">25.00<', '<Amt Ccy="GBP">25,00<', r"Line \d+: '25,00' is not an amount"),
        ('<Amt Ccy="GBP">25.00<', '<Amt Ccy="GBP">-25.00<', r"Line \d+: '-25.00' is not an amount"),
        ('<Amt Ccy="GBP">25.00<', '<Amt Ccy="GBP">25.01<', "differs from opening balance and lines by -1 pence"),
        ('<Amt Ccy="GBP">25.00<', '<Amt Ccy="GBP">0.00<', "Line 1 of the statement moves no money"),
        ("<CdtDbtInd>DBIT<", "<CdtDbtInd>UP<", "CdtDbtInd has an unreadable value: 'UP'"),
        ("<Cd>BOOK<", "<Cd>PDNG<", "is not booked"),
        ("<Cd>CLBD<", "<Cd>ITBD<", "The balance CLBD must stand exactly once, it stands 0 times"),
        ("<Dt>2027-05-04<", "<Dt>2027-02-30<", "is not a day of the calendar"),
        ("<ElctrncSeqNb>7<", "<ElctrncSeqNb>seven<", "ElctrncSeqNb has an unreadable value"),
        ("<AcctSvcrRef>00000007-000001<", "<AcctSvcrRef>00000007-000002<", "00000007-000002 stands on two lines"),
        ("</NtryDtls>", "<TxDtls/></NtryDtls>", r"Line \d+: Amt must stand exactly once"),
        ("</Stmt>", "</Stmt><Stmt/>", "Stmt must stand exactly once, it stands 2 times"),
        ("</Document>", "", r"Line \d+: The message is not well-formed XML"),
        ('encoding="UTF-8"', 'encoding="klingon"', "not well-formed|encoding"),
    ],
)
def test_statement_with_one_thing_wrong_is_refused(found: str, put: str, message: str) -> None:
    assert found in GOOD

    with pytest.raises(BankMessageError, match=message):
        read_statement(GOOD.replace(found, put).encode())


def test_error_names_the_line_of_the_file() -> None:
    line = next(number for number, text in enumerate(GOOD.splitlines(), start=1) if ">25.00<" in text)

    with pytest.raises(BankMessageError) as caught:
        read_statement(GOOD.replace(">25.00<", ">25.005<").encode())

    assert caught.value.line == line


@pytest.mark.parametrize("wrong", ["25.00", "42.00", "1025.00"])
def test_error_names_its_line_whatever_was_read_and_forgotten_before_it(wrong: str) -> None:
    """The last is the closing balance, which banks write above the lines; here it comes after them."""
    begin, end = GOOD.rindex("<Bal>"), GOOD.rindex("</Bal>") + len("</Bal>")
    text = GOOD[:begin] + GOOD[end:].replace("</Stmt>", f"\n{GOOD[begin:end]}</Stmt>")
    line = next(number for number, one in enumerate(text.splitlines(), start=1) if f">{wrong}<" in one)

    with pytest.raises(BankMessageError) as caught:
        read_statement(text.replace(f">{wrong}<", f">{wrong}5<").encode())

    assert caught.value.line == line


def test_line_that_stands_elsewhere_than_in_the_statement_is_none() -> None:
    begin, end = GOOD.index("<Ntry>"), GOOD.index("</Ntry>") + len("</Ntry>")
    elsewhere = GOOD.replace("<Stmt>", f"<GrpHdr>{GOOD[begin:end]}</GrpHdr><Stmt>")

    assert read_statement(elsewhere.encode()) == read_statement(GOOD.encode())


def test_long_statement_is_never_in_memory_as_a_whole() -> None:
    """Ten thousand lines took ninety megabytes of a worker."""
    entries = tuple(Entry(f"E{number}", -4_200, end_to_end_id=f"J{number:015}") for number in range(2_000))
    content = write_statement(StatementOfDay(1, DAY, 10**9, entries), BANK).encode()
    tracemalloc.start()
    try:
        statement = read_statement(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(statement.entries) == 2_000
    assert peak < 2_000 * 2_000


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE d SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE d [<!ENTITY % x SYSTEM "http://127.0.0.1/x">%x;]>',
    ],
)
def test_entities_and_document_types_are_never_read(declaration: str) -> None:
    with pytest.raises(BankMessageError, match="never read"):
        read_statement(GOOD.replace("<Document", f"{declaration}<Document").encode())


def test_huge_message_is_refused_unread() -> None:
    with pytest.raises(BankMessageError, match="more than"):
        read_statement(b"<" * (LARGEST_MESSAGE + 1))


@given(st.binary(max_size=300))
def test_noise_is_refused_and_never_crashes(noise: bytes) -> None:
    with pytest.raises(BankMessageError):
        read_statement(noise)


def test_gap_in_the_sequence_names_the_missing_statement() -> None:
    check_next(sequence=8, last_sequence=7)
    with pytest.raises(BankMessageError, match="Statement 9 came after statement 7: 8 is missing"):
        check_next(sequence=9, last_sequence=7)
