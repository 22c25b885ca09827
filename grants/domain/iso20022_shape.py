"""Checks the shape of a payment file before it leaves: every element known, in its order, as often as it may stand, and
with a text of its type. What the table does not name is not sent.

| Element (pain.001.001.09) | Holds, in this order; ? at most once, + at least once, else once |
|-|-|
| Document | CstmrCdtTrfInitn |
| CstmrCdtTrfInitn | GrpHdr, PmtInf+ |
| GrpHdr | MsgId, CreDtTm, NbOfTxs, CtrlSum?, InitgPty |
| InitgPty, Dbtr, Cdtr | Nm |
| PmtInf | PmtInfId, PmtMtd, BtchBookg?, NbOfTxs?, CtrlSum?, ReqdExctnDt, Dbtr, DbtrAcct, DbtrAgt, CdtTrfTxInf+ |
| ReqdExctnDt | Dt |
| DbtrAcct, CdtrAcct | Id/Othr/Id |
| DbtrAgt, CdtrAgt | FinInstnId/ClrSysMmbId: ClrSysId/Cd, MmbId |
| CdtTrfTxInf | PmtId, Amt, CdtrAgt?, Cdtr, CdtrAcct, RmtInf? |
| PmtId | InstrId?, EndToEndId |
| Amt | InstdAmt, with the currency GBP |
| RmtInf | Ustrd |

| Text | of |
|-|-|
| MsgId, PmtInfId, InstrId, EndToEndId, MmbId | 1 to 35 characters of the bank's set |
| Nm | 1 to 70, Ustrd 1 to 140, an account's Id 1 to 34 |
| NbOfTxs | 1 to 15 digits |
| CtrlSum, InstdAmt | pounds with two decimals, above zero |
| CreDtTm, Dt | a moment in UTC to the second, a day |
| PmtMtd, BtchBookg, Cd | TRF; true or false; GBDSC |

Source: ISO 20022 message definition report "Payments Initiation", pain.001.001.09, message structure and data types; of
what it permits, the part that this portal uses.
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET  # reads what was built here, never what came from outside

OPTIONAL, MANY = "?", "+"
HOLDS: Final[dict[str, str]] = {
    "Document": "CstmrCdtTrfInitn",
    "CstmrCdtTrfInitn": "GrpHdr PmtInf+",
    "GrpHdr": "MsgId CreDtTm NbOfTxs CtrlSum? InitgPty",
    "InitgPty": "Nm",
    "PmtInf": "PmtInfId PmtMtd BtchBookg? NbOfTxs? CtrlSum? ReqdExctnDt Dbtr DbtrAcct DbtrAgt CdtTrfTxInf+",
    "ReqdExctnDt": "Dt",
    "Dbtr": "Nm",
    "DbtrAcct": "Id",
    "DbtrAgt": "FinInstnId",
    "FinInstnId": "ClrSysMmbId",
    "ClrSysMmbId": "ClrSysId MmbId",
    "ClrSysId": "Cd",
    "CdtTrfTxInf": "PmtId Amt CdtrAgt? Cdtr CdtrAcct RmtInf?",
    "PmtId": "InstrId? EndToEndId",
    "Amt": "InstdAmt",
    "CdtrAgt": "FinInstnId",
    "Cdtr": "Nm",
    "CdtrAcct": "Id",
    "Othr": "Id",
    "RmtInf": "Ustrd",
}
SET = r"[A-Za-z0-9/\-?:().,'+ ]"
POUNDS = r"(?!0+\.00$)[0-9]{1,13}\.[0-9]{2}"
TEXTS: Final[dict[str, str]] = {
    **dict.fromkeys(("MsgId", "PmtInfId", "InstrId", "EndToEndId", "MmbId"), SET + "{1,35}"),
    "Nm": SET + "{1,70}",
    "Ustrd": SET + "{1,140}",
    "Id": SET + "{1,34}",
    "NbOfTxs": "[0-9]{1,15}",
    **dict.fromkeys(("CtrlSum", "InstdAmt"), POUNDS),
    "CreDtTm": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    "Dt": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "PmtMtd": "TRF",
    "BtchBookg": "true|false",
    "Cd": "GBDSC",
}
ATTRIBUTES: Final[dict[str, dict[str, str]]] = {"InstdAmt": {"Ccy": "GBP"}}
# What may stand inside an element, as one pattern over the names of its children, each with a space after it.
ORDER: Final = {
    name: re.compile(
        "".join(
            f"(?:{part.rstrip(OPTIONAL + MANY)} ){part[-1] if part[-1] in OPTIONAL + MANY else ''}"
            for part in children.split()
        )
    )
    for name, children in HOLDS.items()
}
ACCOUNT: Final = re.compile("Othr ")  # Id is the one element that is a text in one place and holds others in another
TYPES: Final = {name: re.compile(pattern, re.ASCII) for name, pattern in TEXTS.items()}


def faults(text: str, *, namespace: str) -> Iterator[str]:
    """What is wrong with the shape of a pain.001.001.09 message that was built here, in sentences; nothing if it fits.

    Args:
        text: The message, as it would leave.
        namespace: Of all its elements.
    """
    try:
        root = ET.fromstring(text.encode())  # noqa: S314 - built here
    except ET.ParseError as error:
        yield f"It is not well-formed XML: {error}."
        return
    space = f"{{{namespace}}}"
    if root.tag != f"{space}Document":
        yield f"The message is {root.tag}, not a Document of {namespace}."
    for element in root.iter():
        name = element.tag.removeprefix(space)
        if element.attrib != ATTRIBUTES.get(name, {}):
            yield f"{name} carries {element.attrib}."
        if len(element):
            children = "".join([f"{child.tag} " for child in element]).replace(space, "")
            order = ACCOUNT if name == "Id" else ORDER.get(name)
            if order is None or not order.fullmatch(children):
                yield f"{name} holds {children.strip()[:200]}."
            if (element.text or "").strip():
                yield f"{name} holds text beside elements."
        elif name not in TYPES or not TYPES[name].fullmatch(element.text or ""):
            yield f"{name} says {(element.text or '')[:40]!r}."
