"""What is kept about the ledger: which months are closed, which days are sealed, what was asked and exported."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Min, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.timezone import get_default_timezone, localdate

from cwf_portal.core.models import User
from grants.domain.dates import add_months
from grants.domain.ledger import JournalKind, why_not_reversed
from grants.models import Correction, HeadNotice, Journal, LedgerDay, LedgerExport, LineClearing, MonthClose

# A clock that is set right by a little after midnight must not find its day sealed.
GRACE = timedelta(minutes=10)


def books_open_from() -> date:
    """The first day on which anything may still be posted."""
    closed = MonthClose.objects.filter(closed_at__isnull=False).order_by("-month").values_list("month", flat=True)
    last = closed.first()
    return add_months(last, 1) if last else date.min


def months() -> QuerySet[MonthClose]:
    """Months asked to be closed and closed, the latest first, with who did it."""
    return MonthClose.objects.select_related("asked_by", "closed_by").order_by("-month")


def next_month_to_close(day: date) -> date | None:
    """The last whole month before `day` that nobody has asked to close yet; None where there is none."""
    month = add_months(day.replace(day=1), -1)
    asked = MonthClose.objects.order_by("-month").values_list("month", flat=True).first()
    return month if asked is None or month > asked else None


def ledger_head() -> LedgerDay | None:
    """The last sealed day: its digest stands for everything before it."""
    return LedgerDay.objects.order_by("-day").first()


def sealed_days() -> QuerySet[LedgerDay]:
    """The chain, the latest day first; without what only a recount needs."""
    return LedgerDay.objects.defer("leaves").order_by("-day")


@dataclass(frozen=True)
class OpenDay:
    """The next day to seal: its date, and the moments it begins and ends."""

    day: date
    starts_at: datetime
    until: datetime


def day_to_seal(at: datetime) -> OpenDay | None:
    """The first day that is over, has journals and is not sealed; None when there is none."""
    head = LedgerDay.objects.order_by("-day").values_list("until", flat=True).first()
    waiting = Journal.objects.filter(recorded_at__gte=head) if head else Journal.objects.all()
    first = waiting.aggregate(at=Min("recorded_at"))["at"]
    if first is None or localdate(first) >= localdate(at - GRACE):
        return None
    return open_day(localdate(first))


def journals_to_seal(at: datetime) -> QuerySet[Journal]:
    """Journals of days that are over and not sealed."""
    head = LedgerDay.objects.order_by("-day").values("until")[:1]
    since = Coalesce(Subquery(head), Value(datetime.min.replace(tzinfo=UTC)))
    return Journal.objects.filter(recorded_at__gte=since, recorded_at__lt=_midnight(localdate(at - GRACE)))


def open_day(day: date) -> OpenDay:
    """A day in London, from midnight to midnight."""
    return OpenDay(day, _midnight(day), _midnight(day + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=get_default_timezone())


def head_to_send(at: datetime) -> tuple[date, LedgerDay] | None:
    """The month that ended last and the head it left, where the auditors were not sent it; None otherwise."""
    month = add_months(localdate(at).replace(day=1), -1)
    if HeadNotice.objects.filter(month=month).exists():
        return None
    before = add_months(month, 1)
    head = LedgerDay.objects.filter(day__gte=month, day__lt=before).order_by("-day").first()
    unsealed = day_to_seal(at)
    if head is None or (unsealed is not None and unsealed.day < before):
        return None
    return month, head


def corrections() -> QuerySet[Correction]:
    """Corrections asked for and decided, what waits first."""
    found = Correction.objects.select_related("journal", "asked_by", "decided_by", "reversal")
    return found.order_by("decided_at", "-pk")


def corrections_to_decide(user: User) -> QuerySet[Correction]:
    """What waits for this person: never what they asked for themselves."""
    return corrections().filter(is_agreed=None).exclude(asked_by=user)


def months_to_close(user: User) -> QuerySet[MonthClose]:
    """Months that somebody else asked to close."""
    return months().filter(closed_at=None).exclude(asked_by=user)


def why_not_corrected(journal: Journal) -> str:
    """Why nobody can ask to reverse a journal, in one sentence; empty where one may."""
    refusal = why_not_reversed(JournalKind(journal.kind))
    if not refusal and reversal_of(journal) is not None:
        return "It was reversed already."
    if not refusal and journal.corrections.filter(is_agreed=None).exists():
        return "Somebody has asked already; another person decides."
    return refusal or _why_line_stays_explained(journal)


def _why_line_stays_explained(journal: Journal) -> str:
    """A line of the bank whose explanation moved other money too cannot be half taken back."""
    whole = LineClearing.objects.exclude(kind=LineClearing.Kind.OTHER_INCOME).filter(journal=journal).first()
    if whole is None:
        return ""
    return (
        f"The line was explained as “{whole.get_kind_display()}”, and that was posted with it: what undoes both is "
        "another line of the bank."
    )


def reversal_of(journal: Journal) -> int | None:
    """The primary key of the journal that reverses this one; None where none does."""
    return Journal.objects.filter(reverses=journal).values_list("pk", flat=True).first()


def exports() -> QuerySet[LedgerExport]:
    """Batches for the accounting system, the latest first."""
    return LedgerExport.objects.select_related("exported_by").order_by("-number")


def days_to_export() -> QuerySet[LedgerDay]:
    """Sealed days that no batch holds yet, in order."""
    last = LedgerExport.objects.order_by("-number").values_list("through", flat=True).first()
    days = LedgerDay.objects.defer("leaves").order_by("day")
    return days.filter(day__gt=last) if last else days
