"""Filters and components for templates: money, dates, and the GOV.UK pieces we use."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import get_urlconf
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override

from cwf_portal.core import charts, fans, figures_text
from cwf_portal.core.alarms import alarms_for
from cwf_portal.core.forms.base import summary_of
from cwf_portal.core.grids import Grid
from cwf_portal.core.languages import ENGLISH, full_stop, is_english, language_now
from cwf_portal.core.languages import as_code as code
from cwf_portal.core.languages import as_written as written
from cwf_portal.core.languages import in_words as words
from cwf_portal.core.navigation import address, navigation_for

register = template.Library()


@register.filter
def pence(value: int | str | None) -> str:
    """Pence as pounds: 123456 becomes "£1,234.56"."""
    return "" if value is None or value == "" else figures_text.pounds(int(value))


@register.filter
def pounds_short(value: int | str | None) -> str:
    """Pence as rounded pounds: 120000000 becomes "£1.2m"."""
    return "" if value is None or value == "" else figures_text.pounds_short(int(value))


@register.filter
def number(value: int) -> str:
    """A whole number with commas: 13418 becomes "13,418"."""
    return f"{value:,}"


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """A date such as "3 May 2027", marked up as a time."""
    if not value:
        return ""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures_text.day_text(value))


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A date and time such as "3 May 2027, 5pm", London time, marked up as a time."""
    if not value:
        return ""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures_text.moment_text(value))


@register.filter
def deadline(value: datetime) -> SafeString:
    """A moment by which something is wanted, marked up as a time; without the hour where a whole day is meant."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures_text.deadline_text(value))


@register.filter
def as_written(value: object) -> SafeString | str:
    """What people wrote, marked as English on a page in another language."""
    return written(value)


@register.filter
def in_words(value: object) -> SafeString | str:
    """A sentence of ours in the language of the page; marked as English where it has none for it."""
    return words(value)


@register.filter
def as_code(value: object) -> SafeString | str:
    """A code or a fingerprint, from left to right on every page."""
    return code(value)


@register.filter
def sentence(value: object) -> SafeString:
    """The words, and what ends a sentence in the language of the page."""
    return format_html("{}{}", value, full_stop())


@register.filter
def as_json(value: object) -> str:
    """For an attribute that a script reads."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.inclusion_tag("components/sample_tag.html")
def sample_tag() -> dict[str, Any]:
    """The mark of invented content."""
    return {}


@register.inclusion_tag("components/tag.html")
def tag(text: str, colour: str = "") -> dict[str, Any]:
    """A short state in a coloured box; the text says it all, the colour only helps."""
    return {"text": text, "colour": colour}


@register.inclusion_tag("components/button.html")
def button(
    text: str, *, href: str = "", kind: str = "", name: str = "", value: str = "", action: str = ""
) -> dict[str, Any]:
    """A button of a form, or with `href` a link that looks like one.

    Args:
        text: What it says.
        href: Where it leads; without it, it sends the form around it.
        kind: "", "secondary", "warning", "inverse" or "start" (a large start button).
        name: Name to send with the form, if there is more than one button.
        value: Value of that name.
        action: Where this button sends the form, if elsewhere than the form says.
    """
    return {"text": text, "href": href, "kind": kind, "name": name, "value": value, "action": action}


@register.inclusion_tag("components/error_summary.html")
def form_errors(*bound_forms: forms.BaseForm) -> dict[str, Any]:
    """The error summary of one or more forms, with links to where to mend things. Nothing when all is well."""
    return {"rows": [row for form in bound_forms if form.is_bound for row in summary_of(form)]}


@register.simple_tag
def gov_form(form: forms.BaseForm) -> SafeString:
    """All fields of the form as GOV.UK markup, without the error summary, the form element and the button."""
    return form.render("components/form.html")


@register.inclusion_tag("components/summary_list.html")
def summary_list(rows: Iterable[Mapping[str, Any] | Sequence[Any]], *, small: bool = False) -> dict[str, Any]:
    """Keys and values.

    Args:
        rows: Each a mapping with `key`, `value` and perhaps `href` and `action` ("Change"), or a pair (key, value).
        small: True on officers' pages: tighter rows.
    """
    items = [row if isinstance(row, Mapping) else {"key": row[0], "value": row[1]} for row in rows]
    return {"rows": items, "small": small, "has_actions": any(row.get("href") for row in items)}


@register.simple_block_tag
def inset(content: str) -> SafeString:
    """Set a short passage apart: `{% inset %}…{% endinset %}`."""
    return format_html('<div class="govuk-inset-text">{}</div>', content)


class EnglishNode(template.Node):
    """A part of a page that is in English only, whatever the rest speaks; people and screen readers are told."""

    def __init__(self, inside: template.NodeList) -> None:
        self.inside = inside

    def render(self, context: Context) -> SafeString:
        is_whole = is_english()
        with override(ENGLISH):
            content = self.inside.render(context)
        return content if is_whole else format_html('<div lang="en-GB" dir="ltr">{}</div>', content)


@register.tag
def in_english(parser: template.base.Parser, token: template.base.Token) -> EnglishNode:
    """`{% in_english %}…{% endin_english %}`."""
    inside = parser.parse(("endin_english",))
    parser.delete_first_token()
    return EnglishNode(inside)


@register.simple_block_tag
def warning(content: str) -> SafeString:
    """Something that must not be missed: `{% warning %}…{% endwarning %}`."""
    return format_html(
        '<div class="govuk-warning-text"><span class="govuk-warning-text__icon" aria-hidden="true">!</span>'
        '<strong class="govuk-warning-text__text"><span class="govuk-visually-hidden">{}</span> {}</strong></div>',
        gettext("Warning"),
        content,
    )


