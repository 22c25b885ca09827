"""Statements of account: what an account, a place, an agreement or a source held, what moved, and every line."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet, Sum

from grants.domain.ledger import Account
from grants.domain.promise_note import Promise, spread
from grants.models import Journal, LedgerDay, LedgerExport, Posting, Source
from grants.selectors.balances import Scope, Total, totals
from grants.selectors.ledger import chart_order
from grants.selectors.schedules import schedules_on


@dataclass(frozen=True)
class StatementRow:
    """One account, source and strand over a period, in pence; debits less credits at both ends."""

    account: Account
    source: str
    strand: str
    opening_pence: int
    debit_pence: int
    credit_pence: int

    @property
    def closing_pence(self) -> int:
        """The balance at the end."""
        return self.opening_pence + self.debit_pence - self.credit_pence


def statement_rows(scope: Scope, *, since: date, through: date) -> list[StatementRow]:
    """Opening, movement and closing of every account in the scope; two queries, whatever the size of the ledger."""
    opening = totals(scope=scope, through=since - timedelta(days=1))
    moved = totals(scope=scope, since=since, through=through)
    names = dict(Source.objects.values_list("pk", "name"))
    nothing = Total()
    return [
        StatementRow(
            Account(key[0]),
            names[key[1]],
            key[2],
            opening.get(key, nothing).balance_pence,
            moved.get(key, nothing).debit_pence,
            moved.get(key, nothing).credit_pence,
        )
        for key in sorted(opening.keys() | moved.keys(), key=chart_order)
        if key in moved or opening[key].balance_pence
    ]


def statement_lines(scope: Scope, *, since: date, through: date) -> QuerySet[Posting]:
    """Every line in the scope that counts for the period, in order, with what a statement names."""
    wanted = Q(journal__effective_on__gte=since, journal__effective_on__lte=through)
    if scope.account:
        wanted &= Q(account=scope.account)
    if scope.source:
        wanted &= Q(source=scope.source)
    if scope.neighbourhood:
        wanted &= Q(neighbourhood=scope.neighbourhood)
    if scope.agreement:
        wanted &= Q(agreement=scope.agreement)
    return (
        Posting.objects.filter(wanted)
        .select_related("journal__actor", "journal__approver", "source", "neighbourhood", "agreement")
        .order_by("journal__effective_on", "journal_id", "line")
    )


def batch_lines(batch: LedgerExport) -> QuerySet[Posting]:
    """Every line of a batch, in order: the journals of its sealed days, which never change."""
    journals = Journal.objects.filter(recorded_at__lt=LedgerDay.objects.get(day=batch.through).until)
    if batch.after is not None:
        journals = journals.filter(recorded_at__gte=LedgerDay.objects.get(day=batch.after).until)
    return (
        Posting.objects.filter(journal__in=journals.values("pk"))
        .select_related("journal", "source", "neighbourhood", "agreement")
        .order_by("journal_id", "line")
    )


def promise_note(on: date) -> dict[Source, Promise]:
    """What is pledged and committed on a day by when it falls due, for each source that has promised anything.

    The amounts are the ledger's; dates are those of the schedule in force on that day, in its order.
    """
    held: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    promised = [Account.PLEDGED.value, Account.COMMITTED.value]
    rows = (
        Posting.objects.filter(agreement__isnull=False, account__in=promised, journal__effective_on__lte=on)
        .values_list("agreement", "source", "account")
        .annotate(total=Sum("amount_pence"))
        .order_by()
    )
    for agreement, source, account, total in rows:
        held[agreement, source][account] = -total
    schedules = schedules_on(on)
    found: dict[int, Promise] = defaultdict(Promise)
    for key, amounts in held.items():
        found[key[1]].add(
            spread(
                schedules[key],
                committed_pence=amounts[Account.COMMITTED.value],
                pledged_pence=amounts[Account.PLEDGED.value],
                on=on,
            )
        )
    return {source: found[source.pk] for source in Source.objects.order_by("pk") if source.pk in found}
