"""Agreements for officers: the list, the case, and every step of approval."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from grants import services
from grants.domain.authority import Risk
from grants.forms import (
    AgreementFilterForm,
    ApproveForm,
    ConfirmStepForm,
    HoldForm,
    NoteForm,
    ReasonForm,
    RecommendForm,
    TermsForm,
)
from grants.models import AgreementStatus
from grants.presenters.case import STATUS_COLOURS, CasePage, case_page
from grants.selectors.agreements import agreements, case_file, open_holds
from grants.selectors.values import whole_life_pence
from grants.views.steps import StepPage, posted, take_step

PER_PAGE = 25
TERMS_INTRO = "These terms can be changed until the agreement is recommended. After that they stand."
APPROVAL_INTRO = "Approve only what you would defend in public. Two officers of different teams must agree."


@requires(Permission.VIEW_CASES)
@require_safe
def agreement_list(request: SignedInRequest) -> HttpResponse:
    """Every agreement, filtered by address."""
    form = AgreementFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"status": "", "q": ""}
    page = Paginator(agreements(status=chosen["status"], words=chosen["q"]), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(agreement, STATUS_COLOURS[AgreementStatus(agreement.status)]) for agreement in page]
    return render(request, "grants/agreement_list.html", {"form": form, "page": page, "rows": rows})


def _case(request: SignedInRequest, reference: str) -> CasePage:
    agreement = get_object_or_404(case_file(reference))
    return case_page(agreement, request.user, whole_life_pence(agreement))


@requires(Permission.VIEW_CASES)
@require_safe
def agreement_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    """The case: where it stands, what happened, what happens next."""
    return render(request, "grants/agreement_detail.html", {"case": _case(request, reference)})


def _page(
    case: CasePage, *, title: str, button: str, done: str, intro: str = "", kind: str = "", is_approval: bool = False
) -> StepPage:
    return StepPage(
        title=title,
        button=button,
        back=reverse("grants:agreement-detail", args=[case.agreement.reference]),
        done=done,
        intro=intro,
        rows=case.to_judge() if is_approval else [*case.summary[:2], *case.figures],
        button_kind=kind,
    )


@requires(Permission.RECOMMEND_AGREEMENT)
def agreement_terms(request: SignedInRequest, reference: str) -> HttpResponse:
    """Choose how a draft pays and whether payments rise with prices."""
    case = _case(request, reference)
    form = TermsForm(posted(request), agreement=case.agreement)
    page = _page(case, title="How the money is paid", button="Save", done="Saved.", intro=TERMS_INTRO)

    def act() -> None:
        services.choose_terms(by=request.user, agreement=case.agreement, chosen=form.chosen())

    return take_step(request, form, page, act=act)


@requires(Permission.RECOMMEND_AGREEMENT)
def agreement_recommend(request: SignedInRequest, reference: str) -> HttpResponse:
    """Recommend a checked draft."""
    case = _case(request, reference)
    form = RecommendForm(posted(request))
    page = _page(case, title="Recommend this agreement", button="Recommend", done="Recommended.", is_approval=True)

    def act() -> None:
        services.recommend_agreement(
            by=request.user,
            agreement=case.agreement,
            risk=Risk(form.cleaned_data["risk"]),
            note=form.cleaned_data["note"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.ASSURE_AGREEMENT)
def agreement_assure(request: SignedInRequest, reference: str) -> HttpResponse:
    """Give the assurance that large or risky agreements need."""
    case = _case(request, reference)
    form = NoteForm(posted(request))
    page = _page(case, title="Give assurance", button="Give assurance", done="Assurance given.", is_approval=True)

    def act() -> None:
        services.assure_agreement(by=request.user, agreement=case.agreement, note=form.cleaned_data["note"])

    return take_step(request, form, page, act=act)


@requires(Permission.APPROVE_AGREEMENT, fresh=True)
def agreement_approve(request: SignedInRequest, reference: str) -> HttpResponse:
    """Give the first or the second approval, whichever is due."""
    case = _case(request, reference)
    form = ApproveForm(posted(request))
    page = _page(
        case,
        title="Approve this agreement",
        button="Approve",
        done="Approved.",
        intro=APPROVAL_INTRO,
        is_approval=True,
    )

    def act() -> None:
        services.approve_agreement(
            by=request.user,
            agreement=case.agreement,
            minute_reference=form.cleaned_data["minute_reference"],
            note=form.cleaned_data["note"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.VIEW_CASES)
def agreement_send_back(request: SignedInRequest, reference: str) -> HttpResponse:
    """Refuse the step that is due; the service asks for the permission of that step."""
    case = _case(request, reference)
    form = ReasonForm(posted(request))
    page = _page(case, title="Send this agreement back", button="Send back", done="Sent back.", kind="warning")

    def act() -> None:
        services.send_back_agreement(by=request.user, agreement=case.agreement, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.RECOMMEND_AGREEMENT)
def agreement_offer(request: SignedInRequest, reference: str) -> HttpResponse:
    """Send the approved agreement to the organisation."""
    case = _case(request, reference)
    form = ConfirmStepForm(posted(request))
    page = _page(case, title="Send the offer", button="Send the offer", done="The offer is on its way.")

    def act() -> None:
        services.offer_agreement(by=request.user, agreement=case.agreement)

    return take_step(request, form, page, act=act)


@requires(Permission.HOLD_PAYMENT)
def agreement_hold(request: SignedInRequest, reference: str) -> HttpResponse:
    """Hold one payment of the agreement, or all."""
    case = _case(request, reference)
    unpaid = [tranche for tranche in case.agreement.tranches.all() if tranche.status in {"pledged", "committed"}]
    form = HoldForm(posted(request), tranches=unpaid)
    page = _page(case, title="Hold payments", button="Hold", done="Payments are held.", kind="warning")

    def act() -> None:
        services.place_hold(
            by=request.user,
            agreement=case.agreement,
            tranche=form.chosen_tranche(),
            detail=form.cleaned_data["detail"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.HOLD_PAYMENT)
def hold_lift(request: SignedInRequest, pk: int) -> HttpResponse:
    """Lift a hold that somebody else placed."""
    hold = get_object_or_404(open_holds(), pk=pk)
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Let payments go on",
        button="Lift the hold",
        back=reverse("grants:agreement-detail", args=[hold.agreement.reference]),
        done="The hold is lifted.",
        rows=[
            ("Place", hold.agreement.allocation.neighbourhood),
            ("Held because", f"{hold.get_reason_display()}: {hold.detail}"),
            ("By", hold.placed_by or "The portal"),
        ],
    )

    def act() -> None:
        services.lift_hold(by=request.user, hold=hold, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)
