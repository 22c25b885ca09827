"""What people type about ideas: the filter of the list, which belong together, what is said about them."""

import uuid
from collections.abc import Sequence
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from cwf_portal.core.forms import (
    CharField,
    ChoiceField,
    ConfirmField,
    GovForm,
    HiddenTokenField,
    MultiChoiceField,
    PhotoField,
    SelectField,
    TextareaField,
    in_their_language,
)
from cwf_portal.core.forms.text import STALE
from cwf_portal.core.languages import Language
from panels.models import IdeaReport, Proposal
from panels.services.idea_words import Wording
from panels.services.ideas_moderation import Complaint
from panels.services.photos import Shot


class IdeaFilterForm(GovForm):
    """Ideas by kind and by what became of them."""

    mark_optional = False
    kind = SelectField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", gettext_lazy("All kinds")), *in_their_language(Proposal.Kind.choices)],
    )
    state = SelectField(
        label=gettext_lazy("What became of it"),
        required=False,
        choices=[("", gettext_lazy("All")), *in_their_language(Proposal.State.choices)],
    )
    order = SelectField(
        label=gettext_lazy("In which order?"),
        required=False,
        choices=[
            ("", gettext_lazy("The oldest first")),
            ("newest", gettext_lazy("The newest first")),
            ("support", gettext_lazy("The most supported first")),
        ],
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


class ExcludeForm(JoinForm):
    """Ideas that cannot be paid for beside another."""

    ideas = MultiChoiceField(label="Which ideas does it exclude?")


class WordsForm(GovForm):
    """An idea in another language."""

    title = CharField(label="Name of the idea", max_length=80)
    what = TextareaField(label="What it is", max_length=600, rows=5)

    def __init__(self, *args: Any, language: Language, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = f"{field.label}, in {language.name}"
            field.widget.attrs |= {"lang": language.tag, "dir": language.direction}

    def wording(self) -> Wording:
        return Wording(**self.cleaned_data)


class CheckWordsForm(GovForm):
    """A second person has read them. `seen` is which words they read."""

    same = ConfirmField(label="I read both, and they say the same: nothing is left out, added or praised")
    seen = HiddenTokenField()


class CommentForm(GovForm):
    """What somebody says about an idea."""

    text = TextareaField(
        label=gettext_lazy("Your comment"),
        max_length=600,
        rows=3,
        hint=gettext_lazy("Everybody can read it, without your name."),
    )
    submission = HiddenTokenField()

    def clean_submission(self) -> uuid.UUID:
        return _submission(self.cleaned_data["submission"])


class PhotoForm(GovForm):
    """A photo with words for people who cannot see it."""

    photo = PhotoField(
        label=gettext_lazy("Photo"),
        hint=gettext_lazy("JPEG, PNG or WebP, up to 10 MB. We take out where and when it was taken before we show it."),
    )
    shows = CharField(
        label=gettext_lazy("What does the photo show?"),
        max_length=200,
        hint=gettext_lazy("One sentence. It is read out to people who cannot see the photo."),
        error_messages={"required": gettext_lazy("Say in one sentence what the photo shows")},
    )
    may = ConfirmField(label=gettext_lazy("I took it or may use it, and everybody who can be recognised agrees"))
    submission = HiddenTokenField()

    def clean_submission(self) -> uuid.UUID:
        return _submission(self.cleaned_data["submission"])

    def shot(self) -> Shot:
        data = self.cleaned_data
        return Shot(pictures=data["photo"], shows=data["shows"], submission=data["submission"])


class ComplaintForm(GovForm):
    """Why something should not be shown."""

    why = ChoiceField(label=gettext_lazy("What is wrong with it?"), choices=in_their_language(IdeaReport.Why.choices))
    note = TextareaField(label=gettext_lazy("Anything else"), required=False, max_length=300, rows=3)

    def complaint(self) -> Complaint:
        return Complaint(**self.cleaned_data)


class CaseForm(GovForm):
    """Whether it is shown, and why."""

    shows = ChoiceField(label="Should it be shown?", choices=[("yes", "Yes, it stays"), ("no", "No, hide it")])
    reason = TextareaField(label="Reason", max_length=300, rows=3, hint="Whoever wrote it reads this.")


class AppealForm(GovForm):
    """Why something hidden should be shown again."""

    text = TextareaField(
        label=gettext_lazy("Why should it be shown again?"),
        max_length=600,
        rows=4,
        hint=gettext_lazy("You can ask once. Another person decides."),
    )


def _submission(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError:
        raise ValidationError(STALE) from None
