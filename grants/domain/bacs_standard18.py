"""Builds the payment file of BACS: Standard 18, multiple processing days, credits with their contra records.

Bacs takes three working days: the file arrives on the input day, is processed on the next or later (the processing
day, which every record carries), and the money is on the account on the working day after that, the entry day. Where
people released too late for the day on which the money should arrive, it is processed as soon as the cycle allows.
Labels have 80 characters, data records 106; each stands on a line of its own. Every byte depends on the argument alone.

| Label VOL1 | at | what |
|-|-|-|
| label | 1–4 | VOL1 |
| submission serial number | 5–10 | six letters or digits, from the name of the file |
| accessibility, reserved | 11–41 | spaces |
| owner | 42–47 | service user number |
| reserved | 48–79 | spaces |
| label standard level | 80 | 1 |

| Labels HDR1, EOF1 | at | what |
|-|-|-|
| label | 1–4 | HDR1 or EOF1 |
| file identifier | 5–21 | A, service user number, S, two spaces, 1, service user number |
| set identification | 22–27 | the submission serial number |
| file section, sequence | 28–35 | 0001 0001 |
| generation | 36–41 | spaces |
| creation date | 42–47 | space, two digits of year, day of the year |
| expiration date | 48–53 | likewise, seven days after the last processing day |
| accessibility, block count | 54–60 | space, 000000 |
| system code, reserved | 61–80 | spaces |

| Labels HDR2, EOF2 | at | what |
|-|-|-|
| label, record format | 1–5 | HDR2F or EOF2F |
| block length, record length | 6–15 | 02120 00106 |
| reserved, buffer offset, reserved | 16–80 | spaces, 00 at 51–52, spaces |

| Label UHL1 | at | what |
|-|-|-|
| label | 1–4 | UHL1 |
| processing date | 5–10 | space, year, day of the year: of the first record |
| receiving party | 11–20 | 999999 and four spaces |
| currency, country | 21–28 | 00 000000 |
| work code | 29–37 | 4 MULTI and two spaces |
| file number | 38–40 | 001 |
| reserved | 41–80 | spaces |

| Data record | at | credit | contra |
|-|-|-|-|
| destination sort code | 1–6 | the payee's | ours |
| destination account | 7–14 | the payee's | ours |
| destination account type | 15 | 0 | 0 |
| transaction code | 16–17 | 99 | 17 |
| originating sort code | 18–23 | ours | ours |
| originating account | 24–31 | ours | ours |
| free format | 32–35 | spaces | spaces |
| amount in pence | 36–46 | of the payment | of all payments of the day |
| originator's name | 47–64 | ours | the reference of the file |
| reference | 65–82 | our reference | CONTRA |
| destination name | 83–100 | the payee's | ours |
| processing date | 101–106 | space, year, day of the year | likewise |

| Label UTL1 | at | what |
|-|-|-|
| label | 1–4 | UTL1 |
| total of debits, of credits | 5–17, 18–30 | in pence |
| count of debits, of credits | 31–37, 38–44 | |
| reserved | 45–80 | spaces |

Source: Bacs Standard 18 as published in "Bacs Electronic Funds Transfer: file structures" (PN5011), record layouts;
the character set is its allowed one: A–Z, 0–9, full stop, ampersand, solidus, hyphen and space.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from grants.domain.bank_text import LETTERS, Account, BankTextError
from grants.domain.iso20022_pain001 import PaymentFile, PaymentOrder, PaymentOrderError, Transfer
from grants.domain.references import is_reference

LABEL_LENGTH, RECORD_LENGTH = 80, 106
NAME_LENGTH = 18
LARGEST_COUNT = 10_000
LARGEST_PENCE = 10**11 - 1  # eleven digits
SERVICE_USER_NUMBER = re.compile(r"[0-9]{6}", re.ASCII)
NOT_ALLOWED = re.compile(r"[^A-Z0-9.&/\- ]", re.ASCII)
LONDON = ZoneInfo("Europe/London")
CREDIT, CONTRA = "99", "17"
KEPT_DAYS = 7

ShiftWorkingDays = Callable[[date, int], date]


@dataclass(frozen=True)
class ServiceUser:
    """Who sends the file.

    Attributes:
        number: the six digits that Bacs gave the fund.
        shift: the calendar: the working day so many working days after a day, before it where the number is negative.
    """

    number: str
    shift: ShiftWorkingDays


def bacs_text(text: str) -> str:
    """`text` in the characters of Bacs, 18 at most and filled with spaces.

    Raises:
        BankTextError: nothing readable is left, for instance of a name in another script.
    """
    spelled = "".join(LETTERS.get(char, char) for char in text)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode("ascii").upper()
    cut = " ".join(NOT_ALLOWED.sub(" ", plain).split())[:NAME_LENGTH].rstrip()
    if not any(char.isalnum() for char in cut):
        raise BankTextError(f"{text[:40]!r} has no letter or digit that a Bacs file can carry.")
    return cut.ljust(NAME_LENGTH)


def bacs_date(day: date) -> str:
    """A date as Bacs writes it: a space, two digits of the year, the day of the year."""
    return f" {day:%y%j}"


def build_bacs_file(order: PaymentOrder, user: ServiceUser) -> PaymentFile:
    """Write the order as a Standard 18 file, one contra for each processing day.

    Raises:
        PaymentOrderError: no transfer or too many, a malformed or repeated reference, an amount of twelve digits, a
            service user number that is not six digits.
        BankTextError: a name that no Bacs file may carry.
    """
    transfers = _sorted_transfers(order, user)
    soonest = user.shift(order.released_at.astimezone(LONDON).date(), 1)
    days = [
        (day, list(group))
        for day, group in groupby(transfers, key=lambda one: max(soonest, user.shift(one.arrive_on, -1)))
    ]
    records = [line for day, group in days for line in _day_records(order, day, group)]
    total_pence = sum(transfer.amount_pence for transfer in transfers)
    labels = _labels(order, user, (days[0][0], days[-1][0]))
    trailer = _label(f"UTL1{total_pence:013d}{total_pence:013d}{len(days):07d}{len(transfers):07d}")
    lines = [*labels, *records, labels[1].replace("HDR1", "EOF1", 1), labels[2].replace("HDR2", "EOF2", 1), trailer]
    content = "".join(f"{line}\r\n" for line in lines).encode("ascii")
    return PaymentFile(
        message_id=order.message_id,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        payment_count=len(transfers),
        total_pence=total_pence,
    )


def _sorted_transfers(order: PaymentOrder, user: ServiceUser) -> list[Transfer]:
    if not 1 <= len(order.transfers) <= LARGEST_COUNT:
        raise PaymentOrderError(f"A payment file holds 1 to {LARGEST_COUNT} payments, not {len(order.transfers)}.")
    if order.released_at.tzinfo is None:
        raise PaymentOrderError("The time of release must carry its zone.")
    if not SERVICE_USER_NUMBER.fullmatch(user.number):
        raise PaymentOrderError("A Bacs file needs the fund's service user number, six digits.")
    for reference in [order.message_id, *(transfer.end_to_end_id for transfer in order.transfers)]:
        if not is_reference(reference):
            raise PaymentOrderError(f"{reference!r} is not one of our 16-character references.")
    if len({transfer.end_to_end_id for transfer in order.transfers}) < len(order.transfers):
        raise PaymentOrderError("Two payments of the file carry the same reference.")
    if any(not 0 < transfer.amount_pence <= LARGEST_PENCE for transfer in order.transfers):
        raise PaymentOrderError("A Bacs payment is of a penny at least and of eleven digits at most.")
    return sorted(order.transfers, key=lambda one: (one.arrive_on, one.end_to_end_id))


def _labels(order: PaymentOrder, user: ServiceUser, days: tuple[date, date]) -> list[str]:
    first, last = days
    serial = order.message_id[:6]
    created, expires = (
        bacs_date(order.released_at.astimezone(LONDON).date()),
        bacs_date(last + timedelta(days=KEPT_DAYS)),
    )
    return [
        f"VOL1{serial}{'':31}{user.number}{'':32}1",
        _label(f"HDR1A{user.number}S  1{user.number}{serial}00010001{'':6}{created}{expires} 000000"),
        _label(f"HDR2F0212000106{'':35}00"),
        _label(f"UHL1{bacs_date(first)}999999    000000004 MULTI  001"),
    ]


def _label(text: str) -> str:
    if len(text) > LABEL_LENGTH:
        raise PaymentOrderError(f"A label of Bacs has {LABEL_LENGTH} characters, this has {len(text)}.")
    return text.ljust(LABEL_LENGTH)


def _day_records(order: PaymentOrder, day: date, transfers: Sequence[Transfer]) -> list[str]:
    """The credits of one processing day and the debit that pays for them."""
    payer = bacs_text(order.payer_name)
    credits = [
        _record(
            (transfer.payee, CREDIT, order.payer),
            transfer.amount_pence,
            (payer, transfer.end_to_end_id.ljust(NAME_LENGTH), bacs_text(transfer.payee_name), bacs_date(day)),
        )
        for transfer in transfers
    ]
    total_pence = sum(transfer.amount_pence for transfer in transfers)
    if total_pence > LARGEST_PENCE:
        raise PaymentOrderError("The payments of one day are of more than eleven digits together.")
    texts = (order.message_id.ljust(NAME_LENGTH), "CONTRA".ljust(NAME_LENGTH), payer, bacs_date(day))
    return [*credits, _record((order.payer, CONTRA, order.payer), total_pence, texts)]


def _record(route: tuple[Account, str, Account], pence: int, texts: tuple[str, str, str, str]) -> str:
    to, code, payer = route
    line = (
        f"{to.sort_code}{to.account_number}0{code}{payer.sort_code}{payer.account_number}{'':4}"
        f"{pence:011d}{''.join(texts)}"
    )
    if len(line) != RECORD_LENGTH:
        raise PaymentOrderError(f"A record of Bacs has {RECORD_LENGTH} characters, this has {len(line)}.")
    return line
