"""How it was decided who starts when: every version, its weights, inputs and close calls. Public."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from cwf_portal.core.access import public
from cwf_portal.core.exports import csv_response
from neighbourhoods import selectors
from neighbourhoods.models import Ranking
from neighbourhoods.presenters.rankings import export_rows, ranking_page


@public
def ranking_detail(request: HttpRequest, version: int | None = None) -> HttpResponse:
    """One version of the ranking, the newest unless the address names one."""
    ranking = ranking_or_404(version) if version is not None else selectors.current_ranking()
    context: dict[str, Any] = {"ranking": ranking, "versions": list(selectors.rankings())}
    if ranking is not None:
        context["page"] = ranking_page(ranking, selectors.ranking_entries(ranking))
    return render(request, "neighbourhoods/ranking_detail.html", context)


@public
def ranking_export(request: HttpRequest, version: int) -> HttpResponse:
    """The same as CSV, with exact inputs: with the published rule anyone can work the starts out again."""
    ranking = ranking_or_404(version)
    header, rows = export_rows(ranking, selectors.ranking_entries(ranking))
    return csv_response(f"ranking-{ranking.version}", header, rows, sample=False)


def ranking_or_404(version: int) -> Ranking:
    ranking = selectors.ranking_version(version)
    if ranking is None:
        raise Http404("There is no ranking of this version")
    return ranking
