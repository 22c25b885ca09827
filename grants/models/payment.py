"""Attempts to pay, and the decision of two people to try a failed one again."""

from datetime import date

from django.db import models
from django.db.models import F, Q, Sum

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.models.choices import both_or_neither


class PaymentStatus(models.TextChoices):
    """What became of one attempt. Confirmed means that the bank debited us; it may still come back."""

    CLAIMED = "claimed", "In a run"
    INSTRUCTED = "instructed", "With the bank"
    IN_DOUBT = "in_doubt", "The bank has not said whether it paid"
    CONFIRMED = "confirmed", "Paid"
    REJECTED = "rejected", "Rejected by the bank"
    RETURNED = "returned", "Came back"
    WITHDRAWN = "withdrawn", "Withdrawn before it was sent"


P = PaymentStatus
PAYMENT_TRANSITIONS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    P.CLAIMED: frozenset({P.INSTRUCTED, P.WITHDRAWN}),
    P.INSTRUCTED: frozenset({P.IN_DOUBT, P.CONFIRMED, P.REJECTED, P.WITHDRAWN}),  # withdrawn: out of a waiting file
    P.IN_DOUBT: frozenset({P.INSTRUCTED, P.CONFIRMED, P.REJECTED}),  # instructed: a letter says it was made
    P.CONFIRMED: frozenset({P.RETURNED}),
    P.REJECTED: frozenset({P.CONFIRMED}),  # two people: the bank took the money all the same
    P.RETURNED: frozenset({P.CONFIRMED}),  # the bank took its return back
    P.WITHDRAWN: frozenset(),
}
FAILED_AT_BANK = (P.REJECTED, P.RETURNED)
FAILED = (*FAILED_AT_BANK, P.WITHDRAWN)


class PaymentQuerySet(models.QuerySet["Payment"]):
    def live(self) -> "PaymentQuerySet":
        """Attempts that have paid, or still may."""
        return self.exclude(status__in=FAILED)

    def with_bank(self) -> "PaymentQuerySet":
        """Instructed, with the outcome not yet known."""
        return self.filter(status__in=(PaymentStatus.INSTRUCTED, PaymentStatus.IN_DOUBT))

    def unanswered(self, day: date) -> "PaymentQuerySet":
        """With the bank although the day on which the money should arrive has passed."""
        return self.with_bank().filter(arrive_on__lt=day)

    def total_pence(self) -> int:
        """The sum of grants, uplifts and contributions."""
        whole = F("amount_pence") + F("uplift_pence") + F("contribution_pence")
        return int(self.aggregate(total=Sum(whole, default=0))["total"])


