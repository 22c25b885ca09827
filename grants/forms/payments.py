"""Reasons that officers give on the payments desk."""

from cwf_portal.core.forms import GovForm, TextareaField


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
