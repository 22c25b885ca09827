"""Reads what became of a payment file: ISO 20022 pain.002.001.10. A rejected payment never appears on a statement.

| Field | at | what is read |
|-|-|-|
| GrpHdr/MsgId, CreDtTm | once | name of the report and when it was written |
| OrgnlGrpInfAndSts/OrgnlMsgId | once | the file |
| OrgnlGrpInfAndSts/GrpSts | at most once | RJCT rejects all of the file; PART, AC.., RCVD, PDNG, PATC are signs |
| OrgnlPmtInfAndSts/OrgnlPmtInfId, PmtInfSts | each batch | RJCT rejects all of the batch |
| TxInfAndSts/OrgnlEndToEndId, TxSts | each payment named | RJCT, or a sign |
| …/StsRsnInf/Rsn/Cd | at each of the three | why |

Source: ISO 20022 message definition report "Payments Initiation", pain.002.001.10; reason codes from the external
code set StatusReason.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from grants.domain.iso20022_xml import MessageNode, read_message

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
IDENTIFIER = r"\S.{0,34}"
REJECTED: Final = "RJCT"
PARTLY: Final = "PART"
PENDING: Final = ("RCVD", "PDNG", "PATC")
ACCEPTED: Final = re.compile("AC[A-Z]{2}")
REASONS = {
    "AC01": "the account number is wrong",
    "AC04": "the account is closed",
    "AC06": "the account is blocked",
    "AM04": "there was not enough money in the fund's account",
    "BE01": "the name is not the account holder's",
    "MS03": "none was given",
    "RC01": "the sort code is wrong",
}


@dataclass(frozen=True)
class Rejection:
    """A payment that the bank will not make; `position` in the report from 1."""

    position: int
    end_to_end_id: str
    reason_code: str


@dataclass(frozen=True)
class StatusReport:
    """One pain.002 message, about one payment file.

    Attributes:
        told_on: The day on which the bank wrote it.
        rejections: Payments that it names and will not make.
        signs: Payments that it names and has taken in or is looking at, by our reference, each with the bank's status.
        whole_file: The bank's reason where it rejects all of the file, "" where it gives none; None where it does not.
        batches: Batches of the file that it rejects whole, each with its reason.
    """

    report_id: str
    message_id: str
    told_on: date
    rejections: tuple[Rejection, ...]
    signs: dict[str, str]
    whole_file: str | None
    batches: dict[str, str]


def reason_in_words(code: str) -> str:
    """What a reason code means to a person; the code itself when it is not one of the usual ones."""
    return REASONS.get(code, f"code {code}" if code else REASONS["MS03"])


def read_status_report(content: bytes) -> StatusReport:
    """Read a report of what became of a payment file.

    Raises:
        BankMessageError: with the line and what is wrong there; a status that nothing here would act on is refused.
    """
    report = read_message(content, namespace=NAMESPACE).one("CstmrPmtStsRpt")
    batches = report.all("OrgnlPmtInfAndSts")
    nodes = report.all("OrgnlPmtInfAndSts/TxInfAndSts")
    said = [(node, node.text("OrgnlEndToEndId", IDENTIFIER), _status(node, "TxSts")) for node in nodes]
    group = report.one("OrgnlGrpInfAndSts")
    group_status = _status(group, "GrpSts", also=PARTLY) if group.all("GrpSts") else ""
    found = StatusReport(
        report_id=report.text("GrpHdr/MsgId", IDENTIFIER),
        message_id=group.text("OrgnlMsgId", IDENTIFIER),
        told_on=_day(report),
        rejections=tuple(
            Rejection(position, name, _reason(node))
            for position, (node, name, status) in enumerate(said, start=1)
            if status == REJECTED
        ),
        signs={name: status for _, name, status in said if status != REJECTED},
        whole_file=_reason(group) if group_status == REJECTED else None,
        batches={
            batch.text("OrgnlPmtInfId", IDENTIFIER): _reason(batch)
            for batch in batches
            if batch.all("PmtInfSts") and _status(batch, "PmtInfSts", also=PARTLY) == REJECTED
        },
    )
    if len({name for _, name, _ in said}) < len(said):
        raise report.error("The report names a payment twice.")
    if not (said or group_status or found.batches):
        raise report.error("The report names no payment.")
    return found


def is_pending(status: str) -> bool:
    """Whether the bank has not decided yet, rather than taken the payment in."""
    return status in PENDING


def _status(node: MessageNode, path: str, *, also: str = "") -> str:
    status = node.text(path, "[A-Z]{4}")
    if not (status in (REJECTED, *PENDING) or status == also or ACCEPTED.fullmatch(status)):
        raise node.error(f"The report gives the status {status}, which nothing here acts upon.")
    return status


def _reason(node: MessageNode) -> str:
    """The bank's reason, of four letters or digits; "" where it gives none or words it freely."""
    return node.text("StsRsnInf/Rsn/Cd", "[A-Z0-9]{1,4}") if node.all("StsRsnInf/Rsn/Cd") else ""


def _day(report: MessageNode) -> date:
    written = report.text("GrpHdr/CreDtTm", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T.{8,20}")
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise report.one("GrpHdr/CreDtTm").error(f"GrpHdr/CreDtTm is no day of the calendar: {written}.") from error
