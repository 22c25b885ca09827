"""A small whole number beside each of several things."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from cwf_portal.core.forms.base import GovField

MOST_DIGITS = 9
SHOWN = 20  # characters of a wrong answer that a sentence repeats


class NumbersWidget(forms.Widget):
    """One small text box for each thing, named `<name>-<code>`; what was typed is kept as it is."""

    template_name = "components/fields/numbers_widget.html"
    use_fieldset = True
    options: Sequence[tuple[str, str, str]] = ()
    wrong: Collection[str] = ()

    def id_for_label(self, id_: str | None, index: str | None = None) -> str:
        return ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        """Code to text; codes nobody offered too, so that they can be refused, and both of two answers."""
        sent: MultiValueDict[str, str] = data if isinstance(data, MultiValueDict) else _as_lists(data)
        start = f"{name}-"
        return {key.removeprefix(start): ", ".join(sent.getlist(key)).strip() for key in sent if key.startswith(start)}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context, typed, start = super().get_context(name, None, attrs), value or {}, (attrs or {}).get("id", name)
        context["widget"]["rows"] = [
            {
                "id": f"{start}_{index}",
                "name": f"{name}-{code}",
                "code": code,
                "value": typed.get(code, ""),
                "label": label,
                "hint": hint,
                "is_wrong": code in self.wrong,
            }
            for index, (code, label, hint) in enumerate(self.options)
        ]
        return context


class NumbersField(GovField):
    """Whole numbers by code; boxes left empty, or with nothing but 0, are left out."""

    widget = NumbersWidget
    gov_template = "components/fields/numbers.html"
    first_input_suffix = "_0"

    def offer(self, options: Sequence[tuple[str, str, str]]) -> None:
        """The things to be numbered: code, label, hint."""
        self.widget.options = options

    def mark_wrong(self, codes: Iterable[str]) -> None:
        """Show these boxes as wrong; the error summary leads to the first of them."""
        self.widget.wrong = set(codes)
        places = [place for place, (code, _, _) in enumerate(self.widget.options) if code in self.widget.wrong]
        self.first_input_suffix = f"_{min(places, default=0)}"

    def to_python(self, value: Any) -> dict[str, int]:
        """The numbers.

        Raises:
            ValidationError: something is no whole number in plain digits, or belongs to nothing that is offered.
        """
        labels = {code: label for code, label, _ in self.widget.options}
        typed = {code: text for code, text in (value or {}).items() if text}
        if typed.keys() - labels.keys():
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        wrong = [code for code in labels if code in typed and small_number(typed[code]) is None]
        if wrong:
            self.mark_wrong(wrong)
            text = typed[wrong[0]]
            shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
            raise ValidationError(f"“{shown}” beside {labels[wrong[0]]} is not a whole number like 1", code="invalid")
        return {code: int(text) for code, text in typed.items() if int(text)}


def numbers_in(typed: dict[str, str]) -> dict[str, int]:
    """What of the typed texts is a number already, for a page that only reckons with them."""
    return {code: number for code, text in typed.items() if (number := small_number(text)) is not None}


def small_number(text: str) -> int | None:
    """A whole number in at most nine plain digits; None for any other text, such as "²", which `isdigit` lets pass."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def _as_lists(data: Any) -> MultiValueDict[str, str]:
    return MultiValueDict({key: [value] for key, value in data.items()})
