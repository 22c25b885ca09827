"""Pages for what went wrong before a view could answer, in the language that the visitor chose.

No view has begun then, or it has ended, so nothing else has chosen a language. Nothing is looked up: these pages must
work when little else does.
"""

from secrets import token_hex

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import override

from cwf_portal.core.languages import chosen_language, language_now

API = "/api/"
FAULT_CODE_BYTES = 4


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What was sent cannot be read."""
    return _plain(request, "400.html", status=400)


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was not one of ours, or the browser keeps no cookies."""
    return _plain(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is nothing at this address; a program is told so in what it reads."""
    if request.path.startswith(API):
        return JsonResponse({"detail": "There is nothing at this address."}, status=404)
    with override(chosen_language(request)):
        return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The fault is ours. Its code is written into the log, so that whoever met it can be helped."""
    code = token_hex(FAULT_CODE_BYTES)
    request.fault_code = code  # type: ignore[attr-defined]
    return _plain(request, "500.html", status=500, fault_code=code)


def _plain(request: HttpRequest, template: str, *, status: int, **told: str) -> HttpResponse:
    with override(chosen_language(request)):
        return HttpResponse(render_to_string(template, {"language": language_now(), **told}), status=status)
