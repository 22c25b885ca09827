"""Grant agreements: what was promised to whom, by whose approval, and from which source."""

from datetime import date

from django.db import models
from django.db.models import F, Q, Value

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.authority import RANK_LABELS, STEP_LABELS, Rank, Risk, Step
from grants.domain.indexation import INDEXATION_LABELS, Indexation, IndexTerms
from grants.domain.schedule import CADENCES, PROFILE_LABELS, Profile
from grants.models.authority import RISK_LABELS
from grants.models.choices import both_or_neither, indexation_makes_sense, labelled, numbered, plain


class AgreementStatus(models.TextChoices):
    """How far an agreement has come."""

    DRAFT = "draft", "To check"
    RECOMMENDED = "recommended", "Recommended"
    ASSURED = "assured", "Assured"
    FIRST_APPROVED = "first_approved", "Approved once"
    APPROVED = "approved", "Approved"
    OFFERED = "offered", "Offered"
    ACTIVE = "active", "Active"
    COMPLETED = "completed", "Completed"
    LAPSED = "lapsed", "Lapsed"
    DISCONTINUED = "discontinued", "Discontinued"


S = AgreementStatus
# A refusal at any step of approval sends the draft back for another attempt.
TRANSITIONS: dict[AgreementStatus, frozenset[AgreementStatus]] = {
    # Without an offer an agreement lapses only when the vote that it carries out is annulled.
    S.DRAFT: frozenset({S.RECOMMENDED, S.DRAFT, S.LAPSED}),
    S.RECOMMENDED: frozenset({S.ASSURED, S.FIRST_APPROVED, S.DRAFT, S.LAPSED}),
    S.ASSURED: frozenset({S.FIRST_APPROVED, S.DRAFT, S.LAPSED}),
    S.FIRST_APPROVED: frozenset({S.APPROVED, S.DRAFT, S.LAPSED}),
    S.APPROVED: frozenset({S.OFFERED, S.LAPSED}),
    S.OFFERED: frozenset({S.ACTIVE, S.LAPSED}),
    S.ACTIVE: frozenset({S.COMPLETED, S.DISCONTINUED}),
    S.COMPLETED: frozenset(),
    S.LAPSED: frozenset(),
    S.DISCONTINUED: frozenset(),
}
ENDED = (S.LAPSED, S.DISCONTINUED)
ACCEPTED = (S.ACTIVE, S.COMPLETED, S.DISCONTINUED)
PROMISED = (S.APPROVED, S.OFFERED, S.ACTIVE, S.COMPLETED)


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def with_parties(self) -> "AgreementQuerySet":
        """With place, programme and organisation, for pages that name them."""
        return self.select_related("allocation__neighbourhood", "allocation__programme", "body__organisation")

    def in_state(self, *states: AgreementStatus) -> "AgreementQuerySet":
        return self.filter(status__in=states)

    def of_contact(self, user: User) -> "AgreementQuerySet":
        """Agreements of the bodies that this person acts for now."""
        return self.filter(body__contacts__user=user, body__contacts__to_on=None)

    def rising_by(self, day: date) -> "AgreementQuerySet":
        """Running agreements with an anniversary whose uplift is not posted yet."""
        return self.filter(status=AgreementStatus.ACTIVE, next_uplift_on__lte=day)

    def lapsing_by(self, day: date) -> "AgreementQuerySet":
        """Offers nobody accepted in time, and what nobody accepted before its vote was annulled."""
        annulled = Q(resolution__round__annulment__isnull=False) & ~Q(status__in=(*ENDED, *ACCEPTED))
        return self.filter(Q(status=AgreementStatus.OFFERED, offer_lapses_on__lt=day) | annulled)


