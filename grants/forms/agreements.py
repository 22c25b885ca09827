"""Forms of the steps in the life of an agreement."""

from typing import Any, cast

from cwf_portal.core.forms import CharField, ChoiceField, ConfirmField, GovForm, SelectField, TextareaField
from grants.domain.authority import Risk
from grants.models import Tranche

NOTE_LENGTH = 500
HOLD_LENGTH = 300
WHOLE_AGREEMENT = ""


class NoteForm(GovForm):
    """A step that may carry a note."""

    note = TextareaField(label="Note for the file", required=False, max_length=NOTE_LENGTH)
    sure = ConfirmField(label="I have read the agreement and its figures")


class RecommendForm(NoteForm):
    """Recommending says how risky the grant is; risk decides who may approve."""

    risk = ChoiceField(
        label="How risky is this grant?",
        choices=[(Risk.LOW.value, "Low"), (Risk.MEDIUM.value, "Medium"), (Risk.HIGH.value, "High")],
        hints={
            Risk.LOW.value: "A known organisation with sound accounts",
            Risk.MEDIUM.value: "A new organisation, or a large project",
            Risk.HIGH.value: "Open questions that approvers must weigh",
        },
    )
    field_order = ("risk", "note", "sure")


class ApproveForm(NoteForm):
    """Approving; above the director's limit the Board's minute is named."""

    minute_reference = CharField(
        label="Reference of the Board's minute",
        hint="Only where you approve for the Board, above the fund director's limit",
        required=False,
        max_length=60,
    )
    field_order = ("minute_reference", "note", "sure")


class ConfirmStepForm(GovForm):
    """A step with nothing to fill in but the confirmation."""

    sure = ConfirmField(label="I have checked this")


class AcceptForm(GovForm):
    """The organisation's acceptance."""

    sure = ConfirmField(label="I accept this agreement for our organisation, and I may sign for it")


class ReasonForm(GovForm):
    """A refusal, or lifting a hold: never without a reason."""

    reason = TextareaField(label="Reason", max_length=HOLD_LENGTH, error_messages={"required": "Give your reason"})


class HoldForm(GovForm):
    """Which payment to hold, and why."""

    tranche = SelectField(label="What to hold", required=False)
    detail = TextareaField(
        label="Reason",
        hint="The organisation reads this",
        max_length=HOLD_LENGTH,
        error_messages={"required": "Say why payments are held"},
    )

    def __init__(self, *args: Any, tranches: list[Tranche], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tranches = {str(tranche.pk): tranche for tranche in tranches}
        listed = [
            (pk, f"Payment {tranche.number}, due {tranche.due_on:%d/%m/%Y}") for pk, tranche in self.tranches.items()
        ]
        everything = (WHOLE_AGREEMENT, "Every payment of this agreement")
        cast(SelectField, self.fields["tranche"]).choices = [everything, *listed]

    def chosen_tranche(self) -> Tranche | None:
        """The payment, or None for all."""
        return self.tranches.get(self.cleaned_data["tranche"])
