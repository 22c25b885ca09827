"""Reconciliation with the bank: every line in one of four groups, and two people for what the portal cannot match."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from grants.forms import ConfirmStepForm, ReasonForm
from grants.forms.bank import DaysForm, ExplainLineForm, LetterForm
from grants.models import LineGroup
from grants.presenters.bank import clearing_rows, days_query, group_rows, line_rows, settlement_rows
from grants.selectors.bank_lines import (
    clearings_to_confirm,
    known_days,
    lines_of,
    period,
    settlements_to_confirm,
    suggestions_for,
    suspense_ageing,
    unexplained_line,
)
from grants.selectors.days import today
from grants.selectors.payment_pages import payments_in_full, runs_with_counts
from grants.services import clearing as clearings
from grants.services import doubts
from grants.services.clearing_checks import Explanation
from grants.views.steps import StepPage, posted, take_step

FIRST_LINES, PER_PAGE = 25, 50
GROUPS = tuple(reversed(LineGroup))  # what needs a person first


@requires(Permission.VIEW_RUNS)
@require_safe
def reconcile(request: SignedInRequest) -> HttpResponse:
    """The statements of some days: what is matched, what waits for a second person, what nobody has explained.

    The first lines of every group, or all lines of one, page by page; what is shown stands in the address.
    """
    known, form = known_days(), DaysForm(request.GET)
    context: dict[str, object] = {"form": form, "known": known}
    if known is not None:
        days, (chosen, text) = form.days(known), form.wanted()
        found = period(*days)
        size = PER_PAGE if chosen else FIRST_LINES
        pages = {group: Paginator(lines_of(group, days, text=text), size) for group in ([chosen] if chosen else GROUPS)}
        context |= {
            "found": found,
            "groups": group_rows(found),
            "chosen": chosen,
            "text": text,
            "lines": [(group, pages[group].get_page(request.GET.get("page") if chosen else 1)) for group in pages],
            "ageing": suspense_ageing(today()),
            "all_days": days_query(known),
        }
    context |= {"clearings": clearings_to_confirm(), "settlements": settlements_to_confirm()}
    return render(request, "grants/reconcile.html", context, status=400 if form.errors else 200)


@requires(Permission.CLEAR_SUSPENSE)
def line_explain(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what a line is."""
    line = get_object_or_404(unexplained_line(pk))
    form = ExplainLineForm(posted(request), suggestions=suggestions_for(line), comes_in=line.amount_pence > 0)
    page = StepPage(
        title="What is this line?",
        button="Propose",
        back=reverse("grants:reconcile"),
        done="Noted. Somebody else confirms it, and then it is posted.",
        rows=line_rows(line),
    )

    def act() -> None:
        said = Explanation(**form.explained())
        clearings.propose_clearing(by=request.user, line=line, explanation=said, note=form.cleaned_data["note"])

    return take_step(request, form, page, act=act)


@requires(Permission.CLEAR_SUSPENSE, fresh=True)
def clearing_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm what another said of a line."""
    clearing = get_object_or_404(clearings_to_confirm(), pk=pk)
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title="Is this what the line is?",
        button="Confirm and post",
        back=reverse("grants:reconcile"),
        done="Posted. The line is explained.",
        rows=clearing_rows(clearing),
    )

    def act() -> None:
        clearings.confirm_clearing(by=request.user, clearing=clearing)

    return take_step(request, form, page, act=act)


@requires(Permission.CLEAR_SUSPENSE)
def clearing_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that an explanation is wrong, or take it back."""
    clearing = get_object_or_404(clearings_to_confirm(), pk=pk)
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Refuse this explanation",
        button="Refuse",
        button_kind="warning",
        back=reverse("grants:reconcile"),
        done="Refused. The line is not explained.",
        rows=clearing_rows(clearing),
    )

    def act() -> None:
        clearings.refuse_clearing(by=request.user, clearing=clearing, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.CLEAR_SUSPENSE)
def doubt_settle(request: SignedInRequest, pk: int, payment: int = 0) -> HttpResponse:
    """Enter what the bank's letter says of one payment, or of every payment of a run that waits for one."""
    run = get_object_or_404(runs_with_counts(), pk=pk)
    one = get_object_or_404(payments_in_full(), pk=payment, run=run) if payment else None
    form = LetterForm(posted(request))
    page = StepPage(
        title="What the bank wrote",
        button="Enter the letter",
        back=reverse("grants:run-detail", args=[pk]),
        done="Noted. Somebody else confirms it.",
        intro="“Paid” posts nothing: the payment then waits for its line on a statement. “Not paid” makes the money "
        "payable again, held until two people pay it again.",
        rows=[("About", f"Payment {one}" if one else f"Every payment of run {run.pk} that the bank is silent about")],
    )

    def act() -> None:
        said = form.cleaned_data
        outcome = doubts.Outcome(said["outcome"])
        doubts.settle_doubt(by=request.user, run=run, payment=one, outcome=outcome, letter=said["letter"])

    return take_step(request, form, page, act=act)


@requires(Permission.CLEAR_SUSPENSE, fresh=True)
def settlement_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm a letter of the bank."""
    settlement = get_object_or_404(settlements_to_confirm(), pk=pk)
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title="Does the letter say this?",
        button="Confirm",
        back=reverse("grants:run-detail", args=[settlement.run_id]),
        done="Confirmed by two people.",
        rows=settlement_rows(settlement),
    )

    def act() -> None:
        doubts.confirm_settlement(by=request.user, settlement=settlement)

    return take_step(request, form, page, act=act)


@requires(Permission.CLEAR_SUSPENSE)
def settlement_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that a letter was misread."""
    settlement = get_object_or_404(settlements_to_confirm(), pk=pk)
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title="Refuse this entry",
        button="Refuse",
        button_kind="warning",
        back=reverse("grants:run-detail", args=[settlement.run_id]),
        done="Refused. The payments are as before.",
        rows=settlement_rows(settlement),
    )

    def act() -> None:
        doubts.refuse_settlement(by=request.user, settlement=settlement)

    return take_step(request, form, page, act=act)
