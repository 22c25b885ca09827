"""Pages that exist only in the demo: its time machine."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cwf_portal.core.access import public
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.outbox import nudge

STEPS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


@public
def demo_clock(request: HttpRequest) -> HttpResponse:
    """What time it is in the demo; a POST moves it forward by a day, a week or a month."""
    if not settings.DEMO:
        raise Http404
    if request.method == "POST":
        step = STEPS.get(request.POST.get("step", ""))
        if step is None:
            messages.error(request, "Choose a day, a week or a month.")
        else:
            messages.success(request, f"It is now {moment_text(advance_clock(by=step))} in the demo.")
            nudge()
        return redirect("operations:demo-clock")
    return render(request, "operations/demo_clock.html", {"at": core_now(), "steps": STEPS})
