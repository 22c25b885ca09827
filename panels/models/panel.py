"""The resident-led body of a place, its members, and organisations that can look after its money."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow


@tracked()
class Organisation(models.Model):
    """A body with a name in law: may look after a panel's money, or offer it help."""

    name = models.CharField(max_length=160, unique=True)
    registration = models.CharField(max_length=40, blank=True, help_text="Charity or company number, where it has one.")
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_named"),)

    def __str__(self) -> str:
        return self.name


@tracked()
class Panel(models.Model):
    """One per neighbourhood."""

    neighbourhood = models.OneToOneField("neighbourhoods.Neighbourhood", on_delete=models.PROTECT, related_name="panel")
    name = models.CharField(max_length=160)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_named"),)

    def __str__(self) -> str:
        return self.name


class PanelMembershipQuerySet(models.QuerySet["PanelMembership"]):
    def on(self, day: date) -> Self:
        """Members on this day; the last day of a term counts."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)

    def with_people(self) -> Self:
        return self.select_related("user").order_by("-is_chair", "user__full_name")


@tracked()
class PanelMembership(models.Model):
    """One term of one member. A trigger refuses to seat somebody from elsewhere without a resident majority."""

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="panel_memberships")
    is_resident = models.BooleanField()
    is_chair = models.BooleanField(default=False)
    interests = models.CharField(max_length=300, blank=True, help_text="Declared interests, published.")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    objects = PanelMembershipQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("panel", "user"), condition=Q(ends_on=None), name="%(app_label)s_%(class)s_once"
            ),
            models.UniqueConstraint(
                fields=("panel",), condition=Q(ends_on=None, is_chair=True), name="%(app_label)s_%(class)s_one_chair"
            ),
            models.CheckConstraint(
                condition=Q(is_chair=False) | Q(is_resident=True), name="%(app_label)s_%(class)s_chair_lives_here"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="%(app_label)s_%(class)s_term"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} on {self.panel}"


@tracked()
class MoneyEnvelope(models.Model):
    """Money a panel can decide now, as the fund last said it; older versions are ignored."""

    neighbourhood = models.OneToOneField(
        "neighbourhoods.Neighbourhood", on_delete=models.PROTECT, related_name="money_envelope"
    )
    amount_pence = models.BigIntegerField()
    version = models.PositiveBigIntegerField()
    noted_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount_pence__gte=0), name="%(app_label)s_%(class)s_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.neighbourhood}: {self.amount_pence}p"
