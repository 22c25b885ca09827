"""What two people decide about a payment while money from before is not spent."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Least

from cwf_portal.core.audit import tracked
from grants.domain.award import BASIS_POINTS
from grants.models.two_people import Opinion, SaidByTwo

MOST = F("plan_pence") + F("plan_pence") * F("margin_basis_points") / Value(BASIS_POINTS) - F("unspent_pence")


@tracked()
class UnspentDecision(SaidByTwo):
    """How much of a payment goes now, by the rule alone: one officer names the plan, a senior one confirms.

    `due_on` is the payment's day as it stood, and so the period: payments of one day have one plan, that of the last
    decision. `scheduled_pence` is the grant of the payment as it stood, with what prices added; `unspent_pence` what
    the report says is left, less what earlier periods were to spend since, with what was decided to go on the same
    day. The rest comes on `later_on`: as `later`, a payment of
    its own, or as the whole payment moved where nothing goes now.
    """

    tranche = models.ForeignKey("grants.Tranche", on_delete=models.PROTECT, related_name="unspent_decisions")
    report = models.ForeignKey("grants.Report", on_delete=models.PROTECT, related_name="unspent_decisions")
    due_on = models.DateField(null=True)  # empty only in history from before it was kept
    scheduled_pence = models.BigIntegerField()
    unspent_pence = models.BigIntegerField()
    plan_pence = models.BigIntegerField()
    margin_basis_points = models.PositiveSmallIntegerField()
    pay_pence = models.BigIntegerField()
    later_on = models.DateField(null=True)
    later = models.OneToOneField("grants.Tranche", null=True, on_delete=models.PROTECT, related_name="moved_by")
    reason = models.CharField(max_length=300)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta(SaidByTwo.Meta):
        ordering = ("id",)
        constraints = (
            *SaidByTwo.Meta.constraints,
            models.CheckConstraint(
                condition=Q(scheduled_pence__gt=0, unspent_pence__gte=0, plan_pence__gte=0),
                name="%(app_label)s_%(class)s_not_negative",
            ),
            models.CheckConstraint(condition=Q(due_on__isnull=False), name="%(app_label)s_%(class)s_has_its_day"),
            models.CheckConstraint(
                condition=Q(pay_pence=Greatest(Value(0), Least(F("scheduled_pence"), MOST))),
                name="%(app_label)s_%(class)s_by_the_rule",
            ),
            models.CheckConstraint(
                condition=Q(pay_pence=F("scheduled_pence"), later_on=None, later=None)
                | Q(pay_pence__lt=F("scheduled_pence"), later_on__isnull=False),
                name="%(app_label)s_%(class)s_rest_comes_later",
            ),
            models.CheckConstraint(
                condition=Q(later=None) | Q(status=Opinion.CONFIRMED, pay_pence__gt=0),
                name="%(app_label)s_%(class)s_later_made",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_says_why"),
            models.CheckConstraint(
                condition=Q(status=Opinion.PROPOSED, decided_by=None, refusal="")
                | Q(status=Opinion.CONFIRMED, decided_by__isnull=False, refusal="")
                | Q(status=Opinion.REFUSED, decided_by__isnull=False) & ~Q(refusal=""),
                name="%(app_label)s_%(class)s_status_fits",
            ),
            models.UniqueConstraint(
                fields=("tranche",), condition=Q(status="proposed"), name="%(app_label)s_%(class)s_one_proposed"
            ),
        )

    def __str__(self) -> str:
        return f"payment {self.tranche_id} after report {self.report_id}"

    @property
    def later_pence(self) -> int:
        """The part of the grant that comes later."""
        return self.scheduled_pence - self.pay_pence
