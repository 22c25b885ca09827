"""What dashboards show of the money: measures computed from the ledger, and how events read."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial

from django.db.models import Count, F, QuerySet, Sum

from grants.domain.award import Strand
from grants.domain.ledger import PROMISED_TO_AGREEMENTS, Account
from grants.domain.sources import SOURCE_NAMES, part_of_measure
from grants.models import Allocation, AllocationFunding, DecisionKind, FundDecision, Posting, Tranche, TrancheStatus
from grants.selectors.days import today
from neighbourhoods.domain.years import financial_year
from neighbourhoods.figures import ObservationRow, computes, declare_event_kind, declare_measure
from neighbourhoods.models import Neighbourhood

# These count from the fund's first day, so every place and every edition shares one period.
SINCE_THE_START = (date(2020, 1, 1), date(2099, 12, 31))
LEDGER = "The fund's own ledger"
LICENCE = "Open Government Licence v3.0"
WITHIN_A_MINUTE = "Within a minute of the change"
# Named one by one, for the index by status: most payments of a long history are sent.
UNSENT = (TrancheStatus.PLEDGED, TrancheStatus.COMMITTED, TrancheStatus.PAYABLE, TrancheStatus.INSTRUCTED)

declare_measure(
    code="grants.set_aside",
    title="Set aside",
    definition="What the fund keeps for the neighbourhood over the whole term, from all sources.",
    unit="pence",
    additive=True,
    source=LEDGER,
    licence=LICENCE,
    freshness=WITHIN_A_MINUTE,
)
declare_measure(
    code="grants.promised",
    title="Promised",
    definition=(
        "What approved agreements give the neighbourhood over their whole term, paid or not. Later years depend on a "
        "yearly review. The organisation's own costs are not in it."
    ),
    unit="pence",
    additive=True,
    source=LEDGER,
    licence=LICENCE,
    freshness=WITHIN_A_MINUTE,
)
declare_measure(
    code="grants.sent",
    title="Sent",
    definition="What the bank has confirmed as sent for the neighbourhood. A payment can come back within five days.",
    unit="pence",
    additive=True,
    source="The fund's own ledger, from bank statements",
    licence=LICENCE,
    freshness=WITHIN_A_MINUTE,
)
declare_measure(
    code="grants.late_count",
    title="Late payments",
    definition="Promised payments whose day has passed and that the bank has not yet confirmed as sent.",
    unit="count",
    additive=True,
    source=LEDGER,
    licence=LICENCE,
    freshness="Daily, and within a minute of a payment",
)
declare_measure(
    code="grants.sent_in_year",
    title="Sent in the year",
    definition="What the bank has confirmed as sent for the neighbourhood in a financial year, April to March.",
    unit="pence",
    additive=True,
    source="The fund's own ledger, from bank statements",
    licence=LICENCE,
    freshness=WITHIN_A_MINUTE,
)
declare_measure(
    code="grants.to_come_in_year",
    title="Still to come in the year",
    definition=(
        "Payments of approved agreements that are not sent yet, in the financial year in which each is due. Later "
        "years depend on a yearly review, and payments rise with prices year by year."
    ),
    unit="pence",
    additive=True,
    source="The fund's own schedule of payments",
    licence=LICENCE,
    freshness=WITHIN_A_MINUTE,
)


def _parts_by_source() -> None:
    """For each measure of money one more for each source, shown beside the whole."""
    computed = {
        "grants.set_aside": lambda places, source: _rows(places, _set_aside(places, source)),
        "grants.promised": lambda places, source: _rows(places, _held(places, *PROMISED_TO_AGREEMENTS, source=source)),
        "grants.sent": lambda places, source: _rows(places, _held(places, Account.PAID, source=source)),
    }
    titles = {"grants.set_aside": "Set aside", "grants.promised": "Promised", "grants.sent": "Sent"}
    for whole, compute in computed.items():
        for source, name in SOURCE_NAMES.items():
            code = part_of_measure(whole, source)
            declare_measure(
                code=code,
                title=f"{titles[whole]}, from {name}",
                definition=f"The part of “{titles[whole]}” that comes from {name}.",
                unit="pence",
                additive=True,
                source=LEDGER,
                licence=LICENCE,
                freshness=WITHIN_A_MINUTE,
            )
            computes(code)(partial(_of_source, compute, source))


def _of_source(
    compute: Callable[[list[int] | None, str], list[ObservationRow]], source: str, neighbourhood_ids: list[int] | None
) -> list[ObservationRow]:
    return compute(neighbourhood_ids, source)


_parts_by_source()

declare_event_kind("grants.set_aside", title="Money set aside", sentence="{amount_pence} was set aside.")
declare_event_kind(
    "grants.approved", title="Agreement approved", sentence="A grant of {amount_pence} over {term_years} years."
)
declare_event_kind("grants.offered", title="Agreement offered", sentence="Offered to {organisation}.")
declare_event_kind("grants.accepted", title="Agreement accepted", sentence="{organisation} looks after {amount_pence}.")
declare_event_kind("grants.returned", title="Money went back to the fund", sentence="{amount_pence}: {reason}")
declare_event_kind("grants.lapsed", title="Offer lapsed", sentence="The money stays set aside for the place.")
declare_event_kind("grants.completed", title="Agreement completed", sentence="All {amount_pence} was paid.")
declare_event_kind("grants.discontinued", title="Agreement discontinued", sentence="Unpaid money stays with the place.")
declare_event_kind("grants.payment", title="Payment {number}", sentence="{amount_pence}")
declare_event_kind("grants.report", title="Yearly report", sentence="The report of year {year}.")
declare_event_kind("grants.review", title="Yearly review", sentence="The fund decides on the year after year {year}.")


@computes("grants.set_aside")
def set_aside(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place, in pence, less what went back to the fund; places without an allocation have zero."""
    allocations = (
        Allocation.objects.standing()
        .values_list("neighbourhood")
        .annotate(total=Sum(F("amount_pence") - F("returned_pence")))
        .order_by()
    )
    return _rows(neighbourhood_ids, dict(_of(allocations, "neighbourhood", neighbourhood_ids)))


