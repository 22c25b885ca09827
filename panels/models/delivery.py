"""What residents follow of a funded project: where it stands, news, milestones, and who is told."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.models.round import Project


@tracked()
class ProjectDelivery(models.Model):
    """What became of a funded project, as the panel reports it to residents."""

    class State(models.TextChoices):
        NOT_STARTED = "not_started", "Not started"
        UNDER_WAY = "under_way", "Under way"
        DONE = "done", "Done"
        CHANGED = "changed", "Changed"
        STOPPED = "stopped", "Stopped"

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="delivery")
    state = models.CharField(max_length=11, choices=State, default=State.NOT_STARTED)
    owner = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)
    due_on = models.DateField(null=True)
    part_pence = models.BigIntegerField(
        null=True, help_text="What the panel resolved for it where that is less than its price."
    )
    spent_pence = models.BigIntegerField(default=0)
    reported_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(spent_pence__gte=0), name="%(app_label)s_%(class)s_spent"),
            models.CheckConstraint(
                condition=Q(part_pence=None) | Q(part_pence__gt=0), name="%(app_label)s_%(class)s_part"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("changed", "stopped")) | ~Q(note=""), name="%(app_label)s_%(class)s_says_why"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("not_started", "under_way", "done", "changed", "stopped")),
                name="%(app_label)s_%(class)s_state_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}: {self.get_state_display()}"

    @property
    def granted_pence(self) -> int:
        """What there is to spend: its price, or the part of it that the panel resolved."""
        return self.project.price_pence if self.part_pence is None else self.part_pence


class ProjectNews(models.Model):
    """One report of the panel to residents, as it was told; never changed."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="news")
    state = models.CharField(max_length=11, choices=ProjectDelivery.State)
    owner = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)
    spent_pence = models.BigIntegerField()
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(spent_pence__gte=0), name="%(app_label)s_%(class)s_spent"),
            models.CheckConstraint(
                condition=~Q(state__in=("changed", "stopped")) | ~Q(note=""), name="%(app_label)s_%(class)s_says_why"
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}: {self.get_state_display()}"


@tracked()
class ProjectMilestone(models.Model):
    """A part of a project that residents can look for, and by when; its date may move, history keeps the old one."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="milestones")
    title = models.CharField(max_length=80)
    due_on = models.DateField()
    done_on = models.DateField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "title"), name="%(app_label)s_%(class)s_once"),)

    def __str__(self) -> str:
        return self.title


@tracked()
class ProjectFollow(models.Model):
    """Somebody is told when the state of a project changes; gone when they no longer want to be."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="follows")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "user"), name="%(app_label)s_%(class)s_once"),)

    def __str__(self) -> str:
        return f"{self.user} follows {self.project}"
