"""What goes to the bank and what comes back, byte for byte, and every line of the bank's statements."""

from django.apps import apps
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow

HASH_LENGTH = 64


class FileStatus(models.TextChoices):
    """How far a payment file has come."""

    WAITING = "waiting", "To be sent"
    SENDING = "sending", "Being sent"
    ACCEPTED = "accepted", "Accepted by the bank"
    REFUSED = "refused", "Refused by the bank"
    IN_DOUBT = "in_doubt", "The bank has not said whether it took the file"
    REPLACED = "replaced", "Never sent: a payment was taken out, another file took its place"


class PaymentFileQuerySet(models.QuerySet["PaymentFile"]):
    def unsent(self) -> "PaymentFileQuerySet":
        """To be handed over, or handed over with the outcome not recorded."""
        return self.filter(status__in=(FileStatus.WAITING, FileStatus.SENDING))


@tracked(exclude=("content",))
class PaymentFile(models.Model):
    """The file of one run as the bank gets it. A trigger keeps bytes and hash from ever changing.

    `tries` counts hand-overs begun. It is raised before the bytes leave, so that a crash can be seen afterwards. A file
    out of which a payment was taken belongs to no run any more: it was that of `once_of`, and never leaves.
    """

    Status = FileStatus

    run = models.OneToOneField("grants.PaymentRun", null=True, on_delete=models.PROTECT, related_name="file")
    once_of = models.ForeignKey(
        "grants.PaymentRun", null=True, on_delete=models.PROTECT, related_name="replaced_files", db_index=True
    )
    content = models.BinaryField()
    sha256 = models.CharField(max_length=HASH_LENGTH)
    status = models.CharField(max_length=10, choices=FileStatus, default=FileStatus.WAITING)
    tries = models.PositiveIntegerField(default=0)
    last_tried_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)

    objects = PaymentFileQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=FileStatus.values), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="%(app_label)s_%(class)s_hash_well_formed"
            ),
            models.CheckConstraint(
                condition=Q(status=FileStatus.WAITING, answered_at=None)
                | Q(status=FileStatus.SENDING, tries__gte=1, answered_at=None)
                | Q(
                    status__in=[FileStatus.ACCEPTED, FileStatus.REFUSED, FileStatus.IN_DOUBT],
                    tries__gte=1,
                    answered_at__isnull=False,
                )
                | Q(status=FileStatus.REPLACED, answered_at=None),
                name="%(app_label)s_%(class)s_status_suits_tries",
            ),
            models.CheckConstraint(
                condition=Q(status=FileStatus.REPLACED, run=None, once_of__isnull=False)
                | ~Q(status=FileStatus.REPLACED) & Q(run__isnull=False, once_of=None),
                name="%(app_label)s_%(class)s_of_a_run_or_replaced",
            ),
        )
        indexes = (
            models.Index(
                fields=("id",), condition=Q(status__in=["waiting", "sending"]), name="grants_paymentfile_unsent"
            ),
        )

    def __str__(self) -> str:
        return f"File of run {self.run_id or self.once_of_id}"

    @property
    def name(self) -> str:
        """What the file is called at the bank; its first letters tell the format."""
        suffix = "xml" if bytes(self.content[:1]) == b"<" else "txt"
        if self.run is None:
            raise ValueError(f"{self} never leaves")
        return f"{self.run.message_id}.{suffix}"


class BankMessage(models.Model):
    """A message from the bank as it came: taken in whole, or refused whole with the reason. Never changed."""

    class Kind(models.TextChoices):
        STATEMENT = "statement", "Statement"
        REPORT = "report", "Report of rejected payments"
        NOTICE = "notice", "Early notice of debits and credits"

    class Outcome(models.TextChoices):
        APPLIED = "applied", "Taken in"
        REFUSED = "refused", "Refused"

    kind = models.CharField(max_length=10, choices=Kind)
    sequence = models.PositiveBigIntegerField()
    content = models.BinaryField()
    sha256 = models.CharField(max_length=HASH_LENGTH)
    outcome = models.CharField(max_length=10, choices=Outcome)
    problem = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "sequence"),
                condition=Q(outcome="applied"),
                name="%(app_label)s_%(class)s_applied_once",
            ),
            models.UniqueConstraint(
                fields=("kind", "sequence", "sha256", "outcome"), name="%(app_label)s_%(class)s_kept_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["statement", "report", "notice"]), name="%(app_label)s_%(class)s_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome="applied", problem="") | (Q(outcome="refused") & ~Q(problem="")),
                name="%(app_label)s_%(class)s_refusal_says_why",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sequence}"


class BankStatement(models.Model):
    """One statement of the fund's account: a day's opening and closing balance in pence. Never changed."""

    message = models.OneToOneField(BankMessage, on_delete=models.PROTECT, related_name="statement")
    sequence = models.PositiveBigIntegerField(unique=True)
    closes_on = models.DateField()
    opening_pence = models.BigIntegerField()
    closing_pence = models.BigIntegerField()
    line_count = models.PositiveIntegerField()

    class Meta:
        ordering = ("-sequence",)
        constraints = (
            models.CheckConstraint(condition=Q(sequence__gte=1), name="%(app_label)s_%(class)s_counts_from_one"),
        )

    def __str__(self) -> str:
        return f"Statement {self.sequence}"


