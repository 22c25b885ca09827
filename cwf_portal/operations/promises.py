"""The promises of the whole, checked at the end against the database and against the bank's own store.

Each check answers with sentences; no sentence means that the promise was kept.
"""

from collections import Counter
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum

from cwf_portal.core.models import OutboxMessage
from cwf_portal.operations.bank import BankTotals, SandboxBank
from cwf_portal.operations.report import JourneyReport
from grants.domain.ledger import Account
from grants.models import (
    Agreement,
    AgreementStatus,
    Approval,
    Payment,
    PaymentRun,
    PaymentStatus,
    Posting,
    Tranche,
    TrancheStatus,
    Uplift,
    Wave,
)
from grants.reconciler import reconcile
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import source_standings
from panels.models import BoxOpening, CountedBallot, LogLeaf, Resolution, RollEntry, SealedBallot, SealedPaper

SHOWN = 5


def broken_promises(*, bank: SandboxBank, report: JourneyReport) -> list[str]:
    """Every promise of the whole that was not kept, in sentences."""
    totals = bank.totals()
    broken: list[str] = []
    broken += _books_balance()
    broken += _bank_agrees(totals)
    broken += _paid_once_and_wholly(totals, report)
    broken += _never_beyond_headroom()
    broken += _one_person_one_vote()
    broken += _box_reconciles()
    broken += _no_choice_beside_a_person()
    broken += _decisions_were_lawful()
    broken += _nobody_approved_alone()
    broken += _nothing_left_to_do()
    broken += _reconciler_agrees()
    return broken


def _books_balance() -> list[str]:
    """Debits equal credits in all and per source; every journal says what was asked; fund.md's identities hold."""
    uneven = Posting.objects.values("source").annotate(total=Sum("amount_pence")).exclude(total=0).order_by("source")
    sentences = [f"Source {row['source']} sums to {row['total']} pence, not to zero." for row in uneven]
    return sentences + ledger_identities() + list(broken_seals())[:SHOWN]


def _bank_agrees(totals: BankTotals) -> list[str]:
    """Ledger cash is the bank's balance, and every pound that came is still here or was paid."""
    cash = _balance(Account.CASH)
    sentences = []
    if cash != totals.balance_pence:
        sentences.append(f"The ledger holds {cash} pence of cash, the bank {totals.balance_pence}.")
    received = Wave.objects.aggregate(total=Sum("received_pence", default=0))["total"]
    kept = cash + _balance(Account.INVESTMENTS) + totals.paid_pence - totals.returned_pence
    if received != kept:
        sentences.append(f"Waves brought {received} pence; endowment and payments make {kept}.")
    return sentences


def _paid_once_and_wholly(totals: BankTotals, report: JourneyReport) -> list[str]:
    """A payment is made at most once and, once due and released, eventually; in all what was agreed."""
    sentences = []
    if totals.credited_twice:
        sentences.append(f"The bank credited {totals.credited_twice} payments more than once.")
    if totals.credited != report.tranches_due:
        sentences.append(f"{report.tranches_due} payments fell due, the bank credited {totals.credited}.")
    confirmed = Payment.objects.filter(status=PaymentStatus.CONFIRMED)
    if confirmed.total_pence() != totals.paid_pence - totals.returned_pence:
        sentences.append(f"Confirmed {confirmed.total_pence()} pence, the bank paid {totals.paid_pence}.")
    completed = Agreement.objects.filter(status=AgreementStatus.COMPLETED)
    agreed = completed.aggregate(total=Sum(F("amount_pence") + F("contribution_pence"), default=0))["total"]
    agreed += Uplift.objects.filter(agreement__in=completed).aggregate(total=Sum("used_pence", default=0))["total"]
    if agreed != totals.paid_pence - totals.returned_pence:
        sentences.append(f"Completed agreements come to {agreed} pence, the bank paid {totals.paid_pence}.")
    twice = Tranche.objects.annotate(
        times=Count("payments", filter=Q(payments__status=PaymentStatus.CONFIRMED))
    ).filter(times__gt=1)
    return sentences + [f"Tranche {tranche} has {tranche.times} confirmed payments." for tranche in twice[:SHOWN]]


def _never_beyond_headroom() -> list[str]:
    """No source promised more than it has; sources are never added up."""
    return [
        f"{standing.source} promised more than it has: headroom {standing.headroom_pence} pence."
        for standing in source_standings()
        if standing.headroom_pence < 0 or any(pence < 0 for pence in standing.held_by_account.values())
    ]


def _one_person_one_vote() -> list[str]:
    """One list entry per person and round, by account and by fingerprint; one ballot per entry."""
    sentences = []
    for field, what in (("user", "accounts"), ("person_hmac", "people")):
        doubled = RollEntry.objects.values("round", field).annotate(times=Count("pk")).filter(times__gt=1).count()
        if doubled:
            sentences.append(f"{doubled} {what} stand on a voters' list twice.")
    ballots = SealedBallot.objects.values("roll_entry").annotate(times=Count("pk")).filter(times__gt=1).count()
    if ballots:
        sentences.append(f"{ballots} voters have two ballots in the box.")
    return sentences


