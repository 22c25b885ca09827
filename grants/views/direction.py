"""What two directors decide: a programme's spending policy, money that changes its purpose or goes back to the fund."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, public, requires
from cwf_portal.core.permissions import Permission, has_permission
from grants import services
from grants.forms import ConfirmStepForm
from grants.forms.direction import PolicyForm, ReturnForm, TransferForm
from grants.presenters.direction import decision_cards, decision_rows
from grants.selectors.endowment import decisions, policies
from grants.views.steps import StepPage, posted, take_step

WAITS = "Proposed. The other director confirms it."


@public
@require_safe
def decision_list(request: HttpRequest) -> HttpResponse:
    """Every decision that was posted, with its reason, for everyone; directors also see what waits."""
    may_manage = has_permission(request.user, Permission.MANAGE_ENDOWMENT)
    context = {
        "cards": decision_cards(decisions().published()),
        "proposed": [(found, decision_rows(found)) for found in decisions().proposed()] if may_manage else [],
        "may_manage": may_manage,
    }
    return render(request, "grants/decision_list.html", context)


@requires(Permission.MANAGE_ENDOWMENT)
def transfer_propose(request: SignedInRequest) -> HttpResponse:
    """Propose that free money changes its purpose."""
    form = TransferForm(posted(request))

    def act() -> None:
        giver, taker = form.moved()
        services.propose_transfer(
            by=request.user,
            source=form.chosen_source(),
            giver=giver,
            taker=taker,
            amount_pence=form.cleaned_data["amount_pence"],
            reason=form.cleaned_data["reason"],
        )

    return take_step(request, form, _page("Move free money to another purpose"), act=act)


@requires(Permission.MANAGE_ENDOWMENT)
def return_propose(request: SignedInRequest) -> HttpResponse:
    """Propose that money set aside for a place goes back to the fund."""
    form = ReturnForm(posted(request))

    def act() -> None:
        services.propose_return(
            by=request.user,
            allocation=form.chosen_allocation(),
            source=form.chosen_source(),
            amount_pence=form.cleaned_data["amount_pence"],
            reason=form.cleaned_data["reason"],
        )

    return take_step(request, form, _page("Return money set aside to the fund"), act=act)


@requires(Permission.MANAGE_ENDOWMENT, fresh=True)
def decision_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree to what the other director proposed."""
    decision = get_object_or_404(decisions().proposed(), pk=pk)
    page = StepPage(
        title="Confirm this decision",
        button="Confirm and publish",
        back=reverse("grants:decision-list"),
        done="Posted and published.",
        rows=decision_rows(decision),
    )

    def act() -> None:
        services.confirm_decision(by=request.user, decision=decision)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@requires(Permission.MANAGE_ENDOWMENT)
@require_POST
def decision_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a proposed decision back."""
    services.withdraw_decision(by=request.user, decision=get_object_or_404(decisions().proposed(), pk=pk))
    messages.success(request, "The proposal is withdrawn.")
    return redirect("grants:decision-list")


@requires(Permission.MANAGE_ENDOWMENT)
def policy_propose(request: SignedInRequest) -> HttpResponse:
    """Propose how fast a programme spends."""
    form = PolicyForm(posted(request))

    def act() -> None:
        services.propose_policy(
            by=request.user,
            programme=form.chosen_programme(),
            reason=form.cleaned_data["reason"],
            **form.proposed(),
        )

    intro = "To a day, what remains is spread evenly. By a rule, a year spends a part of what the year before spent, "
    intro += "raised for prices, and for the rest a rate on what remains, up to a cap; no growth is counted on. What "
    intro += "one year leaves, the next may spend; an agreement that would spend faster, or be paid later, is refused."
    return take_step(request, form, _page("Propose a spending policy", "grants:endowment", intro), act=act)


@requires(Permission.MANAGE_ENDOWMENT, fresh=True)
def policy_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree to a policy."""
    policy = get_object_or_404(policies().proposed(), pk=pk)
    page = StepPage(
        title="Confirm this policy",
        button="Confirm",
        back=reverse("grants:endowment"),
        done="In force.",
        rows=[
            ("Programme", policy.programme),
            ("Policy", policy.rule_in_words),
            ("Why", policy.reason),
            ("Proposed by", policy.proposed_by),
        ],
    )

    def act() -> None:
        services.confirm_policy(by=request.user, policy=policy)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@requires(Permission.MANAGE_ENDOWMENT)
@require_POST
def policy_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a proposed policy back."""
    services.withdraw_policy(by=request.user, policy=get_object_or_404(policies().proposed(), pk=pk))
    messages.success(request, "The proposal is withdrawn.")
    return redirect("grants:endowment")


def _page(title: str, back: str = "grants:decision-list", intro: str = "") -> StepPage:
    return StepPage(title=title, button="Propose", back=reverse(back), done=WAITS, intro=intro)
