"""The form on which an officer chooses how a draft pays and rises."""

import re
from typing import Any

from django.core.exceptions import ValidationError

from cwf_portal.core.forms import CharField, ChoiceField, ConfirmField, GovForm
from grants.domain.indexation import INDEXATION_LABELS, Indexation, IndexTerms
from grants.domain.schedule import CADENCES, PROFILE_LABELS, Profile, weight_problems
from grants.errors import per_cent
from grants.models import Agreement
from grants.services import ChosenTerms

LONGEST = 120
PER_CENT = re.compile(r"(?P<whole>[0-9]{1,2})(?:\.(?P<part>[0-9]{1,2}))?\s*%?")


def basis_points_from_text(text: str) -> int:
    """Hundredths of one per cent from a rate such as "3", "2.5" or "2.25%".

    Raises:
        ValidationError: Anything else.
    """
    match = PER_CENT.fullmatch(text.strip()) if text.isascii() else None
    if match is None:
        raise ValidationError("Enter a rate in per cent, like 3 or 2.25", code="invalid")
    return int(match["whole"]) * 100 + int((match["part"] or "").ljust(2, "0"))


def weights_from_text(text: str) -> tuple[int, ...]:
    """The plan's own shares from "10, 20, 30"; empty for empty.

    Raises:
        ValidationError: Something that is not a whole number between the commas.
    """
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise ValidationError("Enter whole numbers with commas between them, like 10, 20, 30", code="invalid")
    return tuple(int(part) for part in parts)


class TermsForm(GovForm):
    """How often, how much in which year, and what prices do to it."""

    cadence = ChoiceField(label="How often are payments made?", choices=[(str(key), CADENCES[key]) for key in CADENCES])
    profile = ChoiceField(
        label="How does the money spread over the years?",
        choices=[(profile.value, label) for profile, label in PROFILE_LABELS.items()],
    )
    weights = CharField(
        label="The plan's own share for each year",
        hint="Only for the plan's own spread: one whole number for each year, like 10, 20, 30. Only proportions count.",
        required=False,
        max_length=LONGEST,
    )
    indexation = ChoiceField(
        label="Do payments rise with prices?",
        choices=[(kind.value, label) for kind, label in INDEXATION_LABELS.items()],
    )
    rate = CharField(
        label="Rate or cap, per cent a year",
        hint="The fixed rate, or the most by which payments follow consumer prices",
        required=False,
        max_length=8,
    )
    sure = ConfirmField(label="The organisation and the panel know how the money will be paid")

    def __init__(self, *args: Any, agreement: Agreement, **kwargs: Any) -> None:
        self.term_years = agreement.term_years
        initial = {
            "cadence": str(agreement.cadence_months),
            "profile": agreement.profile,
            "weights": ", ".join(str(weight) for weight in agreement.custom_weights),
            "indexation": agreement.indexation,
            "rate": per_cent(agreement.index_basis_points).removesuffix("%") if agreement.index_basis_points else "",
        }
        super().__init__(*args, initial=initial, **kwargs)

    def clean_weights(self) -> tuple[int, ...]:
        return weights_from_text(self.cleaned_data["weights"])

    def clean_rate(self) -> int:
        text = self.cleaned_data["rate"]
        return basis_points_from_text(text) if text else 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        weights = cleaned.get("weights")
        if cleaned.get("profile") == Profile.CUSTOM and weights is not None:
            for problem in weight_problems(weights, self.term_years):
                self.add_error("weights", problem)
        elif weights:
            self.add_error("weights", "Leave this empty, or choose the plan's own spread")
        if cleaned.get("indexation") not in (None, Indexation.NONE) and cleaned.get("rate") == 0:
            self.add_error("rate", "Enter a rate above zero")
        return cleaned

    def chosen(self) -> ChosenTerms:
        """What was entered, as the service takes it."""
        kind = Indexation(self.cleaned_data["indexation"])
        return ChosenTerms(
            cadence_months=int(self.cleaned_data["cadence"]),
            profile=Profile(self.cleaned_data["profile"]),
            indexation=IndexTerms(kind, 0 if kind is Indexation.NONE else self.cleaned_data["rate"]),
            weights=self.cleaned_data["weights"],
        )
