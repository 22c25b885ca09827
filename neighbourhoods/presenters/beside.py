"""Places beside their region and England: what the picture, its table and its file say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cwf_portal.core.beside import BesideChart, Row
from cwf_portal.core.beside import beside as laid_out
from neighbourhoods.domain import wording
from neighbourhoods.measures import COMMUNITY_NEEDS, IMD_SCORE, MOST_DEPRIVED_PCT
from neighbourhoods.models import Area, Figure, Measure, Neighbourhood
from neighbourhoods.presenters.figures import Comparison, measures_of, number_text, year_of

# What can be set beside a wider area: a share or a score. A number of people would only say that England is larger.
COMPARED = (MOST_DEPRIVED_PCT, IMD_SCORE, COMMUNITY_NEEDS)
Named = tuple[str, int, bool]  # what an area is called, its key, and if the page is about it
Figures = Mapping[int, Mapping[str, Figure]]


@dataclass(frozen=True)
class Beside:
    """The finding, the picture, the same as a table, and what stands behind it."""

    title: str
    chart: BesideChart
    rows: list[Comparison]
    as_of: date
    measures: list[Measure]

    @property
    def names(self) -> list[str]:
        """Whose numbers each row has, in order."""
        return [name for name, _ in self.rows[0].values]


def beside(places: Sequence[Neighbourhood], *, country: Area | None, figures: Figures) -> Beside | None:
    """Places with the fund's places in their regions and in England; None where nothing comparable is published.

    Args:
        places: Of the page, in the order in which they are shown.
        country: England.
        figures: By area, then by measure: those of the places, of their regions and of the country.
    """
    own = [(place.name, place.area_id, True) for place in places]
    wider = list(dict.fromkeys((f"Places in {place.region.name}", place.region_id, False) for place in places))
    wider += [(f"Places in {country.name}", country.pk, False)] if country else []
    codes = [code for code in COMPARED if any(_known(figures, area, code) is not None for _, area, _ in own)]
    if not codes:
        return None
    found = {code: [figures[area][code] for _, area, _ in own if code in figures.get(area, {})] for code in codes}
    rows = {code: _rows([*own, *wider], code, figures) for code in codes}
    return Beside(
        title=_finding(own, country, figures),
        chart=laid_out([(_titled(found[code][0]), rows[code]) for code in codes]),
        rows=[
            Comparison(
                _titled(found[code][0]),
                found[code][0].measure.definition,
                [(row.label, row.text) for row in rows[code]],
            )
            for code in codes
        ],
        as_of=max(figure.as_of for told in found.values() for figure in told),
        measures=measures_of(figure for told in found.values() for figure in told),
    )


def _rows(areas: Sequence[Named], code: str, figures: Figures) -> list[Row]:
    rows = []
    for name, area, is_own in areas:
        figure = figures.get(area, {}).get(code)
        text = number_text(figure) if figure else "not known"
        rows.append(Row(name, text, figure.value if figure else None, is_own))
    return rows


def _known(figures: Figures, area: int, code: str) -> Decimal | None:
    figure = figures.get(area, {}).get(code)
    return figure.value if figure else None


def _titled(figure: Figure) -> str:
    year, title = year_of(figure), figure.measure.title
    return title if not year or year in title else f"{title}, {year}"


def _finding(own: Sequence[Named], country: Area | None, figures: Figures) -> str:
    told = [(name, value) for name, area, _ in own if (value := _known(figures, area, MOST_DEPRIVED_PCT)) is not None]
    whole = _known(figures, country.pk, MOST_DEPRIVED_PCT) if country else None
    if not told:
        return "Beside the fund’s other places"
    low, high = min(told, key=lambda pair: pair[1]), max(told, key=lambda pair: pair[1])
    span = f"{wording.percent(low[1])} of people in {low[0]}"
    if len(told) > 1:
        span = f"From {span} to {wording.percent(high[1])} in {high[0]}"
    rest = f"; in all the fund’s places it is {wording.percent(whole)}" if whole is not None else ""
    return f"{span} live in the most deprived tenth of England{rest}."


def export_rows(areas: Iterable[int], figures: Figures) -> list[tuple[object, ...]]:
    """A row for each area and measure, areas in the order given; the number as it was published."""
    told = [figures[area][code] for area in areas for code in COMPARED if code in figures.get(area, {})]
    return [
        (
            figure.area.code, figure.area.name, figure.area.get_kind_display(), figure.measure.code,
            figure.measure.title, figure.value, figure.period_start, figure.period_end, figure.as_of,
            figure.measure.source, figure.measure.licence,
        )
        for figure in told
    ]  # fmt: skip
