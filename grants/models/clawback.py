"""Money asked back from an organisation: the claim, what came of it, and what will not come."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.authority import RANK_LABELS
from grants.models.choices import both_or_neither, numbered
from grants.models.two_people import Opinion, SaidByTwo


class ClawbackQuerySet(models.QuerySet["Clawback"]):
    def standing(self) -> "ClawbackQuerySet":
        """Proposed or raised: what they ask for cannot be asked for twice."""
        return self.exclude(status__in=(Clawback.Status.REFUSED, Clawback.Status.REVOKED, Clawback.Status.OVERTAKEN))

    def closed(self) -> "ClawbackQuerySet":
        """Nothing more is awaited, and what came of them is not paid any more."""
        return self.filter(status__in=(Clawback.Status.SETTLED, Clawback.Status.REVOKED))

    def raised(self) -> "ClawbackQuerySet":
        """Those of which the organisation has a letter, whatever became of them."""
        return self.exclude(status__in=(Clawback.Status.PROPOSED, Clawback.Status.REFUSED))

    def awaited(self) -> "ClawbackQuerySet":
        """Raised, with something still open."""
        return self.filter(status=Clawback.Status.RAISED)


@tracked()
class Clawback(models.Model):
    """A claim: one officer proposes it, the head of grants or above raises it. What it asks for never changes.

    `reference` is what the organisation writes on its transfer. A trigger (migration 0020) holds the rank of whoever
    raises it, and that no more is asked back than was paid; another (migration 0031) that a claim is overtaken only by
    a payment that came back, with what had come of it in the ledger.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        RAISED = "raised", "Asked back"
        REFUSED = "refused", "Not to be"
        SETTLED = "settled", "Settled"
        REVOKED = "revoked", "Withdrawn"
        OVERTAKEN = "moot", "Overtaken by a returned payment"

    class Ground(models.TextChoices):
        FRAUD = "fraud", "Fraud, or a serious breach of the agreement"
        MISSPENT = "misspent", "Spent on something the agreement does not allow"
        LEFT_OVER = "left_over", "Left over when the agreement ended"
        OVERPAID = "overpaid", "Paid in error"

    agreement = models.ForeignKey("grants.Agreement", on_delete=models.PROTECT, related_name="clawbacks")
    number = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=16, unique=True)
    ground = models.CharField(max_length=10, choices=Ground)
    reason = models.CharField(max_length=500)
    amount_pence = models.BigIntegerField()
    contribution_pence = models.BigIntegerField()
    pay_by_on = models.DateField()
    status = models.CharField(max_length=8, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=300, blank=True)
    journal = models.OneToOneField("grants.Journal", null=True, on_delete=models.PROTECT, related_name="clawback")

    objects = ClawbackQuerySet.as_manager()

    class Meta:
        ordering = ("agreement_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "number"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(amount_pence__gt=0, contribution_pence__gte=0), name="%(app_label)s_%(class)s_positive"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_says_why"),
            models.CheckConstraint(
                condition=Q(ground__in=["fraud", "misspent", "left_over", "overpaid"]),
                name="%(app_label)s_%(class)s_ground_known",
            ),
            models.CheckConstraint(
                condition=Q(status="proposed", decided_by=None, refusal="", journal=None)
                | Q(
                    status__in=["raised", "settled", "revoked", "moot"],
                    decided_by__isnull=False,
                    refusal="",
                    journal__isnull=False,
                )
                | Q(status="refused", decided_by__isnull=False, journal=None) & ~Q(refusal=""),
                name="%(app_label)s_%(class)s_status_fits",
            ),
            models.CheckConstraint(
                condition=both_or_neither("decided_by", "decided_at"), name="%(app_label)s_%(class)s_decided_pair"
            ),
            models.CheckConstraint(
                condition=Q(status="refused") | Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.UniqueConstraint(
                fields=("agreement",), condition=Q(status="proposed"), name="%(app_label)s_%(class)s_one_proposed"
            ),
        )

    def __str__(self) -> str:
        return f"Claim {self.number} on {self.agreement.reference}"

    @property
    def total_pence(self) -> int:
        """What the organisation is asked to pay: grant and contribution."""
        return self.amount_pence + self.contribution_pence