def _set_aside(neighbourhood_ids: list[int] | None, source: str) -> dict[int, int]:
    """What one source set aside, less what went back to it."""
    place = "allocation__neighbourhood"
    given = (
        AllocationFunding.objects.filter(source__code=source, allocation__cohort__allocated_at__isnull=False)
        .values_list(place)
        .annotate(Sum("amount_pence"))
        .order_by()
    )
    returned = (
        FundDecision.objects.published()
        .filter(kind=DecisionKind.ALLOCATION_RETURNED, source__code=source)
        .order_by()
        .values_list(place)
        .annotate(Sum("amount_pence"))
    )
    back = dict(_of(returned, place, neighbourhood_ids))
    return {found: total - back.get(found, 0) for found, total in _of(given, place, neighbourhood_ids)}


@computes("grants.promised")
def promised(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place, in pence: the place strand of everything from pledged to paid."""
    return _rows(neighbourhood_ids, _held(neighbourhood_ids, *PROMISED_TO_AGREEMENTS))


@computes("grants.sent")
def sent(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place, in pence: the place strand of paid."""
    return _rows(neighbourhood_ids, _held(neighbourhood_ids, Account.PAID))


@computes("grants.sent_in_year")
def sent_in_year(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place and financial year in which something was sent, or came back, in pence."""
    paid = (
        Posting.objects.filter(account=Account.PAID.value, strand=Strand.PLACE.value)
        .values_list("neighbourhood", "journal__effective_on")
        .annotate(Sum("amount_pence"))
        .order_by()
    )
    found = _of(paid, "neighbourhood", neighbourhood_ids)
    return _by_year((place, day, -amount) for place, day, amount in found)


@computes("grants.to_come_in_year")
def to_come_in_year(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place and financial year in which payments are due that are not sent yet, in pence."""
    place = "agreement__allocation__neighbourhood"
    unsent = Tranche.objects.filter(status__in=UNSENT).order_by().values_list(place, "due_on")
    return _by_year(_of(unsent.annotate(pence=Sum(F("amount_pence") + F("uplift_pence"))), place, neighbourhood_ids))


def _by_year(amounts: Iterable[tuple[int, date, int]]) -> list[ObservationRow]:
    """Rows of (place, day, pence) added up by financial year; a year that adds up to nothing has none."""
    totals: Counter[tuple[int, date, date]] = Counter()
    for place, day, pence in amounts:
        totals[place, *financial_year(day)] += pence
    return [ObservationRow(*slot, pence) for slot, pence in sorted(totals.items()) if pence]


@computes("grants.late_count")
def late_count(neighbourhood_ids: list[int] | None) -> Iterable[ObservationRow]:
    """One row per place: payments late today."""
    return _rows(neighbourhood_ids, late_by_place(neighbourhood_ids))


def late_by_place(neighbourhood_ids: list[int] | None) -> dict[int, int]:
    """How many payments are late today, by primary key of the place; places without any are left out."""
    late = (
        Tranche.objects.late(today())
        .order_by()
        .values_list("agreement__allocation__neighbourhood")
        .annotate(Count("pk"))
    )
    return dict(_of(late, "agreement__allocation__neighbourhood", neighbourhood_ids))


def _held(neighbourhood_ids: list[int] | None, *accounts: Account, source: str = "") -> dict[int, int]:
    found = Posting.objects.filter(account__in=[account.value for account in accounts], strand=Strand.PLACE.value)
    postings = (
        (found.filter(source__code=source) if source else found)
        .values_list("neighbourhood")
        .annotate(Sum("amount_pence"))
        .order_by()
    )
    return {place: -total for place, total in _of(postings, "neighbourhood", neighbourhood_ids)}


def _of(rows: QuerySet, field: str, neighbourhood_ids: list[int] | None) -> QuerySet:
    return rows if neighbourhood_ids is None else rows.filter(**{f"{field}__in": neighbourhood_ids})


def _rows(neighbourhood_ids: list[int] | None, amounts: Mapping[int, int]) -> list[ObservationRow]:
    places = neighbourhood_ids
    if places is None:
        places = list(Neighbourhood.objects.order_by("pk").values_list("pk", flat=True))
    return [ObservationRow(place, *SINCE_THE_START, amounts.get(place, 0)) for place in places]
