"""Each anniversary of an agreement: payments rise with prices, and what the cap no longer needs becomes free."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import Max, Sum
from django.utils.timezone import localdate

from cwf_portal.core.audit import Actor, acting
from grants.domain.award import BASIS_POINTS, Strand
from grants.domain.dates import add_months
from grants.domain.indexation import Indexation, IndexedTranche, IndexTerms, factors, rate_month, reserve_at_cap, rise
from grants.domain.ledger import Account, JournalKind, Line, Purse, merge
from grants.domain.postings import uplifted
from grants.domain.schedule import MONTHS_IN_YEAR
from grants.domain.sources import with_parts
from grants.models import Agreement, Tranche, TrancheFunding, TrancheStatus, Uplift
from grants.selectors.agreements import anniversaries_to_post
from grants.selectors.ledger import reserved_by_agreement
from grants.selectors.prices import cpih_rise
from grants.selectors.uplifts import uplifts_to_settle
from grants.services.agreements import locked_all
from grants.services.posting import Entry, post_journals
from grants.services.publishing import PROMISED, publish_payments
from neighbourhoods.services import mark_stale

STANDING = {TrancheStatus.PLEDGED: Account.PLEDGED, TrancheStatus.COMMITTED: Account.COMMITTED}
Rate = dict[str, Any]
MOST_AT_ONCE = 100


def raise_with_prices(*, by: Actor, at: datetime) -> int:
    """Post every anniversary that has come, many agreements at a time, under their locks; returns how many.

    A figure that is not published yet leaves the factor as it was. It is made good as soon as it is loaded; until then,
    or until there is no payment left that could carry it, what the cap may still ask for stays kept.
    """
    done = 0
    due = anniversaries_to_post(at)
    while pks := list(due.order_by("next_uplift_on", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE]):
        with acting(by, "raised payments with prices"):
            agreements = locked_all(pks)
            still = set(due.filter(pk__in=pks).values_list("pk", flat=True))
            _post(by, [agreements[pk] for pk in pks if pk in still], localdate(at))
            done += len(still)
    return done + _make_good(by, at)


def _make_good(by: Actor, at: datetime) -> int:
    """Post what was missing at an anniversary and is known now, and free what no payment is left to carry."""
    waiting = uplifts_to_settle(at)
    for first in range(0, len(waiting), MOST_AT_ONCE):
        pks = [uplift.agreement_id for uplift in waiting[first : first + MOST_AT_ONCE]]
        with acting(by, "made a late figure of prices good"):
            agreements = locked_all(pks)
            still = {uplift.agreement_id for uplift in uplifts_to_settle(at, among=pks)}
            _post(by, [agreements[pk] for pk in pks if pk in still], localdate(at), is_late=True)
    return len(waiting)


@dataclass(frozen=True)
class Known:
    """What is read at once for all agreements whose anniversaries are posted together, by primary key of each.

    Attributes:
        reserved: Pence still kept for rising prices, by source.
        tranches: The payments that are not cancelled, in order, locked.
        funding: What each of them takes from its sources, by its own primary key.
        last: The anniversary posted last, with the rates known then.
        published: The rate of each month that was looked up.
    """

    reserved: Mapping[int, Mapping[int, int]]
    tranches: Mapping[int, Sequence[Tranche]]
    funding: Mapping[int, "Funded"]
    last: Mapping[int, Uplift]
    published: dict[date, Rate] = field(default_factory=dict)


@dataclass
class Funded:
    """What one payment takes from its sources: pence of the grant and pence given for prices, by source.

    `entries` counts how often its funding was noted: every anniversary notes it once more.
    """

    amounts: dict[int, int] = field(default_factory=dict)
    uplifts: dict[int, int] = field(default_factory=dict)
    entries: int = 0


def funded(tranche: Tranche) -> Funded:
    """The same of one payment whose funding is read already."""
    found = Funded()
    for part in tranche.funding.all():
        found.amounts[part.source_id] = found.amounts.get(part.source_id, 0) + part.amount_pence
        found.uplifts[part.source_id] = found.uplifts.get(part.source_id, 0) + part.uplift_pence
        found.entries = max(found.entries, part.entry)
    return found


def _funding_of(agreement_pks: Iterable[int]) -> dict[int, Funded]:
    """Added up by the database: a payment late in the term has a row for each source and anniversary before it."""
    rows = (
        TrancheFunding.objects.filter(tranche__agreement__in=list(agreement_pks))
        .values_list("tranche", "source")
        .annotate(Sum("amount_pence"), Sum("uplift_pence"), Max("entry"))
        .order_by()
    )
    found: dict[int, Funded] = defaultdict(Funded)
    for tranche, source, amount, uplift, entry in rows:
        one = found[tranche]
        one.amounts[source], one.uplifts[source] = amount, uplift
        one.entries = max(one.entries, entry)
    return found


def _known(agreements: Sequence[Agreement]) -> Known:
    """The payments stay locked, so that no run claims one at its old amount."""
    pks = [agreement.pk for agreement in agreements]
    tranches: dict[int, list[Tranche]] = {pk: [] for pk in pks}
    standing = (
        Tranche.objects.filter(agreement__in=pks)
        .exclude(status=TrancheStatus.CANCELLED)
        .order_by("agreement", "number")
        .select_for_update(of=("self",))
    )
    for tranche in standing:
        tranches[tranche.agreement_id].append(tranche)
    last = {one.agreement_id: one for one in Uplift.objects.filter(agreement__in=pks).order_by("year", "entry")}
    return Known(reserved_by_agreement(pks), tranches, _funding_of(pks), last)


@dataclass(frozen=True)
class Anniversary:
    """What an anniversary changes: the payments in order, what each source adds to each, and what is freed.

    `unposted` is the row that stands for it, its journal still to be named; `entry` is None where nothing moves.
    """

    agreement: Agreement
    sources: tuple[int, ...]
    tranches: Sequence[Tranche]
    added: Sequence[Sequence[int]]
    unposted: Uplift
    entry: Entry | None


def _post(by: Actor, agreements: Sequence[Agreement], on: date, *, is_late: bool = False) -> None:
    """The next anniversary of each, or the last one again where a figure came late, in a few statements however many
    there are. The caller holds the locks."""
    known = _known(agreements)
    changes = [_anniversary(agreement, known, on, is_late=is_late) for agreement in agreements]
    posting = [change for change in changes if change.entry is not None]
    journals = post_journals(by=by, entries=[change.entry for change in posting if change.entry is not None])
    for change, journal_pk in zip(posting, journals, strict=True):
        change.unposted.journal_id = journal_pk
    Uplift.objects.bulk_create(change.unposted for change in changes)
    _raise_tranches(changes, known.funding)
    Agreement.objects.bulk_update(agreements, ["next_uplift_on"])


def _begun(agreement: Agreement, known: Known, on: date, *, is_late: bool) -> Uplift:
    """The row that stands for an anniversary, its year and day filled in: the next one, or the last one once more."""
    if is_late:
        last = known.last[agreement.pk]
        return Uplift(agreement=agreement, year=last.year, entry=last.entry + 1, happens_on=on)
    if agreement.starts_on is None or agreement.next_uplift_on is None:
        raise ValueError(f"{agreement} has no anniversary to come")
    happens_on = agreement.next_uplift_on
    return Uplift(agreement=agreement, year=happens_on.year - agreement.starts_on.year, happens_on=happens_on)


def _anniversary(agreement: Agreement, known: Known, on: date, *, is_late: bool) -> Anniversary:
    """What an anniversary changes; the next one moves `next_uplift_on`, which the caller saves."""
    row = _begun(agreement, known, on, is_late=is_late)
    tranches, reserved = known.tranches[agreement.pk], known.reserved[agreement.pk]
    sources = tuple(sorted({source for tranche in tranches for source in known.funding[tranche.pk].amounts}))
    last_year = max((tranche.year for tranche in tranches), default=row.year)
    is_over = all(tranche.status == TrancheStatus.PAID for tranche in tranches)
    row.rates = _rates(agreement, min(row.year, last_year - 1), known, is_over=is_over)
    indexed = [indexed_tranche(tranche, known.funding[tranche.pk], sources) for tranche in tranches]
    kept_before = [reserved.get(source, 0) for source in sources]
    numbers = _numbers(row.rates)
    added, kept = _added_and_kept(
        agreement.index_terms, indexed, numbers=numbers, kept_before=kept_before, is_over=is_over
    )
    used = [sum(column) for column in zip(*added, strict=True)]
    freed = [before - spent - rest for before, spent, rest in zip(kept_before, used, kept, strict=True)]
    if not is_late and agreement.starts_on is not None:
        following = add_months(agreement.starts_on, MONTHS_IN_YEAR * (row.year + 1))
        agreement.next_uplift_on = following if row.year < last_year else None
    row.factor = str(factors(agreement.index_terms, numbers, len(numbers) + 1, unknown=Fraction(0))[-1])
    row.used_pence, row.unused_pence = sum(used), sum(freed)
    lines = _lines(agreement, sources, raised=zip(tranches, added, strict=True), freed=freed)
    again = f":{row.entry}" if is_late else ""
    entry = Entry(
        kind=JournalKind.UPLIFT,
        key=f"uplift:{agreement.reference}:{row.year}{again}",
        lines=lines,
        effective_on=on,
        reference=agreement.reference,
    )
    return Anniversary(agreement, sources, tranches, added, row, entry if lines else None)


def _rates(agreement: Agreement, year: int, known: Known, *, is_over: bool) -> list[Rate]:
    """The rate at each anniversary so far that raises a payment: as noted, or asked for now where it was missing.

    Once everything is paid, a figure that is still missing comes too late for good.
    """
    if agreement.index_terms.kind is Indexation.FIXED:
        return [{"rate": str(Fraction(agreement.index_basis_points, BASIS_POINTS))}] * year
    noted = known.last[agreement.pk].rates if agreement.pk in known.last else []
    so_far = [noted[index] if index < len(noted) else {} for index in range(year)]
    rates = [
        rate if rate.get("rate") else _published(agreement, index + 1, known.published)
        for index, rate in enumerate(so_far)
    ]
    return [rate if rate.get("rate") or not is_over else rate | {"too_late": True} for rate in rates]


def _published(agreement: Agreement, year: int, seen: dict[date, Rate]) -> Rate:
    """The rate that counts at an anniversary as first published, with the figures it comes from."""
    if agreement.starts_on is None:
        raise ValueError(f"{agreement} has not begun")
    month = rate_month(add_months(agreement.starts_on, MONTHS_IN_YEAR * year))
    if month not in seen:
        seen[month] = _looked_up(month)
    return seen[month]


def _looked_up(month: date) -> Rate:
    found = cpih_rise(month)
    said: Rate = {"month": month.isoformat()}
    if found is None:
        return said
    figures = [
        {
            "series": figure.series,
            "month": figure.period_starts_on.isoformat(),
            "version": figure.version,
            "value": str(figure.value),
            "released_on": figure.released_on.isoformat(),
            "source": figure.source,
        }
        for figure in found.figures
    ]
    return said | {"rate": str(found.rate), "figures": figures}


def _fraction(rate: Rate) -> Fraction | None:
    return Fraction(rate["rate"]) if rate.get("rate") else None


def _numbers(rates: Sequence[Rate]) -> list[Fraction | None]:
    return [_fraction(rate) for rate in rates]


def _added_and_kept(
    terms: IndexTerms,
    indexed: Sequence[IndexedTranche],
    *,
    numbers: Sequence[Fraction | None],
    kept_before: Sequence[int],
    is_over: bool,
) -> tuple[Sequence[Sequence[int]], Sequence[int]]:
    """Pence that each source adds to each payment, and what each still keeps: for later years, for missing figures."""
    added = rise(terms, indexed, numbers, within=kept_before)
    after = [
        IndexedTranche(one.year, one.parts, tuple(map(sum, zip(one.given, row, strict=True))), is_open=one.is_open)
        for one, row in zip(indexed, added, strict=True)
    ]
    wanted = [0] * len(kept_before) if is_over else reserve_at_cap(terms, after, rates=numbers)
    used = [sum(column) for column in zip(*added, strict=True)]
    kept = [min(most, before - spent) for most, before, spent in zip(wanted, kept_before, used, strict=True)]
    return added, kept


def rates_so_far(agreement: Agreement) -> list[Fraction | None]:
    """The rates of the anniversaries posted so far; None where the figure was missing then."""
    last = agreement.uplifts.order_by("-year", "-entry").first()
    return _numbers(last.rates) if last else []


def indexed_tranche(tranche: Tranche, taken: Funded, sources: Sequence[int]) -> IndexedTranche:
    """A payment with its funding as indexation sees it, one part for each of `sources`."""
    return IndexedTranche(
        tranche.year,
        tuple(taken.amounts.get(source, 0) for source in sources),
        tuple(taken.uplifts.get(source, 0) for source in sources),
        is_open=tranche.status in STANDING,
    )


def _lines(
    agreement: Agreement,
    sources: Sequence[int],
    *,
    raised: Iterable[tuple[Tranche, Sequence[int]]],
    freed: Sequence[int],
) -> list[Line]:
    """What is added stands where its payment stands; the rest of what is no longer needed is free."""
    place = agreement.allocation.neighbourhood_id
    purses = [Purse(source, Strand.PLACE, place, agreement.pk) for source in sources]
    lines = [
        line
        for tranche, row in raised
        for purse, pence in zip(purses, row, strict=True)
        if pence
        for line in uplifted(purse, used_pence=pence, unused_pence=0, stands=STANDING[TrancheStatus(tranche.status)])
    ]
    for purse, pence in zip(purses, freed, strict=True):
        lines += uplifted(purse, used_pence=0, unused_pence=pence)
    return merge(lines)


def _raise_tranches(changes: Sequence[Anniversary], funding: Mapping[int, Funded]) -> None:
    raised = [
        (change, tranche, row)
        for change in changes
        for tranche, row in zip(change.tranches, change.added, strict=True)
        if any(row)
    ]
    if not raised:
        return
    for _, tranche, row in raised:
        tranche.uplift_pence += sum(row)
    Tranche.objects.bulk_update([tranche for _, tranche, _ in raised], ["uplift_pence"])
    TrancheFunding.objects.bulk_create(
        TrancheFunding(
            tranche=tranche,
            source_id=source,
            entry=1 + funding[tranche.pk].entries,
            why=TrancheFunding.Why.UPLIFT,
            amount_pence=0,
            uplift_pence=pence,
            contribution_pence=0,
        )
        for change, tranche, row in raised
        for source, pence in zip(change.sources, row, strict=True)
        if pence
    )
    places = {change.agreement.pk: change.agreement.allocation.neighbourhood_id for change, _, _ in raised}
    told = [
        (tranche, places[tranche.agreement_id]) for _, tranche, _ in raised if tranche.status == TrancheStatus.COMMITTED
    ]
    publish_payments(payments=told, done_at=None)
    mark_stale(measures=with_parts([PROMISED]), neighbourhood_ids=sorted(set(places.values())))
