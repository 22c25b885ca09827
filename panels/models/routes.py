"""Ways to show where one lives without two people: a letter, a card, a document. Codes are hashed, documents unseen."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from panels.models.residence import Residence

MOST_CARDS = 200


class AddressLetterQuerySet(models.QuerySet["AddressLetter"]):
    def to_post(self) -> Self:
        return self.filter(posted_at=None)

    def usable(self, at: datetime) -> Self:
        """In the post, and not run out."""
        return self.filter(posted_at__isnull=False, expires_at__gt=at)


@tracked(exclude=("address", "salt", "code_hash"))
class AddressLetter(models.Model):
    """A letter with a code to somebody's address. Address and salt are there only until it is in the post."""

    residence = models.ForeignKey(Residence, on_delete=models.PROTECT, related_name="letters")
    asked_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    address = models.BinaryField(null=True, help_text="Encrypted; the key lies outside the database.")
    salt = models.BinaryField(null=True)
    code_hash = models.CharField(max_length=64)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = AddressLetterQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("residence",), condition=Q(posted_at=None), name="%(app_label)s_%(class)s_one_waiting"
            ),
            models.UniqueConstraint(fields=("code_hash",), name="%(app_label)s_%(class)s_code"),
            models.CheckConstraint(
                condition=Q(posted_at=None, posted_by=None, expires_at=None, address__isnull=False, salt__isnull=False)
                | Q(
                    posted_at__isnull=False,
                    posted_by__isnull=False,
                    expires_at__gt=F("posted_at"),
                    expires_at__isnull=False,
                    address=None,
                    salt=None,
                ),
                name="%(app_label)s_%(class)s_forgets_when_posted",
            ),
        )

    def __str__(self) -> str:
        return f"letter to {self.residence.user}"


@tracked(exclude=("salt",))
class CardBatch(models.Model):
    """Cards with codes for one event. They work once a second person has taken them there; then the salt is erased."""

    submission = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    neighbourhood = models.ForeignKey(
        "neighbourhoods.Neighbourhood", on_delete=models.PROTECT, related_name="card_batches"
    )
    event = models.CharField(max_length=120)
    count = models.PositiveSmallIntegerField()
    salt = models.BinaryField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    expires_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "card batches"
        constraints = (
            models.CheckConstraint(
                condition=Q(count__gte=1, count__lte=MOST_CARDS), name="%(app_label)s_%(class)s_size"
            ),
            models.CheckConstraint(
                condition=Q(released_by=None, released_at=None, salt__isnull=False)
                | Q(released_by__isnull=False, released_at__isnull=False, salt=None),
                name="%(app_label)s_%(class)s_forgets_when_released",
            ),
            models.CheckConstraint(
                condition=Q(released_by=None) | ~Q(released_by=F("made_by")), name="%(app_label)s_%(class)s_by_two"
            ),
        )

    def __str__(self) -> str:
        return self.event


@tracked(exclude=("code_hash",))
class VerificationCard(models.Model):
    """One card; used once, by one person."""

    batch = models.ForeignKey(CardBatch, on_delete=models.PROTECT, related_name="cards")
    number = models.PositiveSmallIntegerField()
    code_hash = models.CharField(max_length=64)
    used_by = models.OneToOneField(Residence, null=True, on_delete=models.PROTECT, related_name="card")
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("batch", "number"), name="%(app_label)s_%(class)s_number"),
            models.UniqueConstraint(fields=("code_hash",), name="%(app_label)s_%(class)s_code"),
            models.CheckConstraint(
                condition=Q(used_by=None, used_at=None) | Q(used_by__isnull=False, used_at__isnull=False),
                name="%(app_label)s_%(class)s_used_pair",
            ),
        )

    def __str__(self) -> str:
        return f"card {self.number} of {self.batch}"


class DocumentCheck(models.Model):
    """That an officer looked at a document, of which kind, and whether it showed it. The document is not kept."""

    class Kind(models.TextChoices):
        COUNCIL_TAX = "council_tax", "Council tax bill"
        TENANCY = "tenancy", "Tenancy or mortgage papers"
        BENEFIT = "benefit", "Letter about a pension or benefit"
        BILL = "bill", "Gas, electricity, water or bank letter"
        NO_ADDRESS = "no_address", "No fixed address: the word of a shelter, doctor or council"

    residence = models.ForeignKey(Residence, on_delete=models.PROTECT, related_name="document_checks")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind)
    is_enough = models.BooleanField()
    checked_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("council_tax", "tenancy", "benefit", "bill", "no_address")),
                name="%(app_label)s_%(class)s_kind_known",
            ),
            models.UniqueConstraint(
                fields=("residence", "officer", "kind", "is_enough"), name="%(app_label)s_%(class)s_once_for_each_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.residence.user}"
