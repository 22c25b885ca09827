"""A round: one vote of one place, its dates, its rules, its ideas and its projects."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.said import Written
from panels.domain.ballot_paper import Kind
from panels.domain.equal_shares import Utility
from panels.domain.people import HIGHEST_AGE, LOWEST_AGE, USUAL_AGE
from panels.domain.rules_sheet import level_for, written_in
from panels.domain.tally import Completion, Method, Rule
from panels.models.phases import Act, Phase

TIME_TO_SHOW = timedelta(days=7)  # after close, for those who voted first
MOST_YEARS_COVERED = 10
Words = dict[str, str]  # `title` and `what` in one language
CHALLENGE_WINDOW = timedelta(days=14)  # after the result is published, for objections
OPENING_PAUSE = timedelta(seconds=60)  # after close, so that nothing still on its way is missed


class RoundQuerySet(models.QuerySet["Round"]):
    def voting(self, at: datetime) -> Self:
        """Rounds in which a ballot can be cast at `at`."""
        return self.frozen().filter(voting_opens_at__lte=at, voting_closes_at__gt=at)

    def frozen(self) -> Self:
        return self.exclude(frozen_at=None)

    def taking_ideas(self, at: datetime) -> Self:
        return self.filter(frozen_at=None, ideas_open_at__lte=at, ideas_close_at__gt=at)

    def not_over(self, at: datetime) -> Self:
        return self.filter(voting_closes_at__gt=at)

    def standing(self) -> Self:
        """Rounds that nobody annulled."""
        return self.filter(annulment=None)

    def in_full(self) -> Self:
        """With what the name and the phase of a round need."""
        return self.select_related("panel__neighbourhood", "opening", "result", "annulment", "certification")


@tracked(exclude=("rules", "rules_signature"))
class Round(models.Model):
    """One vote. From `frozen_at` on, a trigger refuses any change to what the voters were promised."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    panel = models.ForeignKey("panels.Panel", on_delete=models.PROTECT, related_name="rounds")
    title = models.CharField(max_length=120)
    budget_pence = models.BigIntegerField()
    ballot_kind = models.CharField(
        max_length=8, choices=[(kind.value, kind.value) for kind in Kind], default="approval", db_default="approval"
    )
    most_choices = models.PositiveSmallIntegerField()
    points = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Of one voter, in ballots of points.")
    most_points = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Of these, for one project.")
    years_covered = models.PositiveSmallIntegerField(default=3, help_text="Years of running cost in a price.")
    rule = models.CharField(max_length=20, choices=[(rule.value, rule.value) for rule in Rule])
    utility = models.CharField(max_length=20, choices=[(way.value, way.value) for way in Utility], default=Utility.COST)
    completion = models.CharField(
        max_length=20, choices=[(way.value, way.value) for way in Completion], default=Completion.ADD1_GREEDY
    )
    at_least = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="Fewest votes, or points, with which a project can be funded."
    )
    gives_parts = models.BooleanField(
        default=False, db_default=False, help_text="The last of the money can go to a project that can start with it."
    )
    minimum_age = models.PositiveSmallIntegerField(default=USUAL_AGE, db_default=USUAL_AGE)
    ideas_open_at = models.DateTimeField()
    ideas_close_at = models.DateTimeField()
    voting_opens_at = models.DateTimeField()
    voting_closes_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    rules = models.BinaryField(null=True)
    rules_signature = models.BinaryField(null=True)
    is_sample = models.BooleanField(default=False)

    objects = RoundQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(rule="priority", budget_pence=0) | (~Q(rule="priority") & Q(budget_pence__gt=0)),
                name="%(app_label)s_%(class)s_has_money",
            ),
            models.CheckConstraint(
                condition=Q(ballot_kind__in=("approval", "ranked", "points", "knapsack")),
                name="%(app_label)s_%(class)s_kind_known",
            ),
            models.CheckConstraint(
                condition=(~Q(ballot_kind="points") & Q(points=0, most_points=0))
                | Q(ballot_kind="points", most_points__gte=1, points__gte=F("most_points")),
                name="%(app_label)s_%(class)s_points_with_their_kind",
            ),
            models.CheckConstraint(
                condition=~Q(ballot_kind__in=("ranked", "points"), rule="equal-shares")
                & ~Q(ballot_kind="knapsack", rule="priority"),
                name="%(app_label)s_%(class)s_rule_fits_kind",
            ),
            models.CheckConstraint(condition=Q(most_choices__gte=1), name="%(app_label)s_%(class)s_allows_a_choice"),
            models.CheckConstraint(
                condition=Q(at_least__gte=1) & (~Q(rule="priority") | Q(at_least=1)),
                name="%(app_label)s_%(class)s_needs_a_vote",
            ),
            models.CheckConstraint(
                condition=Q(minimum_age__gte=LOWEST_AGE, minimum_age__lte=HIGHEST_AGE),
                name="%(app_label)s_%(class)s_minimum_age",
            ),
            models.CheckConstraint(
                condition=Q(years_covered__gte=1, years_covered__lte=MOST_YEARS_COVERED),
                name="%(app_label)s_%(class)s_years_covered",
            ),
            models.CheckConstraint(
                condition=Q(
                    utility__in=[way.value for way in Utility], completion__in=[way.value for way in Completion]
                ),
                name="%(app_label)s_%(class)s_ways_known",
            ),
            models.CheckConstraint(
                condition=Q(gives_parts=False)
                | Q(rule__in=("greedy", "greedy-per-cost"))
                | Q(rule="equal-shares", completion="add1+greedy"),
                name="%(app_label)s_%(class)s_parts_of_what_is_left",
            ),
            models.CheckConstraint(
                condition=Q(ideas_open_at__lt=F("ideas_close_at"))
                & Q(ideas_close_at__lte=F("voting_opens_at"))
                & Q(voting_opens_at__lt=F("voting_closes_at")),
                name="%(app_label)s_%(class)s_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(frozen_at=None, frozen_by=None, rules=None, rules_signature=None)
                | Q(
                    frozen_at__isnull=False,
                    frozen_by__isnull=False,
                    rules__isnull=False,
                    rules_signature__isnull=False,
                ),
                name="%(app_label)s_%(class)s_frozen_together",
            ),
            models.CheckConstraint(
                condition=Q(frozen_at=None) | Q(frozen_at__lte=F("voting_opens_at")),
                name="%(app_label)s_%(class)s_frozen_before_voting",
            ),
        )
        indexes = (models.Index(fields=("voting_closes_at",), name="panels_round_closes"),)

    def __str__(self) -> str:
        return self.title

    @property
    def method(self) -> Method:
        """The frozen way of counting. A poll finds as many as one voter may name."""
        most = self.most_choices if self.is_poll else 0
        utility, completion = Utility(self.utility), Completion(self.completion)
        return Method(Rule(self.rule), utility, completion, self.at_least, most_winners=most)

    @property
    def kind(self) -> Kind:
        """How a ballot is filled in."""
        return Kind(self.ballot_kind)

    @property
    def is_poll(self) -> bool:
        """Whether it is about what matters and shares out no money."""
        return self.rule == Rule.PRIORITY

    @property
    def show_by(self) -> datetime:
        """Until when somebody who voted first can show where they live."""
        return self.voting_closes_at + TIME_TO_SHOW

    @property
    def needs_shown(self) -> bool:
        """Whether a voter must have shown where they live; for small pots saying so is enough."""
        return level_for(self.budget_pence) == "shown"

    def phase_at(self, at: datetime) -> Phase:
        """Where the round stands. A round that nobody froze in time is missed, not open.

        Asks only for what can be there: a vote is annulled once it is frozen, its box is opened once voting is over,
        counted once the box is open, and certified once its result is published.
        """
        if self.frozen_at is None:
            return self._phase_before_freeze(at)
        if hasattr(self, "annulment"):
            return Phase.ANNULLED
        if at < self.voting_closes_at:
            return Phase.FROZEN if at < self.voting_opens_at else Phase.VOTING
        if not hasattr(self, "opening"):
            return Phase.CLOSED
        if not (hasattr(self, "result") and self.result.published_at):
            return Phase.OPENED
        return Phase.CERTIFIED if self.certified_at else Phase.PUBLISHED

    def has_result_at(self, at: datetime) -> bool:
        """Whether everybody may see its result, and it counts."""
        return self.permits(Act.READ_RESULT, at)

    def permits(self, act: Act, at: datetime) -> bool:
        """Whether the phase that the round is in at `at` declares this act."""
        return self.phase_at(at).permits(act)

    @property
    def certified_at(self) -> datetime | None:
        """When two people ended it."""
        return self.certification.certified_at if hasattr(self, "certification") else None

    def _phase_before_freeze(self, at: datetime) -> Phase:
        if at < self.ideas_open_at:
            return Phase.PREPARING
        if at < self.ideas_close_at:
            return Phase.IDEAS
        return Phase.SHAPING if at < self.voting_opens_at else Phase.MISSED


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def standing(self) -> Self:
        """Neither merged nor refused nor hidden."""
        return self.shown().exclude(state__in=(Proposal.State.MERGED, Proposal.State.REFUSED))

    def hidden(self) -> Self:
        about = Q(cases__comment=None, cases__photo=None)
        return self.filter(about, cases__outcome="hidden", cases__answer__in=("", "upheld"))

    def asking_again(self) -> Self:
        """Hidden, and somebody waits for another person to look at them."""
        about = Q(cases__comment=None, cases__photo=None)
        return self.filter(about, cases__appealed_at__isnull=False, cases__answer="", cases__waived_at=None)

    def shown(self) -> Self:
        return self.exclude(pk__in=Proposal.objects.hidden().values("pk"))

    def in_play(self) -> Self:
        """Standing, or joined with one that stands: whoever put it forward has something to win."""
        standing = Proposal.objects.standing().values("pk")
        return self.filter(Q(pk__in=standing) | Q(merged_into__in=standing))

    def accepted(self) -> Self:
        return self.filter(state=Proposal.State.ACCEPTED)


