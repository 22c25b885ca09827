"""What two people say: that a bank line nobody knew is explained, and that a payment in doubt was made or was not."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from grants.models.bank_message import StatementLine
from grants.models.two_people import Opinion, SaidByTwo


@tracked()
class LineClearing(SaidByTwo):
    """What a line in suspense is: one person says so, another confirms it, and it is posted where it belongs.

    The line itself never changes; it counts as explained while a confirmed clearing names it. What a correction of the
    ledger reversed is taken back with it, never one without the other (migration 0017).
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", "A payment of ours went out"
        RETURNED = "returned", "A payment of ours came back"
        FILE = "file", "A whole payment file went out in one sum"
        WAVE = "wave", "Announced money arrived"
        CLAWBACK = "clawback", "Money that was asked back arrived"
        INTEREST = "interest", "Interest"
        BANK_FEE = "bank_fee", "A fee of the bank"
        RUNNING_COST = "running_cost", "A cost of running the fund"
        OTHER_INCOME = "other_income", "Other money for the fund"
        CANCELS = "cancels", "It cancels another line"

    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="clearings")
    kind = models.CharField(max_length=12, choices=Kind)
    payment = models.ForeignKey("grants.Payment", null=True, on_delete=models.PROTECT, related_name="clearings")
    run = models.ForeignKey("grants.PaymentRun", null=True, on_delete=models.PROTECT, related_name="clearings")
    wave = models.ForeignKey("grants.Wave", null=True, on_delete=models.PROTECT, related_name="clearings")
    source = models.ForeignKey("grants.Source", null=True, on_delete=models.PROTECT, related_name="clearings")
    clawback = models.ForeignKey("grants.Clawback", null=True, on_delete=models.PROTECT, related_name="clearings")
    counter_line = models.ForeignKey(
        StatementLine, null=True, on_delete=models.PROTECT, related_name="cancelled_by", db_index=False
    )
    note = models.CharField(max_length=300)
    refusal = models.CharField(max_length=300, blank=True)
    journal = models.OneToOneField("grants.Journal", null=True, on_delete=models.PROTECT, related_name="clearing")

    class Meta(SaidByTwo.Meta):
        ordering = ("-id",)
        constraints = (
            *SaidByTwo.Meta.constraints,
            models.CheckConstraint(
                condition=(
                    Q(kind__in=["payment", "returned"], payment__isnull=False)
                    & Q(run=None, wave=None, source=None, counter_line=None)
                    | Q(kind="file", run__isnull=False) & Q(payment=None, wave=None, source=None, counter_line=None)
                    | Q(kind="wave", wave__isnull=False) & Q(payment=None, run=None, source=None, counter_line=None)
                    | Q(kind__in=["interest", "bank_fee", "running_cost", "other_income"], source__isnull=False)
                    & Q(payment=None, run=None, wave=None, counter_line=None)
                    | Q(kind="cancels", counter_line__isnull=False) & Q(payment=None, run=None, wave=None, source=None)
                )
                & Q(clawback=None)
                | Q(kind="clawback", clawback__isnull=False)
                & Q(payment=None, run=None, wave=None, source=None, counter_line=None),
                name="%(app_label)s_%(class)s_target_fits",
            ),
            models.CheckConstraint(condition=~Q(note=""), name="%(app_label)s_%(class)s_note_given"),
            models.CheckConstraint(
                condition=Q(status=Opinion.PROPOSED, decided_by=None, refusal="", journal=None)
                | Q(status=Opinion.REFUSED, decided_by__isnull=False, journal=None) & ~Q(refusal="")
                | Q(status=Opinion.CONFIRMED, decided_by__isnull=False, refusal="")
                & (Q(kind="cancels", journal=None) | ~Q(kind="cancels") & Q(journal__isnull=False))
                | Q(status=Opinion.REVERSED, kind="other_income", decided_by__isnull=False, refusal="")
                & Q(journal__isnull=False),
                name="%(app_label)s_%(class)s_status_fits",
            ),
            models.CheckConstraint(
                condition=Q(counter_line=None) | ~Q(counter_line=F("line")),
                name="%(app_label)s_%(class)s_not_its_own_counter",
            ),
            models.UniqueConstraint(
                fields=("line",),
                condition=Q(status__in=["proposed", "confirmed"]),
                name="%(app_label)s_%(class)s_one_standing",
            ),
            models.UniqueConstraint(
                fields=("counter_line",),
                condition=Q(status__in=["proposed", "confirmed"], counter_line__isnull=False),
                name="%(app_label)s_%(class)s_one_counter",
            ),
        )

    def __str__(self) -> str:
        return f"{self.line}: {self.get_kind_display().lower()}"


@tracked()
class DoubtSettlement(SaidByTwo):
    """What the bank's letter says of a payment in doubt, or of all of a run's: one person enters it, another confirms.

    “Paid” posts nothing: cash moves only on the bank's own lines, so the payment waits for its line. “Not paid” makes
    the money payable again, held.
    """

    class Outcome(models.TextChoices):
        PAID = "paid", "The bank made the payment"
        NOT_PAID = "not_paid", "The bank did not make it, and will not"

    run = models.ForeignKey("grants.PaymentRun", on_delete=models.PROTECT, related_name="settlements")
    payment = models.ForeignKey("grants.Payment", null=True, on_delete=models.PROTECT, related_name="settlements")
    outcome = models.CharField(max_length=8, choices=Outcome)
    letter = models.CharField(max_length=60)
    note = models.CharField(max_length=300, blank=True)

    class Meta(SaidByTwo.Meta):
        ordering = ("-id",)
        constraints = (
            *SaidByTwo.Meta.constraints,
            models.CheckConstraint(
                condition=Q(outcome__in=["paid", "not_paid"]), name="%(app_label)s_%(class)s_outcome_known"
            ),
            models.CheckConstraint(condition=~Q(letter=""), name="%(app_label)s_%(class)s_letter_named"),
            models.CheckConstraint(
                condition=Q(status=Opinion.PROPOSED, decided_by=None)
                | Q(status__in=[Opinion.CONFIRMED, Opinion.REFUSED], decided_by__isnull=False),
                name="%(app_label)s_%(class)s_status_fits",
            ),
            models.UniqueConstraint(
                fields=("run", "payment"),
                condition=Q(status="proposed"),
                nulls_distinct=False,
                name="%(app_label)s_%(class)s_one_proposed",
            ),
        )

    def __str__(self) -> str:
        what = "every payment in doubt" if self.payment is None else f"payment {self.payment}"
        return f"{what} of run {self.run_id}: {self.get_outcome_display().lower()}"
