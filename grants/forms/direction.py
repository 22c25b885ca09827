"""Forms of the directors: a spending policy, money that changes its purpose, money that goes back to the fund."""

from typing import Any, cast

from cwf_portal.core.forms import ChoiceField, DateField, MoneyField, SelectField, TextareaField
from grants.domain.award import STRAND_LABELS, Strand
from grants.domain.spending import Hybrid
from grants.forms.endowment import ProgrammeChoice, SourceChoice
from grants.forms.scenarios import TenthsField
from grants.models import Allocation, SpendingPolicy
from grants.selectors.endowment import standing_allocations

RULE_FIELDS = ("smoothing", "inflation", "rate", "cap")
BY_RULE = "only where each year follows the year before"
STRANDS = [(strand.value, STRAND_LABELS[strand]) for strand in Strand]


class PolicyForm(ProgrammeChoice):
    """How fast a programme spends: all by a day, or by a rule that smooths."""

    kind = ChoiceField(label="How does its spending follow?", choices=list(SpendingPolicy.Kind.choices))
    spend_down_on = DateField(label="All is spent by", hint="Only where all is spent by a day", required=False)
    smoothing = TenthsField(
        label="Part that follows the year before", hint=f"Per cent, {BY_RULE}", least=0, most=999, required=False
    )
    inflation = TenthsField(
        label="By which the year before is raised for prices",
        hint=f"Per cent a year, {BY_RULE}",
        least=0,
        most=100,
        required=False,
    )
    rate = TenthsField(
        label="Rate on what remains", hint=f"Per cent a year, {BY_RULE}", least=1, most=300, required=False
    )
    cap = TenthsField(
        label="At most, of what remains", hint=f"Per cent a year, {BY_RULE}", least=1, most=300, required=False
    )
    reason = TextareaField(label="Why", rows=3, max_length=500, error_messages={"required": "Say why"})

    def clean(self) -> dict[str, Any]:
        """What belongs to the kind must be there."""
        said = super().clean() or self.cleaned_data
        wanted = ("spend_down_on",) if said.get("kind") == SpendingPolicy.Kind.SPEND_DOWN else RULE_FIELDS
        for name in wanted:
            if name not in self.errors and said.get(name) is None:
                label = str(self.fields[name].label)
                self.add_error(name, f"Enter {label[:1].lower()}{label[1:]}")
        return said

    def proposed(self) -> dict[str, Any]:
        """The day or the rule, as the service takes it."""
        said = self.cleaned_data
        if said["kind"] == SpendingPolicy.Kind.SPEND_DOWN:
            return {"spend_down_on": said["spend_down_on"]}
        return {"rule": Hybrid(**{f"{name}_basis_points": said[name] * 10 for name in RULE_FIELDS})}


class TransferForm(SourceChoice):
    """Free money that changes its purpose."""

    giver = SelectField(label="From", choices=STRANDS, error_messages={"required": "Choose what the money was for"})
    taker = SelectField(label="To", choices=STRANDS, error_messages={"required": "Choose what the money is for now"})
    amount_pence = MoneyField(label="Amount", min_pence=1, error_messages={"required": "Enter the amount"})
    reason = TextareaField(
        label="Reason",
        hint="Everyone may read it",
        rows=3,
        max_length=500,
        error_messages={"required": "Give your reason"},
    )

    def moved(self) -> tuple[Strand, Strand]:
        """From which purpose to which."""
        return Strand(self.cleaned_data["giver"]), Strand(self.cleaned_data["taker"])


class ReturnForm(SourceChoice):
    """Money set aside for a place that goes back to the fund."""

    allocation = SelectField(label="Place")
    amount_pence = MoneyField(label="Amount", min_pence=1, error_messages={"required": "Enter the amount"})
    reason = TextareaField(
        label="Reason",
        hint="Everyone may read it",
        rows=3,
        max_length=500,
        error_messages={"required": "Give your reason"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allocations: dict[str, Allocation] = {str(found.pk): found for found in standing_allocations()}
        listed = [(pk, str(found.neighbourhood)) for pk, found in self.allocations.items()]
        cast(SelectField, self.fields["allocation"]).choices = listed

    def chosen_allocation(self) -> Allocation:
        """The allocation behind the choice."""
        return self.allocations[self.cleaned_data["allocation"]]
