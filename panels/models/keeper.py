"""Who holds a key of a box, and what became of the key. Private keys never come here."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.models.round import Round


@tracked()
class Keeper(models.Model):
    """One of the three people of a round who each hold a key. From the freeze on, a trigger keeps who and which key."""

    class Body(models.IntegerChoices):
        """Where a keeper comes from; the number is the key's in the frozen rules."""

        PANEL = 1, "The panel"
        FUND = 2, "The fund"
        INDEPENDENT = 3, "Neither of the two"

    class MadeWith(models.TextChoices):
        TOOL = "tool", "The one-file tool, on their own computer"
        BROWSER = "browser", "Their own browser"
        PORTAL = "portal", "This site, which showed it once and kept nothing"

    class Side(models.TextChoices):
        """Who says that a key is lost. The keeper's word is enough; else it takes the panel and the fund."""

        KEEPER = "keeper", "The keeper"
        PANEL = "panel", "The panel"
        FUND = "fund", "The fund"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="keepers")
    body = models.PositiveSmallIntegerField(choices=Body)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="kept_rounds")
    appointed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    appointed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    public_key = models.CharField(max_length=130, blank=True, help_text="Uncompressed point of P-256, hexadecimal.")
    made_with = models.CharField(max_length=7, choices=MadeWith, blank=True)
    made_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)
    lost_note = models.CharField(max_length=300, blank=True, help_text="Published.")
    lost_reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    lost_side = models.CharField(
        max_length=6, choices=Side, blank=True, db_default="", help_text="Of whoever reported it."
    )
    lost_agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lost_agreed_side = models.CharField(max_length=6, choices=Side, blank=True, db_default="")

    class Meta:
        ordering = ("body",)
        constraints = (
            models.UniqueConstraint(fields=("round", "body"), name="%(app_label)s_%(class)s_one_from_each_body"),
            models.UniqueConstraint(fields=("round", "user"), name="%(app_label)s_%(class)s_three_people"),
            models.UniqueConstraint(
                fields=("public_key",), condition=~Q(public_key=""), name="%(app_label)s_%(class)s_fresh_key"
            ),
            models.UniqueConstraint(
                fields=("round", "lost_reported_by"), name="%(app_label)s_%(class)s_nobody_reports_two_lost"
            ),
            models.CheckConstraint(condition=Q(body__in=(1, 2, 3)), name="%(app_label)s_%(class)s_body_known"),
            models.CheckConstraint(
                condition=Q(public_key="", made_with="", made_at=None)
                | Q(
                    public_key__regex="^04[0-9a-f]{128}$",
                    made_with__in=("tool", "browser", "portal"),
                    made_at__isnull=False,
                ),
                name="%(app_label)s_%(class)s_key_together",
            ),
            models.CheckConstraint(
                condition=Q(lost_at=None, lost_note="")
                | (Q(lost_at__isnull=False) & ~Q(lost_note="") & ~Q(public_key="")),
                name="%(app_label)s_%(class)s_lost_with_note",
            ),
            models.CheckConstraint(
                condition=Q(lost_at=None, lost_reported_by=None, lost_side="")
                | Q(lost_at__isnull=False, lost_side="keeper", lost_reported_by=F("user"))
                | (
                    Q(lost_at__isnull=False, lost_side__in=("panel", "fund"), lost_reported_by__isnull=False)
                    & ~Q(lost_reported_by=F("user"))
                ),
                name="%(app_label)s_%(class)s_lost_said_by",
            ),
            models.CheckConstraint(
                condition=Q(lost_agreed_by=None, lost_agreed_side="")
                | Q(lost_at__isnull=False, lost_agreed_by=F("user"), lost_agreed_side="keeper")
                | (
                    Q(lost_at__isnull=False, lost_agreed_by__isnull=False, lost_agreed_side__in=("panel", "fund"))
                    & ~Q(lost_agreed_side=F("lost_side"))
                    & ~Q(lost_agreed_by=F("lost_reported_by"))
                ),
                name="%(app_label)s_%(class)s_lost_by_both_sides",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}, {self.get_body_display()}"

    @property
    def is_lost(self) -> bool:
        """By the keeper's own word, or by that of the panel and the fund; what one side says alone is a question."""
        return self.lost_agreed_by_id is not None


class Annulment(models.Model):
    """A round that nobody can open any more, or that must not count; the reason is published."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="annulment")
    reason = models.CharField(max_length=300)
    annulled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    annulled_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_says_why"),)

    def __str__(self) -> str:
        return self.reason


class OpeningSet(models.Model):
    """Which sealed ballots are going to be opened, signed by the portal before any key is entered."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="opening_set")
    count = models.PositiveIntegerField(help_text="Sealed ballots to open.")
    salt = models.BinaryField(db_default=b"", help_text="Told to the keepers only: the log never says who voted again.")
    hash = models.BinaryField(help_text="SHA-256 over the salt and their sorted leaves.")
    signature = models.BinaryField(help_text="The portal's, over round, count and hash.")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    def __str__(self) -> str:
        return f"{self.count} sealed ballots to open"
