"""Forms of the yearly report and the yearly review."""

from typing import Any

from cwf_portal.core.forms import ChoiceField, GovForm, MoneyField, SelectField, TextareaField
from grants.models import Review


class ReportForm(GovForm):
    """What the organisation tells the fund once a year."""

    spent_pence = MoneyField(label="Spent this year")
    unspent_pence = MoneyField(
        label="Left in the bank",
        hint="If much is left, part of the next payment comes later. Slow spending never ends a grant.",
    )
    summary = TextareaField(label="What became of the money?", hint="A few sentences", max_length=4000, rows=8)


class ReviewForm(GovForm):
    """What an officer proposes after the year. Slow spending is not among the grounds."""

    outcome = ChoiceField(label="What do you propose?", choices=Review.Outcome.choices)
    ground = SelectField(
        label="Ground", hint="Only to discontinue", required=False, choices=[("", "None"), *Review.Ground.choices]
    )
    note = TextareaField(label="What has the year shown?", max_length=2000)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "outcome" in cleaned and (cleaned["outcome"] == Review.Outcome.DISCONTINUE) != bool(cleaned.get("ground")):
            self.add_error("ground", "Choose a ground to discontinue, and none to continue")
        return cleaned
