"""What all our forms and fields share: GOV.UK markup from templates, and errors that say how to mend them."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from cwf_portal.core.languages import is_english

# With these a label needs no "the" inside a sentence.
HAVE_NO_ARTICLE = frozenset(
    ("a", "an", "the", "your", "their", "each", "how", "what", "when", "where", "which", "who", "whose", "why")
)


class GovBoundField(BoundField):
    """A field in a form, with the classes and ids its GOV.UK template needs."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        if self.use_fieldset:
            # aria-invalid is not allowed on a single radio button; the group's error message is tied to the fieldset.
            built.pop("aria-invalid", None)
        classes = [built.get("class", ""), *getattr(self.field, "input_classes", lambda: [])()]
        if self.errors and not self.use_fieldset:
            classes.append(f"{self.base_class}--error")
        if joined := " ".join(name for name in classes if name):
            built["class"] = joined
        return built

    @property
    def base_class(self) -> str:
        """The block class of the input, such as `govuk-input`."""
        return getattr(self.field, "input_class", "govuk-input")

    @property
    def focus_id(self) -> str:
        """The id of the first thing in this field that can hold the focus: the error summary links there."""
        return f"{self.auto_id}{getattr(self.field, 'first_input_suffix', '')}"

    @property
    def is_marked_optional(self) -> bool:
        """Whether the label should say "(optional)"."""
        return not self.field.required and bool(getattr(self.form, "mark_optional", True))

    @property
    def aria_describedby(self) -> str | None:
        described_by = super().aria_describedby
        has_count = bool(getattr(self.field, "count_hint", None))
        if described_by is not None and has_count:
            return f"{described_by} {self.auto_id}_count".strip()
        return described_by


class GovField(forms.Field):
    """Base of our fields.

    Args:
        hint: One short sentence under the label.
        label_size: GOV.UK size of the label or legend: "s", "m", "l", or "" for plain text.
        as_heading: True on a page with this one question only: the label is the page's `<h1>`.
    """

    bound_field_class = GovBoundField
    gov_template = "components/fields/input.html"
    input_class = "govuk-input"
    first_input_suffix = ""
    count_hint = ""
    asks_with = "Enter"

    def __init__(self, *, hint: str = "", label_size: str = "s", as_heading: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", hint)
        kwargs.setdefault("template_name", self.gov_template)
        super().__init__(**kwargs)
        self.label_size = "l" if as_heading else label_size
        self.as_heading = as_heading
        if "required" not in (kwargs.get("error_messages") or {}):
            self.error_messages["required"] = required_sentence_of(self)

    def required_sentence(self) -> str:
        """What to say when nothing was entered, such as "Enter your postcode" or "Enter the reason".

        Elsewhere than in English the label cannot stand inside the sentence.
        """
        label = str(self.label or "")
        if label and not label.endswith("?") and is_english():
            article = "" if label.split()[0].lower() in HAVE_NO_ARTICLE else "the "
            return f"{self.asks_with} {article}{lower_first(label)}"
        if not label or self.as_heading:
            return _("Choose an answer") if self.asks_with == "Choose" else _("Enter an answer")
        said = _("Choose an answer to “{label}”") if self.asks_with == "Choose" else _("Enter an answer to “{label}”")
        return said.format(label=label)

    def input_classes(self) -> list[str]:
        """Classes of the input element itself."""
        return [self.input_class]


def _required_sentence(field: GovField) -> str:
    return field.required_sentence()


# Made once: each making of a lazy function builds a class, which for the ballot of a vote took longer than its checks.
required_sentence_of = lazy(_required_sentence, str)


class GovForm(forms.Form):
    """Base of our forms: rendered as GOV.UK markup, checked by us and not by the browser.

    `mark_optional` is turned off by forms in which every field may stay empty, such as filters.
    """

    template_name = "components/form.html"
    bound_field_class = GovBoundField
    use_required_attribute = False
    mark_optional = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


def lower_first(text: str) -> str:
    """`text` to stand inside a sentence: "Your name" becomes "your name", "MP" stays."""
    if len(text) > 1 and text[1].isupper():
        return text
    return text[:1].lower() + text[1:]


def summary_of(form: forms.BaseForm) -> list[dict[str, str]]:
    """The errors of `form` in the order of its fields, each with the link of the place to mend it.

    Errors of the whole form, and of hidden fields (which nobody can focus), link to the first visible field.
    """
    visible = form.visible_fields()
    first = focus_link(visible[0]) if visible else "#main-content"
    rows = [{"href": first, "text": str(error)} for error in form.non_field_errors()]
    for field in form:
        href = first if field.is_hidden else focus_link(field)
        rows += [{"href": href, "text": str(error)} for error in field.errors]
    return rows


def focus_link(field: BoundField) -> str:
    """The `#id` of the first element of `field`; Django's own fields (allauth's) have it as `id_for_label`."""
    return f"#{getattr(field, 'focus_id', '') or field.id_for_label or field.auto_id}"
