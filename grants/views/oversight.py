"""Reports and reviews for officers."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import day, pence
from grants import services
from grants.forms import ConfirmStepForm, ReasonForm, ReviewForm
from grants.models import Review
from grants.presenters.unspent import following_rows
from grants.selectors.agreements import (
    report_of,
    reports_missing,
    reports_to_read,
    review_of,
    reviews_due,
    reviews_to_confirm,
)
from grants.selectors.days import today
from grants.views.steps import StepPage, posted, take_step


@requires(Permission.VIEW_CASES)
@require_safe
def review_list(request: SignedInRequest) -> HttpResponse:
    """What of reports and reviews is to do, and what is late."""
    on = today()
    context = {
        "to_read": reports_to_read(),
        "missing": reports_missing(on),
        "due": reviews_due(on),
        "to_confirm": reviews_to_confirm(request.user),
    }
    return render(request, "grants/review_list.html", context)


@requires(Permission.VIEW_CASES)
@require_safe
def report_detail(request: SignedInRequest, reference: str, year: int) -> HttpResponse:
    """A yearly report as it came in."""
    report = get_object_or_404(report_of(reference, year))
    rows = [
        ("Place", report.agreement.allocation.neighbourhood),
        ("Organisation", report.agreement.body),
        ("Due", day(report.due_on)),
        ("Sent in by", report.submitted_by or "Nobody yet"),
        ("Spent this year", pence(report.spent_pence)),
        ("Left in the bank", pence(report.unspent_pence)),
        *following_rows(report),
    ]
    may_decide = (
        Permission.ACCEPT_REPORT in request.user.permissions and report.submitted_at and report.accepted_at is None
    )
    return render(request, "grants/report_detail.html", {"report": report, "rows": rows, "may_decide": may_decide})


@requires(Permission.ACCEPT_REPORT)
@require_POST
def report_accept(request: SignedInRequest, reference: str, year: int) -> HttpResponse:
    """Accept the report; payments that waited for it go on."""
    report = services.accept_report(by=request.user, report=get_object_or_404(report_of(reference, year)))
    messages.success(request, f"The report of year {report.year} is accepted.")
    return redirect("grants:review-list")


@requires(Permission.ACCEPT_REPORT)
def report_send_back(request: SignedInRequest, reference: str, year: int) -> HttpResponse:
    """Ask the organisation to mend its report."""
    report = get_object_or_404(report_of(reference, year))
    form = ReasonForm(posted(request))
    page = StepPage(
        title=f"Send the report of year {year} back",
        button="Send back",
        back=reverse("grants:review-list"),
        done="The organisation will read your reason.",
        rows=[("Organisation", report.agreement.body)],
        button_kind="warning",
    )

    def act() -> None:
        services.send_back_report(by=request.user, report=report, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def review_propose(request: SignedInRequest, reference: str, year: int) -> HttpResponse:
    """Propose what the yearly review concludes."""
    review = get_object_or_404(review_of(reference, year))
    form = ReviewForm(posted(request))
    page = StepPage(
        title=f"Review after year {year}",
        button="Propose",
        back=reverse("grants:review-list"),
        done="Proposed. Another officer confirms it.",
        rows=_review_rows(review),
    )

    def act() -> None:
        ground = form.cleaned_data["ground"]
        services.propose_review(
            by=request.user,
            review=review,
            outcome=Review.Outcome(form.cleaned_data["outcome"]),
            ground=Review.Ground(ground) if ground else None,
            note=form.cleaned_data["note"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def review_confirm(request: SignedInRequest, reference: str, year: int) -> HttpResponse:
    """Confirm what another officer proposed."""
    review = get_object_or_404(review_of(reference, year))
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title=f"Confirm the review after year {year}",
        button="Confirm",
        back=reverse("grants:review-list"),
        done="Confirmed.",
        intro="To continue makes the next year's payments a legal promise.",
        rows=_review_rows(review),
    )

    def act() -> None:
        services.confirm_review(by=request.user, review=review)

    return take_step(request, form, page, act=act)


def _review_rows(review: Review) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("Place", review.agreement.allocation.neighbourhood),
        ("Organisation", review.agreement.body),
        ("Due", day(review.due_on)),
    ]
    if review.outcome:
        rows += [
            ("Proposed", review.get_outcome_display()),
            ("Ground", review.get_ground_display() or "None is needed"),
            ("By", review.proposed_by),
            ("Reasons", review.note),
        ]
    return rows
