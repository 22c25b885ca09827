"""Asking for a role for somebody, or for the loss of a second step to be mended."""

from cwf_portal.core.forms.choices import SelectField
from cwf_portal.core.forms.people import PersonForm
from cwf_portal.core.forms.text import TextareaField
from cwf_portal.core.permissions import Role

GIVEN = [(role.value, role.label) for role in Role if role is not Role.RESIDENT]


class RoleRequestForm(PersonForm):
    """Who, and which role."""

    role = SelectField(label="Role", choices=[("", "Choose a role"), *GIVEN])


class ResetRequestForm(PersonForm):
    """Whose second step, and why."""

    reason = TextareaField(label="How do you know that it is them?", hint="Such as: rang back on the number we hold")
