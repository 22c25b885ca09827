"""The forms of signing in, as GOV.UK forms: what they do is allauth's, what they look like and say is ours."""

from typing import Any

from allauth.account import forms as allauth_forms
from django.utils.translation import gettext as _

from cwf_portal.core.forms.base import GovBoundField
from cwf_portal.core.forms.text import CharField, EmailField
from cwf_portal.core.inside_allauth import sync_user_email_address
from cwf_portal.core.models import User


class AccountEmailField(EmailField):
    """An address in the one spelling under which accounts are kept."""

    def clean(self, value: Any) -> str:
        return str(super().clean(value)).lower()


class AccountFormMixin:
    """Turns an allauth form into one of ours."""

    template_name = "components/form.html"
    use_required_attribute = False
    bound_field_class = GovBoundField
    mark_optional = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.dress_fields()

    def dress_fields(self) -> None:
        """Put our fields in the place of allauth's."""
        self.fields: dict[str, Any]
        for name in ("login", "email"):
            if name in self.fields:
                self.fields[name] = AccountEmailField(
                    label=_("Your email address"),
                    hint=_("We will send a code to it."),
                    error_messages={"required": _("Enter your email address")},
                )
        if "code" in self.fields:
            self.fields["code"] = CharField(
                label=_("Code from the email"),
                hint=_("8 digits, like 1234-5678"),
                error_messages={"required": _("Enter code from the email")},
                width=10,
                autocomplete="one-time-code",
            )
            self.fields["code"].widget.attrs["inputmode"] = "numeric"
        # Who is remembered, and how long, is set for all alike.
        self.fields.pop("remember", None)


def know_address(user: User | None) -> None:
    """Let allauth have a row for the address of an account that it did not make itself.

    The code sent there then shows that the address is the person's own; without the row a second code would be asked.
    """
    if user:
        sync_user_email_address(user)


class LoginForm(AccountFormMixin, allauth_forms.LoginForm):
    """Sign in: the address to which a code is sent."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        know_address(self.user)
        return dict(cleaned or {})


class RequestLoginCodeForm(AccountFormMixin, allauth_forms.RequestLoginCodeForm):
    """Ask for another code."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        know_address(getattr(self, "_user", None))
        return dict(cleaned or {})


class ConfirmLoginCodeForm(AccountFormMixin, allauth_forms.ConfirmLoginCodeForm):
    """The code that was sent."""


class SignupForm(AccountFormMixin, allauth_forms.SignupForm):
    """Make an account: an address, nothing else."""


class AddEmailForm(AccountFormMixin, allauth_forms.AddEmailForm):
    """Change the address with which one signs in."""


class ConfirmEmailCodeForm(AccountFormMixin, allauth_forms.ConfirmEmailVerificationCodeForm):
    """The code that shows that an address is one's own."""
