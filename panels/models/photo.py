"""Photos of ideas and of news: what is known about each is kept, the picture itself can be taken away for good."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.pictures import LARGE
from panels.models.delivery import ProjectNews
from panels.models.round import Proposal


class PhotoQuerySet(models.QuerySet["Photo"]):
    def standing(self) -> Self:
        """Not taken away, and not hidden itself; the idea may be."""
        hidden = Q(cases__outcome="hidden", cases__answer__in=("", "upheld"))
        return self.filter(removed_at=None).exclude(pk__in=Photo.objects.filter(hidden).values("pk"))

    def shown(self) -> Self:
        """Those that everybody sees."""
        return self.standing().exclude(proposal__in=Proposal.objects.hidden().values("pk"))


@tracked()
class Photo(models.Model):
    """A photo of an idea or, where `news` is set, of what the panel told about the project it became.

    `key` stands in its address, `digest` is the SHA-256 of both pictures, `shows` says what can be seen.
    """

    class Role(models.TextChoices):
        PROPOSER = "proposer", "Whoever put the idea forward"
        PANEL = "panel", "The panel"

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="photos")
    news = models.ForeignKey(ProjectNews, null=True, on_delete=models.PROTECT, related_name="photos")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.UUIDField(unique=True, editable=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=8, choices=Role)
    shows = models.CharField(max_length=200)
    width = models.PositiveSmallIntegerField(help_text="Of the small picture, in points; the large one has its shape.")
    height = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    added_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    removed_at = models.DateTimeField(null=True)
    is_sample = models.BooleanField(default=False)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(shows=""), name="%(app_label)s_%(class)s_says_what_it_shows"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="%(app_label)s_%(class)s_has_a_size"),
            models.CheckConstraint(condition=Q(role__in=("proposer", "panel")), name="%(app_label)s_%(class)s_role"),
        )

    def __str__(self) -> str:
        return self.shows


class PhotoFile(models.Model):
    """A photo in one of its sizes, as WebP; deleted when whoever sent it takes it away."""

    class Size(models.TextChoices):
        LARGE = "large", "Large"
        SMALL = "small", "Small"

    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="files")
    size = models.CharField(max_length=5, choices=Size)
    content = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("photo", "size"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(size__in=("large", "small")), name="%(app_label)s_%(class)s_size"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("content"), LARGE.most_bytes), name="%(app_label)s_%(class)s_bounded"
            ),
        )

    def __str__(self) -> str:
        return f"{self.photo}, {self.size}"
