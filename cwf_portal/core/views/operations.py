from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import public, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.permissions import Permission
from cwf_portal.core.selectors import are_jobs_running, job_runs, letters_given_up, letters_not_sent, stuck_messages
from cwf_portal.core.ticks import job_title, queues


@requires(Permission.VIEW_OPERATIONS)
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """Are the machines keeping up: queues, last runs, messages that failed."""
    at = core_now()
    context = {
        "at": at,
        "queues": queues(at),
        "jobs": [(job_title(run.name), run) for run in job_runs()],
        "stuck": stuck_messages(at)[:50],
        "letters": letters_not_sent(at)[:50] if settings.EMAIL_DELIVERY_BACKEND or not settings.TIME_MACHINE else (),
        "given_up": letters_given_up()[:50],
    }
    return render(request, "core/operations.html", context)


@public
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """For whoever watches the machines: 200 while the database answers and jobs run, else 503. It says nothing more."""
    try:
        is_well = are_jobs_running(core_now())
    except DatabaseError:
        is_well = False
    said, status = ("ok", 200) if is_well else ("not well", 503)
    return HttpResponse(said, status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})