class LineGroup(models.TextChoices):
    """Where a line stands on the page of reconciliation; every line has one place."""

    MATCHED = "matched", "Matched by the portal"
    BY_HAND = "by_hand", "Matched by two people"
    PROPOSED = "proposed", "Explained by one, waits for a second"
    UNEXPLAINED = "unexplained", "Not explained"


class StatementLineQuerySet(models.QuerySet["StatementLine"]):
    def in_suspense(self) -> "StatementLineQuerySet":
        """Posted, and not explained: neither by the portal nor by two people."""
        return self.in_group(LineGroup.PROPOSED, LineGroup.UNEXPLAINED)

    def in_group(self, *groups: LineGroup) -> "StatementLineQuerySet":
        """Lines that stand in one of the groups."""
        return self.grouped().filter(Q(group__in=groups))

    def grouped(self) -> "StatementLineQuerySet":
        """Every line with its `group`: exactly one of `LineGroup`."""
        said = apps.get_model("grants", "LineClearing").objects.filter(
            Q(line=OuterRef("pk")) | Q(counter_line=OuterRef("pk"))
        )
        return self.annotate(
            group=Case(
                When(~Q(match=StatementLine.Match.SUSPENSE), then=Value(LineGroup.MATCHED.value)),
                When(Exists(said.filter(status="confirmed")), then=Value(LineGroup.BY_HAND.value)),
                When(Exists(said.filter(status="proposed")), then=Value(LineGroup.PROPOSED.value)),
                default=Value(LineGroup.UNEXPLAINED.value),
            )
        )


class StatementLine(models.Model):
    """One movement of the fund's bank account and what it was matched with. Every line posts one journal.

    Positive pence came in, negative went out. Never changed: what nobody can explain stays here in suspense.
    """

    class Match(models.TextChoices):
        CONFIRMED = "confirmed", "A payment of ours went out"
        RETURNED = "returned", "A payment of ours came back"
        STANDS = "stands", "The bank took a return back: our payment stands"
        WAVE = "wave", "Announced money arrived"
        ORDER = "order", "Finance ordered or expected it"
        CLAWBACK = "clawback", "Money that was asked back arrived"
        FILE = "file", "A payment file of ours went out in one sum"
        SUSPENSE = "suspense", "Not yet explained"

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    bank_reference = models.CharField(max_length=35, unique=True)
    amount_pence = models.BigIntegerField()
    value_on = models.DateField()
    end_to_end_id = models.CharField(max_length=35, blank=True)
    reference = models.CharField(max_length=140, blank=True)
    reason_code = models.CharField(max_length=4, blank=True)
    match = models.CharField(max_length=10, choices=Match)
    finding = models.CharField(max_length=200, blank=True)
    payment = models.ForeignKey(
        "grants.Payment", null=True, on_delete=models.PROTECT, related_name="statement_lines", db_index=False
    )
    turn = models.PositiveSmallIntegerField(default=1, db_default=1)
    wave = models.ForeignKey("grants.Wave", null=True, on_delete=models.PROTECT, related_name="statement_lines")
    order = models.ForeignKey("grants.FundOrder", null=True, on_delete=models.PROTECT, related_name="statement_lines")
    clawback = models.ForeignKey("grants.Clawback", null=True, on_delete=models.PROTECT, related_name="statement_lines")
    run = models.ForeignKey("grants.PaymentRun", null=True, on_delete=models.PROTECT, related_name="statement_lines")
    journal = models.OneToOneField("grants.Journal", on_delete=models.PROTECT, related_name="statement_line")

    objects = StatementLineQuerySet.as_manager()

    class Meta:
        ordering = ("statement_id", "position")
        constraints = (
            models.UniqueConstraint(fields=("statement", "position"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=~Q(amount_pence=0), name="%(app_label)s_%(class)s_moves_something"),
            models.CheckConstraint(
                condition=(
                    Q(match="file", payment=None, wave=None, order=None, run__isnull=False, amount_pence__lt=0)
                    | Q(match="confirmed", payment__isnull=False, wave=None, order=None, amount_pence__lt=0)
                    | Q(match="stands", payment__isnull=False, wave=None, order=None, amount_pence__lt=0)
                    | Q(match="returned", payment__isnull=False, wave=None, order=None, amount_pence__gt=0)
                    | Q(match="wave", payment=None, wave__isnull=False, order=None, amount_pence__gt=0)
                    | Q(match="order", payment=None, wave=None, order__isnull=False)
                    | (Q(match="suspense", payment=None, wave=None, order=None) & ~Q(finding=""))
                )
                & Q(clawback=None)
                & (Q(run=None) | Q(match="file"))
                | Q(
                    match="clawback",
                    run=None,
                    clawback__isnull=False,
                    payment=None,
                    wave=None,
                    order=None,
                    amount_pence__gt=0,
                ),
                name="%(app_label)s_%(class)s_match_fits",
            ),
            models.UniqueConstraint(
                fields=("payment", "match", "turn"),
                condition=Q(payment__isnull=False),
                name="%(app_label)s_%(class)s_match_once",
            ),
        )
        indexes = (models.Index(fields=("id",), condition=Q(match="suspense"), name="grants_statementline_suspense"),)

    def __str__(self) -> str:
        return f"{self.statement}, line {self.position}"