@tracked()
class Proposal(models.Model):
    """An idea, and what the panel and the officers made of it; their reasons are published."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Waiting to be worked out"
        ACCEPTED = "accepted", "Goes to the vote"
        MERGED = "merged", "Joined with another idea"
        REFUSED = "refused", "Cannot go to the vote"

    class Kind(models.TextChoices):
        MEET = "meet", "A place to meet"
        CONNECT = "connect", "Getting about and getting online"
        GROUPS = "groups", "Groups and events"
        SKILLS = "skills", "Skills and work"
        HEALTH = "health", "Health and company"
        GREEN = "green", "Green and play"
        OTHER = "other", "Something else"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="proposals")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals")
    submission = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=80)
    what = models.CharField(max_length=600)
    kind = models.CharField(max_length=8, choices=Kind)
    where = models.CharField(max_length=120, blank=True, default="", db_default="")
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    state = models.CharField(max_length=9, choices=State, default=State.SUBMITTED)
    capital_pence = models.BigIntegerField(null=True)
    yearly_pence = models.BigIntegerField(null=True)
    least_pence = models.BigIntegerField(
        null=True, help_text="The smallest part of its price with which it can start; empty when it needs all."
    )
    reason = models.CharField(max_length=600, blank=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="joined")
    assessed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    is_sample = models.BooleanField(default=False)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(capital_pence=None, yearly_pence=None)
                | Q(capital_pence__gte=0, yearly_pence__gte=0, capital_pence__isnull=False, yearly_pence__isnull=False),
                name="%(app_label)s_%(class)s_costs_together",
            ),
            models.CheckConstraint(
                condition=Q(least_pence=None) | Q(least_pence__gt=0, capital_pence__isnull=False),
                name="%(app_label)s_%(class)s_least_of_a_price",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(capital_pence__isnull=False),
                name="%(app_label)s_%(class)s_accepted_has_costs",
            ),
            models.CheckConstraint(
                condition=Q(state="submitted") | (~Q(reason="") & Q(assessed_by__isnull=False)),
                name="%(app_label)s_%(class)s_reason_published",
            ),
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False) | (~Q(state="merged") & Q(merged_into=None)),
                name="%(app_label)s_%(class)s_merged_pair",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="%(app_label)s_%(class)s_not_into_itself"),
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None)
                | Q(
                    longitude__isnull=False,
                    latitude__isnull=False,
                    longitude__gte=-7,
                    longitude__lte=2,
                    latitude__gte=49,
                    latitude__lte=56,
                ),
                name="%(app_label)s_%(class)s_spot_in_england",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("submitted", "accepted", "merged", "refused")),
                name="%(app_label)s_%(class)s_state_known",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def in_languages(self) -> dict[str, Words]:
        """What a second person checked, by language; empty unless `words_checked` was read with the idea."""
        return {one.language: one.words for one in getattr(self, "words_checked", ())}

    @property
    def named(self) -> Written:
        """Its title, in every language it is in."""
        return written_in(self.title, self.in_languages, "title")

    @property
    def described(self) -> Written:
        """What it is, in every language it is in."""
        return written_in(self.what, self.in_languages, "what")


class Project(models.Model):
    """A costed proposal on the ballot, as frozen: it never changes again."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="projects")
    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="project")
    place = models.PositiveSmallIntegerField(help_text="Position in the frozen rules, from 0.")
    code = models.CharField(max_length=12)
    title = models.CharField(max_length=80)
    what = models.CharField(max_length=600)
    kind = models.CharField(max_length=8, choices=Proposal.Kind)
    capital_pence = models.BigIntegerField()
    yearly_pence = models.BigIntegerField()
    years_covered = models.PositiveSmallIntegerField()
    price_pence = models.BigIntegerField()
    least_pence = models.BigIntegerField(
        null=True, help_text="The smallest part of its price with which it can start; empty when it needs all."
    )
    group = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Of the projects of one group at most one is paid for; 0 for none."
    )
    in_languages = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="`title` and `what` in other languages by code, as the frozen rules hold them.",
    )

    class Meta:
        ordering = ("place",)
        constraints = (
            models.UniqueConstraint(fields=("round", "place"), name="%(app_label)s_%(class)s_place"),
            models.UniqueConstraint(fields=("round", "code"), name="%(app_label)s_%(class)s_code"),
            models.CheckConstraint(
                condition=Q(price_pence=F("capital_pence") + F("yearly_pence") * F("years_covered"))
                & Q(capital_pence__gte=0, yearly_pence__gte=0),
                name="%(app_label)s_%(class)s_price_is_capital_and_running",
            ),
            models.CheckConstraint(
                condition=Q(least_pence=None) | Q(least_pence__gt=0, least_pence__lte=F("price_pence")),
                name="%(app_label)s_%(class)s_least_of_its_price",
            ),
            models.CheckConstraint(
                condition=Exact(
                    Func("in_languages", function="jsonb_typeof", output_field=models.TextField()), "object"
                ),
                name="%(app_label)s_%(class)s_in_languages_by_code",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def named(self) -> Written:
        """Its title, in every language it is in."""
        return written_in(self.title, self.in_languages, "title")

    @property
    def described(self) -> Written:
        """What it is, in every language it is in."""
        return written_in(self.what, self.in_languages, "what")

    @property
    def group_code(self) -> str:
        """Its group as the frozen rules name it; empty where it stands alone."""
        return str(self.group) if self.group else ""
