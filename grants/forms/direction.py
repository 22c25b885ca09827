"""Forms of the directors: a spending policy, money that changes its purpose, money that goes back to the fund."""

from typing import Any, cast

from cwf_portal.core.forms import DateField, MoneyField, SelectField, TextareaField
from grants.domain.award import STRAND_LABELS, Strand
from grants.forms.endowment import ProgrammeChoice, SourceChoice
from grants.models import Allocation
from grants.selectors.endowment import standing_allocations

STRANDS = [(strand.value, STRAND_LABELS[strand]) for strand in Strand]


class PolicyForm(ProgrammeChoice):
    """By which day a programme has spent what it has."""

    spend_down_on = DateField(label="All is spent by")
    reason = TextareaField(label="Why", rows=3, max_length=500)


class TransferForm(SourceChoice):
    """Free money that changes its purpose."""

    giver = SelectField(label="From", choices=STRANDS)
    taker = SelectField(label="To", choices=STRANDS)
    amount_pence = MoneyField(label="Amount", min_pence=1)
    reason = TextareaField(label="Reason", hint="Everyone may read it", rows=3, max_length=500)

    def moved(self) -> tuple[Strand, Strand]:
        """From which purpose to which."""
        return Strand(self.cleaned_data["giver"]), Strand(self.cleaned_data["taker"])


class ReturnForm(SourceChoice):
    """Money set aside for a place that goes back to the fund."""

    allocation = SelectField(label="Place")
    amount_pence = MoneyField(label="Amount", min_pence=1)
    reason = TextareaField(label="Reason", hint="Everyone may read it", rows=3, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allocations: dict[str, Allocation] = {str(found.pk): found for found in standing_allocations()}
        listed = [(pk, str(found.neighbourhood)) for pk, found in self.allocations.items()]
        cast(SelectField, self.fields["allocation"]).choices = listed

    def chosen_allocation(self) -> Allocation:
        """The allocation behind the choice."""
        return self.allocations[self.cleaned_data["allocation"]]
