"""Payments as services and pages need them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import F, Q, QuerySet, Sum

from cwf_portal.core.bulk import among, locked_keys
from grants.domain.working_days import england_and_wales
from grants.models import FileStatus, Payment, PaymentStatus, TrancheFunding
from grants.models.payment import PaymentQuerySet

SILENT_WORKING_DAYS = 3  # after which a bank that took a file is asked in writing; the daily check waits as long


class Part(NamedTuple):
    """What one source gives to a payment: to the place, with what rising prices added, and to its organisation."""

    source: int
    place_pence: int
    body_pence: int


@dataclass(slots=True, eq=False)
class Attempt:
    """A payment with what its journals, its file and its letters say, as plain values: runs hold thousands of them.

    What a service finds out about it is noted here first; `parts` are those of its tranche, by source.
    """

    parts: tuple[Part, ...]
    pk: int
    run_pk: int
    message_id: str
    tranche_pk: int
    number: int
    tranche_status: str
    due_on: date
    agreement_pk: int
    reference: str
    body_pk: int
    place_pk: int
    end_to_end_id: str
    payee_name: str
    sort_code: str
    account_number: str
    amount_pence: int
    uplift_pence: int
    contribution_pence: int
    arrive_on: date
    status: str
    confirmed_on: date | None
    failed_on: date | None
    reason_code: str
    turn: int

    def __str__(self) -> str:
        return self.end_to_end_id

    @property
    def total_pence(self) -> int:
        """What the bank is asked to move: grant, uplift and contribution together."""
        return self.amount_pence + self.uplift_pence + self.contribution_pence

    @property
    def grant_pence(self) -> int:
        """What the place gets: the base amount and what rising prices added."""
        return self.amount_pence + self.uplift_pence

    @property
    def stands(self) -> str:
        """Its status in words, within a sentence."""
        return PaymentStatus(self.status).label.lower()


COLUMNS = (
    "pk",
    "run",
    "run__message_id",
    "tranche",
    "tranche__number",
    "tranche__status",
    "tranche__due_on",
    "tranche__agreement",
    "tranche__agreement__reference",
    "tranche__agreement__body",
    "tranche__agreement__allocation__neighbourhood",
    "end_to_end_id",
    "payee_name",
    "sort_code",
    "account_number",
    "amount_pence",
    "uplift_pence",
    "contribution_pence",
    "arrive_on",
    "status",
    "confirmed_on",
    "failed_on",
    "reason_code",
    "turn",
)
TRANCHE = COLUMNS.index("tranche")


def attempts(payments: QuerySet[Payment]) -> list[Attempt]:
    """These payments with their books, in the order of the query; two queries."""
    rows = list(payments.values_list(*COLUMNS))
    parts = parts_of(row[TRANCHE] for row in rows)
    return [Attempt(parts[row[TRANCHE]], *row) for row in rows]


def locked_attempts(payments: QuerySet[Payment]) -> list[Attempt]:
    """The same, locked until the transaction ends and as they stand under the lock; three queries."""
    keys = locked_keys(payments.select_for_update(of=("self",)))
    return attempts(Payment.objects.filter(pk__in=among(keys)))


def parts_of(tranche_pks: Iterable[int]) -> dict[int, tuple[Part, ...]]:
    """What each source gives to each of these tranches, by the tranche's primary key; one query."""
    rows = (
        TrancheFunding.objects.filter(tranche__in=among(tranche_pks))
        .order_by("tranche", "source")
        .values_list("tranche", "source")
        .annotate(place=Sum(F("amount_pence") + F("uplift_pence")), body=Sum("contribution_pence"))
    )
    found: dict[int, tuple[Part, ...]] = defaultdict(tuple)
    for tranche, *part in rows:
        found[tranche] += (Part(*part),)
    return found


def awaiting_letter(day: date) -> PaymentQuerySet:
    """Payments of which only a letter of the bank can tell: in doubt, or in a file that it took, and silent for long.

    What has not certainly left is not among them: a file that still goes out would pay what a letter called not made.
    """
    long_ago = england_and_wales().shift(day, -SILENT_WORKING_DAYS)
    silent = Q(
        status=PaymentStatus.INSTRUCTED,
        arrive_on__lt=long_ago,
        run__file__status__in=(FileStatus.ACCEPTED, FileStatus.IN_DOUBT),
    )
    return Payment.objects.filter(silent | Q(status=PaymentStatus.IN_DOUBT))
