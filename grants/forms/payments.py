"""Reasons that officers give on the payments desk."""

from typing import Any, cast

from cwf_portal.core.forms import CharField, ChoiceField, GovForm, SelectField, TextareaField
from grants.models import Pause, Source
from grants.selectors.agreements import agreements
from grants.selectors.endowment import spendable_sources


class StopRunForm(GovForm):
    """Why a run must not go."""

    reason = TextareaField(
        label="What is wrong with this run?",
        hint="Somebody else reads this before the run is withdrawn.",
        error_messages={"required": "Say what is wrong with this run"},
        max_length=300,
    )


class RetryForm(GovForm):
    """Why a failed payment may be sent again."""

    reason = TextareaField(
        label="Why did it fail, and what was mended?",
        hint="Somebody else reads this before the payment is sent again.",
        error_messages={"required": "Say why it failed and what was mended"},
        max_length=300,
    )


class PauseForm(GovForm):
    """What to stop, and why."""

    scope = ChoiceField(
        label="What must stop?",
        choices=Pause.Scope.choices,
        hints={Pause.Scope.AGREEMENT.value: "Enter its reference below"},
        error_messages={"required": "Choose what must stop"},
    )
    source = SelectField(label="Which source?", hint="Only to pause one source", required=False)
    reference = CharField(
        label="Which agreement?",
        hint="Its reference, only to pause one agreement",
        required=False,
        max_length=30,
        width=20,
    )
    reason = TextareaField(
        label="Why?",
        hint="Everybody on the payments desk reads this.",
        error_messages={"required": "Say what is wrong"},
        max_length=300,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sources: dict[str, Source] = {str(source.pk): source for source in spendable_sources()}
        listed = [(pk, source.name) for pk, source in self.sources.items()]
        cast(SelectField, self.fields["source"]).choices = [("", "None"), *listed]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        scope, reference = cleaned.get("scope"), (cleaned.get("reference") or "").strip()
        self.agreement = agreements(words=reference).filter(reference=reference).first() if reference else None
        if scope == Pause.Scope.SOURCE and not cleaned.get("source"):
            self.add_error("source", "Choose the source to pause")
        if scope == Pause.Scope.AGREEMENT and self.agreement is None:
            self.add_error("reference", "Enter the reference of an agreement, as it stands on its page")
        return cleaned

    def target(self) -> dict[str, Any]:
        """What to pause, as `pause_payments` wants it; nothing named for everything."""
        if self.cleaned_data["scope"] == Pause.Scope.SOURCE:
            return {"source": self.sources[self.cleaned_data["source"]]}
        return {"agreement": self.agreement} if self.cleaned_data["scope"] == Pause.Scope.AGREEMENT else {}
