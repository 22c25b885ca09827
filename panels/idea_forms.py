"""What people type about ideas: the filter of the list, which belong together, and why."""

from collections.abc import Sequence
from typing import Any, cast

from cwf_portal.core.forms import GovForm, MultiChoiceField, SelectField, TextareaField
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


class ReasonForm(GovForm):
    """A reason that everybody can read."""

    reason = TextareaField(label="Reason", max_length=600, rows=3, hint="One or two sentences. Everybody can read it.")


class JoinForm(ReasonForm):
    """Ideas to be joined with another."""

    field_order = ("ideas", "reason")
    ideas = MultiChoiceField(label="Which ideas belong to it?")

    def __init__(self, *args: Any, others: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(MultiChoiceField, self.fields["ideas"]).choices = others
