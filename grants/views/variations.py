"""Variations for officers: propose, see both schedules side by side, decide."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.permissions import Permission
from grants import services
from grants.domain.authority import STEP_LABELS, Step
from grants.forms import ApproveForm, ReasonForm, VariationForm
from grants.models import Variation
from grants.presenters.variation import summary_rows, variation_page
from grants.selectors.agreements import case_file
from grants.selectors.values import whole_life_pence
from grants.selectors.variations import variation_of
from grants.services.compare_variation import compare_variation
from grants.services.variations import variation_step_due
from grants.views.steps import StepPage, posted, take_step

INTRO = (
    "What is released or paid stays as it is. Everything else is planned anew and shown side by side before it counts."
)


@requires(Permission.RECOMMEND_AGREEMENT)
def variation_propose(request: SignedInRequest, reference: str) -> HttpResponse:
    """Propose a new schedule for what is not yet released."""
    agreement = get_object_or_404(case_file(reference))
    form = VariationForm(posted(request), agreement=agreement)
    if request.method == "POST" and form.is_valid():
        try:
            variation = services.propose_variation(by=request.user, agreement=agreement, proposal=form.proposal())
        except NotAllowedError:
            raise
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("grants:variation-detail", reference, variation.attempt)
    back = reverse("grants:agreement-detail", args=[reference])
    page = StepPage(title="Vary this agreement", button="Propose", back=back, done="", intro=INTRO)
    return render(request, "grants/step.html", {"form": form, "page": page}, status=400 if form.errors else 200)


def _step(variation: Variation) -> Step | None:
    if variation.status != Variation.Status.PROPOSED:
        return None
    return variation_step_due(variation, whole_life_pence(variation.agreement))


@requires(Permission.VIEW_CASES)
@require_safe
def variation_detail(request: SignedInRequest, reference: str, attempt: int) -> HttpResponse:
    """Both schedules side by side, and what happens next."""
    variation = get_object_or_404(variation_of(reference, attempt))
    page = variation_page(variation, compare_variation(variation), request.user, step=_step(variation))
    return render(request, "grants/variation_detail.html", {"page": page})


@requires(Permission.VIEW_CASES, fresh=True)
def variation_decide(request: SignedInRequest, reference: str, attempt: int) -> HttpResponse:
    """Take the step that is due; the service asks for the permission of that step."""
    variation = get_object_or_404(variation_of(reference, attempt))
    step = _step(variation)
    form = ApproveForm(posted(request))
    page = StepPage(
        title="Approve this variation",
        button=STEP_LABELS[step] if step else "Approve",
        back=reverse("grants:variation-detail", args=[reference, attempt]),
        done="Recorded.",
        rows=summary_rows(variation),
    )

    def act() -> None:
        services.approve_variation(
            by=request.user,
            variation=variation,
            note=form.cleaned_data["note"],
            minute_reference=form.cleaned_data["minute_reference"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.VIEW_CASES)
def variation_refuse(request: SignedInRequest, reference: str, attempt: int) -> HttpResponse:
    """Decide against a variation, or take one's own back."""
    variation = get_object_or_404(variation_of(reference, attempt))
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Refuse this variation",
        button="Refuse",
        back=reverse("grants:variation-detail", args=[reference, attempt]),
        done="Refused. The agreement stays as it was.",
        button_kind="warning",
    )

    def act() -> None:
        services.refuse_variation(by=request.user, variation=variation, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)
