"""Money asked back: the officers' pages from proposal to write-off, and the letter to the organisation."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import pence
from grants import services
from grants.forms import ClawbackForm, ConfirmStepForm, ReasonForm
from grants.models import Clawback
from grants.presenters.clawback import claim_page, claim_rows, letter_rows, write_off_rows
from grants.selectors.agreements import case_file
from grants.selectors.clawbacks import claim_of, claimable_shares, open_pence, own_claims, write_offs_proposed
from grants.selectors.days import today
from grants.views.steps import StepPage, posted, take_step

DAYS_TO_PAY = timedelta(days=28)
GROUNDS = "Slow spending is no ground: it only moves payments to later."


@requires(Permission.REVIEW_AGREEMENT)
def clawback_propose(request: SignedInRequest, reference: str) -> HttpResponse:
    """Propose to ask back money that was paid."""
    agreement = get_object_or_404(case_file(reference))
    form = ClawbackForm(posted(request), pay_by_on=today() + DAYS_TO_PAY)
    there = sum(share.place_pence for share in claimable_shares(agreement.pk))
    page = StepPage(
        title="Ask money back",
        button="Propose",
        back=reverse("grants:agreement-detail", args=[reference]),
        done="Proposed. The head of grants raises it.",
        intro=GROUNDS,
        rows=[
            ("Place", agreement.allocation.neighbourhood),
            ("Organisation", agreement.body),
            ("Grant paid, and not asked back yet", pence(there)),
        ],
    )

    def act() -> None:
        said = form.cleaned_data | {"ground": Clawback.Ground(form.cleaned_data["ground"])}
        services.propose_clawback(by=request.user, agreement=agreement, **said)

    return take_step(request, form, page, act=act)


@requires(Permission.VIEW_CASES)
@require_safe
def clawback_detail(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    """One claim: what it asks, what came, what can be done."""
    clawback = get_object_or_404(claim_of(reference, number))
    return render(request, "grants/clawback_detail.html", {"page": claim_page(clawback, request.user)})


def _back(clawback: Clawback) -> str:
    return reverse("grants:clawback-detail", args=[clawback.agreement.reference, clawback.number])


@requires(Permission.APPROVE_AGREEMENT, fresh=True)
def clawback_raise(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    """Raise a claim that another officer proposed."""
    clawback = get_object_or_404(claim_of(reference, number))
    page = StepPage(
        title="Ask the money back",
        button="Ask it back",
        back=_back(clawback),
        done="Raised. The organisation has a letter.",
        intro="The organisation is written to at once. What it pays goes back to the place.",
        rows=claim_rows(clawback),
    )

    def act() -> None:
        services.raise_clawback(by=request.user, clawback=clawback)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def clawback_refuse(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    """Decide against a claim, or take one's own back."""
    clawback = get_object_or_404(claim_of(reference, number))
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Refuse this claim",
        button="Refuse",
        back=_back(clawback),
        done="Refused. Nothing is asked back.",
        rows=claim_rows(clawback),
        button_kind="warning",
    )

    def act() -> None:
        services.refuse_clawback(by=request.user, clawback=clawback, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def write_off_propose(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    """Propose that the rest will not come."""
    clawback = get_object_or_404(claim_of(reference, number))
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Write the rest off",
        button="Propose",
        back=_back(clawback),
        done="Proposed. Somebody within their limit agrees to it.",
        rows=[*claim_rows(clawback), ("Still open", pence(open_pence(clawback)))],
    )

    def act() -> None:
        services.propose_write_off(by=request.user, clawback=clawback, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.APPROVE_AGREEMENT, fresh=True)
def write_off_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree that the rest will not come."""
    write_off = get_object_or_404(write_offs_proposed(), pk=pk)
    page = StepPage(
        title="Agree to write it off",
        button="Write it off",
        back=_back(write_off.clawback),
        done="Written off. The claim is settled.",
        rows=write_off_rows(write_off),
        button_kind="warning",
    )

    def act() -> None:
        services.confirm_write_off(by=request.user, write_off=write_off)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def withdrawal_propose(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    """Propose that the rest was asked back in error."""
    clawback = get_object_or_404(claim_of(reference, number))
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Withdraw this claim",
        button="Propose",
        back=_back(clawback),
        done="Proposed. The head of grants agrees to it.",
        intro="For a claim that was made in error. What came already stays with the place; nothing more is due.",
        rows=[*claim_rows(clawback), ("Still open", pence(open_pence(clawback)))],
    )

    def act() -> None:
        services.propose_withdrawal(by=request.user, clawback=clawback, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.APPROVE_AGREEMENT, fresh=True)
def withdrawal_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree that a claim was made in error."""
    withdrawal = get_object_or_404(write_offs_proposed(), pk=pk)
    page = StepPage(
        title="Agree to withdraw this claim",
        button="Withdraw it",
        back=_back(withdrawal.clawback),
        done="Withdrawn. The organisation has a letter.",
        intro="The organisation is written to at once, with the reason.",
        rows=write_off_rows(withdrawal),
        button_kind="warning",
    )

    def act() -> None:
        services.confirm_withdrawal(by=request.user, withdrawal=withdrawal)

    return take_step(request, ConfirmStepForm(posted(request)), page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def write_off_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Decide against a write-off or a withdrawal, or take one's own proposal back."""
    write_off = get_object_or_404(write_offs_proposed(), pk=pk)
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Keep the claim open",
        button="Keep the claim open",
        back=_back(write_off.clawback),
        done="The claim stays open.",
        rows=write_off_rows(write_off),
    )

    def act() -> None:
        services.refuse_write_off(by=request.user, write_off=write_off, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.VIEW_OWN_BODY)
@require_safe
def own_clawback(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    """The letter to the organisation, to print or keep."""
    claims = own_claims(request.user).filter(agreement__reference=reference, number=number)
    clawback = get_object_or_404(claims.distinct())
    context = {"clawback": clawback, "rows": letter_rows(clawback)}
    return render(request, "grants/own_clawback.html", context)
