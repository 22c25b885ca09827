"""This room's measures, worked out from its own tables, and how its events read."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from neighbourhoods.figures import ObservationRow, computes, declare_event_kind, declare_measure
from panels.domain.disclosure import rounded_turnout
from panels.domain.tally import Rule
from panels.models import PanelMembership, RoundResult
from panels.services.announcing import (
    ANNULLED,
    CLOSES,
    DECISION,
    FUNDED,
    MEMBERS,
    OPENS,
    PROJECT,
    RESULT,
    TURNOUT,
)

SOURCE = "The votes and panels of this portal"
LICENCE = "Open Government Licence v3.0"

declare_measure(
    code=MEMBERS,
    title="Panel members",
    definition="People who sit on the resident-led panel of the place.",
    unit="count",
    additive=True,
    source=SOURCE,
    licence=LICENCE,
    freshness="Within a minute",
)
declare_measure(
    code=TURNOUT,
    title="Votes counted",
    definition="Ballots counted in votes whose result was published in the year, to the nearest five.",
    unit="count",
    additive=True,
    source=SOURCE,
    licence=LICENCE,
    freshness="Within a minute of a result",
    disclosure_rule="under_ten",
)
declare_measure(
    code=FUNDED,
    title="Projects chosen by residents",
    definition="Projects funded by the results published in the year.",
    unit="count",
    additive=True,
    source=SOURCE,
    licence=LICENCE,
    freshness="Within a minute of a result",
)
declare_event_kind(OPENS, title="Voting opens", sentence="Voting in “{title}” opens.", invites=True, tells=True)
declare_event_kind(CLOSES, title="Voting closes", sentence="Voting in “{title}” closes.", invites=True)
declare_event_kind(RESULT, title="Result", sentence="The result of “{title}” was published.", tells=True)
declare_event_kind(DECISION, title="Decision", sentence="The panel decided: {title}.")
declare_event_kind(
    ANNULLED, title="Vote annulled", sentence="The vote “{title}” was annulled. It does not count. {note}", tells=True
)
for state, sentence in (
    ("not_started", "“{title}” has not started. {note}"),
    ("under_way", "“{title}” is under way. {note}"),
    ("done", "“{title}” is done. {note}"),
    ("changed", "“{title}” has changed. {note}"),
    ("stopped", "“{title}” has stopped. {note}"),
):
    declare_event_kind(PROJECT + state, title="News of a project", sentence=sentence, tells=True)


@computes(MEMBERS)
def members_count(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place with a panel: members today, under the current year."""
    today = localdate(core_now())
    sitting = PanelMembership.objects.on(today)
    if neighbourhood_ids is not None:
        sitting = sitting.filter(panel__neighbourhood__in=neighbourhood_ids)
    counts = sitting.values("panel__neighbourhood").annotate(members=Count("pk")).order_by("panel__neighbourhood")
    return [ObservationRow(row["panel__neighbourhood"], *_year(today), row["members"]) for row in counts]


@computes(TURNOUT)
def turnout_count(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place and year with a published result."""
    return _by_year((result, rounded_turnout(result.counted_count)) for result in _published(neighbourhood_ids))


@computes(FUNDED)
def funded_projects_count(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place and year with a published result."""
    is_funded = Q(lines__is_decisive=True, lines__order__isnull=False) & ~Q(lines__rule=Rule.PRIORITY)
    funded = Count("lines", filter=is_funded)
    return _by_year((result, result.funded) for result in _published(neighbourhood_ids).annotate(funded=funded))


def _published(neighbourhood_ids: list[int] | None) -> QuerySet[RoundResult]:
    results = (
        RoundResult.objects.exclude(published_at=None)
        .filter(round__annulment=None)
        .select_related("round__panel")
        .order_by("pk")
    )
    if neighbourhood_ids is not None:
        results = results.filter(round__panel__neighbourhood__in=neighbourhood_ids)
    return results


def _by_year(numbers: Iterable[tuple[RoundResult, int]]) -> Iterable[ObservationRow]:
    totals: Counter[tuple[int, date]] = Counter()
    for result, number in numbers:
        if result.published_at:
            totals[result.round.panel.neighbourhood_id, localdate(result.published_at).replace(month=1, day=1)] += (
                number
            )
    return [ObservationRow(place, *_year(first), number) for (place, first), number in sorted(totals.items())]


def _year(day: date) -> tuple[date, date]:
    return day.replace(month=1, day=1), day.replace(month=12, day=31)
