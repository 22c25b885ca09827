"""What the bank's messages and our payment files say: a second reading, apart from the one that took them in.

Only messages that were taken in stand in the books, so a missing element here is an error in itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element, ParseError  # only names; everything is parsed by defusedxml

from defusedxml import ElementTree

NAMELESS = "NOTPROVIDED"
LONGEST = 35  # characters of a reference
BACS_RECORD, BACS_CREDIT = 106, "99"


class UnreadableError(ValueError):
    """A stored message that cannot be read: it is not what was taken in."""


@dataclass(frozen=True)
class RawLine:
    """One entry of a statement: what the ledger must have posted."""

    bank_reference: str
    amount_pence: int
    end_to_end_id: str
    value_on: date


@dataclass(frozen=True)
class RawStatement:
    """A camt.053 message."""

    sequence: int
    opening_pence: int
    closing_pence: int
    lines: tuple[RawLine, ...]


@dataclass(frozen=True)
class RawTransfer:
    """One payment of a pain.001 file."""

    end_to_end_id: str
    amount_pence: int
    sort_code: str
    account_number: str


def read_statement(content: bytes) -> RawStatement:
    """Read a stored camt.053 message."""
    statement = _one(_stripped(content), ".//Stmt")
    balances = {_text(one, "Tp/CdOrPrtry/Cd"): _signed(one) for one in statement.findall("Bal")}
    if not {"OPBD", "CLBD"} <= balances.keys():
        raise UnreadableError("the message lacks a balance")
    return RawStatement(
        sequence=int(_text(statement, "ElctrncSeqNb")),
        opening_pence=balances["OPBD"],
        closing_pence=balances["CLBD"],
        lines=tuple(line for entry in statement.findall("Ntry") for line in _lines(entry)),
    )


def read_rejected(content: bytes) -> set[str]:
    """The EndToEndIds that a stored pain.002 message rejects."""
    return {
        _text(one, "OrgnlEndToEndId")
        for one in _stripped(content).findall(".//TxInfAndSts")
        if _text(one, "TxSts") == "RJCT"
    }


def read_transfers(content: bytes) -> Iterator[RawTransfer]:
    """The payments of a file that went to the bank, ISO 20022 or Bacs."""
    if not bytes(content).startswith(b"<"):
        yield from _bacs_transfers(bytes(content).decode("ascii"))
        return
    for one in _stripped(content).findall(".//CdtTrfTxInf"):
        yield RawTransfer(
            end_to_end_id=_text(one, "PmtId/EndToEndId"),
            amount_pence=_pence(_text(one, "Amt/InstdAmt")),
            sort_code=_text(one, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
            account_number=_text(one, "CdtrAcct/Id/Othr/Id"),
        )


def _bacs_transfers(text: str) -> Iterator[RawTransfer]:
    """The credits of a Standard 18 file, by columns: records are longer than labels, credits have the code 99."""
    for record in text.splitlines():
        if len(record) == BACS_RECORD and record[15:17] == BACS_CREDIT:
            yield RawTransfer(
                end_to_end_id=record[64:82].strip(),
                amount_pence=int(record[35:46]),
                sort_code=record[0:6],
                account_number=record[6:14],
            )


def _lines(entry: Element) -> Iterator[RawLine]:
    """What one entry comes to: a line, or one for each of the payments that it names."""
    reference, value_on = _text(entry, "AcctSvcrRef"), date.fromisoformat(_text(entry, "ValDt/Dt"))
    details = entry.findall("NtryDtls/TxDtls")
    several = len(details) > 1
    for number, one in enumerate(details or [entry], start=1):
        named = one.findtext("Refs/EndToEndId") or ""
        tail = f"/{number}" if several else ""
        yield RawLine(
            bank_reference=reference[: LONGEST - len(tail)] + tail,
            amount_pence=_signed(one if several else entry),
            end_to_end_id="" if named == NAMELESS else named,
            value_on=value_on,
        )


def _stripped(content: bytes) -> Element:
    """The message without its namespace."""
    try:
        root: Element = ElementTree.fromstring(bytes(content), forbid_dtd=True)
    except (ParseError, ValueError) as error:
        raise UnreadableError(str(error)) from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _signed(node: Element) -> int:
    pence = _pence(_text(node, "Amt"))
    return pence if _text(node, "CdtDbtInd") == "CRDT" else -pence


def _pence(written: str) -> int:
    pounds, _, pence = written.partition(".")
    return int(pounds) * 100 + int(pence.ljust(2, "0"))


def _one(root: Element, path: str) -> Element:
    found = root.find(path)
    if found is None:
        raise UnreadableError(f"the message has no {path}")
    return found


def _text(node: Element, path: str) -> str:
    return (_one(node, path).text or "").strip()
