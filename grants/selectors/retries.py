"""Payments that go on only when two people agree, and who of the desk may take which part."""

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from grants.models import Opinion, Payment, PaymentStatus, Removal, RetryRequest
from grants.selectors.readiness import failed_payments


def payments_to_retry() -> QuerySet[Payment]:
    """Payments that failed at the bank, or were taken out of a file, and that nobody asks to pay again.

    `taken_out_by` is the key of whoever asked to take the payment out, None where nobody did; `refusals` are requests
    after the same failure that were refused, oldest first.
    """
    of_now = RetryRequest.objects.filter(after=F("payment__status"), turn=F("payment__turn"))
    asked = RetryRequest.objects.standing().filter(payment=OuterRef("pk"))
    refused = of_now.exclude(refused_at=None).select_related("requested_by", "refused_by").order_by("pk")
    return (
        failed_payments()
        .filter(~Exists(asked))
        .annotate(taken_out_by=_asked_to_take_out("pk"))
        .select_related("tranche__agreement__allocation__neighbourhood", "tranche__agreement__body__organisation")
        .prefetch_related(Prefetch("retries", refused, to_attr="refusals"))
    )


def retries_to_confirm() -> QuerySet[RetryRequest]:
    """Requests to pay again that wait for a second person, oldest first; `taken_out_by` as of their payments.

    Where another attempt turned out to be paid meanwhile, or the payment was cancelled, nothing waits any more.
    """
    return (
        RetryRequest.objects.standing()
        .filter(confirmed_by=None, payment__in=failed_payments().order_by())
        .annotate(taken_out_by=_asked_to_take_out("payment"))
        .select_related(
            "requested_by",
            "payment__tranche__agreement__allocation__neighbourhood",
            "payment__tranche__agreement__body__organisation",
        )
        .order_by("pk")
    )


def _asked_to_take_out(payment: str) -> Subquery:
    removals = Removal.objects.filter(payment=OuterRef(payment), status=Opinion.CONFIRMED)
    return Subquery(removals.values("proposed_by")[:1])


def payments_to_ask_for(user: User) -> QuerySet[Payment]:
    """Those of `payments_to_retry` that a person may ask to pay; the service looks again."""
    found = payments_to_retry().filter(Q(taken_out_by=None) | ~Q(taken_out_by=user.pk))
    if Permission.CHECK_RUN in user.permissions:
        return found
    return found.filter(status=PaymentStatus.WITHDRAWN) if Permission.RELEASE_RUN in user.permissions else found.none()


def retries_to_agree_to(user: User) -> QuerySet[RetryRequest]:
    """Those of `retries_to_confirm` that a person may agree to; the service looks again."""
    found = retries_to_confirm().filter(Q(taken_out_by=None) | ~Q(taken_out_by=user.pk)).exclude(requested_by=user)
    return found if Permission.RELEASE_RUN in user.permissions else found.none()
