"""What people type about where they live, and what others type who judge or confirm it."""

import uuid
from collections.abc import Sequence
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cwf_portal.core.forms import (
    CharField,
    ChoiceField,
    DateField,
    EmailField,
    GovForm,
    HiddenTokenField,
    IntegerField,
    SelectField,
    TextareaField,
)
from panels.forms import YES_NO, end_of
from panels.models import DocumentCheck
from panels.models.routes import MOST_CARDS
from panels.services import CardOrder, FirstVoter, PersonDetails, SeenOnPaper

NONE_OF_THEM = "none"
SOME_BIRTH_DATE: Any = format_lazy(gettext_lazy("For example, {example}"), example="27 3 1984")
SEEN_BY_TWO: Any = gettext_lazy("Two people will look at it.")
AS_ON_A_LETTER: Any = gettext_lazy("As on a letter to you.")


class LivingHereForm(GovForm):
    """Where somebody lives. Birth date and address are turned into a fingerprint and forgotten.

    The postcode says which place it is. Only where it does not is the place asked for.
    """

    postcode = CharField(
        label=gettext_lazy("Postcode"),
        required=False,
        width=10,
        max_length=12,
        autocomplete="postal-code",
        hint=gettext_lazy("It tells us which place you live in. If your home has none, leave this empty."),
    )
    neighbourhood = SelectField(label=gettext_lazy("Which place do you live in?"), hint=SEEN_BY_TWO)
    full_name = CharField(label=gettext_lazy("Your full name"), max_length=120, autocomplete="name")
    born_on = DateField(label=gettext_lazy("Your date of birth"), birth_date=True, hint=SOME_BIRTH_DATE)
    address = TextareaField(label=gettext_lazy("Your address"), rows=3, max_length=300, hint=AS_ON_A_LETTER)

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if places:
            cast(SelectField, self.fields["neighbourhood"]).choices = [("", _("Choose a place")), *places]
        else:
            del self.fields["neighbourhood"]

    def details(self) -> PersonDetails:
        data = self.cleaned_data
        return PersonDetails(
            full_name=data["full_name"], born_on=data["born_on"], address=data["address"], postcode=data["postcode"]
        )

    def told(self) -> dict[str, Any]:
        """What the service is told besides who and where."""
        return {"details": self.details()}


class CorrectionForm(LivingHereForm):
    """All details as they should be, where others have confirmed other ones."""

    why = TextareaField(
        label=gettext_lazy("What is wrong, or has changed?"),
        rows=2,
        max_length=300,
        hint=gettext_lazy(
            "For the two people who look at it. Such as “I have moved”, “my birth date was mistyped” or “I was put on "
            "the list at the library”."
        ),
    )

    def told(self) -> dict[str, Any]:
        return super().told() | {"why": self.cleaned_data["why"]}


