"""Pages that exist only in the demo: its time machine, and the faults of its bank."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cwf_portal.core.access import public
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.outbox import nudge
from cwf_portal.operations.bank import BankError, SandboxBank
from cwf_portal.operations.bank_faults import FAULTS, UNTIL_OFF, Fault

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


@public
def demo_bank(request: HttpRequest) -> HttpResponse:
    """What the demo's bank can do wrong; a POST switches a fault on, once or until it is switched off, or off."""
    if not settings.DEMO:
        raise Http404
    bank = SandboxBank(settings.BANK_ADDRESS)
    try:
        if request.method == "POST":
            _switch(request, bank)
            return redirect("operations:demo-bank")
        left = bank.faults()
    except BankError as error:
        messages.error(request, str(error))
        left = {}
    faults = [(fault, left.get(fault.kind, 0)) for fault in FAULTS.values()]
    return render(request, "operations/demo_bank.html", {"faults": faults, "until_off": UNTIL_OFF // 2})


def _switch(request: HttpRequest, bank: SandboxBank) -> None:
    fault: Fault | None = FAULTS.get(request.POST.get("fault", ""))
    how = request.POST.get("how", "")
    if fault is None or how not in {"once", "on", "off"}:
        messages.error(request, "Choose a fault and what to do with it.")
    elif how == "off":
        bank.behave(fault.kind)
        messages.success(request, f"“{fault.title}” is off.")
    else:
        bank.misbehave(fault.kind, times=1 if how == "once" else UNTIL_OFF)
        messages.success(
            request, f"“{fault.title}” is on {'for the next time' if how == 'once' else 'until you switch it off'}."
        )
