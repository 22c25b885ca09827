"""The ledger: journals sealed by their line count, and their postings. Neither is ever changed.

The guards stand in the database (migrations 0002, 0023, 0028, 0040): a deferred trigger checks at commit the journals
that each statement added, and triggers that no session setting switches off refuse UPDATE, DELETE and TRUNCATE.
"""

from django.db import models
from django.db.models import F, Q, Sum

from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.award import STRAND_LABELS, Strand
from grants.domain.ledger import ACCOUNT_LABELS, BANK_KINDS, KIND_LABELS, LONE_KINDS, STRANDLESS, Account, JournalKind
from grants.models.choices import labelled, plain

HASH_LENGTH = 64
LINES_MIN = 2


class Journal(models.Model):
    """One event in the books. `actor` is a person; `process` names the machine where no person acted.

    `value_on` is the bank's date of a line that came after its month was closed: it counts for `effective_on`.
    """

    idempotency_key = models.CharField(max_length=120, unique=True)
    request_hash = models.CharField(max_length=HASH_LENGTH)
    kind = models.CharField(max_length=20, choices=labelled(KIND_LABELS))
    effective_on = models.DateField()
    value_on = models.DateField(null=True)
    recorded_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    source_reference = models.CharField(max_length=120, blank=True)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    process = models.CharField(max_length=40, blank=True)
    approver = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    line_count = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("id", "line_count"), name="%(app_label)s_%(class)s_seal"),
            models.CheckConstraint(condition=Q(line_count__gte=LINES_MIN), name="%(app_label)s_%(class)s_two_lines"),
            models.CheckConstraint(condition=Q(kind__in=plain(JournalKind)), name="%(app_label)s_%(class)s_kind_known"),
            models.CheckConstraint(
                condition=Q(actor__isnull=False, process="") | (Q(actor=None) & ~Q(process="")),
                name="%(app_label)s_%(class)s_names_actor",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=plain(LONE_KINDS)) | Q(actor__isnull=False, approver__isnull=False),
                name="%(app_label)s_%(class)s_approver_named",
            ),
            models.CheckConstraint(
                condition=Q(approver=None) | Q(actor=None) | ~Q(approver=F("actor")),
                name="%(app_label)s_%(class)s_approver_differs",
            ),
            models.CheckConstraint(
                condition=Q(kind=JournalKind.REVERSAL.value, reverses__isnull=False)
                | (~Q(kind=JournalKind.REVERSAL.value) & Q(reverses=None)),
                name="%(app_label)s_%(class)s_reversal_named",
            ),
            models.CheckConstraint(
                condition=Q(value_on=None) | Q(kind__in=plain(BANK_KINDS), value_on__lt=F("effective_on")),
                name="%(app_label)s_%(class)s_value_before",
            ),
        )
        indexes = (
            models.Index(fields=("kind", "id"), name="grants_journal_kind"),
            models.Index(fields=("recorded_at", "id"), name="grants_journal_recorded"),
            models.Index(fields=("effective_on", "id"), name="grants_journal_effective"),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.get_kind_display()}"


class PostingQuerySet(models.QuerySet["Posting"]):
    def balance_pence(self) -> int:
        """Debits less credits of these lines."""
        return int(self.aggregate(total=Sum("amount_pence", default=0))["total"])

    def held_pence(self, *accounts: Account) -> int:
        """What promise accounts hold: their credit balance, shown as a positive number."""
        return -self.filter(account__in=[account.value for account in accounts]).balance_pence()


class Posting(models.Model):
    """One line of a journal: debits positive, credits negative, in pence."""

    pk = models.CompositePrimaryKey("journal_id", "line")
    journal = models.ForeignKey(
        Journal, on_delete=models.PROTECT, related_name="postings", db_index=False, db_constraint=False
    )
    line = models.PositiveSmallIntegerField()
    line_count = models.PositiveSmallIntegerField()
    account = models.CharField(max_length=20, choices=labelled(ACCOUNT_LABELS))
    source = models.ForeignKey(
        "grants.Source", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    strand = models.CharField(max_length=20, choices=labelled(STRAND_LABELS), blank=True)
    neighbourhood = models.ForeignKey(
        "neighbourhoods.Neighbourhood",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    agreement = models.ForeignKey(
        "grants.Agreement",
        null=True,
        on_delete=models.PROTECT,
        related_name="postings",
        db_index=False,
        db_constraint=False,
    )
    amount_pence = models.BigIntegerField()

    objects = PostingQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(line__gte=1, line__lte=F("line_count")), name="%(app_label)s_%(class)s_within_seal"
            ),
            models.CheckConstraint(condition=~Q(amount_pence=0), name="%(app_label)s_%(class)s_moves_something"),
            models.CheckConstraint(
                condition=Q(account__in=plain(Account)), name="%(app_label)s_%(class)s_account_known"
            ),
            models.CheckConstraint(
                condition=Q(account__in=plain(STRANDLESS), strand="")
                | (~Q(account__in=plain(STRANDLESS)) & Q(strand__in=plain(Strand))),
                name="%(app_label)s_%(class)s_strand_fits",
            ),
            models.CheckConstraint(
                condition=Q(agreement=None) | Q(neighbourhood__isnull=False),
                name="%(app_label)s_%(class)s_agreement_has_place",
            ),
        )
        indexes = (
            models.Index(
                fields=("agreement", "account", "source", "strand"),
                include=("amount_pence",),
                condition=Q(agreement__isnull=False),
                name="grants_posting_agreement",
            ),
            models.Index(
                fields=("account", "source", "strand", "neighbourhood"),
                include=("amount_pence",),
                condition=Q(agreement=None),
                name="grants_posting_unassigned",
            ),
            models.Index(fields=("neighbourhood", "account"), include=("amount_pence",), name="grants_posting_place"),
        )

    def __str__(self) -> str:
        return f"{self.get_account_display()} {self.amount_pence}"
