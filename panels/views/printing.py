"""What is printed as PDF: the result on one sheet, the poster of a vote, the ballot."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cwf_portal.core.access import public
from cwf_portal.core.clock import core_now
from cwf_portal.core.paper import can_make_pdf, pdf_of
from cwf_portal.core.qr import qr_code
from panels import paper_presenters, poster_presenters, presenters, selectors
from panels.models import Round
from panels.services import rules_sheet
from panels.views.public import poster_context, published_round


@public
@require_safe
def round_poster(request: HttpRequest, pk: int) -> HttpResponse:
    """The result on one sheet of A4."""
    context = poster_context(request, published_round(pk)) | {"can_make_pdf": can_make_pdf()}
    return render(request, "panels/round_poster.html", context)


@public
@require_safe
def round_poster_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as PDF."""
    context = poster_context(request, published_round(pk))
    return _pdf("panels/round_poster.html", context, name="result", page=reverse("panels:round-poster", args=[pk]))


@public
@require_safe
def vote_poster(request: HttpRequest, pk: int) -> HttpResponse:
    """A poster that says where and until when one can vote."""
    round = get_object_or_404(selectors.rounds().frozen(), pk=pk)
    return render(request, "panels/vote_poster.html", _vote_poster(request, round) | {"can_make_pdf": can_make_pdf()})


@public
@require_safe
def vote_poster_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as PDF."""
    round = get_object_or_404(selectors.rounds().frozen(), pk=pk)
    context = _vote_poster(request, round)
    return _pdf("panels/vote_poster.html", context, name="poster", page=reverse("panels:vote-poster", args=[pk]))


@public
@require_safe
def polling_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The ballot to print, the same for everybody; larger with `?print=large`."""
    return render(request, "panels/polling_paper.html", _paper(request, pk) | {"can_make_pdf": can_make_pdf()})


@public
@require_safe
def polling_paper_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as PDF."""
    context = _paper(request, pk)
    page = reverse("panels:polling-paper", args=[pk]) + ("?print=large" if context["is_large"] else "")
    return _pdf("panels/polling_paper.html", context, name="ballot", page=page)


def _paper(request: HttpRequest, pk: int) -> dict[str, Any]:
    round = get_object_or_404(selectors.rounds().frozen(), pk=pk)
    context = paper_presenters.paper_of(round, rules_sheet(round), selectors.projects_of(round))
    return context | {"is_large": request.GET.get("print") == "large", "over": presenters.why_over(round, core_now())}


def _vote_poster(request: HttpRequest, round: Round) -> dict[str, Any]:
    address = request.build_absolute_uri(reverse("panels:vote-start", args=[round.pk]))
    picture = qr_code(address, f"The address of this vote: {address}")
    over = presenters.why_over(round, core_now())
    invitations = poster_presenters.invitations_to(round)
    return {"round": round, "invitations": invitations, "address": address, "picture": picture, "over": over}


def _pdf(template: str, context: Mapping[str, Any], *, name: str, page: str) -> HttpResponse:
    """The PDF, or the way to the page itself where this computer makes none."""
    if not can_make_pdf():
        return redirect(page)
    response = HttpResponse(pdf_of(template, dict(context)), content_type="application/pdf")
    mark = "sample-" if context["round"].is_sample else ""
    response["Content-Disposition"] = f'inline; filename="{mark}{name}-{context["round"].pk}.pdf"'
    return response