@tracked(by_statement=True)
class Payment(models.Model):
    """One attempt to pay one tranche. Payee and amounts are a snapshot that a trigger keeps from ever changing.

    `end_to_end_id` is the key at the bank and the reference on the payee's statement. At most one attempt of a
    tranche is live: a second needs the first to have been rejected, returned or withdrawn. `turn` counts from 1, and on
    each time that the bank takes a return back: what comes back after that came back anew.
    """

    Status = PaymentStatus

    run = models.ForeignKey("grants.PaymentRun", on_delete=models.PROTECT, related_name="payments")
    tranche = models.ForeignKey("grants.Tranche", on_delete=models.PROTECT, related_name="payments", db_index=False)
    attempt = models.PositiveSmallIntegerField()
    end_to_end_id = models.CharField(max_length=16, unique=True)
    bank_account = models.ForeignKey("grants.BankAccount", on_delete=models.PROTECT, related_name="payments")
    payee_name = models.CharField(max_length=70)
    sort_code = models.CharField(max_length=6)
    account_number = models.CharField(max_length=8)
    amount_pence = models.BigIntegerField()
    uplift_pence = models.BigIntegerField(default=0, db_default=0)
    contribution_pence = models.BigIntegerField()
    arrive_on = models.DateField()
    status = models.CharField(max_length=10, choices=PaymentStatus, default=PaymentStatus.CLAIMED)
    confirmed_on = models.DateField(null=True)
    failed_on = models.DateField(null=True)
    reason_code = models.CharField(max_length=4, blank=True)
    turn = models.PositiveSmallIntegerField(default=1, db_default=1)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ("run_id", "end_to_end_id")
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_pence__gt=0, uplift_pence__gte=0, contribution_pence__gte=0, attempt__gte=1),
                name="%(app_label)s_%(class)s_positive",
            ),
            models.CheckConstraint(
                condition=Q(
                    end_to_end_id__regex=r"^[A-Z2-7]{16}$",
                    sort_code__regex=r"^[0-9]{6}$",
                    account_number__regex=r"^[0-9]{8}$",
                ),
                name="%(app_label)s_%(class)s_well_formed",
            ),
            models.UniqueConstraint(fields=("tranche", "attempt"), name="%(app_label)s_%(class)s_attempt_once"),
            models.UniqueConstraint(
                fields=("tranche",),
                condition=~Q(status__in=["rejected", "returned", "withdrawn"]),
                name="%(app_label)s_%(class)s_one_live_attempt",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[P.CONFIRMED, P.RETURNED], confirmed_on__isnull=False)
                | (~Q(status__in=[P.CONFIRMED, P.RETURNED]) & Q(confirmed_on=None)),
                name="%(app_label)s_%(class)s_confirmed_has_day",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[P.REJECTED, P.RETURNED, P.WITHDRAWN], failed_on__isnull=False)
                | (~Q(status__in=[P.REJECTED, P.RETURNED, P.WITHDRAWN]) & Q(failed_on=None, reason_code="")),
                name="%(app_label)s_%(class)s_failed_has_day",
            ),
        )
        indexes = (
            models.Index(
                fields=("arrive_on",),
                condition=Q(status__in=["instructed", "in_doubt"]),
                name="grants_payment_with_bank",
            ),
        )

    def __str__(self) -> str:
        return self.end_to_end_id

    @property
    def total_pence(self) -> int:
        """What the bank is asked to move: grant, uplift and contribution together."""
        return self.amount_pence + self.uplift_pence + self.contribution_pence


class RetryRequestQuerySet(models.QuerySet["RetryRequest"]):
    def standing(self) -> "RetryRequestQuerySet":
        """Those asked after the failure that the payment stands at now, and not refused."""
        return self.filter(after=F("payment__status"), turn=F("payment__turn"), refused_at=None)


@tracked()
class RetryRequest(models.Model):
    """Two people's decision to pay a failed payment once more, to the details that are approved by then.

    It counts for the failure that it was asked after: what was rejected, paid after all and returned needs another, and
    so does what was returned, taken back by the bank and returned once more. Once refused it stays so, as a trigger
    (migration 0048) sees to, and it may be asked anew. A payment that was taken out of its file
    goes on in the same way; a trigger (migration 0043) keeps whoever asked to take it out from both parts.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="retries")
    after = models.CharField(max_length=10, choices=PaymentStatus)
    turn = models.PositiveSmallIntegerField(default=1, db_default=1)
    reason = models.CharField(max_length=300)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    refused_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=300, blank=True, db_default="")

    objects = RetryRequestQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("payment", "after", "turn"), condition=Q(refused_at=None), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(after__in=[P.REJECTED, P.RETURNED, P.WITHDRAWN]),
                name="%(app_label)s_%(class)s_after_failure",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=both_or_neither("confirmed_by", "confirmed_at"), name="%(app_label)s_%(class)s_confirmed_pair"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("requested_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=Q(refused_by=None, refused_at=None, refusal="")
                | (Q(refused_by__isnull=False, refused_at__isnull=False) & ~Q(refusal="")),
                name="%(app_label)s_%(class)s_refused_whole",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(refused_at=None), name="%(app_label)s_%(class)s_one_answer"
            ),
        )

    def __str__(self) -> str:
        return f"Another attempt after {self.payment}"
