"""What the fund's money is invested in: holdings, what moved them, and what each was valued at."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.award import BASIS_POINTS
from grants.domain.investments import ASSET_CLASS_LABELS, AssetClass, Carried
from grants.models.choices import both_or_neither, labelled, plain


@tracked()
class Holding(models.Model):
    """One investment of one source. Its value is the sum of its entries, never a field of its own."""

    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="holdings")
    programme = models.ForeignKey("grants.Programme", on_delete=models.PROTECT, related_name="holdings")
    asset_class = models.CharField(max_length=10, choices=labelled(ASSET_CLASS_LABELS))
    name = models.CharField(max_length=120)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        ordering = ("source_id", "asset_class", "name")
        constraints = (
            models.UniqueConstraint(fields=("source", "name"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(asset_class__in=plain(AssetClass)), name="%(app_label)s_%(class)s_class_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_named"),
        )

    def __str__(self) -> str:
        return self.name


class HoldingEntryQuerySet(models.QuerySet["HoldingEntry"]):
    def carried(self) -> Carried:
        """What these entries come to."""
        sums = self.aggregate(value=Sum("value_pence", default=0), unrealised=Sum("unrealised_pence", default=0))
        return Carried(sums["value"], sums["unrealised"])


class HoldingEntry(models.Model):
    """What one journal changed about one holding, in pence. Never changed.

    `value_pence` is the change of what the books say it is worth, `unrealised_pence` the part of that which a
    valuation added, or which left with a sale. Their sums per source equal the ledger's two accounts.
    """

    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="entries")
    journal = models.OneToOneField("grants.Journal", on_delete=models.PROTECT, related_name="holding_entry")
    effective_on = models.DateField()
    value_pence = models.BigIntegerField()
    unrealised_pence = models.BigIntegerField(default=0)

    objects = HoldingEntryQuerySet.as_manager()

    class Meta:
        ordering = ("effective_on", "id")
        verbose_name_plural = "holding entries"
        constraints = (
            # A holding that is worth nothing is still sold: what valuations took away leaves the books with it.
            models.CheckConstraint(
                condition=~Q(value_pence=0, unrealised_pence=0), name="%(app_label)s_%(class)s_moves_something"
            ),
        )

    def __str__(self) -> str:
        return f"{self.holding}: {self.value_pence}"


class ValuationQuerySet(models.QuerySet["Valuation"]):
    def proposed(self) -> "ValuationQuerySet":
        """Waiting for a second person."""
        return self.filter(confirmed_at=None, withdrawn_at=None)

    def standing(self) -> "ValuationQuerySet":
        """Confirmed, the latest day first."""
        return self.filter(confirmed_at__isnull=False).order_by("-valued_on", "-pk")


@tracked()
class Valuation(models.Model):
    """What a manager's statement says a holding is worth on a day: proposed by one, confirmed by another."""

    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="valuations")
    valued_on = models.DateField()
    value_pence = models.BigIntegerField(validators=[MinValueValidator(0)])
    statement_reference = models.CharField(max_length=60)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = ValuationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(value_pence__gte=0), name="%(app_label)s_%(class)s_not_negative"),
            models.CheckConstraint(
                condition=~Q(statement_reference=""), name="%(app_label)s_%(class)s_statement_named"
            ),
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
                fields=("holding",),
                condition=Q(confirmed_by=None, withdrawn_by=None),
                name="%(app_label)s_%(class)s_one_proposed",
            ),
            models.UniqueConstraint(
                fields=("holding", "valued_on"),
                condition=Q(confirmed_by__isnull=False),
                name="%(app_label)s_%(class)s_once_a_day",
            ),
        )

    def __str__(self) -> str:
        return f"{self.holding} on {self.valued_on}"


class OrderKind(models.TextChoices):
    """What finance asks of the bank, or expects from it."""

    PURCHASE = "purchase", "Purchase of an investment"
    SALE = "sale", "Sale of an investment"
    RUNNING_COST = "running_cost", "Cost of running the fund"
    INTEREST = "interest", "Interest, each time it comes"


class FundOrderQuerySet(models.QuerySet["FundOrder"]):
    def proposed(self) -> "FundOrderQuerySet":
        """Waiting for a second person."""
        return self.filter(confirmed_at=None, withdrawn_at=None)

    def awaited(self) -> "FundOrderQuerySet":
        """Confirmed by two, and a line of the bank may still settle it."""
        return self.filter(confirmed_at__isnull=False, withdrawn_at=None, journal=None)


@tracked()
class FundOrder(models.Model):
    """Money that finance sends or expects: proposed by one, confirmed by another, posted by the bank's line.

    The line is known by `bank_reference` and must be of exactly `amount_pence`. Interest has no amount and is never
    settled: it is a standing rule, and every line of its reference is posted.
    """

    Kind = OrderKind

    kind = models.CharField(max_length=12, choices=OrderKind)
    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey("grants.Programme", on_delete=models.PROTECT, related_name="+")
    holding = models.ForeignKey(Holding, null=True, on_delete=models.PROTECT, related_name="orders")
    part_basis_points = models.PositiveSmallIntegerField(null=True)
    amount_pence = models.BigIntegerField(null=True)
    bank_reference = models.CharField(max_length=35, unique=True)
    purpose = models.CharField(max_length=200)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    settled_on = models.DateField(null=True)
    journal = models.OneToOneField("grants.Journal", null=True, on_delete=models.PROTECT, related_name="fund_order")

    objects = FundOrderQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                # An unknown comparison passes a constraint, so that what must be there is asked for by name.
                condition=Q(amount_pence__isnull=False, amount_pence__gt=0)
                & (
                    Q(kind="purchase", holding__isnull=False, part_basis_points=None)
                    | Q(
                        kind="sale",
                        holding__isnull=False,
                        part_basis_points__isnull=False,
                        part_basis_points__gte=1,
                        part_basis_points__lte=BASIS_POINTS,
                    )
                    | Q(kind="running_cost", holding=None, part_basis_points=None)
                )
                | Q(kind="interest", holding=None, part_basis_points=None, amount_pence=None),
                name="%(app_label)s_%(class)s_kind_fits",
            ),
            models.CheckConstraint(
                condition=~Q(bank_reference="") & ~Q(purpose=""), name="%(app_label)s_%(class)s_says_what_for"
            ),
            models.CheckConstraint(
                condition=both_or_neither("confirmed_by", "confirmed_at"), name="%(app_label)s_%(class)s_confirmed_pair"
            ),
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_by", "withdrawn_at"), name="%(app_label)s_%(class)s_withdrawn_pair"
            ),
            models.CheckConstraint(
                condition=both_or_neither("settled_on", "journal"), name="%(app_label)s_%(class)s_settled_pair"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=Q(journal=None) | Q(confirmed_by__isnull=False, withdrawn_by=None) & ~Q(kind="interest"),
                name="%(app_label)s_%(class)s_settled_once_confirmed",
            ),
            models.UniqueConstraint(
                fields=("holding",),
                condition=Q(kind="sale", confirmed_by__isnull=False, withdrawn_by=None, journal=None),
                name="%(app_label)s_%(class)s_one_sale_awaited",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.purpose}"
