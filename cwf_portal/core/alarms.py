"""What must not be overlooked: every room registers a function, home and desk pages show what they say in red."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.defaultfilters import pluralize
from django.urls import reverse

from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.permissions import Permission, has_permission
from cwf_portal.core.selectors import forgotten_messages, job_runs, jobs_in_trouble, letters_not_sent
from cwf_portal.core.ticks import job_names, job_title

if TYPE_CHECKING:
    from cwf_portal.core.models import JobRun, User


@dataclass(frozen=True)
class Alarm:
    """One red banner: what is the matter in a few words, what about it, and where to act."""

    title: str
    detail: str
    url: str


Source = Callable[["User"], list[Alarm]]
_sources: list[Source] = []


def register_alarm(source: Source) -> Source:
    """Register a room's `alarms(user)`; it asks the database little, because it stands on many pages."""
    if source not in _sources:
        _sources.append(source)
    return source


def alarms_for(user: "User") -> list[Alarm]:
    """Every alarm that concerns the person, in the order in which the rooms registered."""
    return [alarm for source in _sources for alarm in source(user)]


@register_alarm
def machines(user: "User") -> list[Alarm]:
    """For whoever sees the machines: messages between rooms that did not arrive, so that none is forgotten."""
    if not has_permission(user, Permission.VIEW_OPERATIONS):
        return []
    some = list(forgotten_messages(core_now())[:11])
    if not some:
        return []
    first = some[0]
    return [
        Alarm(
            title=f"{_up_to_ten(some)} message{pluralize(len(some))} between rooms did not arrive",
            detail=f"The oldest, “{first.topic}”, waits since {moment_text(first.emitted_at)}. What should follow "
            "from it has not happened yet; it is kept until it has.",
            url=reverse("core:operations"),
        )
    ]


@register_alarm
def jobs(user: "User") -> list[Alarm]:
    """For whoever sees the machines: jobs that fail at every tick or that nobody runs any more."""
    if not has_permission(user, Permission.VIEW_OPERATIONS):
        return []
    some = list(jobs_in_trouble(core_now(), job_names())[:11])
    if some:
        return [_of_jobs(some)]
    if settings.TIME_MACHINE or job_runs().exists():
        return []
    return [
        Alarm(
            title="No job has ever run",
            detail="Payments, letters and figures wait. A worker and a beat must run beside the web process.",
            url=reverse("core:operations"),
        )
    ]


def _of_jobs(some: "list[JobRun]") -> Alarm:
    first = next((run for run in some if run.error), some[0])
    how = f"failed ({first.error})" if first.error else f"ran last at {moment_text(first.finished_at)}"
    return Alarm(
        title=f"{_up_to_ten(some)} job{pluralize(len(some))} of the portal do{pluralize(len(some), 'es,')} not run",
        detail=f"“{job_title(first.name)}” {how}. What it should do waits; the worker’s log says why.",
        url=reverse("core:operations"),
    )


@register_alarm
def letters(user: "User") -> list[Alarm]:
    """For whoever sees the machines: messages that did not leave, sign-in codes among them. The demo sends none."""
    are_sent = settings.EMAIL_DELIVERY_BACKEND or not settings.TIME_MACHINE
    if not are_sent or not has_permission(user, Permission.VIEW_OPERATIONS):
        return []
    some = list(letters_not_sent(core_now())[:11])
    if not some:
        return []
    why = next((letter.last_error for letter in some if letter.last_error), "")
    return [
        Alarm(
            title=f"{_up_to_ten(some)} message{pluralize(len(some))} could not be sent",
            detail=f"The oldest waits since {moment_text(some[0].queued_at)}. "
            + (
                f"The mail server’s last word: {why}. "
                if why
                else "The mail server does not answer, or none is named. "
            )
            + "Nobody can sign in with a code that does not arrive.",
            url=reverse("core:operations"),
        )
    ]


def _up_to_ten(some: list[Any]) -> str:
    """How many, of eleven asked for."""
    return str(min(len(some), 10)) + ("" if len(some) < 11 else " or more")
