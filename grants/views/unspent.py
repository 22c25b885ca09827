"""Payments while money from before is not spent, for officers: propose what goes now, confirm it, refuse it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from grants import services
from grants.forms import ConfirmStepForm, ReasonForm, UnspentForm
from grants.models import Opinion, UnspentDecision
from grants.presenters.unspent import decision_rows, limit_rows
from grants.selectors.days import today
from grants.selectors.unspent import later_days, limits_of, payments_unspent, suggested_day, unspent_decisions
from grants.views.steps import StepPage, posted, take_step

RULE = (
    "A payment is what the coming period plans, with a margin on top, less what is left of the money before, and never "
    "more than what is scheduled. The rest becomes a later payment and stays promised. Slow spending ends no grant."
)


@requires(Permission.REVIEW_AGREEMENT)
def unspent_propose(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    """Say what the coming period plans, and when the rest comes; a proposal that stands is shown instead."""
    tranche = get_object_or_404(payments_unspent(reference, number))
    proposed = tranche.unspent_decisions.filter(status=Opinion.PROPOSED).first()
    if proposed is not None:
        return redirect("grants:unspent-confirm", proposed.pk)
    limit = limits_of([tranche]).get(tranche.pk)
    days = later_days(tranche, today())
    form = UnspentForm(
        posted(request), days=days, suggested=suggested_day(tranche, days), plan_pence=tranche.grant_pence
    )
    page = StepPage(
        title="Decide what is paid now",
        button="Propose",
        back=reverse("grants:agreement-detail", args=[reference]),
        done="Proposed. A senior officer confirms it.",
        intro=RULE,
        rows=limit_rows(tranche, limit) if limit else [],
    )

    def act() -> None:
        services.propose_unspent(by=request.user, tranche=tranche, **form.cleaned_data)

    return take_step(request, form, page, act=act)


def _back(decision: UnspentDecision) -> str:
    return reverse("grants:agreement-detail", args=[decision.tranche.agreement.reference])


@requires(Permission.VIEW_CASES, fresh=True)
def unspent_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm what another officer proposed; the service asks for the permission."""
    decision = get_object_or_404(unspent_decisions(), pk=pk)
    page = StepPage(
        title="Confirm what is paid now",
        button="Confirm",
        back=_back(decision),
        done="Confirmed. What can go now goes into the next run.",
        intro=RULE,
        rows=decision_rows(decision),
        other=("Refuse it", reverse("grants:unspent-refuse", args=[pk])),
    )

    def act() -> None:
        services.confirm_unspent(by=request.user, decision=decision)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def unspent_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Refuse a proposal, or take one's own back."""
    decision = get_object_or_404(unspent_decisions().filter(status=Opinion.PROPOSED), pk=pk)
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Refuse this proposal",
        button="Refuse",
        back=_back(decision),
        done="Refused. The payment waits for another proposal.",
        rows=decision_rows(decision),
        button_kind="warning",
    )

    def act() -> None:
        services.refuse_unspent(by=request.user, decision=decision, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)
