"""Reads the bank's statement: ISO 20022 camt.053.001.08, one account in pounds, every line booked.

A statement is read whole or refused whole: opening balance plus lines must be the closing balance, to the penny.

| Field | at | what is read |
|-|-|-|
| Stmt/Id, ElctrncSeqNb | once | name of the statement; its number, from 1 without gaps |
| Stmt/Acct/Id/Othr/Id, Acct/Svcr/…/MmbId, Acct/Ccy | once | account, sort code, GBP |
| Bal/Tp/CdOrPrtry/Cd, Amt, CdtDbtInd, Dt/Dt | twice | OPBD and CLBD |
| Ntry/Amt, CdtDbtInd, Sts/Cd, BookgDt/Dt, ValDt/Dt, AcctSvcrRef | each entry | pounds, BOOK, days, the bank's key |
| RvslInd | at most once | a credit that gives our payment back, a debit that takes such a return back |
| NtryDtls/TxDtls | none or one | the payment: Refs/EndToEndId, RmtInf/Ustrd, RtrInf/Rsn/Cd |
| NtryDtls/TxDtls | several | each a line of its own, with its Amt and CdtDbtInd; together the entry's amount |
| NtryDtls/Btch/MsgId, NbOfTxs | where there is no TxDtls | the payment file and how many payments of it |
| AddtlNtryInf | where there is no other text | text |

Source: ISO 20022 message definition report "Bank-to-Customer Cash Management", camt.053.001.08.
"""

from dataclasses import dataclass
from datetime import date

from grants.domain.bank_text import Account, BankTextError, parse_pence
from grants.domain.iso20022_xml import BankMessageError, MessageNode, read_message

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
LINES = "BkToCstmrStmt/Stmt/Ntry"
IDENTIFIER = r"\S.{0,34}"
LONGEST_REFERENCE = 35
NOT_PROVIDED = "NOTPROVIDED"  # how banks write that a line has no EndToEndId


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One line of a statement.

    Attributes:
        position: of the line in the statement, from 1.
        bank_reference: the bank's own key of the line, never twice.
        amount_pence: positive came in, negative went out; never zero.
        end_to_end_id: of the payment it belongs to, empty when the bank names none.
        reference: free text, what the payer wrote.
        is_return: money of ours that came back; `reason_code` then says why (ISO external code, "" unknown).
        is_taken_back: the bank debits again what it had given back.
        payment_count: how many payments the bank says the line is of; None where it does not say.
    """

    position: int
    bank_reference: str
    amount_pence: int
    booked_on: date
    value_on: date
    end_to_end_id: str
    reference: str
    is_return: bool
    reason_code: str
    payment_count: int | None = None
    is_taken_back: bool = False


@dataclass(frozen=True)
class Statement:
    """One camt.053 statement; balances in pence, negative when overdrawn."""

    sequence: int
    statement_id: str
    account: Account
    opening_pence: int
    closing_pence: int
    closes_on: date
    entries: tuple[StatementEntry, ...]


def read_statement(content: bytes) -> Statement:
    """Read a message that holds one statement.

    Raises:
        BankMessageError: with the line and what is wrong there.
    """
    entries: list[StatementEntry] = []
    root = read_message(
        content, namespace=NAMESPACE, piece=LINES, take=lambda node: entries.extend(_entries(node, len(entries) + 1))
    )
    node = root.one("BkToCstmrStmt/Stmt")
    check_currency(node.one("Acct"))
    closing = _balance(node, "CLBD")
    statement = Statement(
        sequence=int(node.text("ElctrncSeqNb", r"[0-9]{1,15}")),
        statement_id=node.text("Id", IDENTIFIER),
        account=read_account(node),
        opening_pence=signed_pence(_balance(node, "OPBD")),
        closing_pence=signed_pence(closing),
        closes_on=calendar_day(closing, "Dt/Dt"),
        entries=tuple(entries),
    )
    _check_whole(node, statement)
    return statement


def read_account(node: MessageNode) -> Account:
    """The account that a message of cash management is about."""
    return Account(
        sort_code=node.text("Acct/Svcr/FinInstnId/ClrSysMmbId/MmbId", r"[0-9]{6}"),
        account_number=node.text("Acct/Id/Othr/Id", r"[0-9]{8}"),
    )


def check_currency(account: MessageNode) -> None:
    """Refuse an account that is not kept in pounds."""
    currency = account.text("Ccy", r"[A-Z]{3}")
    if currency != "GBP":
        raise account.error(f"The account is in {currency}; only pounds (GBP) are kept here.")


def _check_whole(node: MessageNode, statement: Statement) -> None:
    expected = statement.opening_pence + sum(entry.amount_pence for entry in statement.entries)
    if expected != statement.closing_pence:
        gap = statement.closing_pence - expected
        raise node.error(f"The closing balance differs from opening balance and lines by {gap} pence.")
    seen: set[str] = set()
    for entry in statement.entries:
        if entry.bank_reference in seen:
            raise node.error(f"The bank's reference {entry.bank_reference} stands on two lines.")
        seen.add(entry.bank_reference)


def _balance(node: MessageNode, code: str) -> MessageNode:
    found = [balance for balance in node.all("Bal") if balance.optional_text("Tp/CdOrPrtry/Cd") == code]
    if len(found) != 1:
        raise node.error(f"The balance {code} must stand exactly once, it stands {len(found)} times.")
    return found[0]


def signed_pence(node: MessageNode) -> int:
    """The amount of a balance, an entry or a payment: positive came in, negative went out."""
    amount = node.one("Amt")
    if amount.element.get("Ccy") != "GBP":
        raise amount.error(f"The amount is in {amount.element.get('Ccy')}; only pounds (GBP) are kept here.")
    try:
        pence = parse_pence((amount.element.text or "").strip())
    except BankTextError as error:
        raise amount.error(str(error)) from error
    return pence if node.text("CdtDbtInd", "CRDT|DBIT") == "CRDT" else -pence


def calendar_day(node: MessageNode, path: str) -> date:
    """The day at a path."""
    written = node.text(path, r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise node.one(path).error(f"{path} is not a day of the calendar: {written}.") from error


def _entries(node: MessageNode, position: int) -> list[StatementEntry]:
    """The lines of one entry: one; or one for each payment where the bank names several that make up its amount."""
    if node.text("Sts/Cd", "[A-Z]{4}") != "BOOK":
        raise node.error(f"Line {position} of the statement is not booked; only booked lines are read.")
    amount_pence = signed_pence(node)
    if amount_pence == 0:
        raise node.error(f"Line {position} of the statement moves no money.")
    details = node.all("NtryDtls/TxDtls")
    reference = node.text("AcctSvcrRef", IDENTIFIER)
    if len(details) <= 1:
        return [_line(node, details[0] if details else None, (position, reference, amount_pence))]
    parts = [signed_pence(one) for one in details]
    if sum(parts) != amount_pence or 0 in parts:
        raise node.error(f"Line {position} of the statement lumps payments together that do not make up its amount.")
    return [
        _line(node, one, (position + number, _part_reference(reference, number + 1), pence))
        for number, (one, pence) in enumerate(zip(details, parts, strict=True))
    ]


def _part_reference(reference: str, number: int) -> str:
    """What a payment among several of one entry is known by: the bank's key of the entry and its number there."""
    tail = f"/{number}"
    return reference[: LONGEST_REFERENCE - len(tail)] + tail


