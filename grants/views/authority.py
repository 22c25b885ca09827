"""Ranks and teams for administrators, and for officers who acts for whom."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires, signed_in
from cwf_portal.core.permissions import Permission
from grants.forms import ConfirmStepForm
from grants.forms.authority import DelegationForm, RankForm
from grants.presenters.authority import change_rows, delegation_rows, limit_rows
from grants.selectors.authority import (
    authorities,
    changes_to_confirm,
    delegations,
    delegations_to_confirm,
    equals_of,
    limits,
)
from grants.selectors.days import today
from grants.services import authority
from grants.services import delegations as handing
from grants.views.steps import StepPage, posted, take_step


@requires(Permission.VIEW_PEOPLE)
@require_safe
def officer_list(request: SignedInRequest) -> HttpResponse:
    """Every rank in force, what waits for a second administrator, who acts for whom, and the limits."""
    day = today()
    context = {
        "day": day,
        "authorities": authorities(day),
        "changes": changes_to_confirm(),
        "delegations": delegations(day),
        "limits": limit_rows(limits(day)),
    }
    return render(request, "grants/officer_list.html", context)


@requires(Permission.GRANT_ROLES)
def rank_ask(request: SignedInRequest) -> HttpResponse:
    """Ask for a rank and a team for somebody."""
    form = RankForm(posted(request))
    page = StepPage(
        title="Give or change an officer’s rank",
        button="Ask for this rank",
        back=reverse("grants:officer-list"),
        done="Asked for. A second administrator confirms it.",
        intro="Nothing changes until another administrator confirms. The rank held until then ends the day before.",
    )

    def act() -> None:
        said = form.cleaned_data
        rank = form.chosen_rank()
        authority.ask_for_rank(
            by=request.user, user=said["user"], rank=rank, team=said["team"], from_on=said["from_on"]
        )

    return take_step(request, form, page, act=act)


@requires(Permission.GRANT_ROLES, fresh=True)
def rank_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm what another administrator asked for."""
    change = get_object_or_404(changes_to_confirm(), pk=pk)
    page = StepPage(
        title="Confirm this rank",
        button="Confirm",
        back=reverse("grants:officer-list"),
        done="Confirmed by two administrators.",
        rows=change_rows(change),
    )

    def act() -> None:
        authority.confirm_rank(by=request.user, change=change)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@requires(Permission.GRANT_ROLES)
@require_POST
def rank_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a request for a rank back."""
    authority.withdraw_rank(by=request.user, change=get_object_or_404(changes_to_confirm(), pk=pk))
    messages.success(request, "The request is taken back.")
    return redirect("grants:officer-list")


@requires(Permission.APPROVE_AGREEMENT)
@require_safe
def stand_in_list(request: SignedInRequest) -> HttpResponse:
    """Who acts for whom, and what each rank may approve."""
    day = today()
    context = {"day": day, "delegations": delegations(day), "limits": limit_rows(limits(day)), "may_propose": True}
    return render(request, "grants/stand_in_list.html", context)


@requires(Permission.APPROVE_AGREEMENT)
def stand_in_propose(request: SignedInRequest) -> HttpResponse:
    """Propose that an officer of equal rank acts for oneself."""
    form = DelegationForm(posted(request), equals=list(equals_of(request.user, today())))
    page = StepPage(
        title="Hand over your authority",
        button="Propose",
        back=reverse("grants:stand-in-list"),
        done="Proposed. An administrator confirms it.",
        intro="In these days you approve nothing, and the two of you count as one person: neither takes a step of an "
        "agreement of which the other took one. They approve up to the limit of your common rank.",
    )

    def act() -> None:
        said = form.cleaned_data
        handing.propose_delegation(
            by=request.user,
            taker=form.chosen_taker(),
            from_on=said["from_on"],
            to_on=said["to_on"],
            reason=said["reason"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.GRANT_ROLES, fresh=True)
def stand_in_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm that an officer acts for another."""
    delegation = get_object_or_404(delegations_to_confirm(today()), pk=pk)
    page = StepPage(
        title="Confirm who acts for whom",
        button="Confirm",
        back=reverse("grants:officer-list"),
        done="Confirmed.",
        rows=delegation_rows(delegation),
    )

    def act() -> None:
        handing.confirm_delegation(by=request.user, delegation=delegation)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@signed_in
@require_POST
def stand_in_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take authority back, or refuse what was proposed."""
    handing.end_delegation(by=request.user, delegation=get_object_or_404(delegations(today()), pk=pk))
    messages.success(request, "Ended. Each acts for themselves again.")
    is_administrator = request.user.can["grant_roles"]
    return redirect("grants:officer-list" if is_administrator else "grants:stand-in-list")
