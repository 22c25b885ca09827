"""What the fund's directors decide together: how fast a programme spends, and money that changes its purpose."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.award import BASIS_POINTS, STRAND_LABELS, Strand
from grants.domain.spending import HIGHEST_CAP, HIGHEST_INFLATION, Hybrid
from grants.models.choices import both_or_neither, labelled, plain


class SpendingPolicyQuerySet(models.QuerySet["SpendingPolicy"]):
    def proposed(self) -> "SpendingPolicyQuerySet":
        """Waiting for the other director."""
        return self.filter(confirmed_at=None, withdrawn_at=None)

    def in_force(self) -> "SpendingPolicyQuerySet":
        """The latest that two directors agreed on, by programme."""
        agreed = self.filter(confirmed_at__isnull=False)
        return agreed.order_by("programme_id", "-confirmed_at", "-pk").distinct("programme_id")


class PolicyKind(models.TextChoices):
    """How a programme's yearly spending follows."""

    SPEND_DOWN = "spend_down", "All is spent by a day, evenly"
    HYBRID = "hybrid", "Each year follows the year before and what remains, up to a cap"


NO_RULE = Q(smoothing_basis_points=None, rate_basis_points=None, cap_basis_points=None, inflation_basis_points=None)
WHOLE_RULE = Q(
    smoothing_basis_points__isnull=False,
    rate_basis_points__isnull=False,
    cap_basis_points__isnull=False,
    inflation_basis_points__isnull=False,
)


@tracked()
class SpendingPolicy(models.Model):
    """How fast a programme spends: evenly to a day, or by a rule that smooths (`grants.domain.spending.Hybrid`)."""

    Kind = PolicyKind

    programme = models.ForeignKey("grants.Programme", on_delete=models.PROTECT, related_name="policies")
    kind = models.CharField(max_length=10, choices=PolicyKind, default="spend_down", db_default="spend_down")
    spend_down_on = models.DateField(null=True)
    smoothing_basis_points = models.PositiveSmallIntegerField(null=True)
    rate_basis_points = models.PositiveSmallIntegerField(null=True)
    cap_basis_points = models.PositiveSmallIntegerField(null=True)
    inflation_basis_points = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = SpendingPolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "spending policies"
        constraints = (
            models.CheckConstraint(
                condition=Q(NO_RULE, kind="spend_down", spend_down_on__isnull=False)
                | Q(WHOLE_RULE, kind="hybrid", spend_down_on=None),
                name="%(app_label)s_%(class)s_kind_fits",
            ),
            models.CheckConstraint(
                condition=Q(kind="spend_down")
                | Q(
                    smoothing_basis_points__lt=BASIS_POINTS,
                    rate_basis_points__gte=1,
                    rate_basis_points__lte=F("cap_basis_points"),
                    cap_basis_points__lte=HIGHEST_CAP,
                    inflation_basis_points__lte=HIGHEST_INFLATION,
                ),
                name="%(app_label)s_%(class)s_rule_in_bounds",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=both_or_neither("confirmed_by", "confirmed_at"), name="%(app_label)s_%(class)s_confirmed_pair"
            ),
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_by", "withdrawn_at"), name="%(app_label)s_%(class)s_withdrawn_pair"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(withdrawn_by=None), name="%(app_label)s_%(class)s_one_end"
            ),
            models.UniqueConstraint(
                fields=("programme",),
                condition=Q(confirmed_by=None, withdrawn_by=None),
                name="%(app_label)s_%(class)s_one_proposed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.programme}: {self.rule_in_words}"

    @property
    def rule(self) -> Hybrid | None:
        """The rule that smooths; None where all is spent by a day."""
        if self.kind != PolicyKind.HYBRID:
            return None
        return Hybrid(
            smoothing_basis_points=self.smoothing_basis_points or 0,
            rate_basis_points=self.rate_basis_points or 0,
            cap_basis_points=self.cap_basis_points or 0,
            inflation_basis_points=self.inflation_basis_points or 0,
        )

    @property
    def rule_in_words(self) -> str:
        """What it comes to, as a sentence goes on."""
        rule = self.rule
        if rule is None:
            return f"everything is spent by {self.spend_down_on:%-d %B %Y}"
        return (
            f"a year spends {_per_cent(rule.smoothing_basis_points)} of the year before, raised by "
            f"{_per_cent(rule.inflation_basis_points)}, and {_per_cent(BASIS_POINTS - rule.smoothing_basis_points)} of "
            f"{_per_cent(rule.rate_basis_points)} of what remains, at most {_per_cent(rule.cap_basis_points)} of it"
        )


def _per_cent(basis_points: int) -> str:
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


class DecisionKind(models.TextChoices):
    """What two directors may do with money that is not promised to an agreement."""

    STRAND_TRANSFER = "strand_transfer", "Free money moves to another purpose"
    ALLOCATION_RETURNED = "allocation_returned", "Money set aside for a place returns to the fund"


class FundDecisionQuerySet(models.QuerySet["FundDecision"]):
    def proposed(self) -> "FundDecisionQuerySet":
        """Waiting for the other director."""
        return self.filter(confirmed_at=None, withdrawn_at=None)

    def published(self) -> "FundDecisionQuerySet":
        """Agreed by two and posted, the latest first; everyone may read them."""
        return self.filter(confirmed_at__isnull=False).order_by("-confirmed_at", "-pk")


@tracked()
class FundDecision(models.Model):
    """A decision about free or allocated money by two directors, with the reason that is published."""

    Kind = DecisionKind

    kind = models.CharField(max_length=20, choices=DecisionKind)
    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="+")
    giver = models.CharField(max_length=20, choices=labelled(STRAND_LABELS), blank=True)
    taker = models.CharField(max_length=20, choices=labelled(STRAND_LABELS), blank=True)
    allocation = models.ForeignKey("grants.Allocation", null=True, on_delete=models.PROTECT, related_name="decisions")
    amount_pence = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    journal = models.OneToOneField("grants.Journal", null=True, on_delete=models.PROTECT, related_name="decision")

    objects = FundDecisionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="strand_transfer", giver__in=plain(Strand), taker__in=plain(Strand), allocation=None)
                & ~Q(giver=F("taker"))
                | Q(kind="allocation_returned", giver="", taker="", allocation__isnull=False),
                name="%(app_label)s_%(class)s_kind_fits",
            ),
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="%(app_label)s_%(class)s_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=both_or_neither("confirmed_by", "confirmed_at", "journal"),
                name="%(app_label)s_%(class)s_confirmed_whole",
            ),
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_by", "withdrawn_at"), name="%(app_label)s_%(class)s_withdrawn_pair"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(withdrawn_by=None), name="%(app_label)s_%(class)s_one_end"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.pk}"


class SavedScenario(models.Model):
    """A forecast that somebody kept, with everything that is needed to run it again. Never changed.

    `inputs` hold what was typed, `basis` what the books said then; `result` is the digest of what came out.
    """

    name = models.CharField(max_length=80)
    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="+")
    inputs = models.JSONField()
    basis = models.JSONField()
    seed = models.BigIntegerField()
    code_version = models.CharField(max_length=40)
    result_sha256 = models.CharField(max_length=64)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        ordering = ("-saved_at", "-id")
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_named"),
            models.CheckConstraint(
                condition=Q(result_sha256__regex=r"^[0-9a-f]{64}$"), name="%(app_label)s_%(class)s_hash_well_formed"
            ),
        )

    def __str__(self) -> str:
        return self.name
