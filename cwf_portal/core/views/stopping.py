"""The page behind the link at the end of letters that somebody asked for."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cwf_portal.core.access import public
from cwf_portal.core.languages import translated
from cwf_portal.core.stopping import is_ours, stop_letters


@csrf_exempt  # mail programs press it by themselves, and know no form; the signed link is what entitles
@translated
@public
@require_http_methods(["GET", "HEAD", "POST"])
def letter_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once, since programs that look for viruses open every link; then end it. It shows nothing of anybody."""
    if not is_ours(token):
        raise Http404("This link is not one of ours")
    is_ended = request.method == "POST"
    if is_ended:
        stop_letters(token)
    return render(request, "core/letter_stop.html", {"is_ended": is_ended})