@register.simple_block_tag
def details(content: str, summary: str) -> SafeString:
    """Something most people can skip: `{% details "What we check" %}…{% enddetails %}`."""
    return format_html(
        '<details class="govuk-details"><summary class="govuk-details__summary">'
        '<span class="govuk-details__summary-text">{}</span></summary>'
        '<div class="govuk-details__text">{}</div></details>',
        summary,
        content,
    )


@register.inclusion_tag("components/back_link.html")
def back_link(href: str, text: str = "") -> dict[str, Any]:
    """A link one step back, above the heading (block `back`)."""
    return {"href": href, "text": text or gettext("Back")}


@register.inclusion_tag("components/stat.html")
def stat(value: str, label: str, *, note: str = "", href: str = "") -> dict[str, Any]:
    """One large figure with what it means; put several inside `<div class="cwf-stats">`."""
    return {"value": value, "label": label, "note": note, "href": href}


@register.inclusion_tag("components/navigation.html", takes_context=True)
def navigation(context: Context) -> dict[str, Any]:
    """The header's links for this person; links of rooms that are not there are left out."""
    request = context.get("request")
    user = getattr(request, "user", None)
    return {"items": navigation_for(user, getattr(request, "path", "")), "user": user}


@register.inclusion_tag("components/alarms.html", takes_context=True)
def alarms(context: Context) -> dict[str, Any]:
    """What this person must not overlook, in red; nothing for anybody not signed in."""
    user = getattr(context.get("request"), "user", None)
    return {"alarms": alarms_for(user) if user is not None and user.is_authenticated else []}


@register.simple_tag
def url_if_any(name: str) -> str:
    """The address of a URL name, or "" where this installation has no such page."""
    return address(name)


@register.simple_tag
def footer() -> SafeString:
    """The foot of every page: the same for everybody, so that each process writes it once."""
    return _footer(get_urlconf() or settings.ROOT_URLCONF, language_now().code)


@lru_cache(maxsize=40)
def _footer(urlconf: str, language: str) -> SafeString:
    """Under these addresses, in the language that the page speaks."""
    return render_to_string("components/footer.html")


@register.inclusion_tag("components/svg_bars.html")
def svg_bars(title: str, rows: Iterable[Sequence[Any]], *, unit: str = "pence", note: str = "") -> dict[str, Any]:
    """Horizontal bars with their table.

    Args:
        title: The finding, as a sentence.
        rows: (label, whole number) pairs, in the order to show; a number of None means not known.
        unit: "pence", "count" or "pct".
        note: Source, date and definition, under the picture.
    """
    return {"chart": charts.bars(list(rows), unit=unit), "title": title, "note": note, "id": charts.id_of(title)}


@register.inclusion_tag("components/svg_steps.html")
def svg_steps(title: str, points: Iterable[Sequence[Any]], *, unit: str = "pence", note: str = "") -> dict[str, Any]:
    """A line of steps over time, each value holding until the next, with its table.

    Args:
        title: The finding, as a sentence.
        points: (date, running whole number) pairs in order of date.
        unit: "pence", "count" or "pct".
        note: Source, date and definition, under the picture.
    """
    return {"chart": charts.steps(list(points), unit=unit), "title": title, "note": note, "id": charts.id_of(title)}


@register.inclusion_tag("components/svg_fan.html")
def svg_fan(title: str, points: Iterable[fans.Point], *, unit: str = "pence", note: str = "") -> dict[str, Any]:
    """What lies between low and high year by year, with the middle in it, and the table beside it.

    Args:
        title: The finding, as a sentence.
        points: (label, low, middle, high) in order.
        unit: "pence", "count" or "pct".
        note: Source, date and definition, under the picture.
    """
    return {"chart": fans.fan(list(points), unit=unit), "title": title, "note": note, "id": charts.id_of(title)}


@register.inclusion_tag("components/svg_map.html")
def svg_map(outlines: Iterable[Mapping[str, Any]], title: str = "Map of the neighbourhoods") -> dict[str, Any]:
    """The outlines where they lie, north up, with a dot for each. Put the list of the same places beside it.

    Args:
        outlines: Mappings with `name`, `lon`, `lat` and perhaps `href`, `region`, `state` ("", "on", "late", "soon")
            and `outline` (GeoJSON geometry, Polygon or MultiPolygon).
        title: What the map shows, as a sentence.
    """
    return {"map": charts.outline_map(list(outlines)), "title": title, "id": charts.id_of(title)}


@register.inclusion_tag("components/svg_map.html")
def svg_tiles(
    outlines: Iterable[Mapping[str, Any]], title: str = "One square for each neighbourhood"
) -> dict[str, Any]:
    """One equal square per place, grouped by region and set roughly as the regions lie. Arguments as in `svg_map`."""
    return {"map": charts.tile_map(list(outlines)), "title": title, "id": charts.id_of(title)}


@register.inclusion_tag("components/svg_shape.html")
def svg_shape(outline: Mapping[str, Any], title: str) -> dict[str, Any]:
    """The outline of one place by itself; `outline` is a GeoJSON geometry."""
    return {"shape": charts.shape(outline), "title": title, "id": charts.id_of(title)}


@register.inclusion_tag("components/svg_grid.html")
def svg_grid(grid: Grid, title: str) -> dict[str, Any]:
    """The outline of a place with numbered squares, or with the one that was chosen."""
    return {"grid": grid, "title": title, "id": charts.id_of(title)}
