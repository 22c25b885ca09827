"""Forms of the yearly report and the yearly review."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import HiddenInput

from cwf_portal.core.forms import CharField, ChoiceField, GovForm, MoneyField, SelectField, TextareaField
from grants.models import Report, Review
from grants.services import ReportDecision

ACCEPT, BACK, LEAVE = "accept", "back", "leave"
WHAT = [(ACCEPT, "Accept"), (BACK, "Send back"), (LEAVE, "Leave for now")]


class ReportForm(GovForm):
    """What the organisation tells the fund once a year."""

    spent_pence = MoneyField(
        label="Spent this year", error_messages={"required": "Enter what was spent this year; 0 if nothing was"}
    )
    unspent_pence = MoneyField(
        label="Left in the bank",
        hint="If much is left, part of the next payment comes later. Slow spending never ends a grant.",
        error_messages={"required": "Enter what is left in the bank; 0 if nothing is"},
    )
    summary = TextareaField(
        label="What became of the money?",
        hint="A few sentences",
        max_length=4000,
        rows=8,
        error_messages={"required": "Say in a few sentences what became of the money"},
    )


class ReviewForm(GovForm):
    """What an officer proposes after the year. Slow spending is not among the grounds."""

    outcome = ChoiceField(label="What do you propose?", choices=Review.Outcome.choices)
    ground = SelectField(
        label="Ground", hint="Only to discontinue", required=False, choices=[("", "None"), *Review.Ground.choices]
    )
    note = TextareaField(
        label="What has the year shown?", max_length=2000, error_messages={"required": "Say what the year has shown"}
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "outcome" in cleaned and (cleaned["outcome"] == Review.Outcome.DISCONTINUE) != bool(cleaned.get("ground")):
            self.add_error("ground", "Choose a ground to discontinue, and none to continue")
        return cleaned


class ReportBatchForm(GovForm):
    """One choice for each of many reports; `seen` says which version of it was read."""

    def __init__(self, *args: Any, reports: Sequence[Report], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reports = {str(report.pk): report for report in reports}
        for pk, report in self.reports.items():
            name = f"{report.agreement.allocation.neighbourhood}, year {report.year}"
            self.fields[f"what_{pk}"] = ChoiceField(
                label=f"{name}: what do you decide?", choices=WHAT, initial=LEAVE, inline=True, small=True
            )
            self.fields[f"reason_{pk}"] = TextareaField(
                label="What is missing?", hint="Only to send it back", required=False, max_length=500, rows=2
            )
            seen = CharField(widget=HiddenInput, initial=report.submitted_at.isoformat() if report.submitted_at else "")
            self.fields[f"seen_{pk}"] = seen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for pk in self.reports:
            back, reason = cleaned.get(f"what_{pk}") == BACK, (cleaned.get(f"reason_{pk}") or "").strip()
            if back and not reason:
                self.add_error(f"reason_{pk}", "Say what is missing")
            if not back and reason:
                self.add_error(f"what_{pk}", "Choose to send it back, or take the reason away")
        if not self.errors and not any(cleaned[f"what_{pk}"] != LEAVE for pk in self.reports):
            raise ValidationError("Decide on at least one report", code="nothing")
        return cleaned

    def decisions(self) -> list[ReportDecision]:
        """What was decided, as the service takes it."""
        entered = self.cleaned_data
        return [
            ReportDecision(report, moment_of(entered[f"seen_{pk}"]), entered[f"reason_{pk}"])
            for pk, report in self.reports.items()
            if entered[f"what_{pk}"] != LEAVE
        ]


def moment_of(text: str) -> datetime:
    """A moment as the form wrote it; one that nobody wrote is none that a report came in."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
