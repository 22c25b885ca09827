"""Where money comes from, the programme that says what places get, and what each place is set aside."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.award import WHOLE_PCT, AwardRule, Strand
from grants.domain.indexation import INDEXATION_LABELS, Indexation, IndexTerms
from grants.domain.schedule import CADENCES, PROFILE_LABELS, Profile
from grants.models.choices import both_or_neither, indexation_makes_sense, labelled, plain

POUND_PENCE = 100
# Shares of years belong to one plan and one term, so no programme has its own.
SHARED_PROFILES = {profile: label for profile, label in PROFILE_LABELS.items() if profile is not Profile.CUSTOM}


@tracked()
class Source(models.Model):
    """Where money comes from. Sources are never added up in one figure."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    definition = models.CharField(max_length=300)
    is_spendable = models.BooleanField(default=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


@tracked()
class Programme(models.Model):
    """The terms under which places get money. Every number is data; two presets come with the project."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    base_pence = models.BigIntegerField()
    rate_pence_per_resident = models.BigIntegerField()
    floor_pence = models.BigIntegerField()
    ceiling_pence = models.BigIntegerField()
    step_pence = models.BigIntegerField()
    residents_min = models.PositiveIntegerField(null=True)
    residents_max = models.PositiveIntegerField(null=True)
    term_years_min = models.PositiveSmallIntegerField()
    term_years_max = models.PositiveSmallIntegerField()
    place_pct = models.PositiveSmallIntegerField(default=80)
    body_contribution_pct = models.PositiveSmallIntegerField(default=4)
    capacity_pct = models.PositiveSmallIntegerField(default=8)
    running_pct = models.PositiveSmallIntegerField(default=5)
    contingency_pct = models.PositiveSmallIntegerField(default=3)
    contribution_basis_points = models.PositiveSmallIntegerField(default=500)
    cadence_months = models.PositiveSmallIntegerField(choices=list(CADENCES.items()), default=6)
    profile = models.CharField(max_length=20, choices=labelled(SHARED_PROFILES), default=Profile.RAMPED.value)
    indexation = models.CharField(max_length=5, choices=labelled(INDEXATION_LABELS), default="none", db_default="none")
    index_basis_points = models.PositiveSmallIntegerField(default=0, db_default=0)
    offer_days = models.PositiveSmallIntegerField(default=90)
    first_payment_days = models.PositiveSmallIntegerField(default=28)
    wind_down_months = models.PositiveSmallIntegerField(default=6)
    unspent_margin_basis_points = models.PositiveSmallIntegerField(default=1000, db_default=1000)
    opened_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    base_pence__gte=0,
                    rate_pence_per_resident__gte=0,
                    step_pence__gt=0,
                    floor_pence__gt=0,
                    ceiling_pence__gte=F("floor_pence"),
                ),
                name="%(app_label)s_%(class)s_award_makes_sense",
            ),
            models.CheckConstraint(
                condition=both_or_neither("residents_min", "residents_max")
                & (Q(residents_min=None) | Q(residents_max__gte=F("residents_min"))),
                name="%(app_label)s_%(class)s_band_makes_sense",
            ),
            models.CheckConstraint(
                condition=Q(term_years_min__gte=1, term_years_max__gte=F("term_years_min")),
                name="%(app_label)s_%(class)s_term_makes_sense",
            ),
            models.CheckConstraint(
                condition=Q(
                    place_pct=WHOLE_PCT
                    - F("body_contribution_pct")
                    - F("capacity_pct")
                    - F("running_pct")
                    - F("contingency_pct")
                ),
                name="%(app_label)s_%(class)s_strands_make_a_whole",
            ),
            models.CheckConstraint(
                condition=Q(cadence_months__in=sorted(CADENCES)), name="%(app_label)s_%(class)s_cadence_divides_a_year"
            ),
            models.CheckConstraint(
                condition=Q(profile__in=plain(SHARED_PROFILES)), name="%(app_label)s_%(class)s_profile_known"
            ),
            models.CheckConstraint(condition=indexation_makes_sense(), name="%(app_label)s_%(class)s_indexation_known"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def award_rule(self) -> AwardRule:
        """The award formula of this programme."""
        return AwardRule(
            base_pence=self.base_pence,
            rate_pence_per_resident=self.rate_pence_per_resident,
            floor_pence=self.floor_pence,
            ceiling_pence=self.ceiling_pence,
            step_pence=self.step_pence,
            residents_min=self.residents_min,
            residents_max=self.residents_max,
        )

    @property
    def index_terms(self) -> IndexTerms:
        """The most that an agreement may rise with prices."""
        return IndexTerms(Indexation(self.indexation), self.index_basis_points)

    @property
    def wave_pct(self) -> dict[Strand, int]:
        """How a wave divides among strands, in whole per cent."""
        return {strand: getattr(self, f"{strand.value}_pct") for strand in Strand}


class WaveQuerySet(models.QuerySet["Wave"]):
    def awaited(self) -> "WaveQuerySet":
        """Announced and not yet at the bank."""
        return self.filter(received_on=None)


@tracked()
class Wave(models.Model):
    """One release of money into the endowment. Announced money is no money: only the bank's line posts."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="waves")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="waves")
    title = models.CharField(max_length=120)
    announced_on = models.DateField()
    announced_pence = models.BigIntegerField(validators=[MinValueValidator(1)])
    announced_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expected_on = models.DateField()
    bank_reference = models.CharField(max_length=35, unique=True)
    received_on = models.DateField(null=True)
    received_pence = models.BigIntegerField(null=True)
    journal = models.OneToOneField("grants.Journal", null=True, on_delete=models.PROTECT, related_name="wave")
    is_sample = models.BooleanField(default=False)

    objects = WaveQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(announced_pence__gt=0), name="%(app_label)s_%(class)s_positive"),
            models.CheckConstraint(
                condition=Q(received_pence=None) | Q(received_pence__gt=0),
                name="%(app_label)s_%(class)s_received_positive",
            ),
            models.CheckConstraint(
                condition=both_or_neither("received_on", "received_pence", "journal"),
                name="%(app_label)s_%(class)s_received_whole",
            ),
            models.CheckConstraint(
                condition=~Q(bank_reference=""), name="%(app_label)s_%(class)s_bank_reference_given"
            ),
        )

    def __str__(self) -> str:
        return self.title


