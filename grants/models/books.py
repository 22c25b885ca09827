"""What is kept about the ledger itself: sealed days, closed months, corrections asked for, and batches exported."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.award import STRAND_LABELS
from grants.domain.ledger import ACCOUNT_LABELS
from grants.models.choices import labelled
from grants.models.ledger import HASH_LENGTH, Journal


class LedgerDay(models.Model):
    """One day of the chain: a digest of its journals on the digest of the day before that had any. Never changed.

    `leaves` holds 40 bytes a journal, in order: its id and its own digest (`grants.domain.chain`).
    """

    day = models.DateField(unique=True)
    until = models.DateTimeField()
    previous = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="next")
    journal_count = models.PositiveIntegerField()
    leaves = models.BinaryField()
    digest = models.CharField(max_length=HASH_LENGTH, unique=True)
    sealed_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("previous",), nulls_distinct=False, name="%(app_label)s_%(class)s_one_chain"
            ),
            models.CheckConstraint(condition=Q(journal_count__gte=1), name="%(app_label)s_%(class)s_has_journals"),
            models.CheckConstraint(condition=Q(sealed_at__gte=F("until")), name="%(app_label)s_%(class)s_is_over"),
        )

    def __str__(self) -> str:
        return f"{self.day:%-d %B %Y}"


class LedgerMovement(models.Model):
    """What the journals of one sealed day moved, by the date they count for: from this balances are added up."""

    sealed = models.ForeignKey(LedgerDay, on_delete=models.PROTECT, related_name="movements", db_index=False)
    effective_on = models.DateField()
    account = models.CharField(max_length=20, choices=labelled(ACCOUNT_LABELS))
    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="+", db_index=False)
    strand = models.CharField(max_length=20, choices=labelled(STRAND_LABELS), blank=True)
    debit_pence = models.BigIntegerField()
    credit_pence = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("sealed", "effective_on", "account", "source", "strand"), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(debit_pence__gte=0, credit_pence__gte=0), name="%(app_label)s_%(class)s_not_negative"
            ),
        )
        indexes = (
            models.Index(
                fields=("account", "source", "effective_on"),
                include=("strand", "debit_pence", "credit_pence"),
                name="grants_movement_account",
            ),
            models.Index(
                fields=("effective_on",),
                include=("account", "source", "strand", "debit_pence", "credit_pence"),
                name="grants_movement_effective",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_account_display()} {self.effective_on}"


@tracked()
class MonthClose(models.Model):
    """A month of the ledger that one person asks to close and another closes; all before it is closed with it."""

    month = models.DateField(unique=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(month__day=1), name="%(app_label)s_%(class)s_first_of_month"),
            models.CheckConstraint(
                condition=Q(closed_by=None, closed_at=None) | Q(closed_by__isnull=False, closed_at__isnull=False),
                name="%(app_label)s_%(class)s_closed_pair",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | ~Q(closed_by=F("asked_by")), name="%(app_label)s_%(class)s_closer_differs"
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%B %Y}"


class LedgerBalance(models.Model):
    """All that counts up to the end of a closed month, by account, source and strand. Never changed, nor added by hand.

    Nothing is posted into a closed month, so a balance of a later day is this and what came after. The database writes
    it when the month is closed (migration 0019), from what sealed days moved and from later journals; `verify_ledger`
    derives it anew from every line.
    """

    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="balances", db_index=False)
    account = models.CharField(max_length=20, choices=labelled(ACCOUNT_LABELS))
    source = models.ForeignKey("grants.Source", on_delete=models.PROTECT, related_name="+", db_index=False)
    strand = models.CharField(max_length=20, choices=labelled(STRAND_LABELS), blank=True)
    debit_pence = models.BigIntegerField()
    credit_pence = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("close", "account", "source", "strand"), name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(debit_pence__gte=0, credit_pence__gte=0), name="%(app_label)s_%(class)s_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_account_display()} at the end of {self.close}"


@tracked()
class Correction(models.Model):
    """A journal posted in error: one person asks to reverse it, another agrees or refuses."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="corrections")
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    is_agreed = models.BooleanField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reversal = models.OneToOneField(Journal, null=True, on_delete=models.PROTECT, related_name="corrects")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("journal",),
                condition=Q(is_agreed=None) | Q(is_agreed=True),
                name="%(app_label)s_%(class)s_one_standing",
            ),
            models.CheckConstraint(
                condition=Q(is_agreed=None, decided_by=None, decided_at=None)
                | Q(is_agreed__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="%(app_label)s_%(class)s_decided_pair",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="%(app_label)s_%(class)s_decider_differs",
            ),
            models.CheckConstraint(
                condition=Q(is_agreed=True, reversal__isnull=False)
                | (~Q(is_agreed=True) | Q(is_agreed=None)) & Q(reversal=None),
                name="%(app_label)s_%(class)s_agreed_is_posted",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_has_reason"),
        )

    def __str__(self) -> str:
        return f"Correction of journal {self.journal_id}"


class LedgerExport(models.Model):
    """One batch for the fund's accounting system: every journal of the sealed days after `after`, up to `through`."""

    number = models.PositiveIntegerField(unique=True)
    after = models.DateField(null=True)
    through = models.DateField(unique=True)
    journal_count = models.PositiveIntegerField()
    exported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    exported_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("after",), nulls_distinct=False, name="%(app_label)s_%(class)s_in_a_row"),
            models.CheckConstraint(
                condition=Q(after=None) | Q(through__gt=F("after")), name="%(app_label)s_%(class)s_forward"
            ),
            models.CheckConstraint(condition=Q(journal_count__gte=1), name="%(app_label)s_%(class)s_has_journals"),
        )

    def __str__(self) -> str:
        return f"Batch {self.number}"


class HeadNotice(models.Model):
    """The head of the chain was sent to the auditors for a month: once, and off this machine."""

    month = models.DateField(unique=True)
    head = models.ForeignKey(LedgerDay, on_delete=models.PROTECT, related_name="+")
    recipient_count = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(month__day=1), name="%(app_label)s_%(class)s_first_of_month"),
            models.CheckConstraint(condition=Q(recipient_count__gte=1), name="%(app_label)s_%(class)s_was_sent"),
        )

    def __str__(self) -> str:
        return f"Head of {self.month:%B %Y}"
