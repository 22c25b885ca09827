"""What is kept about somebody: a page to read and a file to take away, of oneself only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, signed_in
from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import day_text, moment_text
from cwf_portal.core.held import Held, held_about
from cwf_portal.core.languages import as_written, in_words, translated

MOST_SHOWN = 50
OURS = "get_"  # what Django calls the words for a choice


@dataclass(frozen=True)
class Part:
    """One table on the page: how many rows it has, the latest of them, and how many are only in the file."""

    title: str
    count: int
    rows: list[list[tuple[str, Any]]]
    more_count: int


@translated
@signed_in
@require_safe
def held_list(request: SignedInRequest) -> HttpResponse:
    """All that is kept about whoever asks, in words."""
    return render(
        request, "core/held_list.html", {"parts": [_part(held, rows) for held, rows in held_about(request.user)]}
    )


@translated
@signed_in
@require_safe
def held_file(request: SignedInRequest) -> HttpResponse:
    """The same, whole, for machines: JSON in English."""
    held = {held.title: rows for held, rows in held_about(request.user)}
    response = JsonResponse(
        {"made_at": core_now(), "held": held}, json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = 'attachment; filename="what-we-hold-about-you.json"'
    return response


def _part(held: Held, rows: list[dict[str, Any]]) -> Part:
    shown = [list(_cells(held.columns, row)) for row in rows[-MOST_SHOWN:]]
    return Part(str(in_words(held.title)), len(rows), shown, len(rows) - len(shown))


def _cells(columns: Mapping[str, str], row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What stands in a row, empty places left out."""
    for said, path in columns.items():
        if row[said] != "":
            yield str(in_words(said)), in_words(row[said]) if path.startswith(OURS) else _shown(row[said])


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return moment_text(value)
    return day_text(value) if isinstance(value, date) else as_written(value)
