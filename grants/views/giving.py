"""Open data: where each file is, and every agreement in the words of 360Giving. For everybody."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import public
from cwf_portal.core.addresses import address_of
from cwf_portal.core.exports import csv_response, xlsx_response
from grants.presenters.giving import HEADER, giving_rows
from grants.selectors.giving import awarded

FILES = {"csv": csv_response, "xlsx": xlsx_response}


@public
@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    """What can be taken away, where it comes from, and under which licence."""
    return render(request, "grants/open_data.html", {"awarded_count": awarded().count()})


@public
@require_safe
def open_grants(request: HttpRequest, kind: str) -> HttpResponse:
    """Every accepted agreement as a table."""
    rows = giving_rows(
        awarded(), prefix=settings.GIVING_PREFIX, address=lambda code: address_of("neighbourhoods:place-detail", code)
    )
    return FILES[kind]("grants-360giving", HEADER, rows, sample=settings.DEMO)
