"""What people type about ideas: the filter of the list, which belong together, what is said about them."""

import uuid
from collections.abc import Sequence
from typing import Any, cast

from django.core.exceptions import ValidationError

from cwf_portal.core.forms import (
    ChoiceField,
    GovForm,
    HiddenTokenField,
    MultiChoiceField,
    SelectField,
    TextareaField,
)
from panels.models import IdeaReport, Proposal
from panels.services.ideas_moderation import Complaint


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


class CommentForm(GovForm):
    """What somebody says about an idea."""

    text = TextareaField(label="Your comment", max_length=600, rows=3, hint="Everybody can read it, without your name.")
    submission = HiddenTokenField()

    def clean_submission(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.cleaned_data["submission"])
        except ValueError:
            raise ValidationError("This page is out of date. Open it again and send it once more.") from None


class ComplaintForm(GovForm):
    """Why something should not be shown."""

    why = ChoiceField(label="What is wrong with it?", choices=IdeaReport.Why.choices)
    note = TextareaField(label="Anything else", required=False, max_length=300, rows=3)

    def complaint(self) -> Complaint:
        return Complaint(**self.cleaned_data)


class CaseForm(GovForm):
    """Whether it is shown, and why."""

    shows = ChoiceField(label="Should it be shown?", choices=[("yes", "Yes, it stays"), ("no", "No, hide it")])
    reason = TextareaField(label="Reason", max_length=300, rows=3, hint="Whoever wrote it reads this.")


class AppealForm(GovForm):
    """Why something hidden should be shown again."""

    text = TextareaField(
        label="Why should it be shown again?", max_length=600, rows=4, hint="You can ask once. Another person decides."
    )
