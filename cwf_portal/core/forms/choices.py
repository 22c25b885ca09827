"""Fields where one chooses: radios, a drop-down list, checkboxes, and one box to confirm."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cwf_portal.core.forms.base import GovField

NOT_LISTED = gettext_lazy("Choose one of the answers listed")


def in_their_language(choices: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Choices of a model, each label in the language of the page."""
    return [(value, gettext_lazy(str(label))) for value, label in choices]


class Options(forms.widgets.ChoiceWidget):
    """One input for each choice, written directly: a template for each of sixty took most of the time of a ballot."""

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        option = context["widget"]
        if "index" not in option or option["wrap_label"]:
            whole: SafeString = super()._render(template_name, context, renderer)  # type: ignore[misc]
            return whole
        tag = '<input type="{}" name="{}" value="{}"{}>'
        return format_html(tag, option["type"], option["name"], option["value"], flatatt(option["attrs"]))


class RadioWidget(Options, forms.RadioSelect):
    """Radio buttons that can carry a hint each."""

    hints: Mapping[str, str] = {}
    input_class = "govuk-radios__input"

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        return with_hint(option, self.hints.get(str(value), ""))


class CheckboxesWidget(Options, forms.CheckboxSelectMultiple):
    """Checkboxes that can carry a hint each."""

    hints: Mapping[str, str] = {}
    input_class = "govuk-checkboxes__input"

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        return with_hint(option, self.hints.get(str(value), ""))


def with_hint(option: dict[str, Any], hint: str) -> dict[str, Any]:
    """`option` of a group, its hint tied to its input."""
    if hint:
        option["hint"] = hint
        option["hint_id"] = f"{option['attrs'].get('id', option['name'])}_hint"
        option["attrs"]["aria-describedby"] = option["hint_id"]
    return option


class ChoiceField(GovField, forms.ChoiceField):
    """One answer out of a few, as radio buttons.

    Args:
        hints: A sentence per choice value, shown under its label.
        inline: True to set short answers such as Yes and No in one row.
        small: True for smaller buttons, for filters and officers' pages.
    """

    widget = RadioWidget
    gov_template = "components/fields/radios.html"
    input_class = "govuk-radios__input"
    first_input_suffix = "_0"
    asks_with = "Choose"
    default_error_messages = {"invalid_choice": NOT_LISTED}

    def __init__(
        self, *, hints: Mapping[str, str] | None = None, inline: bool = False, small: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.inline, self.small = inline, small
        self.widget.hints = hints or {}


class SelectField(GovField, forms.ChoiceField):
    """One answer out of many, as a drop-down list."""

    gov_template = "components/fields/select.html"
    input_class = "govuk-select"
    asks_with = "Choose"
    default_error_messages = {"invalid_choice": NOT_LISTED}


class MultiChoiceField(GovField, forms.MultipleChoiceField):
    """Any number of answers, as checkboxes."""

    widget = CheckboxesWidget
    gov_template = "components/fields/checkboxes.html"
    input_class = "govuk-checkboxes__input"
    first_input_suffix = "_0"
    asks_with = "Choose"
    default_error_messages = {"invalid_choice": NOT_LISTED, "invalid_list": NOT_LISTED}

    def __init__(self, *, hints: Mapping[str, str] | None = None, small: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.small = small
        self.widget.hints = hints or {}


class ConfirmField(GovField, forms.BooleanField):
    """One box to tick; unless `required=False`, the form is refused without it."""

    gov_template = "components/fields/confirm.html"
    input_class = "govuk-checkboxes__input"

    def required_sentence(self) -> str:
        return _("Tick the box to say that you have read this and agree")
