"""Setting up, showing and taking away a second step: allauth's views, for whoever just showed who they are."""

from http import HTTPStatus
from typing import Any

from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.http import HttpResponse
from django.urls import reverse_lazy

from cwf_portal.core import second_step
from cwf_portal.core.access import freshly_signed_in, public, signed_in
from cwf_portal.core.inside_allauth import perform_passwordless_login

Kind = Authenticator.Type


class IndexView(base.IndexView):
    """What second steps the person has, and how to set one up."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        shown: dict[str, Any] = super().get_context_data(**kwargs)
        return shown | {
            "is_asked": second_step.is_asked_of(user),
            "has_step": second_step.has_second_step(user),
            "next": get_next_redirect_url(self.request),
        }


class ActivateAppView(totp.ActivateTOTPView):
    """Set up an app; its first code counts as shown."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        second_step.note_shown(self.request, form.user, Kind.TOTP)
        return answer


class AddPasskeyView(webauthn.AddWebAuthnView):
    """Set up a passkey; making it counts as showing it."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        second_step.note_shown(self.request, form.user, Kind.WEBAUTHN)
        return answer


class RemovePasskeyView(webauthn.RemoveWebAuthnView):
    """Take a passkey away, but for the last second step of somebody who needs one."""

    success_url = reverse_lazy("mfa_index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().get_context_data(**kwargs)
        return shown | {"is_needed": self._is_needed()}

    def form_valid(self, form: Any) -> HttpResponse:
        if self._is_needed():
            answer: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=HTTPStatus.CONFLICT)
        else:
            answer = super().form_valid(form)
        return answer

    def _is_needed(self) -> bool:
        return not get_adapter().can_delete_authenticator(self.object)


class PasskeySignInView(webauthn.LoginWebAuthnView):
    """Sign in with a passkey alone, and go where the person wanted to go."""

    def form_valid(self, form: Any) -> HttpResponse:
        authenticator = form.cleaned_data["credential"]
        login = Login(user=authenticator.user, redirect_url=get_next_redirect_url(self.request))
        answer: HttpResponse = perform_passwordless_login(self.request, authenticator, login)
        return answer


second_step_index = signed_in(IndexView.as_view())
second_step_show = public(base.authenticate)  # allauth leads here between a person's code and their session
app_add = freshly_signed_in(ActivateAppView.as_view())
app_remove = freshly_signed_in(totp.deactivate_totp)
codes_new = freshly_signed_in(recovery_codes.generate_recovery_codes)
codes_list = freshly_signed_in(recovery_codes.view_recovery_codes)
passkey_add = freshly_signed_in(AddPasskeyView.as_view())
passkey_remove = freshly_signed_in(RemovePasskeyView.as_view())
passkey_sign_in = public(PasskeySignInView.as_view())