@tracked()
class Cohort(models.Model):
    """Places of one ranking that start together: proposed by one director, set aside by another."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="cohorts")
    ranking = models.ForeignKey("neighbourhoods.Ranking", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    allocated_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    allocated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("programme", "number"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=both_or_neither("allocated_by", "allocated_at"),
                name="%(app_label)s_%(class)s_allocated_pair",
            ),
            models.CheckConstraint(
                condition=Q(allocated_by=None) | ~Q(allocated_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"{self.programme}, start {self.number}"


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def standing(self) -> "AllocationQuerySet":
        """Set aside in the ledger, not only proposed."""
        return self.filter(cohort__allocated_at__isnull=False)

    def total_pence(self) -> int:
        """The sum set aside for these places."""
        total: dict[str, Any] = self.aggregate(total=Sum("amount_pence", default=0))
        return int(total["total"])


@tracked()
class Allocation(models.Model):
    """What the fund sets aside for one neighbourhood under one programme.

    `returned_pence` went back to the fund by decisions of two directors.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="allocations")
    neighbourhood = models.ForeignKey(
        "neighbourhoods.Neighbourhood", on_delete=models.PROTECT, related_name="allocations"
    )
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="allocations")
    residents = models.PositiveIntegerField()
    amount_pence = models.BigIntegerField()
    returned_pence = models.BigIntegerField(default=0, db_default=0)
    envelope_version = models.PositiveIntegerField(default=1)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("programme", "neighbourhood"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="%(app_label)s_%(class)s_positive"),
            models.CheckConstraint(
                condition=Q(returned_pence__gte=0, returned_pence__lte=F("amount_pence")),
                name="%(app_label)s_%(class)s_returned_within",
            ),
        )

    def __str__(self) -> str:
        return f"{self.neighbourhood}: {self.programme}"

    @property
    def kept_pence(self) -> int:
        """What is still meant for the place."""
        return self.amount_pence - self.returned_pence


class AllocationFunding(models.Model):
    """How much of an allocation one source gives, in whole pounds. Never changed."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="funding")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    amount_pence = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("allocation", "source"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="%(app_label)s_%(class)s_positive"),
        )

    def __str__(self) -> str:
        return f"{self.allocation} from {self.source}"
