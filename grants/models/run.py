"""Payment runs, the attempts to pay that they hold, and how much each role may release."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants.models.choices import both_or_neither


class RunStatus(models.TextChoices):
    """How far a run has come. What the bank did stands on its file and its payments."""

    PREPARED = "prepared", "To check"
    CHECKED = "checked", "To release"
    RELEASED = "released", "Released"
    STOPPED = "stopped", "Stopped, to withdraw"
    WITHDRAWN = "withdrawn", "Withdrawn"


R = RunStatus
RUN_TRANSITIONS: dict[RunStatus, frozenset[RunStatus]] = {
    R.PREPARED: frozenset({R.CHECKED, R.STOPPED}),
    R.CHECKED: frozenset({R.RELEASED, R.STOPPED}),
    R.RELEASED: frozenset(),
    R.STOPPED: frozenset({R.WITHDRAWN}),
    R.WITHDRAWN: frozenset(),
}


class ReleaseLimit(models.Model):
    """The most that a role may release in one run, from a day on. Above every limit both directors release together.

    Rows are only added.
    """

    role = models.CharField(max_length=30, choices=Role)
    limit_pence = models.BigIntegerField()
    from_on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("role", "from_on"), name="%(app_label)s_%(class)s_once_a_day"),
            models.CheckConstraint(
                condition=Q(role__in=["finance_manager", "finance_director"]),
                name="%(app_label)s_%(class)s_role_releases",
            ),
            models.CheckConstraint(condition=Q(limit_pence__gt=0), name="%(app_label)s_%(class)s_positive"),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} from {self.from_on}"


class PaymentRunQuerySet(models.QuerySet["PaymentRun"]):
    def to_check(self) -> "PaymentRunQuerySet":
        return self.filter(status=RunStatus.PREPARED)

    def to_release(self) -> "PaymentRunQuerySet":
        return self.filter(status=RunStatus.CHECKED)

    def to_withdraw(self) -> "PaymentRunQuerySet":
        return self.filter(status=RunStatus.STOPPED)


@tracked()
class PaymentRun(models.Model):
    """Payments sent to the bank together: checked by one person, released by another.

    `message_id` names the payment file at the bank: it is another once a payment was taken out of a file that waits.
    Count and total are those of its payments, fixed when the run is prepared. A trigger holds the releasers' limits;
    the constraints here keep the people apart.
    """

    Status = RunStatus

    message_id = models.CharField(max_length=16, unique=True)
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.PREPARED)
    prepared_on = models.DateField()
    prepared_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    payment_count = models.PositiveIntegerField()
    total_pence = models.BigIntegerField()
    checked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    co_released_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    co_released_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=300, blank=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    is_sample = models.BooleanField(default=False)

    objects = PaymentRunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=RunStatus.values), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(
                condition=Q(payment_count__gte=1, total_pence__gte=F("payment_count")),
                name="%(app_label)s_%(class)s_holds_something",
            ),
            models.CheckConstraint(
                condition=both_or_neither("checked_by", "checked_at"), name="%(app_label)s_%(class)s_checked_pair"
            ),
            models.CheckConstraint(
                condition=both_or_neither("released_by", "released_at"), name="%(app_label)s_%(class)s_released_pair"
            ),
            models.CheckConstraint(
                condition=both_or_neither("co_released_by", "co_released_at"),
                name="%(app_label)s_%(class)s_co_released_pair",
            ),
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_by", "withdrawn_at"),
                name="%(app_label)s_%(class)s_withdrawn_pair",
            ),
            models.CheckConstraint(
                condition=Q(stopped_by=None, stopped_at=None, stop_reason="")
                | (Q(stopped_by__isnull=False, stopped_at__isnull=False) & ~Q(stop_reason="")),
                name="%(app_label)s_%(class)s_stopped_whole",
            ),
            models.CheckConstraint(
                condition=Q(status=R.PREPARED, checked_by=None, released_by=None, stopped_by=None)
                | Q(status=R.CHECKED, checked_by__isnull=False, stopped_by=None)
                | Q(status=R.RELEASED, checked_by__isnull=False, released_by__isnull=False, stopped_by=None)
                | Q(status=R.STOPPED, stopped_by__isnull=False, withdrawn_by=None)
                | Q(status=R.WITHDRAWN, stopped_by__isnull=False, withdrawn_by__isnull=False),
                name="%(app_label)s_%(class)s_status_suits_people",
            ),
            models.CheckConstraint(
                condition=Q(released_by=None) | ~Q(released_by=F("checked_by")),
                name="%(app_label)s_%(class)s_releaser_did_not_check",
            ),
            models.CheckConstraint(
                condition=Q(co_released_by=None)
                | (
                    Q(released_by__isnull=False)
                    & ~Q(co_released_by=F("checked_by"))
                    & ~Q(co_released_by=F("released_by"))
                ),
                name="%(app_label)s_%(class)s_co_releaser_is_third",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by=None) | ~Q(withdrawn_by=F("stopped_by")),
                name="%(app_label)s_%(class)s_two_people_withdraw",
            ),
        )
        indexes = (
            models.Index(
                fields=("status",),
                condition=Q(status__in=["prepared", "checked", "stopped"]),
                name="grants_paymentrun_open",
            ),
        )

    def __str__(self) -> str:
        return f"Run {self.pk}"
