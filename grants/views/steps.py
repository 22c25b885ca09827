"""What the forms of all steps share: try the service, show its refusal in the form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.forms import GovForm

SEEN_LENGTH = 16


@dataclass(frozen=True)
class StepPage:
    """A page with one form: what it is about, what it does, and where one goes after it."""

    title: str
    button: str
    back: str
    done: str
    intro: str = ""
    rows: list[tuple[str, object]] = field(default_factory=list)
    button_kind: str = ""
    other: tuple[str, str] | None = None  # another way out: its words and address

    @property
    def seen(self) -> str:
        """A mark of what stands on the page: whoever sends the form says with it what they have read."""
        said = [self.title, str(self.intro), *(f"{key}: {value}" for key, value in self.rows)]
        return sha256("\n".join(said).encode()).hexdigest()[:SEEN_LENGTH]


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, even where it is empty; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def take_step(request: HttpRequest, form: GovForm, page: StepPage, *, act: Callable[[], object]) -> HttpResponse:
    """Show the form; on POST do it and go back. What the service refuses stands in the form, as entered.

    Nobody confirms what they have not read: where the page says something else than when it was opened, it is shown
    again. (Forms of programs that send no mark are taken as they are: the mark helps whoever sends it.)

    Raises:
        NotAllowedError: The person may not do this at all; a page of its own says so.
    """
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("seen", page.seen) != page.seen:
                raise ConflictError("This page has changed since you opened it.", mend="Read it again, then go on.")
            act()
        except NotAllowedError:
            raise
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, page.done)
            return redirect(page.back)
    return render(request, "grants/step.html", {"form": form, "page": page}, status=400 if form.errors else 200)
