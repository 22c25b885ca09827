"""Figures and events in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from string import Formatter
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cwf_portal.core.figures_text import day_text, pounds, pounds_short
from cwf_portal.core.languages import as_written, is_english, sentences
from neighbourhoods.domain import wording
from neighbourhoods.figures import event_kind
from neighbourhoods.measures import PLACE_MEASURES
from neighbourhoods.models import Area, Event, Figure, FigureState, Measure, Unit

MONEY = ("grants.set_aside", "grants.promised", "grants.sent")
PLACES_PREFIX = "places."
LATE_COUNT = "grants.late_count"
WITHHELD, UNKNOWN, NOTHING_YET = gettext_noop("withheld to protect people"), gettext_noop("not known"), "none yet"
UPCOMING_SHOWN, DONE_SHOWN = 6, 6


@dataclass(frozen=True)
class FigureText:
    """One figure: what it is of, the number in words, and what stands behind it. `exact` has every penny."""

    code: str
    title: str
    text: str
    exact: str
    as_of: date
    measure: Measure
    parts: tuple[str, ...] = ()
    year: str = ""

    @property
    def note(self) -> str:
        """Which year it is of, what it is made up of, where that is published, and when it last changed."""
        changed = _("Last changed {day}").format(day=day_text(self.as_of))
        before = [part for part in (self.year, ", ".join(self.parts)) if part]
        return str(sentences(*before, changed)) if before else changed


@dataclass(frozen=True)
class Comparison:
    """One measure in several areas, the area of the page first: (name, number in words) pairs."""

    title: str
    definition: str
    values: list[tuple[str, str]]


@dataclass(frozen=True)
class SoFar:
    """The fund in a few figures: its money, what residents do, and the measures behind both."""

    money: list[FigureText]
    others: list[FigureText]
    measures: list[Measure]


@dataclass(frozen=True)
class EventText:
    """One event: when, what, and whether it is late. `reason` says why, where somebody said so."""

    title: str
    sentence: str
    place: str
    place_code: str
    happens_on: date
    is_late: bool
    is_done: bool
    reason: str
    link: str
    is_sample: bool


@dataclass
class Timeline:
    """Events by what they ask of the reader: what is late, what comes next, what was done last."""

    late: list[EventText] = field(default_factory=list)
    upcoming: list[EventText] = field(default_factory=list)
    done: list[EventText] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.late or self.upcoming or self.done)


def number_text(figure: Figure, *, exact: bool = False) -> str:
    """The figure's number as people write it, or why there is none."""
    if figure.state == FigureState.SUPPRESSED:
        return _(WITHHELD)
    if figure.value is None:
        return _(UNKNOWN)
    if figure.measure.unit == Unit.PENCE:
        return pounds(int(figure.value)) if exact else pounds_short(int(figure.value))
    if figure.measure.unit == Unit.PCT:
        return wording.percent(figure.value, places=1 if exact else 0)
    return wording.score(figure.value) if figure.measure.unit == Unit.SCORE else wording.count(figure.value)


def figure_text(figure: Figure, *, parts: Iterable[Figure] = ()) -> FigureText:
    """A figure for a page; parts that are zero are left out."""
    return FigureText(
        code=figure.measure.code,
        title=_(figure.measure.title),
        text=number_text(figure),
        exact=number_text(figure, exact=True),
        as_of=figure.as_of,
        measure=figure.measure,
        year=year_of(figure),
        parts=tuple(
            f"{number_text(part)} {_(part.measure.title.removeprefix(f'{figure.measure.title}, '))}"
            for part in parts
            if part.value
        ),
    )


def year_of(figure: Figure) -> str:
    """The year of a figure that starts anew each January; nothing for one that has run since the start.

    Without it a count of this year reads as a count of all years, beside money that is.
    """
    first, last = figure.period_start, figure.period_end
    is_a_year = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year
    return str(first.year) if is_a_year else ""


def by_area(figures: Iterable[Figure]) -> dict[int, dict[str, Figure]]:
    """Figures by area, then by measure code."""
    found: dict[int, dict[str, Figure]] = {}
    for figure in figures:
        found.setdefault(figure.area_id, {})[figure.measure.code] = figure
    return found


