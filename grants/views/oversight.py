"""Reports and reviews for officers."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import day, pence
from grants import services
from grants.forms import ConfirmStepForm, ReasonForm, ReportBatchForm, ReviewForm, moment_of
from grants.models import Review
from grants.presenters.reports import batch_page, chosen_day
from grants.presenters.reviews import ReviewPage, linked_agreement, review_page, sent_row
from grants.presenters.unspent import following_rows
from grants.selectors.agreements import (
    report_days,
    report_of,
    reports_missing,
    reports_of_day,
    reports_to_read,
    review_of,
    reviews_due,
    reviews_to_confirm,
    tranches_of,
)
from grants.selectors.days import today
from grants.selectors.unspent import following
from grants.services import ReportDecision
from grants.views.steps import StepPage, posted, take_step

REPORTS_AT_ONCE = 50


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
        ("Place", linked_agreement(report.agreement)),
        ("Organisation", report.agreement.body),
        ("Due", day(report.due_on)),
        ("Sent in by", report.submitted_by or "Nobody yet"),
        sent_row(report.year, tranches_of(report.agreement)),
        ("Spent this year", pence(report.spent_pence)),
        ("Left in the bank", pence(report.unspent_pence)),
        *following_rows(report, following([report]).get(report.pk)),
    ]
    may_decide = (
        Permission.ACCEPT_REPORT in request.user.permissions and report.submitted_at and report.accepted_at is None
    )
    return render(
        request,
        "grants/report_detail.html",
        {
            "report": report,
            "rows": rows,
            "may_decide": may_decide,
            "read": report.submitted_at.isoformat() if report.submitted_at else "",
        },
    )


@requires(Permission.ACCEPT_REPORT)
def report_batch(request: SignedInRequest) -> HttpResponse:
    """Every report of one due date that came in: accept each, send it back, or leave it."""
    days = report_days()
    chosen = chosen_day(request.GET.get("due", ""), [day for day, _ in days])
    reports = list(reports_of_day(chosen)[:REPORTS_AT_ONCE]) if chosen else []
    form = ReportBatchForm(posted(request), reports=reports)
    if request.method == "POST" and form.is_valid():
        try:
            decided = services.decide_reports(by=request.user, decisions=form.decisions())
        except NotAllowedError:
            raise
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Decided on {len(decided)} report{pluralize(len(decided))}.")
            return redirect("grants:report-batch")
    page = batch_page(days, chosen, form, limits=following(reports))
    return render(request, "grants/report_batch.html", {"page": page, "form": form}, status=400 if form.errors else 200)


@requires(Permission.ACCEPT_REPORT)
@require_POST
def report_accept(request: SignedInRequest, reference: str, year: int) -> HttpResponse:
    """Accept the report; payments that waited for it go on."""
    report = get_object_or_404(report_of(reference, year))
    read = moment_of(request.POST.get("read", ""))
    services.decide_reports(by=request.user, decisions=[ReportDecision(report, read)])
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
        rows=_looked_at(review).rows,
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


@requires(Permission.REVIEW_AGREEMENT, fresh=True)
def review_confirm(request: SignedInRequest, reference: str, year: int) -> HttpResponse:
    """Confirm what another officer proposed."""
    review = get_object_or_404(review_of(reference, year))
    form = ConfirmStepForm(posted(request))
    told = _looked_at(review)
    page = StepPage(
        title=f"Confirm the review after year {year}",
        button=told.button,
        button_kind=told.button_kind,
        back=reverse("grants:review-list"),
        done="Confirmed.",
        intro=told.intro,
        rows=told.rows,
        other=("Propose something else", reverse("grants:review-propose", args=[reference, year])),
    )

    def act() -> None:
        services.confirm_review(by=request.user, review=review, seen_at=review.proposed_at)

    return take_step(request, form, page, act=act)


def _looked_at(review: Review) -> ReviewPage:
    report = report_of(review.agreement.reference, review.year).first()
    return review_page(review, report=report, tranches=tranches_of(review.agreement))
