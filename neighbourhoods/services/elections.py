"""Before an election: what is new waits, what was promised goes on, and Members' pages end with their Parliament."""

from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Subquery

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now, today
from cwf_portal.core.errors import ConflictError, DomainError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from neighbourhoods.models import Area, AreaKind, ConstituencyAccess, Neighbourhood, SensitivePeriod, lapsed
from neighbourhoods.models.elections import MOST_DAYS
from neighbourhoods.selectors.elections import election_in

ONE_DAY = timedelta(days=1)
ACTOR = "system:dissolution"


class ElectionError(DomainError):
    """Nothing new begins before an election."""


def declare_period(
    *, by: User, area: Area, name: str, starts_on: date, ends_on: date, dissolves_on: date | None = None
) -> SensitivePeriod:
    """Say that nothing new begins in an area before an election; the same again returns the first.

    Args:
        by: whoever may declare elections. One person is enough: what waits is news, never money or a vote.
        area: the country, a region, a council or a constituency; a place belongs to it with any part.
        name: of the election, as residents read it.
        starts_on: the first day; may be past.
        ends_on: the last day, usually polling day.
        dissolves_on: the first day without Members of Parliament, of a general election.

    Raises:
        NotAllowedError: `by` may not declare elections.
        DomainError: a date is out of order, or Parliament is dissolved for less than the country.
        ConflictError: another period begins in this area on this day.
    """
    require(by, Permission.DECLARE_ELECTION)
    name = name.strip()
    if not name:
        raise DomainError("An election needs a name.", mend="Say which one it is.")
    _check_days(starts_on, ends_on, dissolves_on)
    if dissolves_on is not None and area.kind != AreaKind.COUNTRY:
        raise DomainError(
            "Parliament is dissolved for the whole country.", mend="Choose the country, or leave that day empty."
        )
    with acting(by, f"declared an election: {name}"):
        wanted = {"name": name, "ends_on": ends_on, "dissolves_on": dissolves_on}
        period, is_new = SensitivePeriod.objects.get_or_create(
            area=area, starts_on=starts_on, taken_back_at=None, defaults={**wanted, "declared_by": by}
        )
        if not is_new and any(getattr(period, field) != value for field, value in wanted.items()):
            raise ConflictError(
                f"“{period.name}” begins on that day in {area.name}.", mend="Take it back first, if it is wrong."
            )
        return period


def _check_days(starts_on: date, ends_on: date, dissolves_on: date | None) -> None:
    if not starts_on <= ends_on < starts_on + timedelta(days=MOST_DAYS):
        raise DomainError(
            f"It ends on its first day or up to {MOST_DAYS - 1} days later.", mend="Look at the two dates again."
        )
    if ends_on < today():
        raise DomainError("This election is over: nothing is held back any more.", mend="Look at the last day again.")
    if dissolves_on is not None and not starts_on <= dissolves_on <= ends_on:
        raise DomainError("Parliament is dissolved within these days.", mend="Look at the three dates again.")


def take_period_back(*, by: User, period: SensitivePeriod) -> SensitivePeriod:
    """Hold back nothing for this election any more; what it ended already stays ended. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not declare elections.
    """
    require(by, Permission.DECLARE_ELECTION)
    with acting(by, f"took an election back: {period.name}"):
        period = SensitivePeriod.objects.select_for_update().get(pk=period.pk)
        if period.taken_back_at is None:
            period.taken_back_by, period.taken_back_at = by, core_now()
            period.save(update_fields=["taken_back_by", "taken_back_at"])
        return period


def require_no_election(place: Neighbourhood, day: date) -> None:
    """Refuse what would begin in a place before an election.

    Raises:
        ElectionError: the day lies in a period that was declared for the place.
    """
    period = election_in(place, day)
    if period:
        raise ElectionError(
            f"{day_text(day)} lies before an election ({period.name}), and nothing new begins then.",
            mend=f"Choose a day after {day_text(period.ends_on)}.",
        )


def end_pages_at_dissolution(at: datetime) -> int:
    """Note the end of each page of a constituency that ended with a Parliament, confirmed or not. Returns how many."""
    over = ConstituencyAccess.objects.not_ended().filter(lapsed(today(at)))
    if not over.exists():
        return 0
    first = SensitivePeriod.objects.standing().filter(dissolves_on__gt=OuterRef("starts_on")).order_by("dissolves_on")
    with acting(ACTOR, "Parliament was dissolved"):
        return over.update(ends_on=Subquery(first.values("dissolves_on")[:1]) - ONE_DAY)
