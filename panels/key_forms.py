"""What keepers and those who name them type: an address, a line typed back, a public key, two sheets."""

from collections.abc import Sequence
from typing import Any, cast

from django.core.exceptions import ValidationError

from cwf_portal.core.forms import CharField, ConfirmField, EmailField, GovForm, HiddenTokenField, TextareaField
from panels.domain.key_sheet import SheetError, keeper_of, read_sheet
from panels.domain.sealing import KeeperKey
from panels.keys import EnteredKeys
from panels.models import Keeper

SHEET_HINT = "Four lines of fifteen letters and digits. Capitals, spaces and dashes do not matter."


class KeeperForm(GovForm):
    """Who keeps the key of one body."""

    email = EmailField(label="Email address of the account")

    def __init__(self, *args: Any, body: Keeper.Body, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"body{body.value}", **kwargs)
        self.body = body


class LineBackForm(GovForm):
    """Line 2 of the sheet, typed back: then the sheet is on paper."""

    line = CharField(
        label="Type line 2 back from your paper",
        width=20,
        max_length=60,
        autocomplete="off",
        error_messages={"required": "Type line 2 of your paper"},
    )
    note = HiddenTokenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].validators = []  # signed by us, and longer than other tokens

    @property
    def typed(self) -> str:
        return str(self.cleaned_data["line"])


class PublicKeyForm(GovForm):
    """The public half of a key made elsewhere."""

    public_key = TextareaField(
        label="Your public key",
        rows=3,
        max_length=400,
        hint="The line of 130 letters and digits that begins with 04. Never type your key sheet here.",
    )
    in_browser = HiddenTokenField(required=False)

    def made_with(self) -> Keeper.MadeWith:
        return Keeper.MadeWith.BROWSER if self.cleaned_data["in_browser"] else Keeper.MadeWith.TOOL


class LostKeyForm(GovForm):
    """What happened to a key; everybody can read it."""

    lost_note = CharField(label="What happened?", max_length=300, hint="In a sentence. Everybody can read it.")


class FoundForm(GovForm):
    """What a keeper found when the box was opened again off the portal."""

    digest = CharField(label="Fingerprint of the ballots that you found", max_length=120, hint="64 letters and digits.")
    is_sure = ConfirmField(
        label="It differs from that of the counted ballots. I compared it with the tool, and it is what I found.",
        required=False,
    )


class OpenBoxForm(GovForm):
    """The sheets of two keepers, entered in one sitting."""

    first = TextareaField(label="Key sheet of the first keeper", rows=4, max_length=200, hint=SHEET_HINT)
    second = TextareaField(label="Key sheet of the second keeper", rows=4, max_length=200, hint=SHEET_HINT)

    def __init__(self, *args: Any, keepers: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keepers = list(keepers)
        for name in ("first", "second"):
            field = cast(TextareaField, self.fields[name])
            field.widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
            field.count_hint = "Sixty letters and digits in all."

    def clean_first(self) -> KeeperKey:
        return self._key("first")

    def clean_second(self) -> KeeperKey:
        key = self._key("second")
        first = self.cleaned_data.get("first")
        if first and first.number == key.number:
            raise ValidationError("This is the same key again. Two different keepers open the box together")
        return key

    def _key(self, name: str) -> KeeperKey:
        try:
            key = keeper_of(read_sheet(self.cleaned_data[name]), self.keepers)
        except SheetError as error:
            raise ValidationError(f"{str(error).capitalize()}: compare it with the sheet") from None
        if key is None:
            raise ValidationError("This is a whole key, but of another vote: take the sheet made for this vote")
        return key

    def keys(self) -> EnteredKeys:
        return EnteredKeys((self.cleaned_data["first"], self.cleaned_data["second"]))
