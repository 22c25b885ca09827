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
from xml.sax.saxutils import escape

from grants.domain.bank_text import Account, bank_text, format_pence
from grants.domain.iso20022_shape import faults
from grants.domain.references import is_reference

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LARGEST_COUNT = 10_000
# Texts that stand here have only characters of the bank's set, or are escaped. What comes of it is read again and held
# to the shape of the message before it leaves.
MESSAGE = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{NAMESPACE}">
 <CstmrCdtTrfInitn>
  <GrpHdr>
   <MsgId>{{message_id}}</MsgId>
   <CreDtTm>{{created}}</CreDtTm>
   <NbOfTxs>{{count}}</NbOfTxs>
   <CtrlSum>{{total}}</CtrlSum>
   <InitgPty>
    <Nm>{{payer}}</Nm>
   </InitgPty>
  </GrpHdr>
{{batches}} </CstmrCdtTrfInitn>
</Document>
"""
BATCH = """\
  <PmtInf>
   <PmtInfId>{name}</PmtInfId>
   <PmtMtd>TRF</PmtMtd>
   <BtchBookg>false</BtchBookg>
   <NbOfTxs>{count}</NbOfTxs>
   <CtrlSum>{total}</CtrlSum>
   <ReqdExctnDt>
    <Dt>{arrive_on}</Dt>
   </ReqdExctnDt>
   <Dbtr>
    <Nm>{payer}</Nm>
   </Dbtr>
   <DbtrAcct>
    <Id>
     <Othr>
      <Id>{account_number}</Id>
     </Othr>
    </Id>
   </DbtrAcct>
   <DbtrAgt>
    <FinInstnId>
     <ClrSysMmbId>
      <ClrSysId>
       <Cd>GBDSC</Cd>
      </ClrSysId>
      <MmbId>{sort_code}</MmbId>
     </ClrSysMmbId>
    </FinInstnId>
   </DbtrAgt>
{transfers}  </PmtInf>
"""  # BtchBookg: one statement line for each payment, so that each can be matched
TRANSFER = """\
   <CdtTrfTxInf>
    <PmtId>
     <InstrId>{reference}</InstrId>
     <EndToEndId>{reference}</EndToEndId>
    </PmtId>
    <Amt>
     <InstdAmt Ccy="GBP">{amount}</InstdAmt>
    </Amt>
    <CdtrAgt>
     <FinInstnId>
      <ClrSysMmbId>
       <ClrSysId>
        <Cd>GBDSC</Cd>
       </ClrSysId>
       <MmbId>{sort_code}</MmbId>
      </ClrSysMmbId>
     </FinInstnId>
    </CdtrAgt>
    <Cdtr>
     <Nm>{payee}</Nm>
    </Cdtr>
    <CdtrAcct>
     <Id>
      <Othr>
       <Id>{account_number}</Id>
      </Othr>
     </Id>
    </CdtrAcct>
    <RmtInf>
     <Ustrd>{remittance}</Ustrd>
    </RmtInf>
   </CdtTrfTxInf>
"""


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
    total_pence = sum(transfer.amount_pence for transfer in transfers)
    batches = groupby(transfers, key=lambda transfer: transfer.arrive_on)
    text = MESSAGE.format(
        message_id=order.message_id,
        created=order.released_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        count=len(transfers),
        total=format_pence(total_pence),
        payer=bank_text(order.payer_name, limit=70),
        batches="".join(
            _batch(order, batch_id(order.message_id, number), list(batch))
            for number, (_, batch) in enumerate(batches, start=1)
        ),
    )
    fault = next(faults(text, namespace=NAMESPACE), "")
    if fault:
        raise PaymentOrderError(f"The message is not in the shape of pain.001.001.09: {fault}")
    content = text.encode()
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


def _batch(order: PaymentOrder, name: str, transfers: Sequence[Transfer]) -> str:
    return BATCH.format(
        name=name,
        count=len(transfers),
        total=format_pence(sum(transfer.amount_pence for transfer in transfers)),
        arrive_on=transfers[0].arrive_on.isoformat(),
        payer=bank_text(order.payer_name, limit=70),
        account_number=escape(order.payer.account_number),
        sort_code=escape(order.payer.sort_code),
        transfers="".join(map(_transfer, transfers)),
    )


def _transfer(transfer: Transfer) -> str:
    return TRANSFER.format(
        reference=transfer.end_to_end_id,
        amount=format_pence(transfer.amount_pence),
        sort_code=escape(transfer.payee.sort_code),
        payee=bank_text(transfer.payee_name, limit=70),
        account_number=escape(transfer.payee.account_number),
        remittance=bank_text(transfer.remittance, limit=140),
    )
