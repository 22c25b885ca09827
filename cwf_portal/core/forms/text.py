"""Fields that hold text or whole numbers."""

import re
import unicodedata
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from cwf_portal.core.errors import DomainError
from cwf_portal.core.forms.base import GovField
from cwf_portal.core.languages import in_words
from cwf_portal.core.phones import mobile_number

# Characters that change the order in which text is shown: they can make a name or an amount read as another.
REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
WHOLE_NUMBER = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)")
TOKEN = re.compile(r"[A-Za-z0-9._:=-]{1,200}")
HIDDEN = gettext_noop("Remove the hidden characters: type the text again instead of pasting it")
STALE = gettext_lazy("This page is out of date. Open it again and send it once more.")


def validate_plain_text(text: str) -> None:
    """Refuse characters nobody can see, but for line ends and tabs.

    Raises:
        ValidationError: `text` has a control character or one that reorders what is shown.
    """
    if any((unicodedata.category(sign) == "Cc" and sign not in "\n\t") or sign in REORDERING for sign in text):
        raise ValidationError(gettext(HIDDEN), code="hidden")


class CharField(GovField, forms.CharField):
    """One line of text, without characters that nobody can see.

    Args:
        width: Width of the box in characters: 2, 3, 4, 5, 10, 20 or 30; None for the full width.
        autocomplete: The browser's name for what is asked, such as "name" or "postal-code".
    """

    def __init__(
        self, *, width: int | None = None, autocomplete: str = "", max_length: int = 200, **kwargs: Any
    ) -> None:
        self.width = width
        super().__init__(max_length=max_length, **kwargs)
        # Django's own check for the NUL character says less than ours.
        self.validators = [check for check in self.validators if not isinstance(check, MaxLengthValidator)]
        self.validators = [validate_plain_text, MaxLengthValidator(max_length, self.too_long_sentence(max_length))]
        if autocomplete:
            self.widget.attrs["autocomplete"] = autocomplete

    def too_long_sentence(self, limit: int) -> str:
        """What to say about text over `limit` characters."""
        said = gettext_lazy("{what} must be {limit} characters or fewer")
        lazily: Any = format_lazy(said, what=self.label or gettext_lazy("This"), limit=limit)
        return cast(str, lazily)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # No maxlength attribute: a browser would cut pasted text off without a word.
        return {}

    def input_classes(self) -> list[str]:
        classes = super().input_classes()
        return [*classes, f"{self.input_class}--width-{self.width}"] if self.width else classes


class TextareaField(CharField):
    """Several lines of text; says under the box how much fits."""

    widget = forms.Textarea
    gov_template = "components/fields/textarea.html"
    input_class = "govuk-textarea"

    def __init__(self, *, rows: int = 5, max_length: int = 2000, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.widget.attrs["rows"] = rows
        self.widget.attrs.pop("cols", None)
        said = gettext_lazy("You can write up to {number} characters.")
        lazily: Any = format_lazy(said, number=f"{max_length:,}")
        self.count_hint = cast(str, lazily)

    def to_python(self, value: Any) -> str:
        """The text with single line ends, so that a line break counts as one character everywhere."""
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")


class EmailField(GovField, forms.EmailField):
    """An email address."""

    default_error_messages = {
        "invalid": gettext_lazy("Enter an email address in the right form, like name@example.com")
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "Email address")
        super().__init__(**kwargs)
        for check in self.validators:
            if isinstance(check, MaxLengthValidator):
                check.message = gettext_lazy("An email address must be 320 characters or fewer")
        self.widget.attrs |= {"autocomplete": "email", "spellcheck": "false"}


class MobileField(CharField):
    """A UK mobile number, typed as people write it; cleaned to +447 and nine digits."""

    def __init__(self, **kwargs: Any) -> None:
        if "label" not in kwargs:
            kwargs["label"] = gettext_lazy("UK mobile number")
            kwargs.setdefault("error_messages", {"required": gettext_lazy("Enter UK mobile number")})
        super().__init__(width=20, max_length=40, **kwargs)
        self.widget.input_type = "tel"
        self.widget.attrs["spellcheck"] = "false"

    def clean(self, value: Any) -> str:
        """The number, or "" when nothing was entered."""
        text = super().clean(value)
        try:
            return mobile_number(text) if text else ""
        except DomainError as error:
            raise ValidationError(in_words(error), code="invalid") from error


class IntegerField(GovField):
    """A whole number typed in plain digits, with or without commas between thousands.

    Args:
        min_value: Smallest number allowed.
        max_value: Largest number allowed.
        width: Width of the box in characters.
    """

    def __init__(self, *, min_value: int = 0, max_value: int = 1_000_000_000, width: int = 5, **kwargs: Any) -> None:
        self.min_value, self.max_value, self.width = min_value, max_value, width
        super().__init__(**kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "spellcheck": "false"}

    def input_classes(self) -> list[str]:
        return [self.input_class, f"{self.input_class}--width-{self.width}"]

    def to_python(self, value: Any) -> int | None:
        """The number, or None when nothing was entered.

        Raises:
            ValidationError: Not a whole number in plain digits, or out of range.
        """
        text = str(value if value is not None else "").strip()
        if not text:
            return None
        name = self.label or "The number"
        if not WHOLE_NUMBER.fullmatch(text):
            raise ValidationError(f"{name} must be a whole number in plain digits, like 12", code="invalid")
        # Length first: turning a million digits into a number takes for ever.
        number = int(text.replace(",", "")) if len(text) <= 24 else self.max_value + 1
        if not self.min_value <= number <= self.max_value:
            raise ValidationError(f"{name} must be between {self.min_value:,} and {self.max_value:,}", code="range")
        return number


class HiddenTokenField(GovField, forms.CharField):
    """Something the page carries for us: a version seen or an idempotency key. Never shown, never trusted."""

    widget = forms.HiddenInput
    default_error_messages = {"required": STALE, "invalid": STALE}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages={"required": STALE}, **kwargs)
        self.validators = [self.refuse_strange]

    def refuse_strange(self, value: str) -> None:
        """Raise unless `value` looks like something that we wrote."""
        if not TOKEN.fullmatch(value):
            raise ValidationError(STALE, code="invalid")
