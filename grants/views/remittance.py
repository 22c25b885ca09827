"""What a treasurer sees of payments to their own organisation."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.exports import csv_response
from cwf_portal.core.permissions import Permission
from grants.presenters.payments import payment_row, remittance_cells, remittance_rows
from grants.selectors.days import today
from grants.selectors.payment_pages import next_payments_of, remittances_of

CSV_HEADER = (
    "reference",
    "agreement",
    "place",
    "payment",
    "grant_pence",
    "uplift_pence",
    "contribution_pence",
    "total_pence",
    "should_arrive_on",
    "sent_on",
    "state",
)


@requires(Permission.VIEW_OWN_BODY)
@require_safe
def remittance_list(request: SignedInRequest) -> HttpResponse:
    """Payments on their way and made, and those still promised."""
    page = Paginator(remittances_of(request.user), 25).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "payments": [payment_row(payment) for payment in page],
        "coming": next_payments_of(request.user)[:6],
        "today": today(),
    }
    return render(request, "grants/remittance_list.html", context)


@requires(Permission.VIEW_OWN_BODY)
@require_safe
def remittance_file(request: SignedInRequest) -> HttpResponse:
    """Every payment sent to the organisation, as a table for its books."""
    payments = list(remittances_of(request.user))
    sample = any(payment.tranche.agreement.is_sample for payment in payments)
    return csv_response(
        "payments-to-us", CSV_HEADER, [remittance_cells(payment) for payment in payments], sample=sample
    )


@requires(Permission.VIEW_OWN_BODY)
@require_safe
def remittance_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    """One remittance advice, to print or keep."""
    payment = get_object_or_404(remittances_of(request.user), end_to_end_id=reference)
    context = {"payment": payment, "row": payment_row(payment), "rows": remittance_rows(payment)}
    return render(request, "grants/remittance_detail.html", context)
