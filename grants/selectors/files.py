"""Payment files that wait, and what keeps each from the bank."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.template.defaultfilters import pluralize

from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import ROLE_PERMISSIONS, Permission
from grants.models import (
    BankAccount,
    FileStatus,
    Hold,
    Opinion,
    Payment,
    PaymentFile,
    PaymentRun,
    PaymentStatus,
    Removal,
)
from grants.selectors.days import today
from grants.selectors.pauses import file_is_paused

STOPS_FILES = (Hold.Reason.OFFICER, Hold.Reason.IN_DOUBT)
DESK = [
    role
    for role, permissions in ROLE_PERMISSIONS.items()
    if permissions & {Permission.CHECK_RUN, Permission.RELEASE_RUN}
]


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
    return reasons + [f"The bank details of {one.payee_name} have changed, or may." for one in in_question(file)]


def in_question(file: PaymentFile) -> QuerySet[Payment]:
    """Payments of a file to bank details that have changed since, or may."""
    inside = Payment.objects.filter(run=file.run_id, status=PaymentStatus.INSTRUCTED)
    return inside.exclude(bank_account__in=BankAccount.objects.payable_on(today()))


def payments_in_question() -> QuerySet[Payment]:
    """Payments that keep their file back because bank details have changed, or may; not those asked to be taken out.

    `others_count` is how many other payments wait with each. The oldest run first.
    """
    asked = Removal.objects.proposed().filter(payment=OuterRef("pk"))
    inside = Payment.objects.filter(run__file__status=FileStatus.WAITING, status=PaymentStatus.INSTRUCTED)
    beside = Payment.objects.filter(run=OuterRef("run"), status=PaymentStatus.INSTRUCTED).exclude(pk=OuterRef("pk"))
    others = beside.order_by().values("run").annotate(count=Count("pk")).values("count")
    return (
        inside.exclude(bank_account__in=BankAccount.objects.payable_on(today()))
        .filter(~Exists(asked))
        .select_related("run", "bank_account")
        .annotate(others_count=Coalesce(Subquery(others), 0))
        .order_by("run", "pk")
    )


def has_changed(payment: Payment) -> bool:
    """Of a payment in question: whether other details are confirmed already, so that its file never leaves as it is."""
    return payment.bank_account.status != BankAccount.Status.APPROVED


def way_out(payment: Payment) -> str:
    """How the file of a payment in question gets to leave, in sentences."""
    if has_changed(payment):
        return "Other details are confirmed by now, so the file never leaves with it: it must be taken out."
    return "If the new details are refused first, the file leaves by itself."


def others_wait(payment: Payment) -> str:
    """How many others a payment in question keeps back, in a sentence."""
    count = vars(payment)["others_count"]
    if not count:
        return "No other payment waits with it."
    return f"{count} other payment{pluralize(count)} of its file wait{pluralize(count, 's,')} with it."


def people_of_the_desk() -> QuerySet[User]:
    """Everybody who checks or releases payment runs."""
    grants = RoleGrant.objects.standing().filter(role__in=DESK)
    return User.objects.filter(pk__in=grants.values("user"), is_active=True).order_by("email")


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
