"""Naming a person who has an account."""

from typing import Any

from django.core.exceptions import ValidationError

from cwf_portal.core.forms.base import GovForm
from cwf_portal.core.forms.text import EmailField
from cwf_portal.core.models import User


class PersonForm(GovForm):
    """Somebody, by the email address of their account."""

    email = EmailField(label="Their email address", hint="They must have signed in at least once.")

    def clean(self) -> dict[str, Any]:
        """Adds `user`, the account with that address."""
        cleaned = super().clean() or {}
        email = cleaned.get("email")
        if email:
            cleaned["user"] = User.objects.filter(email=email.lower(), is_active=True).first()
            if cleaned["user"] is None:
                self.add_error("email", ValidationError("No account has this address. Ask them to sign in once first."))
        return cleaned
