"""The code that shows again who somebody is."""

from typing import Any

from django.utils.translation import gettext_lazy

from cwf_portal.core.forms.base import GovForm
from cwf_portal.core.forms.text import CharField


class ConfirmCodeForm(GovForm):
    """A code from an email."""

    code = CharField(
        label=gettext_lazy("Code from the email"),
        hint=gettext_lazy("8 digits, like 1234-5678"),
        max_length=20,
        width=10,
        autocomplete="one-time-code",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"
