"""The red switch: who stopped what and why, and the two people who let it go on."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.permissions import Permission
from grants import services
from grants.forms import ConfirmStepForm, ReasonForm
from grants.forms.payments import PauseForm
from grants.models import Pause
from grants.selectors.pauses import pauses, stopped_files
from grants.views.steps import StepPage, posted, take_step


@requires(Permission.VIEW_RUNS)
@require_safe
def pause_list(request: SignedInRequest) -> HttpResponse:
    """What is paused now, and every pause there was."""
    context = {
        "now": pauses().open(),
        "files": stopped_files(),
        "past": pauses().exclude(lifted_at=None)[:50],
    }
    return render(request, "grants/pause_list.html", context)


@requires(Permission.PAUSE_PAYMENTS)
def pause_press(request: SignedInRequest) -> HttpResponse:
    """Stop payments at once."""
    form = PauseForm(posted(request))
    page = StepPage(
        title="Pause payments",
        button="Pause now",
        button_kind="warning",
        back=reverse("grants:pause-list"),
        done="Paused. Nothing of it leaves until two people let it go on.",
        intro="This stops claims, releases and files for the bank at once. What the bank has already stays with the "
        "bank. You press alone; two people together let payments go on.",
    )

    def act() -> None:
        services.pause_payments(by=request.user, reason=form.cleaned_data["reason"], **form.target())

    return take_step(request, form, page, act=act)


def _rows(pause: Pause) -> list[tuple[str, object]]:
    return [
        ("What", str(pause)),
        ("Why", pause.reason),
        ("Paused by", f"{pause.placed_by}, {moment_text(pause.placed_at)}"),
    ]


@requires(Permission.PAUSE_PAYMENTS)
def pause_ask(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask to let payments go on."""
    pause = get_object_or_404(pauses(), pk=pk)
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Let these payments go on?",
        button="Ask to let them go on",
        back=reverse("grants:pause-list"),
        done="Asked. Somebody else agrees, and payments go on.",
        rows=_rows(pause),
    )

    def act() -> None:
        services.ask_to_lift(by=request.user, pause=pause, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


@requires(Permission.PAUSE_PAYMENTS, fresh=True)
def pause_lift(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree that payments go on."""
    pause = get_object_or_404(pauses().exclude(lift_asked_by=None), pk=pk)
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title="Let these payments go on",
        button="Let them go on",
        back=reverse("grants:pause-list"),
        done="Payments go on with the next look of the portal, a minute at most.",
        rows=[*_rows(pause), ("Asked by", pause.lift_asked_by), ("What has changed", pause.lift_reason)],
    )

    def act() -> None:
        services.lift_pause(by=request.user, pause=pause)

    return take_step(request, form, page, act=act)
