"""Asking for a role for somebody."""

from cwf_portal.core.forms.choices import SelectField
from cwf_portal.core.forms.people import PersonForm
from cwf_portal.core.permissions import Role

GIVEN = [(role.value, role.label) for role in Role if role is not Role.RESIDENT]


class RoleRequestForm(PersonForm):
    """Who, and which role."""

    role = SelectField(label="Role", choices=[("", "Choose a role"), *GIVEN])
