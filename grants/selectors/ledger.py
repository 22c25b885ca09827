"""What the ledger says: balances, headroom, and whether the promises of the books hold.

Every balance is derived from the postings. Promise accounts hold credits; `held` turns them into positive numbers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from grants.domain.award import Strand
from grants.domain.investments import AssetClass
from grants.domain.ledger import ASSETS, Account, Position, haircut_pence, headroom_pence
from grants.models import Journal, Posting, Source
from grants.selectors.balances import Key, balances_by_source, totals
from grants.selectors.investments import Invested, invested_by_source


@dataclass(frozen=True)
class SourceStanding:
    """One source today, in pence; the promise side as positive numbers. Sources are never added up."""

    source: Source
    cash_pence: int
    investments_pence: int
    free_by_strand: dict[Strand, int]
    held_by_account: dict[Account, int]
    unrealised_loss_pence: int
    headroom_pence: int
    position: Position
    invested: Invested

    @property
    def is_frozen(self) -> bool:
        """A fall in value has taken headroom below zero: nothing new is promised until it is mended."""
        return self.headroom_pence < 0

    @property
    def free_pence(self) -> int:
        """Free money of every strand."""
        return sum(self.free_by_strand.values())

    @property
    def promised_pence(self) -> int:
        """Set aside, kept for rising prices, pledged, committed and on its way, but not yet paid."""
        unpaid = (
            Account.ALLOCATED,
            Account.INDEX_RESERVE,
            Account.PLEDGED,
            Account.COMMITTED,
            Account.PAYABLE,
            Account.INSTRUCTED,
        )
        return sum(self.held_by_account[account] for account in unpaid)

    def room_pence(self, strand: Strand) -> int:
        """How much more may be promised from one strand: never beyond headroom nor beyond the strand itself."""
        return max(0, min(self.headroom_pence, self.free_by_strand[strand]))


def source_standings(*, spendable_only: bool = True) -> list[SourceStanding]:
    """Where every source stands, in the order of their keys; four queries whatever the size of the books.

    Services that promise money lock the sources first and read this under the lock.
    """
    sources = Source.objects.filter(is_spendable=True) if spendable_only else Source.objects.all()
    totals = balances_by_source()
    invested = invested_by_source()
    return [_standing(source, totals[source.pk], invested[source.pk]) for source in sources]


def lacking_by_source() -> list[tuple[Source, int]]:
    """Sources whose headroom a fall in value has taken below zero, and by how much; none in a good year."""
    totals = balances_by_source()
    invested = invested_by_source()
    found = [
        (source, headroom_pence(_position(totals[source.pk], invested[source.pk])))
        for source in Source.objects.filter(is_spendable=True)
    ]
    return [(source, -pence) for source, pence in found if pence < 0]


def _position(totals: dict[tuple[str, str], int], invested: Invested) -> Position:
    """What headroom is made of."""
    free = {strand: -totals.get((Account.FREE.value, strand.value), 0) for strand in Strand}
    by_class = dict(invested.value_by_class)
    # What no holding accounts for takes the highest haircut: cautious, never generous. The daily checks name it.
    unknown = max(0, totals.get((Account.INVESTMENTS.value, ""), 0) - invested.value_pence)
    by_class[AssetClass.EQUITIES] = by_class.get(AssetClass.EQUITIES, 0) + unknown
    return Position(
        free_pence=sum(free.values()),
        contingency_pence=max(0, free[Strand.CONTINGENCY]),
        unrealised_loss_pence=max(invested.loss_pence, totals.get((Account.REVALUATION.value, ""), 0), 0),
        haircut_pence=haircut_pence(by_class),
    )


def _standing(source: Source, totals: dict[tuple[str, str], int], invested: Invested) -> SourceStanding:
    by_account: dict[str, int] = defaultdict(int)
    for (account, _), total in totals.items():
        by_account[account] += total
    position = _position(totals, invested)
    return SourceStanding(
        source=source,
        cash_pence=by_account[Account.CASH.value],
        investments_pence=by_account[Account.INVESTMENTS.value],
        free_by_strand={strand: -totals.get((Account.FREE.value, strand.value), 0) for strand in Strand},
        held_by_account={account: -by_account[account.value] for account in Account if account not in ASSETS},
        unrealised_loss_pence=position.unrealised_loss_pence,
        headroom_pence=headroom_pence(position),
        position=position,
        invested=invested,
    )


def headroom(source: Source) -> int:
    """How much more may be promised from one source, in pence; negative after a market fall."""
    return next(
        standing.headroom_pence
        for standing in source_standings(spendable_only=False)
        if standing.source.pk == source.pk
    )


def allocated_by_source(neighbourhood_pk: int) -> dict[int, int]:
    """What is set aside for a place and not yet in an agreement: pence by primary key of the source."""
    rows = (
        Posting.objects.filter(
            agreement=None, account=Account.ALLOCATED.value, strand=Strand.PLACE.value, neighbourhood=neighbourhood_pk
        )
        .values_list("source")
        .annotate(total=Sum("amount_pence"))
        .order_by("source")
    )
    return {source: -total for source, total in rows}


def reserved_by_source(agreement_pk: int) -> dict[int, int]:
    """What is kept for rising prices of one agreement: pence by primary key of the source, zeros left out."""
    return reserved_by_agreement([agreement_pk])[agreement_pk]


def reserved_by_agreement(agreement_pks: Iterable[int]) -> dict[int, dict[int, int]]:
    """As `reserved_by_source`, for each of many agreements, in one query."""
    found: dict[int, dict[int, int]] = {pk: {} for pk in agreement_pks}
    rows = (
        Posting.objects.filter(agreement__in=list(found), account=Account.INDEX_RESERVE.value)
        .values_list("agreement", "source")
        .annotate(total=Sum("amount_pence"))
        .order_by("agreement", "source")
    )
    for agreement, source, total in rows:
        if agreement is not None and total:
            found[agreement][source] = -total
    return found


@dataclass(frozen=True)
class BalanceRow:
    """One account, source and strand of the trial balance, in pence."""

    account: Account
    source: str
    strand: str
    debit_pence: int
    credit_pence: int
    balance_pence: int


def trial_balance(*, through: date = date.max) -> list[BalanceRow]:
    """Every account by source and strand, with all that counts up to a day, in the order of the chart of accounts."""
    names = dict(Source.objects.values_list("pk", "name"))
    found = totals(through=through)
    return [
        BalanceRow(Account(account), names[source], strand, total.debit_pence, total.credit_pence, total.balance_pence)
        for (account, source, strand), total in sorted(found.items(), key=lambda item: chart_order(item[0]))
    ]


def chart_order(key: Key) -> tuple[int, int, str]:
    """Where an account, source and strand stand in a table: as in the chart of accounts."""
    account, source, strand = key
    return list(Account).index(Account(account)), source, strand


def ledger_sum_pence() -> int:
    """Debits less credits of the whole ledger: always zero."""
    return sum(total.balance_pence for total in totals().values())


def held_on(account: Account, *, agreements: Iterable[int] | None = None) -> int:
    """What a promise account holds in all, in pence; of some agreements only where their keys are given."""
    postings = Posting.objects.all() if agreements is None else Posting.objects.filter(agreement__in=agreements)
    return postings.held_pence(account)


def journals(*, kind: str = "", agreement_reference: str = "", key_contains: str = "") -> QuerySet[Journal]:
    """Journals for the auditor, latest first, with who did it."""
    found = Journal.objects.select_related("actor", "approver").order_by("-pk")
    if kind:
        found = found.filter(kind=kind)
    if agreement_reference:
        lines = Posting.objects.filter(journal=OuterRef("pk"), agreement__reference__iexact=agreement_reference)
        found = found.filter(Exists(lines))
    if key_contains:
        found = found.filter(idempotency_key__icontains=key_contains)
    return found


def lines_of(found: QuerySet[Journal]) -> QuerySet[Posting]:
    """Every line of some journals with what an export names, in order."""
    return (
        Posting.objects.filter(journal__in=found.order_by().values("pk"))
        .select_related("journal__actor", "journal__approver", "source", "neighbourhood", "agreement")
        .order_by("journal_id", "line")
    )


@dataclass(frozen=True)
class Moved:
    """What a journal comes to: its debits, and the agreement or else the place it is about, where that is one."""

    debit_pence: int
    about: str


def moved_by(journals: Iterable[Journal]) -> dict[int, Moved]:
    """What each of some journals comes to, by primary key; one question however many there are."""
    lines = Posting.objects.filter(journal__in=[journal.pk for journal in journals]).order_by().values("journal")
    summed = lines.annotate(
        debits=Sum("amount_pence", filter=Q(amount_pence__gt=0), default=0),
        agreements=Count("agreement", distinct=True),
        places=Count("neighbourhood", distinct=True),
        agreement=Max("agreement__reference"),
        place=Max("neighbourhood__label"),
    )
    return {row["journal"]: Moved(row["debits"], _about(row)) for row in summed}


def _about(row: Mapping[str, Any]) -> str:
    if row["agreements"] == 1:
        return str(row["agreement"])
    return str(row["place"]) if row["places"] == 1 else ""