def _line(node: MessageNode, detail: MessageNode | None, key: tuple[int, str, int]) -> StatementEntry:
    position, reference, pence = key
    named = detail.optional_text("Refs/EndToEndId", limit=LONGEST_REFERENCE) if detail else ""
    reason = detail.optional_text("RtrInf/Rsn/Cd", limit=4) if detail else ""
    text = detail.optional_text("RmtInf/Ustrd") if detail else ""
    batch = node.all("NtryDtls/Btch")
    is_reversal = node.optional_text("RvslInd") == "true"
    is_counted = detail is None and len(batch) == 1 and bool(batch[0].all("NbOfTxs"))
    return StatementEntry(
        position=position,
        bank_reference=reference,
        amount_pence=pence,
        booked_on=calendar_day(node, "BookgDt/Dt"),
        value_on=calendar_day(node, "ValDt/Dt"),
        end_to_end_id="" if named == NOT_PROVIDED else named,
        reference=text or node.optional_text("NtryDtls/Btch/MsgId") or node.optional_text("AddtlNtryInf"),
        is_return=pence > 0 and (bool(reason) or is_reversal),
        reason_code=reason,
        payment_count=int(batch[0].text("NbOfTxs", r"[0-9]{1,15}")) if is_counted else None,
        is_taken_back=pence < 0 and is_reversal,
    )


def check_next(*, sequence: int, last_sequence: int) -> None:
    """Refuse a statement that leaves a gap after the last one kept.

    Raises:
        BankMessageError: a statement between them is missing.
    """
    if sequence > last_sequence + 1:
        raise BankMessageError(
            f"Statement {sequence} came after statement {last_sequence}: {last_sequence + 1} is missing."
        )
