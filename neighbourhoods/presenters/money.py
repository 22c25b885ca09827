"""Money over the years: what was sent, what is still to come, and the sentence that says what the picture shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from cwf_portal.core.columns import ColumnChart, columns
from cwf_portal.core.figures_text import pounds_short
from neighbourhoods.domain.years import financial_year
from neighbourhoods.measures import SENT_IN_YEAR
from neighbourhoods.models import Area, Figure, Measure


@dataclass(frozen=True)
class Year:
    """One financial year, with pence: `sent` may be below zero where more came back than went."""

    begins: date
    ends: date
    sent: int = 0
    to_come: int = 0

    @property
    def label(self) -> str:
        """As in "2026/27"."""
        return f"{self.begins.year}/{self.ends:%y}"


@dataclass(frozen=True)
class MoneyByYear:
    """The picture of an area's money over the years, first to last without a gap, and what stands behind it."""

    title: str
    years: list[Year]
    chart: ColumnChart
    as_of: date
    measures: list[Measure]

    @property
    def sent(self) -> int:
        """Of all years, in pence."""
        return sum(year.sent for year in self.years)

    @property
    def to_come(self) -> int:
        """Of all years, in pence."""
        return sum(year.to_come for year in self.years)


def money_by_year(figures: Iterable[Figure]) -> MoneyByYear | None:
    """The years of one area; None where nothing is promised and nothing was sent."""
    found = [figure for figure in figures if figure.value is not None]
    years: dict[date, Year] = {}
    for figure in found:
        known = years.get(figure.period_start, Year(figure.period_start, figure.period_end))
        pence = int(figure.value or 0)
        is_sent = figure.measure.code == SENT_IN_YEAR
        sent, to_come = (pence, known.to_come) if is_sent else (known.sent, pence)
        years[figure.period_start] = Year(known.begins, known.ends, sent, to_come)
    if not years:
        return None
    whole = list(_without_gaps(years))
    return MoneyByYear(
        title=_finding(whole),
        years=whole,
        chart=columns([(str(year.begins.year), year.sent, year.to_come) for year in whole], unit="pence"),
        as_of=max(figure.as_of for figure in found),
        measures=list({figure.measure_id: figure.measure for figure in found}.values()),
    )


def _without_gaps(years: dict[date, Year]) -> Iterable[Year]:
    for first in range(min(years).year, max(years).year + 1):
        begins, ends = financial_year(min(years).replace(year=first))
        yield years.get(begins, Year(begins, ends))


def _finding(years: list[Year]) -> str:
    sent, to_come = sum(year.sent for year in years), sum(year.to_come for year in years)
    if to_come <= 0:
        return _("All of the {whole} promised was sent.").format(whole=pounds_short(sent))
    until = max(year.ends.year for year in years if year.to_come)
    if sent <= 0:
        return _("{whole} is promised, and comes year by year until {year}.").format(
            whole=pounds_short(to_come), year=until
        )
    return _("{sent} of {whole} was sent. The rest comes year by year until {year}.").format(
        sent=pounds_short(sent), whole=pounds_short(sent + to_come), year=until
    )


def export_rows(area: Area, money: MoneyByYear | None) -> list[tuple[object, ...]]:
    """A row for each year, in pounds."""
    years = money.years if money else []
    return [
        (area.code, area.name, year.begins, year.ends, _in_pounds(year.sent), _in_pounds(year.to_come))
        for year in years
    ]


def _in_pounds(pence: int) -> Decimal:
    return Decimal(pence) / 100
