"""Whether the books keep their word: the identities of the ledger and the seal of every journal.

Each check answers with sentences; no sentence means that it holds.
"""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Sum

from grants.domain.award import Strand
from grants.domain.ledger import PROMISED_TO_AGREEMENTS, Account, Line
from grants.models import (
    AgreementFunding,
    AgreementStatus,
    Journal,
    LineClearing,
    Opinion,
    Posting,
    TrancheFunding,
    TrancheStatus,
)
from grants.selectors.clawbacks import settled_by_purse
from grants.selectors.investments import invested_by_source
from grants.selectors.recount import Recount

Purse = tuple[int, int, str]
OFFERED_NOT_ACCEPTED = (AgreementStatus.APPROVED, AgreementStatus.OFFERED)
BY_STATUS = {
    TrancheStatus.PLEDGED: Account.PLEDGED,
    TrancheStatus.COMMITTED: Account.COMMITTED,
    TrancheStatus.PAYABLE: Account.PAYABLE,
    TrancheStatus.INSTRUCTED: Account.INSTRUCTED,
    TrancheStatus.PAID: Account.PAID,
}


def ledger_identities() -> list[str]:
    """Every identity that the ledger must satisfy after any journal; an empty list is good news."""
    problems: list[str] = []
    total = Posting.objects.balance_pence()
    if total:
        problems.append(f"The ledger sums to {total} pence, not to zero.")
    problems += _agreements_hold_their_value()
    problems += _payments_stand_where_they_say()
    problems += _nothing_kept_for_what_has_ended()
    problems += _claims_stand_where_they_say()
    problems += _mirror(Account.APPLIED, Account.PAID)
    problems += _mirror(Account.RECOVERABLE, Account.RECOVERY_DUE)
    problems += _holdings_make_up_their_accounts()
    problems += _lines_are_explained_as_posted()
    return problems


def _lines_are_explained_as_posted() -> list[str]:
    """A line of the bank counts as explained exactly while the journal that explained it stands."""
    reversed_one = Exists(Journal.objects.filter(reverses=OuterRef("journal")))
    wrong = LineClearing.objects.filter(
        Q(reversed_one, status=Opinion.CONFIRMED) | Q(~reversed_one, status=Opinion.REVERSED)
    )
    return [
        f"{clearing.line} is “{clearing.get_status_display().lower()}”, its journal {clearing.journal_id} is not."
        for clearing in wrong.select_related("line__statement").order_by("pk")
    ]


def _holdings_make_up_their_accounts() -> list[str]:
    """Per source, holdings add up to investments, and what valuations added to them to revaluation."""
    invested = invested_by_source()
    rows = (
        Posting.objects.filter(account__in=[Account.INVESTMENTS.value, Account.REVALUATION.value])
        .values_list("account", "source")
        .annotate(total=Sum("amount_pence"))
        .order_by()
    )
    booked = {(account, source): total for account, source, total in rows}
    held = {(Account.INVESTMENTS.value, source): there.value_pence for source, there in invested.items()}
    held |= {(Account.REVALUATION.value, source): -there.unrealised_pence for source, there in invested.items()}
    return [
        f"{account} of source {source}: {booked.get((account, source), 0)} pence in the ledger, "
        f"{held.get((account, source), 0)} in holdings."
        for account, source in sorted(booked.keys() | held.keys())
        if booked.get((account, source), 0) != held.get((account, source), 0)
    ]


def _agreements_hold_their_value() -> list[str]:
    """Pledged + committed + payable + instructed + paid = the agreement's present value, per source and strand."""
    rows = (
        Posting.objects.filter(
            agreement__isnull=False, account__in=[account.value for account in PROMISED_TO_AGREEMENTS]
        )
        .values_list("agreement", "source", "strand")
        .annotate(total=Sum("amount_pence"))
        .order_by()
    )
    held = {(agreement, source, strand): -total for agreement, source, strand, total in rows if total}
    owed = _present_values()
    return [
        f"Agreement {key[0]}, source {key[1]}, {key[2]}: {held.get(key, 0)} pence held, {owed.get(key, 0)} promised."
        for key in sorted(held.keys() | owed.keys())
        if held.get(key, 0) != owed.get(key, 0)
    ]


