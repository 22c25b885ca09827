"""A small whole number beside each of several things."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext as _

from cwf_portal.core.forms.cards import CardsField, CardsWidget, as_lists

MOST_DIGITS = 9
SHOWN = 20  # characters of a wrong answer that a sentence repeats


class NumbersWidget(CardsWidget):
    """One small text box for each thing, named `<name>-<code>`; what was typed is kept as it is."""

    card_template = "components/fields/card_to_number.html"
    css_class = "cwf-numbers"
    wrong: Collection[str] = ()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        """Code to text; codes nobody offered too, so that they can be refused, and both of two answers."""
        sent, start = as_lists(data), f"{name}-"
        return {key.removeprefix(start): ", ".join(sent.getlist(key)).strip() for key in sent if key.startswith(start)}

    def state_of(self, code: str, typed: dict[str, str]) -> str:
        wrong = " govuk-input--error" if code in self.wrong else ""
        return format_html(' class="govuk-input govuk-input--width-2{}" value="{}"', wrong, typed.get(code, ""))


class NumbersField(CardsField):
    """Whole numbers by code; boxes left empty, or with nothing but 0, are left out."""

    widget = NumbersWidget

    def mark_wrong(self, codes: Collection[str]) -> None:
        """Show these boxes as wrong; the error summary leads to the first of them."""
        self.widget.wrong = set(codes)
        self.lead_to(card.code for card in self.widget.cards if card.code in self.widget.wrong)

    def to_python(self, value: Any) -> dict[str, int]:
        """The numbers.

        Raises:
            ValidationError: something is no whole number in plain digits, or belongs to nothing that is offered.
        """
        typed = {code: text for code, text in (value or {}).items() if text}
        self.check_offered(typed)
        wrong = [card for card in self.widget.cards if card.code in typed and small_number(typed[card.code]) is None]
        if wrong:
            self.mark_wrong([card.code for card in wrong])
            text = typed[wrong[0].code]
            shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
            said = _("“{typed}” beside {what} is not a whole number like 1")
            raise ValidationError(format_html(said, typed=shown, what=wrong[0].label), code="invalid")
        return {code: int(text) for code, text in typed.items() if int(text)}


def numbers_in(typed: dict[str, str]) -> dict[str, int]:
    """What of the typed texts is a number already, for a page that only reckons with them."""
    return {code: number for code, text in typed.items() if (number := small_number(text)) is not None}


def small_number(text: str) -> int | None:
    """A whole number in at most nine plain digits; None for any other text, such as "²", which `isdigit` lets pass."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None
