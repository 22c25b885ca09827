"""What is typed about a result: why it should not stand, and what others make of that."""

from collections.abc import Sequence
from typing import Any, cast

from django.utils.translation import gettext_lazy

from cwf_portal.core.forms import ChoiceField, GovForm, MultiChoiceField, TextareaField
from panels.models import Objection, Withholding


class ObjectionForm(GovForm):
    """Why a result should not stand."""

    text = TextareaField(
        label=gettext_lazy("What went wrong?"),
        max_length=1000,
        rows=6,
        hint=gettext_lazy(
            "What happened, when, and how you know. It is published with the answer, without your name. "
            "Do not write names of other people, or how anybody voted."
        ),
    )


class ObjectionAnswerForm(GovForm):
    """What somebody makes of an objection."""

    finds = ChoiceField(
        label="What do you find?",
        choices=[
            ("stands", "The result stands"),
            ("right", "The objection is right: the vote is annulled"),
        ],
    )
    reason = TextareaField(label="Why?", max_length=600, rows=4, hint="Everybody can read it, without your name.")
    alike = MultiChoiceField(
        label="Is this also your answer to other objections?",
        choices=[],
        required=False,
        small=True,
        hint="Tick those that say the same. Each of them gets this answer.",
    )

    def __init__(self, *args: Any, alike: Sequence[Objection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if alike:
            cast(MultiChoiceField, self.fields["alike"]).choices = [(str(one.pk), one.text) for one in alike]
        else:
            del self.fields["alike"]


class WithholdForm(GovForm):
    """Why the text of an objection must not be published."""

    why = ChoiceField(label="Why must it not be published?", choices=Withholding.Why.choices)
    reason = TextareaField(
        label="What do you tell everybody?",
        max_length=300,
        rows=3,
        hint="It is published in place of the text. Do not repeat what must not be read.",
    )


class AnnulForm(GovForm):
    """Why a vote must not count."""

    reason = TextareaField(
        label="Why must this vote be annulled?",
        max_length=250,
        rows=4,
        hint="Everybody can read it, without your name.",
    )
