"""Showing again that it is you, before money is approved or released."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cwf_portal.core import fresh, second_step
from cwf_portal.core.access import SignedInRequest, signed_in
from cwf_portal.core.errors import DomainError
from cwf_portal.core.forms.confirming import ConfirmCodeForm
from cwf_portal.core.forms.second_step import ShowAgainForm, ShowPasskeyAgainForm
from cwf_portal.core.inside_allauth import begin_authentication, resume_request, suspended_path
from cwf_portal.core.languages import in_words, translated


@translated
@signed_in
def confirm_identity(request: SignedInRequest) -> HttpResponse:
    """Ask for the person’s second step, else for a code from their own mailbox; then go on with what was begun."""
    if second_step.has_second_step(request.user):
        return _show_second_step(request)
    is_code = "code" in request.POST
    form = ConfirmCodeForm(request.POST if is_code else None)
    if request.method == "POST" and not is_code:
        fresh.send_code(request)
        return redirect(request.get_full_path())
    if is_code and form.is_valid():
        try:
            fresh.confirm(request, form.cleaned_data["code"])
        except DomainError as error:
            form.add_error("code", str(in_words(error)))
        else:
            return _go_on(request)
    context = {"form": form, "is_sent": fresh.has_code(request), "email": request.user.email}
    return render(request, "core/confirm_identity.html", context, status=400 if form.errors else 200)


def _show_second_step(request: SignedInRequest) -> HttpResponse:
    """A code of the app, a recovery code or a passkey: whoever has one is not asked for less."""
    is_code, is_passkey = "code" in request.POST, "credential" in request.POST
    form = ShowAgainForm(request.POST if is_code else None, user=request.user)
    passkey = ShowPasskeyAgainForm(request.POST if is_passkey else None, user=request.user)
    for sent in (form, passkey):
        if sent.is_bound and sent.is_valid():
            sent.save()
            return _go_on(request)
    has_passkey = second_step.has_passkey(request.user)
    context = {
        "form": form,
        "passkey": passkey,
        "options": begin_authentication(request.user) if has_passkey else None,
        "has_app": second_step.has_app(request.user),
    }
    is_refused = form.errors or passkey.errors
    return render(request, "core/confirm_second_step.html", context, status=400 if is_refused else 200)


def _go_on(request: HttpRequest) -> HttpResponse:
    """Do what the person had sent when they were asked, or open the page they wanted.

    What is refused is shown on its own page, empty: a form standing at this address would send its answers here.
    """
    wanted, waiting = request.GET.get(REDIRECT_FIELD_NAME, ""), suspended_path(request)
    answer: HttpResponse | None = resume_request(request)
    if waiting is not None and waiting != wanted:
        messages.warning(request, _("Thank you. What you had sent was not done yet: send it once more."))
    if answer is None:
        return redirect("core:home")
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        messages.warning(request, _("Thank you. What you had entered was refused: enter it again."))
        return redirect(wanted)
    return answer
