"""Reads the bank's statement: ISO 20022 camt.053.001.08, one account in pounds, every line booked.

A statement is read whole or refused whole: opening balance plus lines must be the closing balance, to the penny.

Source: ISO 20022 message definition report "Bank-to-Customer Cash Management", camt.053.001.08.
"""

from dataclasses import dataclass
from datetime import date

from grants.domain.bank_text import Account, BankTextError, parse_pence
from grants.domain.iso20022_xml import BankMessageError, MessageNode, read_message

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
IDENTIFIER = r"\S.{0,34}"
NOT_PROVIDED = "NOTPROVIDED"  # how banks write that a line has no EndToEndId


@dataclass(frozen=True)
class StatementEntry:
    """One line of a statement.

    Attributes:
        position: of the line in the statement, from 1.
        bank_reference: the bank's own key of the line, never twice.
        amount_pence: positive came in, negative went out; never zero.
        end_to_end_id: of the payment it belongs to, empty when the bank names none.
        reference: free text, what the payer wrote.
        is_return: money of ours that came back; `reason_code` then says why (ISO external code, "" unknown).
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
    root = read_message(content, namespace=NAMESPACE)
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
        entries=tuple(_entry(entry, position) for position, entry in enumerate(node.all("Ntry"), start=1)),
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


def _entry(node: MessageNode, position: int) -> StatementEntry:
    if node.text("Sts/Cd", "[A-Z]{4}") != "BOOK":
        raise node.error(f"Line {position} of the statement is not booked; only booked lines are read.")
    amount_pence = signed_pence(node)
    if amount_pence == 0:
        raise node.error(f"Line {position} of the statement moves no money.")
    details = node.all("NtryDtls/TxDtls")
    if len(details) > 1:
        raise node.error(f"Line {position} of the statement lumps {len(details)} payments together.")
    named = details[0].optional_text("Refs/EndToEndId", limit=35) if details else ""
    reason = details[0].optional_text("RtrInf/Rsn/Cd", limit=4) if details else ""
    return StatementEntry(
        position=position,
        bank_reference=node.text("AcctSvcrRef", IDENTIFIER),
        amount_pence=amount_pence,
        booked_on=calendar_day(node, "BookgDt/Dt"),
        value_on=calendar_day(node, "ValDt/Dt"),
        end_to_end_id="" if named == NOT_PROVIDED else named,
        reference=details[0].optional_text("RmtInf/Ustrd") if details else "",
        is_return=amount_pence > 0 and (bool(reason) or node.optional_text("RvslInd") == "true"),
        reason_code=reason,
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
