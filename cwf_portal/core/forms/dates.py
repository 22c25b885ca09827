"""A date in three boxes: day, month, year."""

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from cwf_portal.core.figures_text import OTHER_MONTHS, day_text
from cwf_portal.core.forms.base import GovField
from cwf_portal.core.languages import is_english

PARTS = ("day", "month", "year")
WIDTHS = {"day": 2, "month": 2, "year": 4}  # characters
MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
MONTHS |= {name: number for names in OTHER_MONTHS.values() for number, name in enumerate(names, start=1)}
BOXES = {"day": gettext_noop("Day"), "month": gettext_noop("Month"), "year": gettext_noop("Year")}
EXAMPLE = "27 3 2027"


class DateWidget(forms.MultiWidget):
    """Three text boxes named `<name>_day`, `<name>_month` and `<name>_year`."""

    template_name = "components/fields/date_widget.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        plain = {"inputmode": "numeric"}
        super().__init__({part: forms.TextInput(plain) for part in PARTS}, attrs)

    def decompress(self, value: Any) -> list[str]:
        """The three texts of a `date`, or empty ones."""
        return [str(value.day), str(value.month), str(value.year)] if isinstance(value, date) else ["", "", ""]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, box in zip(PARTS, context["widget"]["subwidgets"], strict=True):
            box["part"] = _(BOXES[part])
            box["attrs"].pop("aria-invalid", None)
            classes = [box["attrs"].get("class", ""), "govuk-date-input__input", f"govuk-input--width-{WIDTHS[part]}"]
            box["attrs"]["class"] = " ".join(filter(None, classes))
        return context


class DateField(GovField):
    """A date, cleaned to `datetime.date`. Months may be typed as words.

    Args:
        earliest: First day allowed, or None.
        latest: Last day allowed, or None.
        birth_date: True to let the browser fill in the person's own date of birth.
    """

    widget = DateWidget
    gov_template = "components/fields/date.html"
    first_input_suffix = "_0"

    def __init__(
        self, *, earliest: date | None = None, latest: date | None = None, birth_date: bool = False, **kwargs: Any
    ) -> None:
        self.earliest, self.latest = earliest, latest
        kwargs.setdefault("hint", format_lazy(gettext_lazy("For example, {example}"), example=EXAMPLE))
        super().__init__(**kwargs)
        if birth_date:
            for part, box in zip(PARTS, self.widget.widgets, strict=True):
                box.attrs["autocomplete"] = f"bday-{part}"

    def to_python(self, value: Any) -> date | None:
        """The date, or None when all three boxes are empty.

        Raises:
            ValidationError: A part is missing, it is no real date, or it is out of range.
        """
        if isinstance(value, date):
            return value
        texts = dict(zip(PARTS, (str(text or "").strip() for text in value or ["", "", ""]), strict=True))
        if not any(texts.values()):
            return None
        name = str(self.label or "The date")
        if missing := [part for part in PARTS if not texts[part]]:
            raise ValidationError(_missing(missing, name), code="incomplete")
        return self.in_range(real_date(texts, name), name)

    def in_range(self, day: date, name: str) -> date:
        """`day`, if it lies between `earliest` and `latest`."""
        if self.earliest and day < self.earliest:
            raise ValidationError(_too_early(name, self.earliest), code="early")
        if self.latest and day > self.latest:
            raise ValidationError(_too_late(name, self.latest), code="late")
        return day


def real_date(texts: Mapping[str, str], name: str) -> date:
    """The date that day, month and year spell.

    Raises:
        ValidationError: They spell none.
    """
    day, month, year = (texts[part] for part in PARTS)
    month = str(MONTHS.get(month.lower(), month))
    if not re.fullmatch(r"[0-9]{4}", year):
        what = f"{name[:1].lower()}{name[1:]}" if is_english() else name
        said = _("The year of {what} must have four digits, like 2027").format(what=what)
        raise ValidationError(said, code="year")
    if not all(re.fullmatch(r"[0-9]{1,2}", text) for text in (day, month)):
        said = _("{what} must be a real date in digits, like {example}").format(what=name, example=EXAMPLE)
        raise ValidationError(said, code="invalid")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        said = _("{what} must be a real date, like {example}").format(what=name, example=EXAMPLE)
        raise ValidationError(said, code="invalid") from None


def _missing(parts: Sequence[str], name: str) -> str:
    """Which of the boxes are empty."""
    if is_english():
        return f"{name} must include a {' and a '.join(parts)}"
    return _("{what}: this is missing: {parts}").format(what=name, parts=", ".join(_(BOXES[part]) for part in parts))


def _too_early(name: str, earliest: date) -> str:
    return _("{what} must be on or after {day}").format(what=name, day=day_text(earliest))


def _too_late(name: str, latest: date) -> str:
    return _("{what} must be on or before {day}").format(what=name, day=day_text(latest))
