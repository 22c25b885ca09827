"""The forms of the second step of a sign-in: what they do is allauth's, what they look like and say is ours."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import forms as recovery_codes
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy

from cwf_portal.core.forms.account import AccountFormMixin
from cwf_portal.core.forms.text import CharField
from cwf_portal.core.second_step import spend_code


class CodeField(CharField):
    """Digits from an app, or a recovery code, with spaces or without."""

    def to_python(self, value: object) -> str:
        return "".join(str(super().to_python(value) or "").split()).replace("-", "")


class CodeFormMixin(AccountFormMixin):
    """One box for a code of the app."""

    label = gettext_lazy("Code from your app, or a recovery code")
    hint = gettext_lazy("6 digits that your app shows, or 8 of a recovery code")

    def dress_fields(self) -> None:
        self.fields["code"] = CodeField(
            label=self.label, hint=self.hint, max_length=20, width=10, autocomplete="one-time-code"
        )
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


def taken_once(authenticator: Authenticator, code: str) -> str:
    """The code, where it is of no app, or of one that has not shown it before."""
    if authenticator.type == Authenticator.Type.TOTP and not spend_code(authenticator, code):
        raise get_adapter().validation_error("incorrect_code")
    return code


class AuthenticateForm(CodeFormMixin, base.AuthenticateForm):
    """The second step at sign-in."""

    def clean_code(self) -> str:
        return taken_once(code=super().clean_code(), authenticator=self.authenticator)


class ShowAgainForm(CodeFormMixin, base.ReauthenticateForm):
    """The second step once more, before money is approved or released."""

    def clean_code(self) -> str:
        return taken_once(code=super().clean_code(), authenticator=self.authenticator)


class ShowPasskeyAgainForm(webauthn.ReauthenticateWebAuthnForm):
    """A passkey once more, before money is approved or released; the browser fills it in."""


class ActivateAppForm(CodeFormMixin, totp.ActivateTOTPForm):
    """The first code of an app, which shows that it holds our secret."""

    label = gettext_lazy("Code that your app shows now")
    hint = gettext_lazy("6 digits")


class RemoveAppForm(AccountFormMixin, totp.DeactivateTOTPForm):
    """Take an app away."""

    def dress_fields(self) -> None:
        """Nothing is typed."""


class NewCodesForm(AccountFormMixin, recovery_codes.GenerateRecoveryCodesForm):
    """Ask for new recovery codes."""

    def dress_fields(self) -> None:
        """Nothing is typed."""


class AddPasskeyForm(AccountFormMixin, webauthn.AddWebAuthnForm):
    """A passkey, made by the browser, and what to call it.

    Each can sign in by itself: the device asks for a fingerprint, a face or a PIN, which are two things in one.
    """

    def dress_fields(self) -> None:
        self.fields["name"] = CharField(
            label="What to call it", hint="Such as “my phone”", max_length=60, width=20, required=False
        )
        self.fields["passwordless"] = forms.BooleanField(required=False, widget=forms.HiddenInput, initial=True)
