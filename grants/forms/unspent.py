"""The form that proposes what is paid while money from before is not spent."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.forms import GovForm, MoneyField, SelectField, TextareaField


class UnspentForm(GovForm):
    """What the coming period plans, and when the rest of the payment comes."""

    plan_pence = MoneyField(
        label="What does the plan spend until the next payment?",
        hint="Unless the organisation's plan says otherwise, what is scheduled",
        error_messages={"required": "Enter what the plan spends until the next payment"},
    )
    later_on = SelectField(label="When does the rest come?", hint="Not needed where all of it goes now", required=False)
    reason = TextareaField(
        label="Where does this plan stand?",
        hint="Somebody else reads this before anything changes.",
        max_length=300,
        error_messages={"required": "Say where this plan stands"},
    )

    def __init__(
        self, *args: Any, days: Sequence[date], suggested: date | None, plan_pence: int, **kwargs: Any
    ) -> None:
        initial = {"plan_pence": plan_pence, "later_on": suggested.isoformat() if suggested else ""}
        super().__init__(*args, initial=initial, **kwargs)
        listed = [(day.isoformat(), day_text(day)) for day in days]
        cast(SelectField, self.fields["later_on"]).choices = [("", "All of it goes now"), *listed]

    def clean_later_on(self) -> date | None:
        chosen = self.cleaned_data["later_on"]
        return date.fromisoformat(chosen) if chosen else None
