"""What the bank tells before its statement, and the tables by which account numbers are checked."""

from django.db import models
from django.db.models import Q

from cwf_portal.core.clock import CoreNow
from grants.models.bank_message import HASH_LENGTH, BankMessage


class PaymentNotice(models.Model):
    """What a notification (camt.054) or a status report says of a payment of ours: a sign, never posted. Rows are only
    added.

    A debit or a return is believed when the statement says it. A rejection will stand on no statement, so it is acted
    upon.
    """

    class Kind(models.TextChoices):
        DEBITED = "debited", "The bank says it has gone out"
        RETURNED = "returned", "The bank says it is coming back"
        REJECTED = "rejected", "The bank says it will not be made"
        ACCEPTED = "accepted", "The bank says it has taken it in"
        PENDING = "pending", "The bank says it is looking at it"

    message = models.ForeignKey(BankMessage, on_delete=models.PROTECT, related_name="notices", db_index=False)
    payment = models.ForeignKey("grants.Payment", on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=8, choices=Kind)
    value_on = models.DateField()
    reason_code = models.CharField(max_length=4, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("message", "payment", "kind"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["debited", "returned", "rejected", "accepted", "pending"]),
                name="%(app_label)s_%(class)s_kind_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.payment}"


class ModulusTable(models.Model):
    """The weight table and the substitutions of sort codes that the operator loaded, as they came. Rows are only added.

    The one loaded last is in force.
    """

    name = models.CharField(max_length=60)
    weights = models.TextField()
    substitutions = models.TextField(blank=True)
    sha256 = models.CharField(max_length=HASH_LENGTH, unique=True)
    loaded_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name
