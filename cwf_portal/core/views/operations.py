from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.permissions import Permission
from cwf_portal.core.selectors import job_runs, letters_given_up, letters_not_sent, stuck_messages
from cwf_portal.core.ticks import waiting_counts


@requires(Permission.VIEW_OPERATIONS)
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """Are the machines keeping up: queues, last runs, messages that failed."""
    at = core_now()
    context = {
        "at": at,
        "queues": waiting_counts(at),
        "jobs": job_runs(),
        "stuck": stuck_messages(at)[:50],
        "letters": letters_not_sent(at)[:50] if settings.EMAIL_DELIVERY_BACKEND or not settings.TIME_MACHINE else (),
        "given_up": letters_given_up()[:50],
    }
    return render(request, "core/operations.html", context)