def money(figures: Mapping[str, Figure]) -> list[FigureText]:
    """Set aside, promised, sent, in this order, as far as they are published, each with its parts by source."""
    return [
        figure_text(
            figures[whole], parts=[part for code, part in sorted(figures.items()) if code.startswith(f"{whole}.")]
        )
        for whole in MONEY
        if whole in figures
    ]


def is_money(code: str) -> bool:
    """Whether a measure is one of the three of money, or a part of one that comes from one source."""
    return code in MONEY or code.startswith(tuple(f"{whole}." for whole in MONEY))


def other_work(figures: Mapping[str, Figure]) -> list[FigureText]:
    """What the rooms above publish beside the money: votes, members, projects."""
    return [figure_text(figure) for code, figure in sorted(figures.items()) if is_other_work(code)]


def is_other_work(code: str) -> bool:
    """Whether a measure is of what people do, not of money or of who lives there."""
    return not is_money(code) and code != LATE_COUNT and not code.startswith(PLACES_PREFIX)


def so_far(figures: Sequence[Figure]) -> SoFar:
    """What one area's figures say of the fund. The parts of the money say themselves what they are."""
    by_code = {figure.measure.code: figure for figure in figures}
    shown = [figure for code, figure in by_code.items() if code in MONEY or is_other_work(code)]
    return SoFar(money=money(by_code), others=other_work(by_code), measures=measures_of(shown))


def comparisons(areas: Sequence[Area], figures: Mapping[int, Mapping[str, Figure]]) -> list[Comparison]:
    """What is known of the people of the first area, beside the other areas (their part among the places)."""
    own = figures.get(areas[0].pk, {})
    rows = []
    for code in PLACE_MEASURES:
        if (figure := own.get(code)) is not None:
            values = [
                (area.name, number_text(figures[area.pk][code])) for area in areas if code in figures.get(area.pk, {})
            ]
            rows.append(Comparison(figure.measure.title, figure.measure.definition, values))
    return rows


def measures_of(figures: Iterable[Figure]) -> list[Measure]:
    """The measures behind figures, each once, by title."""
    found = {figure.measure_id: figure.measure for figure in figures}
    return sorted(found.values(), key=lambda measure: measure.title)


def _said(pattern: str, params: Mapping[str, Any]) -> SafeString | str:
    """A sentence with the parameters of an event; one that is not there is left out of it."""
    names = [name for _text, name, _format, _how in Formatter().parse(pattern) if name]
    words = {name: _word(name, params.get(name, "")) for name in names}
    if is_english():
        return pattern.format(**words).strip()
    return format_html("{}", format_html(_(pattern), **words) if words else _(pattern)) if pattern else ""


def _word(name: str, value: Any) -> SafeString | str:
    if name.endswith("_pence") and isinstance(value, int):
        return pounds(value)
    if name.endswith("_on") and isinstance(value, str):
        return _day_or_text(value)
    return str(value) if isinstance(value, int) else as_written(value)


def _day_or_text(value: str) -> str:
    try:
        return day_text(date.fromisoformat(value))
    except ValueError:
        return value


def event_text(event: Event, today: date) -> EventText:
    """An event for a page; it is late when its day has passed and it is not done."""
    kind = event_kind(event.kind)
    return EventText(
        title=_said(kind.title, event.params),
        sentence=_said(kind.sentence, event.params),
        place=event.neighbourhood.label,
        place_code=event.neighbourhood.code,
        happens_on=event.happens_on,
        is_late=event.done_at is None and event.happens_on < today,
        is_done=event.done_at is not None,
        reason=str(event.params.get("reason", "")),
        link=event.link,
        is_sample=bool(event.params.get("is_sample")),
    )


def timeline(events: Iterable[Event], today: date) -> Timeline:
    """Late events, the next six, and the six done last."""
    told = Timeline()
    done: list[tuple[datetime, EventText]] = []
    for event in events:
        text = event_text(event, today)
        if event.done_at is not None:
            done.append((event.done_at, text))
        elif text.is_late:
            told.late.append(text)
        elif len(told.upcoming) < UPCOMING_SHOWN:
            told.upcoming.append(text)
    newest = sorted(done, key=lambda pair: pair[0], reverse=True)[:DONE_SHOWN]
    told.done = [text for _, text in newest]
    return told
