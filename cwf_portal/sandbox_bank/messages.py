"""The four ISO 20022 messages this bank speaks: pain.001 in, camt.053, camt.054 and pain.002 out.

Written apart from the portal's own builder and parser on purpose: two readings of the standard check each other.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET  # only builds; everything that is parsed goes through defusedxml

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as DefusedET

PAIN_001 = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
PAIN_002 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
CAMT_053 = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
CAMT_054 = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
AMOUNT = re.compile(r"[0-9]{1,13}\.[0-9]{2}", re.ASCII)
IDENTIFIER = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]{1,35}", re.ASCII)
SORT_CODE = re.compile(r"[0-9]{6}", re.ASCII)
ACCOUNT_NUMBER = re.compile(r"[0-9]{8}", re.ASCII)


class RefusedError(Exception):
    """What the bank was asked cannot be done; the text says why."""


@dataclass(frozen=True)
class Account:
    """A UK account: six digits of sort code, eight of account number."""

    sort_code: str
    number: str


@dataclass(frozen=True)
class Instruction:
    """One credit transfer asked for in a payment file; `execute_on` is the day the payee must have the money."""

    batch_id: str
    end_to_end_id: str
    amount_pence: int
    payee: Account
    payee_name: str
    reference: str
    execute_on: date


@dataclass(frozen=True)
class PaymentFile:
    """A pain.001 message that passed every check made on the message alone."""

    message_id: str
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Entry:
    """One line of a statement: positive pence came in, negative went out; `reason` is set for a returned payment."""

    entry_reference: str
    amount_pence: int
    end_to_end_id: str = ""
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Rejection:
    """A payment the bank never made: it does not appear on any statement."""

    message_id: str
    batch_id: str
    end_to_end_id: str
    reason: str
    amount_pence: int = 0


@dataclass(frozen=True)
class StatementOfDay:
    """What one camt.053 document says."""

    sequence: int
    on: date
    opening_pence: int
    entries: Sequence[Entry]

    @property
    def closing_pence(self) -> int:
        return self.opening_pence + sum(entry.amount_pence for entry in self.entries)


def read_payment_file(content: bytes, account: Account) -> PaymentFile:
    """Read a pain.001.001.09 message; raise RefusedError with the first thing that is wrong."""
    try:
        root = DefusedET.fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise RefusedError("the file declares a document type or entities, which are never read") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise RefusedError(f"the file is not well-formed XML: {error}") from error
    if root.tag != f"{{{PAIN_001}}}Document":
        raise RefusedError("the file is not a pain.001.001.09 message")
    reader = _Reader(root)
    initiation = reader.node(root, "CstmrCdtTrfInitn")
    header = reader.node(initiation, "GrpHdr")
    message_id = reader.text(header, "MsgId", IDENTIFIER)
    batches = reader.nodes(initiation, "PmtInf")
    instructions = tuple(one for batch in batches for one in _read_batch(reader, batch, account))
    _check_totals(reader, header, instructions)
    seen: set[str] = set()
    for instruction in instructions:
        if instruction.end_to_end_id in seen:
            raise RefusedError(f"EndToEndId {instruction.end_to_end_id} stands in the file twice")
        seen.add(instruction.end_to_end_id)
    return PaymentFile(message_id, instructions)


class _Reader:
    """Finds elements of one namespace and says which is missing or wrong."""

    def __init__(self, root: ET.Element) -> None:
        self.space = root.tag.partition("}")[0] + "}"

    def nodes(self, parent: ET.Element, path: str) -> list[ET.Element]:
        return parent.findall("/".join(self.space + step for step in path.split("/")))

    def node(self, parent: ET.Element, path: str) -> ET.Element:
        found = self.nodes(parent, path)
        if len(found) != 1:
            raise RefusedError(f"{path} must stand exactly once, it stands {len(found)} times")
        return found[0]

    def text(self, parent: ET.Element, path: str, pattern: re.Pattern[str]) -> str:
        value = self.node(parent, path).text or ""
        if not pattern.fullmatch(value):
            raise RefusedError(f"{path} has an unreadable value: {value[:40]!r}")
        return value

    def pence(self, parent: ET.Element, path: str) -> int:
        return int(self.text(parent, path, AMOUNT).replace(".", ""))


def _read_batch(reader: _Reader, batch: ET.Element, account: Account) -> list[Instruction]:
    if _read_account(reader, batch, "Dbtr") != account:
        raise RefusedError("the account to debit is not held here")
    written = reader.node(batch, "ReqdExctnDt/Dt").text or ""
    try:
        execute_on = date.fromisoformat(written)
    except ValueError as error:
        raise RefusedError(f"ReqdExctnDt/Dt is not a date: {written[:40]!r}") from error
    batch_id = reader.text(batch, "PmtInfId", IDENTIFIER)
    nodes = reader.nodes(batch, "CdtTrfTxInf")
    instructions = [_read_instruction(reader, node, (batch_id, execute_on)) for node in nodes]
    _check_totals(reader, batch, instructions)
    return instructions


def _read_account(reader: _Reader, parent: ET.Element, party: str) -> Account:
    return Account(
        sort_code=reader.text(parent, f"{party}Agt/FinInstnId/ClrSysMmbId/MmbId", SORT_CODE),
        number=reader.text(parent, f"{party}Acct/Id/Othr/Id", ACCOUNT_NUMBER),
    )


def _read_instruction(reader: _Reader, node: ET.Element, batch: tuple[str, date]) -> Instruction:
    end_to_end_id = reader.text(node, "PmtId/EndToEndId", IDENTIFIER)
    currency = reader.node(node, "Amt/InstdAmt").get("Ccy")
    if currency != "GBP":
        raise RefusedError(f"{end_to_end_id} is in {currency}, only GBP is paid")
    amount_pence = reader.pence(node, "Amt/InstdAmt")
    if amount_pence == 0:
        raise RefusedError(f"{end_to_end_id} asks for nothing")
    batch_id, execute_on = batch
    return Instruction(
        batch_id=batch_id,
        end_to_end_id=end_to_end_id,
        amount_pence=amount_pence,
        payee=_read_account(reader, node, "Cdtr"),
        payee_name=reader.text(node, "Cdtr/Nm", re.compile(r"\S.{0,139}")),
        reference=reader.text(node, "RmtInf/Ustrd", re.compile(r".{1,140}")),
        execute_on=execute_on,
    )


def _check_totals(reader: _Reader, node: ET.Element, instructions: Sequence[Instruction]) -> None:
    count = reader.text(node, "NbOfTxs", re.compile(r"[0-9]{1,15}", re.ASCII))
    total_pence = reader.pence(node, "CtrlSum")
    if not instructions or int(count) != len(instructions):
        raise RefusedError(f"NbOfTxs says {count}, the file holds {len(instructions)}")
    if total_pence != sum(one.amount_pence for one in instructions):
        raise RefusedError("CtrlSum is not the sum of the payments")


def pounds(pence: int) -> str:
    """Pence as the decimal text the messages want: 1234 → "12.34"."""
    return f"{abs(pence) // 100}.{abs(pence) % 100:02d}"


def write_statement(statement: StatementOfDay, account: Account) -> str:
    """The camt.053.001.08 document of one day; equal input gives equal bytes."""
    root = ET.Element("Document", xmlns=CAMT_053)
    message = ET.SubElement(root, "BkToCstmrStmt")
    made_at = f"{statement.on.isoformat()}T20:00:00Z"
    header = ET.SubElement(message, "GrpHdr")
    _leaf(header, "MsgId", f"STMT-{statement.sequence:010d}")
    _leaf(header, "CreDtTm", made_at)
    body = ET.SubElement(message, "Stmt")
    _leaf(body, "Id", f"STMT-{statement.sequence:010d}")
    _leaf(body, "ElctrncSeqNb", str(statement.sequence))
    _leaf(body, "CreDtTm", made_at)
    _write_account(body, account)
    for code, pence in (("OPBD", statement.opening_pence), ("CLBD", statement.closing_pence)):
        balance = ET.SubElement(body, "Bal")
        _leaf(balance, "Tp/CdOrPrtry/Cd", code)
        _amount(balance, pence)
        _leaf(balance, "Dt/Dt", statement.on.isoformat())
    for entry in statement.entries:
        _write_entry(body, entry, statement.on)
    return _document(root)


def write_notification(day: StatementOfDay, rejections: Sequence[Rejection], account: Account) -> str:
    """The camt.054.001.08 notice of a day: what moved, and what was rejected; `sequence` counts notices."""
    root = ET.Element("Document", xmlns=CAMT_054)
    message = ET.SubElement(root, "BkToCstmrDbtCdtNtfctn")
    made_at, name = f"{day.on.isoformat()}T18:00:00Z", f"NTFC-{day.sequence:010d}"
    header = ET.SubElement(message, "GrpHdr")
    _leaf(header, "MsgId", name)
    _leaf(header, "CreDtTm", made_at)
    body = ET.SubElement(message, "Ntfctn")
    _leaf(body, "Id", name)
    _leaf(body, "ElctrncSeqNb", str(day.sequence))
    _leaf(body, "CreDtTm", made_at)
    _write_account(body, account)
    for entry in day.entries:
        _write_entry(body, entry, day.on)
    for one in rejections:
        refused = Entry(one.end_to_end_id, -one.amount_pence, one.end_to_end_id, "Not made", one.reason)
        _write_entry(body, refused, day.on, status="INFO")
    return _document(root)


def write_rejections(sequence: int, on: date, rejections: Sequence[Rejection]) -> str:
    """The pain.002.001.10 report of one or more rejections from the same file."""
    root = ET.Element("Document", xmlns=PAIN_002)
    message = ET.SubElement(root, "CstmrPmtStsRpt")
    header = ET.SubElement(message, "GrpHdr")
    _leaf(header, "MsgId", f"RPRT-{sequence:010d}")
    _leaf(header, "CreDtTm", f"{on.isoformat()}T20:00:00Z")
    original = ET.SubElement(message, "OrgnlGrpInfAndSts")
    _leaf(original, "OrgnlMsgId", rejections[0].message_id)
    _leaf(original, "OrgnlMsgNmId", "pain.001.001.09")
    for batch_id in sorted({one.batch_id for one in rejections}):
        information = ET.SubElement(message, "OrgnlPmtInfAndSts")
        _leaf(information, "OrgnlPmtInfId", batch_id)
        for one in rejections:
            if one.batch_id == batch_id:
                transaction = ET.SubElement(information, "TxInfAndSts")
                _leaf(transaction, "OrgnlEndToEndId", one.end_to_end_id)
                _leaf(transaction, "TxSts", "RJCT")
                _leaf(transaction, "StsRsnInf/Rsn/Cd", one.reason)
    return _document(root)


def _write_account(body: ET.Element, account: Account) -> None:
    _leaf(body, "Acct/Id/Othr/Id", account.number)
    _leaf(body.find("Acct"), "Ccy", "GBP")
    _leaf(body.find("Acct"), "Svcr/FinInstnId/ClrSysMmbId/MmbId", account.sort_code)


def _write_entry(body: ET.Element, entry: Entry, on: date, *, status: str = "BOOK") -> None:
    node = ET.SubElement(body, "Ntry")
    _leaf(node, "NtryRef", entry.entry_reference)
    _amount(node, entry.amount_pence)
    if entry.reason and status == "BOOK":
        _leaf(node, "RvslInd", "true")
    _leaf(node, "Sts/Cd", status)
    _leaf(node, "BookgDt/Dt", on.isoformat())
    _leaf(node, "ValDt/Dt", on.isoformat())
    _leaf(node, "AcctSvcrRef", entry.entry_reference)
    _leaf(node, "BkTxCd/Prtry/Cd", "BACS")
    details = ET.SubElement(ET.SubElement(node, "NtryDtls"), "TxDtls")
    _leaf(details, "Refs/EndToEndId", entry.end_to_end_id or "NOTPROVIDED")
    _amount(details, entry.amount_pence)
    _leaf(details, "RmtInf/Ustrd", entry.reference)
    if entry.reason:
        _leaf(details, "RtrInf/Rsn/Cd", entry.reason)


def _amount(parent: ET.Element, pence: int) -> None:
    ET.SubElement(parent, "Amt", Ccy="GBP").text = pounds(pence)
    _leaf(parent, "CdtDbtInd", "CRDT" if pence >= 0 else "DBIT")


def _leaf(parent: ET.Element | None, path: str, text: str) -> None:
    """Write `text` at the end of a path of new elements under `parent`."""
    if parent is None:
        raise ValueError(f"no parent for {path}")
    for step in path.split("/"):
        parent = ET.SubElement(parent, step)
    parent.text = text


def _document(root: ET.Element) -> str:
    ET.indent(root, space=" ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
