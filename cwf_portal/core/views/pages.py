"""Pages of plain text that everybody may read, and the address where there is nothing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import public
from cwf_portal.core.languages import translated


@translated
@public
@require_safe
def page_about(request: HttpRequest) -> HttpResponse:
    """What the fund is and who decides."""
    return render(request, "core/page_about.html")


@translated
@public
@require_safe
def page_accessibility(request: HttpRequest) -> HttpResponse:
    """How far everyone can use the portal, and what to do when somebody cannot."""
    return render(request, "core/page_accessibility.html")


@translated
@public
@require_safe
def page_cookies(request: HttpRequest) -> HttpResponse:
    """The cookies we set, all of them needed."""
    return render(request, "core/page_cookies.html")


@public
@require_safe
def page_licences(request: HttpRequest) -> HttpResponse:
    """Where facts, outlines and code come from, and on what terms."""
    return render(request, "core/page_licences.html")


@translated
@public
@require_safe
def page_vote_secrecy(request: HttpRequest) -> HttpResponse:
    """How a vote stays secret, in plain words, with what cannot be promised."""
    return render(request, "core/page_vote_secrecy.html")


@public
def no_passwords(request: HttpRequest) -> HttpResponse:
    """allauth's pages about passwords: here there are no passwords, so there is no page."""
    raise Http404
