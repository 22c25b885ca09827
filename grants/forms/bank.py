"""Forms of two people about the bank: what a line is, what a letter says, which days to look at."""

from datetime import date
from typing import Any, cast

from cwf_portal.core.forms import CharField, ChoiceField, DateField, GovForm, SelectField, TextareaField
from grants.models import DoubtSettlement, LineClearing, LineGroup, Source
from grants.selectors.bank_lines import Suggestion
from grants.selectors.endowment import spendable_sources

Kind = LineClearing.Kind
OF_A_SOURCE = {
    True: (Kind.INTEREST, Kind.OTHER_INCOME),
    False: (Kind.BANK_FEE, Kind.RUNNING_COST),
}
TARGETS = {
    "payment": "payment",
    "returned": "payment",
    "file": "run",
    "wave": "wave",
    "clawback": "clawback",
    "cancels": "counter_line",
}


class ExplainLineForm(GovForm):
    """What a bank line is: one of the likely things, or the fund's own income or cost."""

    what = ChoiceField(
        label="What is this line?",
        hint="The likeliest stands first, by amount, reference and date",
        error_messages={"required": "Choose what the line is"},
    )
    source = SelectField(
        label="Whose money is it?", hint="Only for interest, fees, costs and other money", required=False
    )
    note = TextareaField(
        label="How do you know?",
        hint="Somebody else reads this before it is posted.",
        error_messages={"required": "Say how you know"},
        max_length=300,
    )

    def __init__(self, *args: Any, suggestions: list[Suggestion], comes_in: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suggestions = {one.key: one for one in suggestions}
        general = [(kind.value, str(kind.label)) for kind in OF_A_SOURCE[comes_in]]
        choices = [*((one.key, one.text) for one in suggestions), *general]
        cast(ChoiceField, self.fields["what"]).choices = choices
        self.sources: dict[str, Source] = {str(source.pk): source for source in spendable_sources()}
        listed = [(pk, source.name) for pk, source in self.sources.items()]
        cast(SelectField, self.fields["source"]).choices = [("", "None"), *listed]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("what") and cleaned["what"] not in self.suggestions and not cleaned.get("source"):
            self.add_error("source", "Choose whose money it is")
        return cleaned

    def explained(self) -> dict[str, Any]:
        """What `Explanation` wants: the kind and what it names."""
        chosen = self.cleaned_data["what"]
        if chosen not in self.suggestions:
            return {"kind": Kind(chosen), "source": self.sources[self.cleaned_data["source"]]}
        kind = chosen.partition(":")[0]
        return {"kind": Kind(kind), TARGETS[kind]: self.suggestions[chosen].target}


class LetterForm(GovForm):
    """What the bank's letter says of payments in doubt."""

    outcome = ChoiceField(
        label="What does the bank’s letter say?",
        choices=DoubtSettlement.Outcome.choices,
        error_messages={"required": "Choose what the letter says"},
    )
    letter = CharField(
        label="Reference of the letter",
        hint="By which somebody else finds it",
        max_length=60,
        error_messages={"required": "Enter the reference of the letter"},
    )


class DaysForm(GovForm):
    """From one day to another, which lines, and what they say; by address."""

    mark_optional = False
    from_on = DateField(label="From", required=False)
    to_on = DateField(label="To", required=False)
    group = SelectField(
        label="Which lines", choices=[("", "The first of every group"), *LineGroup.choices], required=False
    )
    text = CharField(
        label="Text or reference",
        hint="Part of what the bank wrote, of our reference, or of the bank’s.",
        max_length=35,
        required=False,
    )

    def days(self, known: tuple[date, date]) -> tuple[date, date]:
        """The days asked for; the last day of which there is a statement where none was."""
        chosen = self.cleaned_data if self.is_valid() else {}
        last = chosen.get("to_on") or known[1]
        return chosen.get("from_on") or last, last

    def wanted(self) -> tuple[LineGroup | None, str]:
        """The one group asked for, None for all; and the text that its lines hold."""
        chosen = self.cleaned_data if self.is_valid() else {}
        return (LineGroup(chosen["group"]) if chosen.get("group") else None), chosen.get("text", "")
