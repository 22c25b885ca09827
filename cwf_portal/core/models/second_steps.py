"""What happens to people's second steps of signing in (the steps themselves are allauth's `Authenticator`)."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models.people import User


class SecondStepChange(models.Model):
    """One second step set up or taken away, written by the database itself. No secret of it is kept."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="second_step_changes")
    kind = models.CharField(max_length=20)
    is_added = models.BooleanField()
    changed_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    def __str__(self) -> str:
        return f"{self.kind} {'set up' if self.is_added else 'taken away'}: {self.user}"


class SecondStepResetQuerySet(models.QuerySet["SecondStepReset"]):
    def waiting(self) -> "SecondStepResetQuerySet":
        return self.filter(confirmed_by=None, refused_by=None)


@tracked()
class SecondStepReset(models.Model):
    """Taking all second steps of somebody who lost theirs: one administrator asks, another confirms or refuses."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="second_step_resets")
    reason = models.TextField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    refused_at = models.DateTimeField(null=True)

    objects = SecondStepResetQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="%(app_label)s_%(class)s_has_reason"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="%(app_label)s_%(class)s_confirmed_pair",
            ),
            models.CheckConstraint(
                condition=Q(refused_by=None, refused_at=None) | Q(refused_by__isnull=False, refused_at__isnull=False),
                name="%(app_label)s_%(class)s_refused_pair",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(refused_by=None), name="%(app_label)s_%(class)s_one_answer"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("requested_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(user=F("requested_by")) & (Q(confirmed_by=None) | ~Q(user=F("confirmed_by"))),
                name="%(app_label)s_%(class)s_not_for_oneself",
            ),
            models.UniqueConstraint(
                fields=("user",),
                condition=Q(confirmed_by=None, refused_by=None),
                name="%(app_label)s_%(class)s_one_waits",
            ),
        )

    def __str__(self) -> str:
        return f"second step of {self.user}"