class ClawbackFunding(models.Model):
    """What a claim asks back for one source. Never changed."""

    clawback = models.ForeignKey(Clawback, on_delete=models.PROTECT, related_name="funding")
    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="+")
    amount_pence = models.BigIntegerField()
    contribution_pence = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("clawback", "source"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(amount_pence__gt=0, contribution_pence__gte=0), name="%(app_label)s_%(class)s_positive"
            ),
        )

    def __str__(self) -> str:
        return f"{self.clawback} from source {self.source_id}"


class ClawbackReceipt(models.Model):
    """A line of the bank that pays a claim, or a part of it. Never changed."""

    clawback = models.ForeignKey(Clawback, on_delete=models.PROTECT, related_name="receipts")
    amount_pence = models.BigIntegerField()
    value_on = models.DateField()
    bank_reference = models.CharField(max_length=35, unique=True)
    journal = models.OneToOneField("grants.Journal", on_delete=models.PROTECT, related_name="clawback_receipt")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="%(app_label)s_%(class)s_positive"),
        )

    def __str__(self) -> str:
        return f"{self.bank_reference} for claim {self.clawback_id}"


@tracked()
class WriteOff(SaidByTwo):
    """The rest of a claim that is given up: one officer proposes, another agrees.

    It is given up within the limit of the other's rank; a trigger holds it over everything given up of the same
    agreement, for whichever reason (migrations 0020, 0026). What was asked in error is withdrawn by whoever may ask
    money back but did not ask for this, by a fund director without limit (migrations 0024, 0026).
    """

    class Kind(models.TextChoices):
        LOST = "lost", "It will not come"
        ERROR = "error", "It was asked back in error"

    kind = models.CharField(max_length=5, choices=Kind, default=Kind.LOST, db_default="lost")
    clawback = models.ForeignKey(Clawback, on_delete=models.PROTECT, related_name="write_offs")
    amount_pence = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    refusal = models.CharField(max_length=300, blank=True)
    journal = models.OneToOneField("grants.Journal", null=True, on_delete=models.PROTECT, related_name="write_off")

    class Meta(SaidByTwo.Meta):
        ordering = ("id",)
        constraints = (
            *SaidByTwo.Meta.constraints,
            models.CheckConstraint(
                condition=Q(amount_pence__gt=0, kind__in=["lost", "error"]) & ~Q(reason=""),
                name="%(app_label)s_%(class)s_says_something",
            ),
            models.CheckConstraint(
                condition=Q(status=Opinion.PROPOSED, decided_by=None, refusal="", journal=None)
                | Q(status=Opinion.CONFIRMED, decided_by__isnull=False, refusal="", journal__isnull=False)
                | Q(status=Opinion.REFUSED, decided_by__isnull=False, journal=None) & ~Q(refusal=""),
                name="%(app_label)s_%(class)s_status_fits",
            ),
            models.UniqueConstraint(
                fields=("clawback",),
                condition=Q(status__in=["proposed", "confirmed"]),
                name="%(app_label)s_%(class)s_one_standing",
            ),
        )

    def __str__(self) -> str:
        return f"Write-off of claim {self.clawback_id}"


class WriteOffLimit(models.Model):
    """The most that a rank may write off of one agreement, from a day on. Rows are only added."""

    rank = models.PositiveSmallIntegerField(choices=numbered(RANK_LABELS))
    limit_pence = models.BigIntegerField()
    from_on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("rank", "from_on"), name="%(app_label)s_%(class)s_once_a_day"),
            models.CheckConstraint(
                condition=Q(rank__gte=1, rank__lte=5, limit_pence__gte=0), name="%(app_label)s_%(class)s_makes_sense"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_rank_display()}: {self.limit_pence}"
