"""Builds the payment file: ISO 20022 pain.001.001.09, credit transfers in pounds between UK accounts.

The bytes depend on nothing but the argument: instructions are sorted, the time is the one at which people released
the run. Sending the file again after a crash therefore sends the same bytes, and the bank can tell.

Source: ISO 20022 message definition report "Payments Initiation", pain.001.001.09; external code set
ClearingSystemIdentification, code GBDSC (UK domestic sort code).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from xml.etree import ElementTree as ET  # builds only

from grants.domain.bank_text import Account, bank_text, format_pence
from grants.domain.iso20022_shape import faults
from grants.domain.references import is_reference

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LARGEST_COUNT = 10_000


@dataclass(frozen=True)
class Transfer:
    """One credit transfer.

    Attributes:
        end_to_end_id: our 16-character reference, also what the payee sees.
        amount_pence: above zero.
        payee_name: as the payee's bank knows it; written in bank characters, at most 70.
        remittance: a sentence for the payee's statement; at most 140 characters.
        arrive_on: the day on which the payee must have the money.
    """

    end_to_end_id: str
    amount_pence: int
    payee_name: str
    payee: Account
    remittance: str
    arrive_on: date


@dataclass(frozen=True)
class PaymentOrder:
    """Everything a payment file says; `released_at` is aware."""

    message_id: str
    released_at: datetime
    payer_name: str
    payer: Account
    transfers: Sequence[Transfer]


@dataclass(frozen=True)
class PaymentFile:
    """The bytes to send and what identifies them; `sha256` in lower-case hex."""

    message_id: str
    content: bytes
    sha256: str
    payment_count: int
    total_pence: int


class PaymentOrderError(ValueError):
    """The order cannot be written as a payment file; the message says why."""


def build_payment_file(order: PaymentOrder) -> PaymentFile:
    """Write the order as pain.001.001.09, one batch for each day of arrival.

    Raises:
        PaymentOrderError: no transfer or too many, a malformed or repeated reference, or a message of another shape.
        BankTextError: an amount or a name that no bank message may carry.
    """
    transfers = _sorted_transfers(order)
    root = ET.Element("Document", xmlns=NAMESPACE)
    initiation = ET.SubElement(root, "CstmrCdtTrfInitn")
    header = ET.SubElement(initiation, "GrpHdr")
    _leaf(header, "MsgId", order.message_id)
    _leaf(header, "CreDtTm", order.released_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    total_pence = _totals(header, transfers)
    _leaf(header, "InitgPty/Nm", bank_text(order.payer_name, limit=70))
    batches = groupby(transfers, key=lambda transfer: transfer.arrive_on)
    for number, (arrive_on, batch) in enumerate(batches, start=1):
        _write_batch(initiation, order, (batch_id(order.message_id, number), arrive_on, list(batch)))
    fault = next(faults(root, namespace=NAMESPACE), "")
    if fault:
        raise PaymentOrderError(f"The message is not in the shape of pain.001.001.09: {fault}")
    ET.indent(root, space=" ")
    body = ET.tostring(root, encoding="unicode")
    content = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()
    return PaymentFile(
        message_id=order.message_id,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        payment_count=len(transfers),
        total_pence=total_pence,
    )


def batch_id(message_id: str, number: int) -> str:
    """What a batch of a file is called; there is one for each day of arrival, numbered from 1, the earliest first."""
    return f"{message_id}-{number}"


def _sorted_transfers(order: PaymentOrder) -> list[Transfer]:
    if not 1 <= len(order.transfers) <= LARGEST_COUNT:
        raise PaymentOrderError(f"A payment file holds 1 to {LARGEST_COUNT} payments, not {len(order.transfers)}.")
    if order.released_at.tzinfo is None:
        raise PaymentOrderError("The time of release must carry its zone.")
    for reference in [order.message_id, *(transfer.end_to_end_id for transfer in order.transfers)]:
        if not is_reference(reference):
            raise PaymentOrderError(f"{reference!r} is not one of our 16-character references.")
    if len({transfer.end_to_end_id for transfer in order.transfers}) < len(order.transfers):
        raise PaymentOrderError("Two payments of the file carry the same reference.")
    return sorted(order.transfers, key=lambda transfer: (transfer.arrive_on, transfer.end_to_end_id))


def _write_batch(initiation: ET.Element, order: PaymentOrder, batch: tuple[str, date, list[Transfer]]) -> None:
    batch_id, arrive_on, transfers = batch
    node = ET.SubElement(initiation, "PmtInf")
    _leaf(node, "PmtInfId", batch_id)
    _leaf(node, "PmtMtd", "TRF")
    _leaf(node, "BtchBookg", "false")  # one statement line for each payment, so that each can be matched
    _totals(node, transfers)
    _leaf(node, "ReqdExctnDt/Dt", arrive_on.isoformat())
    _leaf(node, "Dbtr/Nm", bank_text(order.payer_name, limit=70))
    _account(node, "Dbtr", order.payer)
    _agent(node, "Dbtr", order.payer)
    for transfer in transfers:
        _write_transfer(node, transfer)


def _write_transfer(batch: ET.Element, transfer: Transfer) -> None:
    node = ET.SubElement(batch, "CdtTrfTxInf")
    identifiers = ET.SubElement(node, "PmtId")
    _leaf(identifiers, "InstrId", transfer.end_to_end_id)
    _leaf(identifiers, "EndToEndId", transfer.end_to_end_id)
    amount = ET.SubElement(ET.SubElement(node, "Amt"), "InstdAmt", Ccy="GBP")
    amount.text = format_pence(transfer.amount_pence)
    _agent(node, "Cdtr", transfer.payee)
    _leaf(node, "Cdtr/Nm", bank_text(transfer.payee_name, limit=70))
    _account(node, "Cdtr", transfer.payee)
    _leaf(node, "RmtInf/Ustrd", bank_text(transfer.remittance, limit=140))


def _totals(node: ET.Element, transfers: Sequence[Transfer]) -> int:
    total_pence = sum(transfer.amount_pence for transfer in transfers)
    _leaf(node, "NbOfTxs", str(len(transfers)))
    _leaf(node, "CtrlSum", format_pence(total_pence))
    return total_pence


def _account(node: ET.Element, party: str, account: Account) -> None:
    _leaf(node, f"{party}Acct/Id/Othr/Id", account.account_number)


def _agent(node: ET.Element, party: str, account: Account) -> None:
    member = ET.SubElement(ET.SubElement(ET.SubElement(node, f"{party}Agt"), "FinInstnId"), "ClrSysMmbId")
    _leaf(member, "ClrSysId/Cd", "GBDSC")
    _leaf(member, "MmbId", account.sort_code)


def _leaf(parent: ET.Element, path: str, text: str) -> None:
    for step in path.split("/"):
        parent = ET.SubElement(parent, step)
    parent.text = text