@tracked()
class Agreement(models.Model):
    """A grant from the fund to an accountable body for one place over whole years.

    `amount_pence` is for the place; `contribution_pence` comes on top for the body's own costs; `uplift_cap_pence` is
    the most that rising prices may add to the amount. `attempt` counts how often the agreement went up for approval.
    `custom_weights` is empty but for the custom profile. The terms change only in a draft (migration 0014).
    """

    Status = AgreementStatus

    reference = models.CharField(max_length=30, unique=True)
    allocation = models.ForeignKey("grants.Allocation", on_delete=models.PROTECT, related_name="agreements")
    resolution = models.OneToOneField("panels.Resolution", on_delete=models.PROTECT, related_name="agreement")
    body = models.ForeignKey("grants.AccountableBody", on_delete=models.PROTECT, related_name="agreements")
    title = models.CharField(max_length=200)
    amount_pence = models.BigIntegerField()
    contribution_pence = models.BigIntegerField()
    term_years = models.PositiveSmallIntegerField()
    cadence_months = models.PositiveSmallIntegerField(choices=list(CADENCES.items()), default=6, db_default=6)
    profile = models.CharField(max_length=20, choices=labelled(PROFILE_LABELS))
    custom_weights = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)
    indexation = models.CharField(max_length=5, choices=labelled(INDEXATION_LABELS), default="none", db_default="none")
    index_basis_points = models.PositiveSmallIntegerField(default=0, db_default=0)
    uplift_cap_pence = models.BigIntegerField(default=0, db_default=0)
    risk = models.CharField(max_length=6, choices=labelled(RISK_LABELS), default=Risk.LOW.value)
    status = models.CharField(max_length=20, choices=AgreementStatus, default=AgreementStatus.DRAFT)
    attempt = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveSmallIntegerField(default=1, db_default=1)
    drafted_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    offered_at = models.DateTimeField(null=True)
    offer_lapses_on = models.DateField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    starts_on = models.DateField(null=True)
    anchor_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    next_uplift_on = models.DateField(null=True)
    is_sample = models.BooleanField(default=False)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=AgreementStatus.values), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(condition=Q(risk__in=plain(Risk)), name="%(app_label)s_%(class)s_risk_known"),
            models.CheckConstraint(
                condition=Q(profile__in=plain(Profile)), name="%(app_label)s_%(class)s_profile_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount_pence__gt=0,
                    contribution_pence__gte=0,
                    uplift_cap_pence__gte=0,
                    term_years__gte=1,
                    attempt__gte=1,
                ),
                name="%(app_label)s_%(class)s_positive",
            ),
            models.CheckConstraint(
                condition=Q(cadence_months__in=sorted(CADENCES)), name="%(app_label)s_%(class)s_cadence_divides_a_year"
            ),
            models.CheckConstraint(
                condition=(Q(profile=Profile.CUSTOM.value) & ~Q(custom_weights=[]))
                | (~Q(profile=Profile.CUSTOM.value) & Q(custom_weights=[])),
                name="%(app_label)s_%(class)s_weights_fit_profile",
            ),
            models.CheckConstraint(condition=indexation_makes_sense(), name="%(app_label)s_%(class)s_indexation_known"),
            models.CheckConstraint(
                condition=~Q(indexation=Indexation.NONE.value) | Q(uplift_cap_pence=0),
                name="%(app_label)s_%(class)s_uplift_needs_indexation",
            ),
            models.CheckConstraint(
                condition=both_or_neither("offered_at", "offer_lapses_on"),
                name="%(app_label)s_%(class)s_offered_pair",
            ),
            models.CheckConstraint(
                condition=both_or_neither("accepted_by", "accepted_at", "starts_on", "anchor_on", "ends_on"),
                name="%(app_label)s_%(class)s_accepted_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[S.ACTIVE, S.COMPLETED, S.DISCONTINUED], accepted_at__isnull=False)
                | (~Q(status__in=[S.ACTIVE, S.COMPLETED, S.DISCONTINUED]) & Q(accepted_at=None)),
                name="%(app_label)s_%(class)s_status_fits_acceptance",
            ),
            models.CheckConstraint(
                condition=~Q(status=S.OFFERED) | Q(offered_at__isnull=False),
                name="%(app_label)s_%(class)s_status_fits_offer",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(anchor_on__gte=F("starts_on"), ends_on__gt=F("anchor_on")),
                name="%(app_label)s_%(class)s_dates_in_order",
            ),
            models.UniqueConstraint(
                fields=("allocation",),
                condition=~Q(status__in=[S.LAPSED, S.DISCONTINUED]),
                name="%(app_label)s_%(class)s_one_standing",
            ),
        )
        indexes = (
            models.Index(fields=("status", "offer_lapses_on"), name="grants_agreement_status"),
            models.Index(
                fields=("next_uplift_on",), condition=Q(next_uplift_on__isnull=False), name="grants_agreement_uplift"
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference}: {self.title}"

    @property
    def value_pence(self) -> int:
        """What the agreement pays whatever prices do: the grant and the contribution."""
        return self.amount_pence + self.contribution_pence

    @property
    def index_terms(self) -> IndexTerms:
        """How its payments rise with prices."""
        return IndexTerms(Indexation(self.indexation), self.index_basis_points)


class AgreementFunding(models.Model):
    """How much of an agreement one source gives. Never changed: a variation adds what it gives more or less."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="funding")
    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField(default=1, db_default=1)
    amount_pence = models.BigIntegerField()
    contribution_pence = models.BigIntegerField()

    class Meta:
        constraints = (
            # Of every row; with a condition it is an index, which is added without stopping what writes.
            models.UniqueConstraint(
                fields=("agreement", "source", "version"),
                condition=Q(version__gte=1),
                name="%(app_label)s_%(class)s_once",
            ),
            models.CheckConstraint(
                condition=Q(version__gt=1) | Q(amount_pence__gt=0, contribution_pence__gte=0),
                name="%(app_label)s_%(class)s_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.agreement} from {self.source}"


class Approval(models.Model):
    """One officer's decision on one step of one attempt. Never changed.

    A trigger (migration 0002) holds rank, team, order of steps, and the limit over the whole-life value of everything
    approved for the same body or place in the last 24 months; the constraints here keep the people apart.
    """

    class Outcome(models.TextChoices):
        APPROVED = "approved", "Agreed"
        REFUSED = "refused", "Sent back"

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="approvals")
    attempt = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=14, choices=labelled(STEP_LABELS))
    outcome = models.CharField(max_length=8, choices=Outcome)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="approvals")
    rank = models.PositiveSmallIntegerField(choices=numbered(RANK_LABELS))
    team = models.CharField(max_length=40)
    value_pence = models.BigIntegerField()
    minute_reference = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agreement", "attempt", "step"), name="%(app_label)s_%(class)s_one_a_step"),
            models.UniqueConstraint(fields=("agreement", "attempt", "by"), name="%(app_label)s_%(class)s_one_a_person"),
            models.CheckConstraint(condition=Q(step__in=plain(Step)), name="%(app_label)s_%(class)s_step_known"),
            models.CheckConstraint(
                condition=Q(outcome="approved") | (Q(outcome="refused") & ~Q(reason="")),
                name="%(app_label)s_%(class)s_refusal_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(minute_reference="") | Q(step=Step.FIRST.value, rank=Rank.FUND_DIRECTOR.value),
                name="%(app_label)s_%(class)s_minute_fits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_step_display()}: {self.by}"
