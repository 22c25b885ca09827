"""Reads the bank's early notice of debits and credits: ISO 20022 camt.054.001.08, for our account in pounds.

A notice is a sign, not a fact of the books: what it says of money is believed when a statement says it. One thing
stands on no statement, a debit that the bank will not make after all; a reason of return on a debit marks it.

| Field | at | what is read |
|-|-|-|
| Ntfctn/Id | once | name of the notice |
| Ntfctn/ElctrncSeqNb | once | its number, from 1 without gaps |
| Ntfctn/Acct/Id/Othr/Id, Acct/Svcr/…/MmbId, Acct/Ccy | once | account, sort code, GBP |
| Ntry/Amt, CdtDbtInd, Sts/Cd | each entry | pounds, CRDT or DBIT, BOOK, PDNG or INFO |
| Ntry/ValDt/Dt | each entry | the day on which money moves |
| TxDtls/Refs/EndToEndId | each payment of an entry | our reference; entries without one are read over |
| TxDtls/Amt | likewise | its amount, that of the entry where it stands alone |
| TxDtls/RtrInf/Rsn/Cd | likewise | why it comes back or is not made |

Source: ISO 20022 message definition report "Bank-to-Customer Cash Management", camt.054.001.08.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from grants.domain.bank_text import Account
from grants.domain.iso20022_camt053 import (
    IDENTIFIER,
    LONGEST_REFERENCE,
    NOT_PROVIDED,
    calendar_day,
    check_currency,
    read_account,
    signed_pence,
)
from grants.domain.iso20022_xml import MessageNode, read_message

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


class Sign(StrEnum):
    """What a notice says of a payment of ours."""

    DEBITED = "debited"
    RETURNED = "returned"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Notice:
    """One payment that the notice names; `amount_pence` is above zero whichever way the money goes."""

    sign: Sign
    end_to_end_id: str
    amount_pence: int
    value_on: date
    reason_code: str
    line: int


@dataclass(frozen=True)
class Notification:
    """One camt.054 message."""

    sequence: int
    notification_id: str
    account: Account
    notices: tuple[Notice, ...]


def read_notification(content: bytes) -> Notification:
    """Read a message that holds one notification.

    Raises:
        BankMessageError: with the line and what is wrong there; the same sign of one payment twice is wrong too.
    """
    node = read_message(content, namespace=NAMESPACE).one("BkToCstmrDbtCdtNtfctn/Ntfctn")
    check_currency(node.one("Acct"))
    notices = tuple(notice for entry in node.all("Ntry") for notice in _notices(entry))
    seen: set[tuple[Sign, str]] = set()
    for notice in notices:
        if (notice.sign, notice.end_to_end_id) in seen:
            raise node.error(f"The notice names {notice.end_to_end_id} twice.")
        seen.add((notice.sign, notice.end_to_end_id))
    return Notification(
        sequence=int(node.text("ElctrncSeqNb", r"[0-9]{1,15}")),
        notification_id=node.text("Id", IDENTIFIER),
        account=read_account(node),
        notices=notices,
    )


def _notices(entry: MessageNode) -> list[Notice]:
    entry.text("Sts/Cd", "BOOK|PDNG|INFO")
    pence, details = signed_pence(entry), entry.all("NtryDtls/TxDtls")
    value_on = calendar_day(entry, "ValDt/Dt")
    found = []
    for one in details:
        name = one.optional_text("Refs/EndToEndId", limit=LONGEST_REFERENCE)
        if not name or name == NOT_PROVIDED:
            continue
        reason = one.optional_text("RtrInf/Rsn/Cd", limit=4)
        sign = Sign.RETURNED if pence > 0 else Sign.REJECTED if reason else Sign.DEBITED
        own_pence = signed_pence(one) if one.all("Amt") else pence
        if len(details) > 1 and not one.all("Amt"):
            raise one.error("A payment among several of one entry does not say its amount.")
        found.append(Notice(sign, name, abs(own_pence), value_on, reason, one.line))
    return found
