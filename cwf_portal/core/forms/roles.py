"""Asking for a role for somebody."""

from typing import Any

from django.core.exceptions import ValidationError

from cwf_portal.core.forms.base import GovForm
from cwf_portal.core.forms.choices import SelectField
from cwf_portal.core.forms.text import EmailField
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role

GIVEN = [(role.value, role.label) for role in Role if role is not Role.RESIDENT]


class RoleRequestForm(GovForm):
    """Who, by e-mail address, and which role."""

    email = EmailField(label="Their e-mail address", hint="They must have signed in at least once.")
    role = SelectField(label="Role", choices=[("", "Choose a role"), *GIVEN])

    def clean(self) -> dict[str, Any]:
        """Adds `user`, the account with that address."""
        cleaned = super().clean() or {}
        email = cleaned.get("email")
        if email:
            cleaned["user"] = User.objects.filter(email=email.lower(), is_active=True).first()
            if cleaned["user"] is None:
                self.add_error("email", ValidationError("No account has this address. Ask them to sign in once first."))
        return cleaned
