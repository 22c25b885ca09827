"""Prices: which indices the fund uses, how their file is read, and how much they rose in a year."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from neighbourhoods.domain.tables import Column, Line, code, day, decimal, read_table

PERIOD = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])|-Q([1-4]))?")
FIRST_YEAR, LAST_YEAR = 1900, 2100
PER_CENT = "%"
TENTH = Decimal("0.1")
MONTHS_OF_A_QUARTER = 3


class Series(StrEnum):
    """The indices the fund reads, by the Office for National Statistics' own identifiers."""

    CPIH = "L522"
    CPIH_RATE = "L55O"
    GDP_DEFLATOR = "YBGB"


class Frequency(StrEnum):
    """What one figure stands for."""

    MONTH = "M"
    QUARTER = "Q"
    YEAR = "A"


SERIES_LABELS = {
    Series.CPIH: "Consumer prices with housing (CPIH)",
    Series.CPIH_RATE: "Yearly rise of consumer prices with housing, per cent",
    Series.GDP_DEFLATOR: "Prices of the whole economy (GDP deflator)",
}
FREQUENCY_LABELS = {Frequency.MONTH: "Month", Frequency.QUARTER: "Quarter", Frequency.YEAR: "Year"}


def period(cell: str) -> tuple[Frequency, date]:
    """A period as the file writes it: 2025, 2025-Q1 or 2025-06, with the day it starts.

    Raises:
        ValueError: Nothing of the kind.
    """
    found = PERIOD.fullmatch(cell)
    if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise ValueError(f"{cell!r:.40} is not a period like 2025, 2025-Q1 or 2025-06")
    year, month, quarter = int(found[1]), found[2], found[3]
    if month:
        return Frequency.MONTH, date(year, int(month), 1)
    if quarter:
        return Frequency.QUARTER, date(year, (int(quarter) - 1) * MONTHS_OF_A_QUARTER + 1, 1)
    return Frequency.YEAR, date(year, 1, 1)


def base(cell: str) -> str:
    """Which year stands at 100, or that the figure is a rate.

    Raises:
        ValueError: Nothing of the kind.
    """
    return str(code(rf"[0-9]{{4}}=100|{PER_CENT}", example=f"2015=100, or {PER_CENT} for a rate")(cell))


def provenance(cell: str) -> str:
    """Where the figure was taken from.

    Raises:
        ValueError: Too long, or something that does not print.
    """
    if len(cell) > 200 or not cell.isprintable():
        raise ValueError("is longer than 200 characters or does not print")
    return cell


COLUMNS = (
    Column("cdid", code("|".join(Series), example="L522")),
    Column("base", base),
    Column("period", period),
    Column("value", decimal(-100, 100_000, places=3)),
    Column("release_date", day),
    Column("source", provenance),
)


def read_price_indices(content: bytes) -> Sequence[Line]:
    """Read a file of price indices: one row per index and period.

    Source: Office for National Statistics, CPIH (L522), its 12-month rate (L55O) and GDP deflator (YBGB), Open
    Government Licence v3.0.

    Raises:
        TableError: With every problem found, named by line and column.
    """
    return read_table(content, COLUMNS, unique=("cdid", "period"))


def yearly_rate(now: Decimal, year_before: Decimal) -> Fraction:
    """How much prices rose in twelve months by two figures of an index, to a tenth of one per cent, halves up.

    A rise of 4.1% is Fraction(41, 1000); a fall is below zero. The office works its own rate out from figures that are
    not rounded yet, so this may differ from it by a tenth of one per cent: a published rate comes first.
    """
    exact = (now / year_before - 1) * 100
    return per_cent(exact.quantize(TENTH, rounding=ROUND_HALF_UP))


def per_cent(rate: Decimal) -> Fraction:
    """A rate written in per cent as a fraction of one."""
    return Fraction(rate) / 100


def year_before(month: date) -> date:
    """The same month twelve months earlier; `month` is the first day of one."""
    return month.replace(year=month.year - 1)
