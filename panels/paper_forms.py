"""What people type on a polling day."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError

from cwf_portal.core.forms import (
    CharField,
    ChoiceField,
    ConfirmField,
    GovForm,
    HiddenTokenField,
    IntegerField,
    MobileField,
    MultiChoiceField,
    TextareaField,
    small_number,
)
from panels.domain.ballot_paper import MOST_MARK, NAMING, Kind
from panels.models import RollEntry
from panels.services import Contact
from panels.services.casting import Choices
from panels.services.paper import MOST_LABELS


class SerialForm(GovForm):
    """The number on an envelope's label."""

    serial = CharField(
        label="Number on the envelope", width=10, max_length=20, hint="Scan the label, or type it: such as 4G7K-92MX"
    )


class LabelsForm(GovForm):
    """How many envelopes are ready to be handed out."""

    count = IntegerField(
        label="How many envelopes do you need?",
        min_value=1,
        max_value=MOST_LABELS,
        width=4,
        hint="Labels that nobody has yet are printed again.",
        error_messages={"required": "Enter how many envelopes you need"},
    )


class PersonOnListForm(GovForm):
    """Part of somebody's name."""

    name = CharField(label="Who is it for?", max_length=80, hint="Part of their name")


def named(entry: RollEntry) -> str:
    """The name, and whether the envelope stays closed until they have shown where they live."""
    is_certain = not entry.is_pending or hasattr(entry, "verification")
    return entry.user.full_name if is_certain else f"{entry.user.full_name} (stays closed until two people confirm it)"


class HandOutForm(GovForm):
    """Which of the people found."""

    entry = ChoiceField(label="Choose the person", error_messages={"required": "Choose the person"})

    def __init__(self, *args: Any, people: Iterable[RollEntry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(entry.pk): entry for entry in people}
        field = cast(ChoiceField, self.fields["entry"])
        field.choices = [(str(entry.pk), named(entry)) for entry in self.people.values()]
        field.error_messages["required"] = "Choose the person who stands before you"
        field.error_messages["invalid_choice"] = "Choose a person from the list"

    def person(self) -> RollEntry:
        """The entry chosen."""
        return self.people[self.cleaned_data["entry"]]


class CountPapersForm(GovForm):
    """What was in the envelopes of a batch."""

    papers = IntegerField(
        label="Papers",
        max_value=100_000,
        width=4,
        hint="From envelopes with one paper each.",
        error_messages={"required": "Enter how many papers there are; 0 if none"},
    )
    empty = IntegerField(
        label="Envelopes with no paper, or more than one",
        max_value=100_000,
        width=4,
        hint="Keep what was in these apart. It is not entered.",
        error_messages={"required": "Enter how many such envelopes there are; 0 if none"},
    )


class SpoiltForm(GovForm):
    """What happened to an envelope that is out."""

    reason = CharField(label="What happened to it?", max_length=200, hint="In a sentence. The voter is told.")


class ReleaseForm(GovForm):
    """Why somebody else takes over from a person who enters papers."""

    reason = TextareaField(
        label="Why?", rows=3, max_length=300, hint="One or two sentences. It is kept with your name."
    )


class BoxesForm(GovForm):
    """Project by project what stands in its box.

    Where a cross is all that a box can hold it is a list to tick; else the number written in each box.
    """

    project = MultiChoiceField(label="Projects", required=False)
    mark_optional = False
    nothing_entered = "Choose one or more projects"

    def __init__(self, *args: Any, options: Sequence[tuple[str, str]], kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.boxes: dict[str, str] = {}
        others = [name for name in self.fields if name != "project"]
        if kind in NAMING:
            cast(MultiChoiceField, self.fields["project"]).choices = list(options)
        else:
            del self.fields["project"]
            self.boxes = {f"box_{code}": code for code, _ in options}
            for (name, _), (_, title) in zip(self.boxes.items(), options, strict=True):
                self.fields[name] = IntegerField(label=title, required=False, max_value=MOST_MARK, width=4)
        self.order_fields(["project", *self.boxes, *others])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not self.is_complete(data):
            self.add_error(next(iter(self.boxes), "project"), self.nothing_entered)
        return data

    def is_complete(self, data: dict[str, Any]) -> bool:
        """Whether what was entered can be sent on."""
        return bool(self.entered())

    def entered(self) -> Choices:
        """As the service takes it."""
        if not self.boxes:
            return list(self.cleaned_data.get("project", []))
        return {code: self.cleaned_data[name] for name, code in self.boxes.items() if self.cleaned_data.get(name)}

    def hidden_number(self, name: str) -> int:
        """A number that the page carries for us."""
        number = small_number(self.cleaned_data[name])
        if number is None:
            raise ValidationError("This page is out of date. Start again.")
        return number


class PaperForm(BoxesForm):
    """What one paper says, in the order in which it is printed."""

    is_unreadable = ConfirmField(label="This paper is blank, breaks the rules or cannot be read", required=False)
    number = HiddenTokenField()
    nothing_entered = "Enter what is marked, or tick that the paper cannot count"

    def clean_number(self) -> int:
        """Of the paper, as pencilled on it."""
        return self.hidden_number("number")

    def is_complete(self, data: dict[str, Any]) -> bool:
        return bool(self.entered()) != bool(data.get("is_unreadable"))

    def choices(self) -> Choices | None:
        """As the service takes them; None where the paper cannot count."""
        return None if self.cleaned_data["is_unreadable"] else self.entered()


class HelpedBallotForm(BoxesForm):
    """The ballot of somebody who is helped to vote."""

    def choices(self) -> Choices:
        """As the service takes them."""
        return self.entered()

    @property
    def carried(self) -> list[tuple[str, Any]]:
        """Names and values of hidden inputs that bring the ballot to the next page."""
        chosen = [("project", code) for code in self.cleaned_data.get("project", [])]
        numbers = [(name, self.cleaned_data[name]) for name in self.boxes if self.cleaned_data.get(name)]
        return [*chosen, *numbers]


class ContactForm(GovForm):
    """How somebody without an email address is told who helped them."""

    number = MobileField(
        label="Their UK mobile number",
        required=False,
        hint="If they want a text message as well. Used for it only, deleted when the vote is over.",
    )
    address = TextareaField(
        label="Their address",
        rows=3,
        max_length=300,
        hint="As they told it when they were put on the list. Erased once the letter is posted.",
    )
    mark_optional = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.SMS_OFFERED:
            del self.fields["number"]

    def contact(self) -> Contact:
        """As the service takes it."""
        return Contact(number=self.cleaned_data.get("number", ""), address=self.cleaned_data["address"])
