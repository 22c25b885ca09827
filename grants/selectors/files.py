"""Payment files that wait, and what keeps each from the bank."""

from django.db.models import Q, QuerySet

from grants.models import BankAccount, Hold, Opinion, Payment, PaymentFile, PaymentRun, PaymentStatus, Removal
from grants.selectors.days import today
from grants.selectors.pauses import file_is_paused

STOPS_FILES = (Hold.Reason.OFFICER, Hold.Reason.IN_DOUBT)


def why_kept_back(file: PaymentFile) -> list[str]:
    """What keeps a file from leaving now, in sentences; none where nothing does. A file leaves whole or not at all."""
    inside = Payment.objects.filter(run=file.run_id, status=PaymentStatus.INSTRUCTED)
    reasons = ["Payments are paused."] if file_is_paused(file) else []
    reasons += [
        f"{one.payment} is asked to be taken out." for one in file.removals.proposed().select_related("payment")
    ]
    tranches, agreements = inside.values("tranche"), inside.values("tranche__agreement")
    held = Hold.objects.open().filter(
        Q(tranche__in=tranches) | Q(tranche=None, agreement__in=agreements), reason__in=STOPS_FILES
    )
    reasons += [f"A payment is held. {one.detail}" for one in held.order_by("pk")]
    changed = inside.exclude(bank_account__in=BankAccount.objects.payable_on(today()))
    reasons += [f"The bank details of {one.payee_name} have changed, or may." for one in changed]
    return reasons


def is_spoken_of(file: PaymentFile) -> bool:
    """Whether the bank has told what became of a payment of the file: it must have it then, whatever our books say."""
    silent = (PaymentStatus.INSTRUCTED, PaymentStatus.WITHDRAWN)
    return Payment.objects.filter(run=file.run_id).exclude(status__in=silent).exists()


def taken_out(run: PaymentRun) -> QuerySet[Removal]:
    """What was taken out of files of a run, oldest first; each file was put aside before it left."""
    found = Removal.objects.filter(status=Opinion.CONFIRMED, payment__run=run)
    return found.select_related("file", "payment", "proposed_by", "decided_by").order_by("pk")


def removals_to_decide() -> QuerySet[Removal]:
    """Requests to take a payment out of a file that wait for a second person, oldest first."""
    return (
        Removal.objects.proposed()
        .select_related(
            "proposed_by",
            "payment__run",
            "payment__tranche__agreement__allocation__neighbourhood",
            "payment__tranche__agreement__body__organisation",
        )
        .order_by("pk")
    )
