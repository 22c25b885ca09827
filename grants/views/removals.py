"""Taking one payment out of a file that waits: one person asks, another agrees."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from grants.forms import ConfirmStepForm, ReasonForm
from grants.models import PaymentStatus
from grants.presenters.payments import removal_rows
from grants.selectors.files import payments_in_question, removals_to_decide
from grants.selectors.payment_pages import payments_in_full
from grants.services import removals
from grants.views.steps import StepPage, posted, take_step

DETAILS_CHANGED = "The bank details of the organisation have changed, or may."
WHAT_IT_MEANS = (
    "The file is put aside and never sent. A file of the payments that are left takes its place under a new name. "
    "The payment is promised again, and held until two people who did not ask for this agree to pay it; then it goes "
    "into a later run."
)


@requires(Permission.VIEW_RUNS)
def payment_take_out(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask to take a payment out of its file."""
    removals.require_desk(request.user)
    payment = get_object_or_404(payments_in_full(), pk=pk, status=PaymentStatus.INSTRUCTED)
    is_in_question = payments_in_question().filter(pk=pk).exists()
    form = ReasonForm(posted(request), initial={"reason": DETAILS_CHANGED if is_in_question else ""})
    page = StepPage(
        title="Take this payment out of its file?",
        button="Stop the file and ask",
        button_kind="warning",
        back=reverse("grants:run-detail", args=[payment.run_id]),
        done="The file waits. Somebody else agrees, or lets it go.",
        intro=f"The whole file waits from now on, until somebody else agrees or lets it go. {WHAT_IT_MEANS}",
        rows=removal_rows(payment),
    )

    def act() -> None:
        removals.propose_removal(by=request.user, payment=payment, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.RELEASE_RUN, fresh=True)
def removal_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree that a payment is taken out."""
    removal = get_object_or_404(removals_to_decide(), pk=pk)
    removals.require_may_agree(request.user, removal)
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title="Take this payment out of its file?",
        button="Take it out",
        button_kind="warning",
        back=reverse("grants:run-detail", args=[removal.payment.run_id]),
        done="Taken out. The payment is held, and a new file of the others goes to the bank.",
        intro=WHAT_IT_MEANS,
        rows=removal_rows(removal.payment, removal),
    )

    def act() -> None:
        removals.confirm_removal(by=request.user, removal=removal)

    return take_step(request, form, page, act=act)


@requires(Permission.VIEW_RUNS, fresh=True)
def removal_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the file go as it was released."""
    removal = get_object_or_404(removals_to_decide(), pk=pk)
    removals.require_may_let_go(request.user, removal)
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Let the payment go with its file?",
        button="Let it go",
        back=reverse("grants:run-detail", args=[removal.payment.run_id]),
        done="Refused. The file leaves as it was released.",
        rows=removal_rows(removal.payment, removal),
    )

    def act() -> None:
        removals.refuse_removal(by=request.user, removal=removal, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)
