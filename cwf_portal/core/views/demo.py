"""Pages that exist only in the demo: signing in as one of its people, and reading their messages."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import public
from cwf_portal.core.fresh import note_sign_in
from cwf_portal.core.selectors import latest_messages, sample_people


def _only_in_demo() -> None:
    if not settings.DEMO:
        raise Http404


@public
def demo_sign_in(request: HttpRequest, slug: str = "") -> HttpResponse:
    """List the demo's people, or one of them; a POST signs in as that person."""
    _only_in_demo()
    people = sample_people()
    if slug:
        people = people.filter(sample_slug=slug)
        get_object_or_404(people)
    if request.method == "POST":
        user = get_object_or_404(people, sample_slug=slug)
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        note_sign_in(request, user, "demo")
        return redirect("core:home")
    return render(request, "core/demo_sign_in.html", {"people": people, "chosen": slug})


@public
@require_safe
def demo_messages(request: HttpRequest) -> HttpResponse:
    """The e-mails and text messages that the portal would have sent, newest first."""
    _only_in_demo()
    return render(request, "core/demo_messages.html", {"messages_sent": latest_messages()})
