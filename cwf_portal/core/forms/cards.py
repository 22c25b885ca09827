"""Long lists of things to answer one by one: each is written as HTML once, and then joined with what was typed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from cwf_portal.core.forms.base import GovField

GAP = "\0"  # stands in no text that a database keeps


@dataclass(frozen=True)
class Card:
    """One thing of a list: all of its HTML but what was typed. Its id ends with its code, wherever it stands.

    Attributes:
        code: What is sent for it.
        label: Its name in a sentence.
        opening: From its beginning to the last attribute of its input.
        closing: From there.
    """

    code: str
    label: str
    opening: str
    closing: str


class CardsWidget(forms.Widget):
    """Joins cards, in their order, with the state of each."""

    template_name = "components/fields/cards_widget.html"
    use_fieldset = True
    card_template = ""
    css_class = ""
    cards: Sequence[Card] = ()

    def id_for_label(self, id_: str | None, index: str | None = None) -> str:
        return ""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context, typed = super().get_context(name, None, attrs), value or {}
        parts = (f"{card.opening}{self.state_of(card.code, typed)}{card.closing}" for card in self.cards)
        context["widget"] |= {"cards": SafeString("".join(parts)), "css_class": self.css_class}
        return context

    def state_of(self, code: str, typed: Any) -> str:
        """The attributes that say what was typed, escaped, with a space before them."""
        raise NotImplementedError


class TicksWidget(CardsWidget):
    """A checkbox for each."""

    card_template = "components/fields/card_to_tick.html"
    css_class = "govuk-checkboxes"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return as_lists(data).getlist(name)

    def state_of(self, code: str, typed: Collection[str]) -> str:
        return " checked" if code in typed else ""


class CardsField(GovField):
    """Things written on cards; its value has the number of each one that is answered."""

    widget: type[CardsWidget]
    gov_template = "components/fields/cards.html"

    def offer(self, cards: Sequence[Card]) -> None:
        """What can be answered, in the order in which it stands on the page."""
        self.widget.cards = cards
        self.lead_to(card.code for card in cards)

    @classmethod
    def write(cls, code: str, *, label: str, hint: str, field: str) -> Card:
        """A card of the field with this name, in a form whose ids are Django's own."""
        own = {"name": field, "id": f"id_{field}_{code}", "code": code, "label": label, "hint": hint, "state": GAP}
        opening, closing = render_to_string(cls.widget.card_template, own).split(GAP)
        return Card(code, label, opening, closing)

    def lead_to(self, codes: Iterable[str]) -> None:
        """The error summary leads to the first of these."""
        self.first_input_suffix = f"_{next(iter(codes), '')}"

    def check_offered(self, codes: Collection[str]) -> None:
        """Refuse what is on no card.

        Raises:
            ValidationError: as the field says of an invalid choice.
        """
        if not {card.code for card in self.widget.cards}.issuperset(codes):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")


class TicksField(CardsField):
    """Any number of things ticked; each counts 1."""

    widget = TicksWidget

    def to_python(self, value: Any) -> dict[str, int]:
        """1 for each thing.

        Raises:
            ValidationError: something is not offered.
        """
        self.check_offered(value or ())
        return dict.fromkeys(value or (), 1)


def as_lists(data: Any) -> MultiValueDict[str, str]:
    """What was sent, each name with all its values, whether a browser or a test sent it."""
    return data if isinstance(data, MultiValueDict) else MultiValueDict({key: [value] for key, value in data.items()})
