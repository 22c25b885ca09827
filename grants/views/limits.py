"""The limits of authority: what stands for everybody who works by them, and two directors who change one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from grants.forms import ConfirmStepForm
from grants.forms.authority import LimitForm
from grants.presenters.limits import cell_choices, change_rows, coming_sentences, history_table, limit_tables
from grants.selectors.days import today
from grants.selectors.limits import changes_ahead, confirmable_by, limit_changes, limits_on, limits_to_confirm
from grants.services import limits
from grants.views.steps import StepPage, posted, take_step


@requires(Permission.VIEW_CASES)
@require_safe
def limit_list(request: SignedInRequest) -> HttpResponse:
    """Every limit in force, what is proposed, and every change with its reason."""
    day, waiting = today(), list(limits_to_confirm())
    on = {each: limits_on(each) for each in {day, *(change.from_on for change in waiting)}}
    context = {
        "day": day,
        "tables": limit_tables(on[day]),
        "coming": coming_sentences(changes_ahead(day)),
        "proposed": [(change, change_rows(change, on[change.from_on][change.cell])) for change in waiting],
        "confirmable": confirmable_by(request.user, waiting, day),
        "history": history_table(limit_changes()[:200]),
    }
    return render(request, "grants/limit_list.html", context)


@requires(Permission.CHANGE_LIMITS)
def limit_propose(request: SignedInRequest) -> HttpResponse:
    """Propose another limit."""
    form = LimitForm(posted(request), choices=cell_choices(limits_on(today())))
    page = StepPage(
        title="Propose another limit",
        button="Propose",
        back=reverse("grants:limit-list"),
        done="Proposed. The other director confirms it.",
        intro="Nothing changes until the other director confirms. What was approved before stays approved.",
    )

    def act() -> None:
        said = form.cleaned_data
        limits.propose_limit(
            by=request.user,
            cell=form.chosen_cell(),
            limit_pence=said["limit_pence"],
            from_on=said["from_on"],
            reason=said["reason"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.CHANGE_LIMITS, fresh=True)
def limit_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree to what the other director proposed."""
    change = get_object_or_404(limits_to_confirm(), pk=pk)
    page = StepPage(
        title="Confirm this limit",
        button="Confirm",
        back=reverse("grants:limit-list"),
        done="Confirmed by two directors.",
        rows=change_rows(change, limits_on(change.from_on)[change.cell]),
    )

    def act() -> None:
        limits.confirm_limit(by=request.user, change=change)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@requires(Permission.CHANGE_LIMITS)
@require_POST
def limit_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a proposed limit back."""
    limits.withdraw_limit(by=request.user, change=get_object_or_404(limits_to_confirm(), pk=pk))
    messages.success(request, "The proposal is withdrawn. The limit stays as it is.")
    return redirect("grants:limit-list")
