"""What people type about ideas: the filter of the list."""

from cwf_portal.core.forms import GovForm, SelectField
from panels.models import Proposal


class IdeaFilterForm(GovForm):
    """Ideas by kind and by what became of them."""

    mark_optional = False
    kind = SelectField(label="Kind", required=False, choices=[("", "All kinds"), *Proposal.Kind.choices])
    state = SelectField(label="What became of it", required=False, choices=[("", "All"), *Proposal.State.choices])
    order = SelectField(
        label="In which order?",
        required=False,
        choices=[("", "The oldest first"), ("newest", "The newest first"), ("support", "The most supported first")],
    )
