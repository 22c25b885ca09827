"""The form that proposes to ask money back."""

from datetime import date
from typing import Any

from cwf_portal.core.forms import ChoiceField, DateField, GovForm, MoneyField, TextareaField
from grants.models import Clawback


class ClawbackForm(GovForm):
    """How much of the grant, why, and by when."""

    amount_pence = MoneyField(
        label="How much of the grant is asked back?",
        hint="The contribution to the organisation's costs is added in proportion",
        min_pence=1,
        error_messages={"required": "Enter how much of the grant is asked back"},
    )
    ground = ChoiceField(label="On which ground?", choices=Clawback.Ground.choices)
    reason = TextareaField(
        label="What happened?",
        hint="The organisation reads this",
        max_length=500,
        error_messages={"required": "Say what happened"},
    )
    pay_by_on = DateField(
        label="By which day should it be back?", error_messages={"required": "Enter the day by which it should be back"}
    )

    def __init__(self, *args: Any, pay_by_on: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"pay_by_on": pay_by_on}, **kwargs)
