"""Going on without a report or notice of the bank that cannot be taken in: one asks, another confirms."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.permissions import Permission
from grants.forms import ConfirmStepForm, ReasonForm
from grants.presenters.bank import passing_rows
from grants.selectors.payment_pages import passings_to_confirm, refused_messages
from grants.services import passing_over as passings
from grants.views.steps import StepPage, posted, take_step

WHAT_IT_MEANS = (
    "The message stays as it came and nothing of it is acted upon; what the bank sent after it is taken in. First ask "
    "the bank for a right one. If it rejects payments, they stay with the bank until the bank says so again."
)


@requires(Permission.CLEAR_SUSPENSE)
def message_pass_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask to go on without a message."""
    message = get_object_or_404(refused_messages(), pk=pk)
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Go on without this message?",
        button="Ask",
        back=reverse("grants:bank-home"),
        done="Noted. Somebody else confirms it.",
        intro=WHAT_IT_MEANS,
        rows=passing_rows(message),
    )

    def act() -> None:
        passings.propose_passing_over(by=request.user, message=message, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.CLEAR_SUSPENSE, fresh=True)
def passing_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm that the fund goes on without a message."""
    passed_over = get_object_or_404(passings_to_confirm(), pk=pk)
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title="Go on without this message?",
        button="Confirm",
        button_kind="warning",
        back=reverse("grants:bank-home"),
        done="Confirmed by two people. What follows the message is taken in.",
        intro=WHAT_IT_MEANS,
        rows=passing_rows(passed_over.message, passed_over),
    )

    def act() -> None:
        passings.confirm_passing_over(by=request.user, passed_over=passed_over)

    return take_step(request, form, page, act=act)


@requires(Permission.CLEAR_SUSPENSE)
def passing_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that the fund waits for a right message."""
    passed_over = get_object_or_404(passings_to_confirm(), pk=pk)
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title="Wait for a right message",
        button="Refuse the request",
        back=reverse("grants:bank-home"),
        done="Refused. The message waits as before.",
        rows=passing_rows(passed_over.message, passed_over),
    )

    def act() -> None:
        passings.refuse_passing_over(by=request.user, passed_over=passed_over)

    return take_step(request, form, page, act=act)