def _present_values() -> dict[Purse, int]:
    """What each agreement is worth now by source and strand: its funding until acceptance, its payments after."""
    values: dict[Purse, int] = defaultdict(int)
    offered = AgreementFunding.objects.filter(agreement__status__in=OFFERED_NOT_ACCEPTED)
    scheduled = TrancheFunding.objects.exclude(tranche__status=TrancheStatus.CANCELLED)
    found = [
        offered.values_list("agreement", "source", "amount_pence", "contribution_pence"),
        scheduled.values_list("tranche__agreement", "source")
        .annotate(place=Sum(F("amount_pence") + F("uplift_pence")), body=Sum("contribution_pence"))
        .order_by(),
    ]
    for rows in found:
        for agreement, source, place, body in rows:
            values[agreement, source, Strand.PLACE.value] += place
            values[agreement, source, Strand.BODY_CONTRIBUTION.value] += body
    for key, pence in settled_by_purse()[0].items():
        values[key] -= pence
    return {key: value for key, value in values.items() if value}


def _claims_stand_where_they_say() -> list[str]:
    """What claims have open is due back, by agreement, source and strand."""
    rows = (
        Posting.objects.filter(account=Account.RECOVERY_DUE.value)
        .values_list("agreement", "source", "strand")
        .annotate(total=Sum("amount_pence"))
        .order_by()
    )
    held = {(agreement, source, strand): -total for agreement, source, strand, total in rows if total}
    due = settled_by_purse()[1]
    return [
        f"Claims on agreement {key[0]}, source {key[1]}, {key[2]}: {held.get(key, 0)} pence due back in the ledger, "
        f"{due.get(key, 0)} open."
        for key in sorted(held.keys() | due.keys())
        if held.get(key, 0) != due.get(key, 0)
    ]


def _payments_stand_where_they_say() -> list[str]:
    """Payments of a status add up to the account of that status, per source; what is offered counts as pledged."""
    expected: dict[tuple[Account, int], int] = defaultdict(int)
    rows = (
        TrancheFunding.objects.exclude(tranche__status=TrancheStatus.CANCELLED)
        .values_list("tranche__status", "source")
        .annotate(place=Sum(F("amount_pence") + F("uplift_pence")), body=Sum("contribution_pence"))
        .order_by()
    )
    for status, source, place, body in rows:
        expected[BY_STATUS[TrancheStatus(status)], source] += place + body
    offered = AgreementFunding.objects.filter(agreement__status__in=OFFERED_NOT_ACCEPTED)
    for source, place, body in offered.values_list("source", "amount_pence", "contribution_pence"):
        expected[Account.PLEDGED, source] += place + body
    for (_, source, _), pence in settled_by_purse()[0].items():
        expected[Account.PAID, source] -= pence
    held = {
        (Account(account), source): -total
        for account, source, total in Posting.objects.filter(
            agreement__isnull=False, account__in=[account.value for account in PROMISED_TO_AGREEMENTS]
        )
        .values_list("account", "source")
        .annotate(total=Sum("amount_pence"))
        .order_by()
    }
    return [
        f"{account.value} of source {source}: {held.get((account, source), 0)} pence in the ledger, "
        f"{expected.get((account, source), 0)} in payments."
        for account, source in sorted(held.keys() | expected.keys())
        if held.get((account, source), 0) != expected.get((account, source), 0)
    ]


def _nothing_kept_for_what_has_ended() -> list[str]:
    """Only agreements that may still rise with prices keep money for it."""
    rising = (*OFFERED_NOT_ACCEPTED, AgreementStatus.ACTIVE)
    rows = (
        Posting.objects.filter(agreement__isnull=False, account=Account.INDEX_RESERVE.value)
        .exclude(agreement__status__in=rising)
        .values_list("agreement__reference")
        .annotate(total=Sum("amount_pence"))
        .order_by("agreement__reference")
    )
    return [f"{reference} has ended and still keeps {-total} pence for prices." for reference, total in rows if total]


def _mirror(asset: Account, promise: Account) -> list[str]:
    """The two accounts cancel out per source."""
    rows = (
        Posting.objects.filter(account__in=[asset.value, promise.value])
        .values_list("source")
        .annotate(total=Sum("amount_pence"))
        .order_by("source")
    )
    return [
        f"{asset.value} and {promise.value} of source {source} differ by {total} pence."
        for source, total in rows
        if total
    ]


def broken_seals() -> Iterator[str]:
    """Recompute every journal and the chain of days, and say what does not agree."""
    return Recount().problems()


def as_line(posting: Posting) -> Line:
    """A stored posting as the domain sees it."""
    return Line(
        account=Account(posting.account),
        source=posting.source_id,
        amount_pence=posting.amount_pence,
        strand=Strand(posting.strand) if posting.strand else None,
        neighbourhood=posting.neighbourhood_id,
        agreement=posting.agreement_id,
    )
