"""How allauth makes accounts here: e-mail only, a code to sign in, every new row with a named actor."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from cwf_portal.core.audit import acting
from cwf_portal.core.forms.sentences import SENTENCES
from cwf_portal.core.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up and changes of address are done by the person; history says so."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultAccountAdapter.error_messages, **SENTENCES}

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.email = form.cleaned_data["email"].lower()
        user.set_unusable_password()
        if commit:
            with acting("self:sign-up", "created an account"):
                user.save()
        return user

    def set_email_verified(self, request: HttpRequest, email_address: Any) -> Any:
        with acting("self:sign-up", "confirmed an e-mail address"):
            return super().set_email_verified(request, email_address)

    def confirm_email(self, request: HttpRequest, email_address: Any) -> Any:
        with acting("self:sign-up", "confirmed an e-mail address"):
            return super().confirm_email(request, email_address)
