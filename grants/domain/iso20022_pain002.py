"""Reads the bank's rejections: ISO 20022 pain.002.001.10. A rejected payment never appears on a statement.

Source: ISO 20022 message definition report "Payments Initiation", pain.002.001.10; reason codes from the external
code set StatusReason.
"""

from dataclasses import dataclass

from grants.domain.iso20022_xml import MessageNode, read_message

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
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
    """One pain.002 message, about one payment file."""

    report_id: str
    message_id: str
    rejections: tuple[Rejection, ...]


def reason_in_words(code: str) -> str:
    """What a reason code means to a person; the code itself when it is not one of the usual ones."""
    return REASONS.get(code, f"code {code}" if code else REASONS["MS03"])


def read_status_report(content: bytes) -> StatusReport:
    """Read a report of rejections.

    Raises:
        BankMessageError: with the line and what is wrong there; any status but RJCT is refused, because nothing here
            would act on it.
    """
    report = read_message(content, namespace=NAMESPACE).one("CstmrPmtStsRpt")
    nodes = report.all("OrgnlPmtInfAndSts/TxInfAndSts")
    rejections = tuple(_rejection(node, position) for position, node in enumerate(nodes, start=1))
    if not rejections:
        raise report.error("The report names no payment.")
    if len({one.end_to_end_id for one in rejections}) < len(rejections):
        raise report.error("The report names a payment twice.")
    return StatusReport(
        report_id=report.text("GrpHdr/MsgId", r"\S.{0,34}"),
        message_id=report.text("OrgnlGrpInfAndSts/OrgnlMsgId", r"\S.{0,34}"),
        rejections=rejections,
    )


def _rejection(node: MessageNode, position: int) -> Rejection:
    status = node.text("TxSts", "[A-Z]{4}")
    if status != "RJCT":
        raise node.error(f"The report gives the status {status}; only rejections (RJCT) are expected.")
    return Rejection(
        position=position,
        end_to_end_id=node.text("OrgnlEndToEndId", r"\S.{0,34}"),
        reason_code=node.text("StsRsnInf/Rsn/Cd", "[A-Z0-9]{1,4}"),
    )
