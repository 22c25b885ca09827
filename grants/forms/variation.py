"""The form that proposes a variation."""

from typing import Any

from django.core.exceptions import ValidationError

from cwf_portal.core.forms import CharField, ChoiceField, DateField, GovForm, MoneyField, TextareaField, pence_from_text
from grants.domain.schedule import CADENCES, PROFILE_LABELS, Profile
from grants.forms.terms import LONGEST, weights_from_text
from grants.models import Agreement
from grants.services import Proposal

REASON_LENGTH, CONSENT_LENGTH, AMOUNTS_LENGTH = 500, 300, 4_000


class VariationForm(GovForm):
    """The new total and end, and how what is not yet released is spread."""

    total_pence = MoneyField(
        label="Grant for the place over the whole term",
        min_pence=1,
        error_messages={"required": "Enter the grant for the place over the whole term"},
    )
    ends_on = DateField(
        label="Last day of the agreement", error_messages={"required": "Enter the last day of the agreement"}
    )
    cadence = ChoiceField(
        label="How often are payments made from now on?", choices=[(str(key), CADENCES[key]) for key in CADENCES]
    )
    profile = ChoiceField(
        label="How does the money spread over the years?",
        choices=[(profile.value, label) for profile, label in PROFILE_LABELS.items()],
    )
    weights = CharField(
        label="The plan's own share for each year",
        hint="Only for the plan's own spread: one whole number for each year of the whole term, like 10, 20, 30",
        required=False,
        max_length=LONGEST,
    )
    amounts = TextareaField(
        label="Or every payment still to come",
        hint="One amount in pounds a line, without the organisation's contribution; empty to let the spread decide",
        required=False,
        max_length=AMOUNTS_LENGTH,
        rows=4,
    )
    reason = TextareaField(
        label="Why is the agreement varied?",
        max_length=REASON_LENGTH,
        rows=3,
        error_messages={"required": "Say why the agreement is varied"},
    )
    consent = CharField(
        label="How did the organisation agree?",
        hint="Who, when and how, like a letter of 3 May",
        max_length=CONSENT_LENGTH,
        error_messages={"required": "Say who agreed for the organisation, when and how"},
    )

    def __init__(self, *args: Any, agreement: Agreement, **kwargs: Any) -> None:
        initial = {
            "total_pence": agreement.amount_pence,
            "ends_on": agreement.ends_on,
            "cadence": str(agreement.cadence_months),
            "profile": agreement.profile,
            "weights": ", ".join(str(weight) for weight in agreement.custom_weights),
        }
        super().__init__(*args, initial=initial, **kwargs)

    def clean_weights(self) -> tuple[int, ...]:
        return weights_from_text(self.cleaned_data["weights"])

    def clean_amounts(self) -> tuple[int, ...]:
        lines = [line.strip() for line in self.cleaned_data["amounts"].splitlines() if line.strip()]
        found = []
        for number, line in enumerate(lines, start=1):
            try:
                found.append(pence_from_text(line))
            except ValidationError as error:
                raise ValidationError(f"Line {number}: {error.message}", code="invalid") from error
        return tuple(found)

    def proposal(self) -> Proposal:
        """What was entered, as the service takes it."""
        entered = self.cleaned_data
        return Proposal(
            total_pence=entered["total_pence"],
            ends_on=entered["ends_on"],
            cadence_months=int(entered["cadence"]),
            profile=Profile(entered["profile"]),
            weights=entered["weights"],
            amounts=entered["amounts"],
            reason=entered["reason"],
            consent=entered["consent"],
        )