class CorrectionVerdictForm(GovForm):
    """What somebody finds who met the person, and what their paper says; that is compared and forgotten."""

    mark_optional = False  # a yes needs it all

    finds = ChoiceField(
        label="Are these details right?",
        choices=[("right", "Yes, I have met the person and looked at it"), ("wrong", "No: nothing is changed")],
    )
    born_on = DateField(
        label="Date of birth on the paper", required=False, hint="For example, 27 3 1984. Leave it empty if you say no."
    )
    address = TextareaField(
        label="Address on the paper",
        required=False,
        rows=3,
        max_length=300,
        hint="In the words the person used when they told us. Leave it empty if you say no.",
    )
    how = TextareaField(
        label="How do you know?",
        rows=3,
        max_length=300,
        hint="One or two sentences. If you say no, the person reads them. Write no address and no birth date here.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, missing in (("born_on", "Enter the date of birth"), ("address", "Enter the address")):
            if data.get("finds") == "right" and name in data and not data[name]:
                self.add_error(name, f"{missing} that the paper says")
        return data

    def verdict(self) -> dict[str, Any]:
        """What the service is told besides who and what about."""
        data = self.cleaned_data
        is_right = data["finds"] == "right"
        seen = SeenOnPaper(data["born_on"], data["address"]) if is_right else None
        return {"is_right": is_right, "how": data["how"], "seen": seen}


class FirstVoterForm(GovForm):
    """Who votes before they have signed in: an email address or a card, and the details of anybody else."""

    email = EmailField(
        label=gettext_lazy("Your email address"),
        required=False,
        hint=gettext_lazy(
            "We write to you how to sign in and say that the vote is yours. Everybody needs an address of their own."
        ),
    )
    card = CharField(
        label=gettext_lazy("Or the code of a card you were given at an event"),
        required=False,
        width=10,
        max_length=20,
        hint=gettext_lazy("Then you are done at once."),
    )
    full_name = CharField(label=gettext_lazy("Your full name"), max_length=120, autocomplete="name")
    born_on = DateField(label=gettext_lazy("Your date of birth"), birth_date=True, hint=SOME_BIRTH_DATE)
    address = TextareaField(label=gettext_lazy("Your address"), rows=3, max_length=300, hint=AS_ON_A_LETTER)
    postcode = CharField(
        label=gettext_lazy("Postcode"),
        required=False,
        width=10,
        max_length=12,
        autocomplete="postal-code",
        hint=gettext_lazy("If you know it."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "email" in data and bool(data["email"]) == bool(data.get("card")):
            self.add_error("email", _("Enter your email address or the code of a card: one of the two"))
        return data

    def voter(self) -> FirstVoter:
        data = self.cleaned_data
        details = PersonDetails(
            full_name=data["full_name"], born_on=data["born_on"], address=data["address"], postcode=data["postcode"]
        )
        return FirstVoter(details, email=data["email"], card_code=data["card"])


class PlaceVerdictForm(GovForm):
    """In which place a home lies, as one person judges it."""

    lies = ChoiceField(label="Where does this home lie?", choices=[])
    other = SelectField(label="The other place", required=False)
    reason = TextareaField(label="How do you know?", rows=3, max_length=300, hint="One or two sentences.")

    def __init__(self, *args: Any, named: str, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = [("here", f"In {named}"), ("other", "In another place"), (NONE_OF_THEM, "In none of the places")]
        cast(ChoiceField, self.fields["lies"]).choices = options
        cast(SelectField, self.fields["other"]).choices = [("", "Choose a place"), *places]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("lies") == "other" and not data.get("other"):
            self.add_error("other", ValidationError("Choose the other place"))
        return data


class MatchVerdictForm(GovForm):
    """Whether two entries of a list are one person."""

    is_same = ChoiceField(label="Are they one person?", choices=YES_NO, inline=True)
    reason = TextareaField(label="How do you know?", rows=3, max_length=300, hint="One or two sentences.")


class BurstReviewForm(GovForm):
    """What somebody found who looked at the numbers."""

    note = TextareaField(label="What did you find?", rows=3, max_length=300, hint="One or two sentences.")


class LetterForm(GovForm):
    """The address for a letter with a code."""

    address = TextareaField(
        label=gettext_lazy("Your address"),
        rows=4,
        max_length=300,
        hint=gettext_lazy("As you told us before, with the postcode if it was in it."),
    )


class BirthDateForm(GovForm):
    """A birth date that was never kept; the address says, with it and the name, whether it is what we were told."""

    born_on = DateField(label=gettext_lazy("Your date of birth"), birth_date=True, hint=SOME_BIRTH_DATE)
    address = TextareaField(
        label=gettext_lazy("Your address"),
        rows=3,
        max_length=300,
        hint=gettext_lazy("In the words you used the first time."),
    )


class RouteCodeForm(GovForm):
    """The code of a letter or card."""

    code = CharField(
        label=gettext_lazy("Your code"),
        hint=gettext_lazy("Eight letters and digits, such as 4G7K-92MX"),
        width=10,
        max_length=20,
    )


class CardOrderForm(GovForm):
    """Cards for an event."""

    neighbourhood = SelectField(label="Place")
    event = CharField(label="Event", max_length=120, hint="Such as “Summer fair at the library”")
    count = IntegerField(label="How many cards?", min_value=1, max_value=MOST_CARDS, width=3)
    last_on = DateField(label="Last day on which a card can be used")
    submission = HiddenTokenField()

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(SelectField, self.fields["neighbourhood"]).choices = [("", "Choose a place"), *places]

    def clean_submission(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.cleaned_data["submission"])
        except ValueError:
            raise ValidationError("This page is out of date. Open it again and send it once more.") from None

    def order(self) -> CardOrder:
        data = self.cleaned_data
        return CardOrder(data["event"], data["count"], end_of(data["last_on"]), data["submission"])


class DocumentForm(GovForm):
    """What an officer saw; the document itself is not kept."""

    kind = ChoiceField(label="What did you look at?", choices=DocumentCheck.Kind.choices)
    is_enough = ChoiceField(label="Does it show that this person lives here?", choices=YES_NO, inline=True)
