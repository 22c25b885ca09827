"""How allauth makes accounts here: e-mail only, a code to sign in, every new row with a named actor.

And how it keeps second steps: what a thief of the database could use is locked with a key that lies elsewhere.
"""

import base64
import secrets
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy

from cwf_portal.core.audit import acting
from cwf_portal.core.forms.sentences import SENTENCES
from cwf_portal.core.models import User
from cwf_portal.core.qr import qr_code
from cwf_portal.core.second_step import is_asked_of, is_last

NONCE_BYTES = 12  # of AES-GCM


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up and changes of address are done by the person; history says so."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultAccountAdapter.error_messages, **SENTENCES}

    def is_reauthentication_required(self, *args: Any, **kwargs: Any) -> bool:
        """Never by allauth: it lets pass whoever has no second step yet. Our views ask (`access.freshly_signed_in`)."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Nor is what cannot be read as an address: "https://[" was a fault of sign-in, which anybody could ask for."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

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


class SecondStepAdapter(DefaultMFAAdapter):
    """Secrets of code apps and recovery codes are kept locked; a QR code is drawn as everywhere else here."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not right. Wait for the app to show the next one, and type that."),
        "cannot_delete_authenticator": "Your role needs a second step. Set up another one first, then remove this one.",
        "cannot_generate_recovery_codes": "Set up an app or a passkey first; recovery codes stand in for it.",
        "unverified_email": "Show first that your email address is yours: sign out and in again with a code.",
    }

    def encrypt(self, text: str) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return base64.b64encode(nonce + _lock().encrypt(nonce, text.encode(), None)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        locked = base64.b64decode(encrypted_text)
        return _lock().decrypt(locked[:NONCE_BYTES], locked[NONCE_BYTES:], None).decode()

    def build_totp_svg(self, url: str) -> str:
        return qr_code(url, "Picture for the app’s camera. The letters below say the same.")

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not (is_last(authenticator) and is_asked_of(authenticator.user))


def _lock() -> AESGCM:
    """Made of the secret that must never change: with another one every officer would be locked out at once."""
    return AESGCM(salted_hmac("second step", "", secret=settings.PERSON_HMAC_KEY, algorithm="sha256").digest())
