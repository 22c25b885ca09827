"""Showing again that it is you, before money is approved or released."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cwf_portal.core import fresh
from cwf_portal.core.access import SignedInRequest, signed_in
from cwf_portal.core.errors import DomainError
from cwf_portal.core.forms.confirming import ConfirmCodeForm
from cwf_portal.core.inside_allauth import resume_request


@signed_in
def confirm_identity(request: SignedInRequest) -> HttpResponse:
    """Send a code to the person's own address and take it; then go on with what was begun."""
    is_code = "code" in request.POST
    form = ConfirmCodeForm(request.POST if is_code else None)
    if request.method == "POST" and not is_code:
        fresh.send_code(request)
        return redirect(request.get_full_path())
    if is_code and form.is_valid():
        try:
            fresh.confirm(request, form.cleaned_data["code"])
        except DomainError as error:
            form.add_error("code", str(error))
        else:
            return _go_on(request)
    context = {"form": form, "is_sent": fresh.has_code(request), "email": request.user.email}
    return render(request, "core/confirm_identity.html", context, status=400 if form.errors else 200)


def _go_on(request: HttpRequest) -> HttpResponse:
    """Do what the person had sent when they were asked, or open the page they wanted.

    What is refused is shown on its own page, empty: a form standing at this address would send its answers here.
    """
    wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
    answer: HttpResponse | None = resume_request(request)
    if answer is None:
        return redirect("core:home")
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        messages.warning(request, "Thank you. What you had entered was refused: enter it again.")
        return redirect(wanted)
    return answer