def _box_reconciles() -> list[str]:
    """Counted and invalid ballots are what was in the box; the log holds the rules and every ballot ever cast."""
    sentences = []
    counted = _by_round(CountedBallot.objects.all(), "round")
    sealed = _by_round(SealedBallot.objects.to_open(), "roll_entry__round")
    sealed += _by_round(SealedPaper.objects.all(), "round")
    in_log = _by_round(LogLeaf.objects.filter(position__gt=0), "round")
    for opening in BoxOpening.objects.select_related("round"):
        of_round = opening.round_id
        if (counted[of_round], sealed[of_round]) != (opening.counted_count, opening.set_count):
            said = f"{sealed[of_round]} sealed, {counted[of_round]} counted, {opening} said."
            sentences.append(f"{opening.round}: {said}")
        if in_log[of_round] < sealed[of_round]:
            sentences.append(f"{opening.round}: the log holds {in_log[of_round]} ballots, the box {sealed[of_round]}.")
    return sentences


def _by_round(rows: QuerySet[Any], field: str) -> Counter[int]:
    """How many of these rows each round has; none where it is not named."""
    return Counter(dict(rows.order_by().values_list(field).annotate(Count("pk"))))


# Everything that a row could carry to lead from a counted ballot to a person.
LINKING = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = 'panels_countedballot'
    AND column_name NOT IN ('id', 'round_id', 'number', 'choices')
"""
# Rows written in one statement share a transaction; a sealed ballot must never share one with a counted ballot.
SHARED = """
SELECT count(*) FROM panels_countedballot counted
JOIN panels_sealedballot sealed ON counted.xmin::text = sealed.xmin::text
"""
OUT_OF_ORDER = """
SELECT count(*) FROM (
    SELECT string_to_array(choices, ',')::int[] AS now,
           lag(string_to_array(choices, ',')::int[]) OVER (PARTITION BY round_id ORDER BY number) AS before
    FROM panels_countedballot
) ordered WHERE now < before
"""


def _no_choice_beside_a_person() -> list[str]:
    """Counted ballots carry no column, no transaction and no order that leads back to a voter."""
    sentences = []
    with connection.cursor() as cursor:
        cursor.execute(LINKING)
        columns = [row[0] for row in cursor.fetchall()]
        if columns:
            sentences.append(f"Counted ballots carry {', '.join(columns)}.")
        for query, fact in ((SHARED, "share a transaction with a sealed one"), (OUT_OF_ORDER, "are not sorted")):
            cursor.execute(query)
            found = cursor.fetchone()[0]
            if found:
                sentences.append(f"{found} counted ballots {fact}.")
    return sentences


def _decisions_were_lawful() -> list[str]:
    """Every agreement rests on a carried decision with more votes for it than against."""
    unsupported = Agreement.objects.exclude(resolution__status=Resolution.Status.CARRIED)
    weak = (
        Resolution.objects.carried()
        .annotate(
            votes_for=Count("votes", filter=Q(votes__vote="for", votes__is_conflicted=False)),
            votes_against=Count("votes", filter=Q(votes__vote="against", votes__is_conflicted=False)),
        )
        .filter(votes_for__lte=F("votes_against"))
    )
    return [f"{agreement} rests on no carried decision." for agreement in unsupported[:SHOWN]] + [
        f"“{resolution}” was carried without a majority." for resolution in weak[:SHOWN]
    ]


def _nobody_approved_alone() -> list[str]:
    """Four different people per agreement; whoever checked a run did not release it."""
    alone = (
        Approval.objects.filter(outcome=Approval.Outcome.APPROVED)
        .values("agreement", "attempt")
        .annotate(steps=Count("pk"), people=Count("by", distinct=True))
        .exclude(steps=F("people"))
    )
    runs = PaymentRun.objects.filter(Q(checked_by=F("released_by")) | Q(released_by=F("co_released_by")))
    return [f"Agreement {row['agreement']}: one person took two steps." for row in alone[:SHOWN]] + [
        f"{run}: checked and released by one person." for run in runs[:SHOWN]
    ]


def _nothing_left_to_do() -> list[str]:
    """Every agreement is completed, every message delivered, nothing promised is unpaid."""
    sentences = []
    open_agreements = Agreement.objects.exclude(status=AgreementStatus.COMPLETED).count()
    if open_agreements:
        sentences.append(f"{open_agreements} agreements are not completed.")
    unpaid = Tranche.objects.exclude(status__in=(TrancheStatus.PAID, TrancheStatus.CANCELLED)).count()
    if unpaid:
        sentences.append(f"{unpaid} payments are not made.")
    for message in OutboxMessage.objects.unfinished()[:SHOWN]:
        sentences.append(f"The message “{message}” was never delivered: {message.last_error or 'no attempt'}.")
    return sentences


def _reconciler_agrees() -> list[str]:
    """Code apart, reading with another role, comes to the same: schedule, books and bank."""
    return [found.sentence for found in reconcile(day=today()).differences[:SHOWN]]


def _balance(account: Account) -> int:
    return int(Posting.objects.filter(account=account.value).aggregate(total=Sum("amount_pence", default=0))["total"])
