"""What is typed about a result: why it should not stand, and what others make of that."""

from cwf_portal.core.forms import ChoiceField, GovForm, TextareaField


class ObjectionForm(GovForm):
    """Why a result should not stand."""

    text = TextareaField(
        label="What went wrong?",
        max_length=1000,
        rows=6,
        hint="What happened, when, and how you know. It is published with the answer, without your name. "
        "Do not write names of other people, or how anybody voted.",
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


class AnnulForm(GovForm):
    """Why a vote must not count."""

    reason = TextareaField(
        label="Why must this vote be annulled?",
        max_length=250,
        rows=4,
        hint="Everybody can read it, without your name.",
    )
