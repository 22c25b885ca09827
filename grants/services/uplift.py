"""Each anniversary of an agreement: payments rise with prices, and what the cap no longer needs becomes free."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.utils.timezone import localdate

from cwf_portal.core.audit import Actor, acting
from grants.domain.award import BASIS_POINTS, Strand
from grants.domain.dates import add_months
from grants.domain.indexation import Indexation, IndexedTranche, factors, rate_month, reserve_at_cap, rise
from grants.domain.ledger import Account, JournalKind, Line, Purse, merge
from grants.domain.postings import uplifted
from grants.domain.schedule import MONTHS_IN_YEAR
from grants.domain.sources import with_parts
from grants.models import Agreement, Tranche, TrancheFunding, TrancheStatus, Uplift
from grants.selectors.agreements import anniversaries_to_post
from grants.selectors.ledger import reserved_by_source
from grants.selectors.prices import cpih_rise
from grants.services.agreements import locked
from grants.services.posting import Entry, post_journal
from grants.services.publishing import PROMISED, publish_payments
from neighbourhoods.services import mark_stale

STANDING = {TrancheStatus.PLEDGED: Account.PLEDGED, TrancheStatus.COMMITTED: Account.COMMITTED}
Rate = dict[str, Any]


def raise_with_prices(*, by: Actor, at: datetime) -> int:
    """Post every anniversary that has come, each under its agreement's lock; returns how many.

    A figure that is not published yet leaves the factor as it was, and is made good at the next anniversary.
    """
    done = 0
    due = anniversaries_to_post(at)
    while pks := list(due.order_by("next_uplift_on", "pk").values_list("pk", flat=True)):
        for pk in pks:
            with acting(by, "raised payments with prices"):
                agreement = locked(Agreement(pk=pk))
                if due.filter(pk=pk).exists():
                    _post_anniversary(by, agreement, localdate(at))
                    done += 1
    return done


@dataclass(frozen=True)
class Anniversary:
    """What an anniversary changes: the payments in order, what each source adds to each, and what stays kept."""

    year: int
    sources: tuple[int, ...]
    tranches: Sequence[Tranche]
    added: Sequence[Sequence[int]]
    kept: Sequence[int]


def _post_anniversary(by: Actor, agreement: Agreement, on: date) -> Uplift:
    if agreement.starts_on is None or agreement.next_uplift_on is None:
        raise ValueError(f"{agreement} has no anniversary to come")
    year = agreement.next_uplift_on.year - agreement.starts_on.year
    rates = _rates(agreement, year)
    reserved = reserved_by_source(agreement.pk)
    change = _change(agreement, [_fraction(rate) for rate in rates], reserved)
    used = [sum(column) for column in zip(*change.added, strict=True)]
    freed = [
        reserved.get(source, 0) - spent - kept
        for source, spent, kept in zip(change.sources, used, change.kept, strict=True)
    ]
    lines = _lines(agreement, change, freed)
    journal = None
    if lines:
        entry = Entry(
            kind=JournalKind.UPLIFT,
            key=f"uplift:{agreement.reference}:{year}",
            lines=lines,
            effective_on=on,
            reference=agreement.reference,
        )
        journal = post_journal(by=by, entry=entry)
    uplift = Uplift.objects.create(
        agreement=agreement,
        year=year,
        happens_on=agreement.next_uplift_on,
        factor=str(factors(agreement.index_terms, _numbers(rates), year + 1, unknown=Fraction(0))[-1]),
        rates=rates,
        used_pence=sum(used),
        unused_pence=sum(freed),
        journal=journal,
    )
    _raise_tranches(agreement, change)
    last_year = max((tranche.year for tranche in change.tranches), default=year)
    agreement.next_uplift_on = (
        add_months(agreement.starts_on, MONTHS_IN_YEAR * (year + 1)) if year < last_year else None
    )
    agreement.save(update_fields=["next_uplift_on"])
    return uplift


def _rates(agreement: Agreement, year: int) -> list[Rate]:
    """The rate at each anniversary so far: as noted before, or asked for now where it was missing."""
    if agreement.index_terms.kind is Indexation.FIXED:
        return [{"rate": str(Fraction(agreement.index_basis_points, BASIS_POINTS))}] * year
    before = agreement.uplifts.order_by("-year").first()
    noted = before.rates if before else []
    known = [noted[index] if index < len(noted) else {} for index in range(year)]
    return [rate if rate.get("rate") else _published(agreement, index + 1) for index, rate in enumerate(known)]


def _published(agreement: Agreement, year: int) -> Rate:
    """The rate that counts at an anniversary as first published, with the figures it comes from."""
    if agreement.starts_on is None:
        raise ValueError(f"{agreement} has not begun")
    month = rate_month(add_months(agreement.starts_on, MONTHS_IN_YEAR * year))
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


def _change(agreement: Agreement, rates: Sequence[Fraction | None], reserved: Mapping[int, int]) -> Anniversary:
    """What the anniversary adds and keeps. The payments stay locked, so that no run claims one at its old amount."""
    tranches = list(
        agreement.tranches.exclude(status=TrancheStatus.CANCELLED)
        .order_by("number")
        .select_for_update(of=("self",))
        .prefetch_related("funding")
    )
    sources = tuple(sorted({part.source_id for tranche in tranches for part in tranche.funding.all()}))
    indexed = [indexed_tranche(tranche, sources) for tranche in tranches]
    terms, year = agreement.index_terms, len(rates)
    kept_before = [reserved.get(source, 0) for source in sources]
    added = rise(terms, indexed, rates, within=kept_before)
    after = [
        IndexedTranche(one.year, one.parts, tuple(map(sum, zip(one.given, row, strict=True))), is_open=one.is_open)
        for one, row in zip(indexed, added, strict=True)
    ]
    is_last = year >= max((tranche.year for tranche in tranches), default=year)
    wanted = [0] * len(sources) if is_last else reserve_at_cap(terms, after, rates=rates)
    used = [sum(column) for column in zip(*added, strict=True)]
    kept = [min(most, before - spent) for most, before, spent in zip(wanted, kept_before, used, strict=True)]
    return Anniversary(year, sources, tranches, added, kept)


def rates_so_far(agreement: Agreement) -> list[Fraction | None]:
    """The rates of the anniversaries posted so far; None where the figure was missing then."""
    last = agreement.uplifts.order_by("-year").first()
    return _numbers(last.rates) if last else []


def indexed_tranche(tranche: Tranche, sources: Sequence[int]) -> IndexedTranche:
    """A payment with its funding as indexation sees it, one part for each of `sources`."""
    parts: dict[int, int] = defaultdict(int)
    given: dict[int, int] = defaultdict(int)
    for funding in tranche.funding.all():
        parts[funding.source_id] += funding.amount_pence
        given[funding.source_id] += funding.uplift_pence
    return IndexedTranche(
        tranche.year,
        tuple(parts[source] for source in sources),
        tuple(given[source] for source in sources),
        is_open=tranche.status in STANDING,
    )


def _lines(agreement: Agreement, change: Anniversary, freed: Sequence[int]) -> list[Line]:
    """What is added stands where its payment stands; the rest of what is no longer needed is free."""
    place = agreement.allocation.neighbourhood_id
    purses = [Purse(source, Strand.PLACE, place, agreement.pk) for source in change.sources]
    lines = [
        line
        for tranche, row in zip(change.tranches, change.added, strict=True)
        for purse, pence in zip(purses, row, strict=True)
        if pence
        for line in uplifted(purse, used_pence=pence, unused_pence=0, stands=STANDING[TrancheStatus(tranche.status)])
    ]
    for purse, pence in zip(purses, freed, strict=True):
        lines += uplifted(purse, used_pence=0, unused_pence=pence)
    return merge(lines)


def _raise_tranches(agreement: Agreement, change: Anniversary) -> None:
    raised = [(tranche, row) for tranche, row in zip(change.tranches, change.added, strict=True) if any(row)]
    if not raised:
        return
    entries: list[TrancheFunding] = []
    for tranche, row in raised:
        tranche.uplift_pence += sum(row)
        following = 1 + max(part.entry for part in tranche.funding.all())
        entries += [
            TrancheFunding(
                tranche=tranche,
                source_id=source,
                entry=following,
                why=TrancheFunding.Why.UPLIFT,
                amount_pence=0,
                uplift_pence=pence,
                contribution_pence=0,
            )
            for source, pence in zip(change.sources, row, strict=True)
            if pence
        ]
    Tranche.objects.bulk_update([tranche for tranche, _ in raised], ["uplift_pence"])
    TrancheFunding.objects.bulk_create(entries)
    place = agreement.allocation.neighbourhood_id
    told = [(tranche, place) for tranche, _ in raised if tranche.status == TrancheStatus.COMMITTED]
    publish_payments(payments=told, done_at=None)
    mark_stale(measures=with_parts([PROMISED]), neighbourhood_ids=[place])
