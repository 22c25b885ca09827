"""Elections: what waits before one, for everybody to read, and who declares them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, public, requires
from cwf_portal.core.clock import today
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.languages import translated
from cwf_portal.core.permissions import Permission
from neighbourhoods import selectors
from neighbourhoods.forms import ElectionForm, page_of
from neighbourhoods.services import declare_period, take_period_back


@translated
@public
@require_safe
def election_list(request: HttpRequest) -> HttpResponse:
    """What this portal does before an election, and every one that was declared."""
    page = page_of(selectors.elections(), request.GET.get("page"))
    return render(request, "neighbourhoods/election_list.html", {"page": page, "today": today()})


@requires(Permission.DECLARE_ELECTION)
def election_declare(request: SignedInRequest) -> HttpResponse:
    """Say that nothing new begins somewhere before an election."""
    form = ElectionForm(request.POST or None, areas=selectors.areas_with_elections())
    if request.method == "POST" and form.is_valid():
        try:
            period = declare_period(by=request.user, **form.chosen())
        except NotAllowedError:
            raise
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Declared: {period.name}, {period.area.name}.")
            return redirect("neighbourhoods:election-list")
    return render(request, "neighbourhoods/election_declare.html", {"form": form}, status=400 if form.errors else 200)


@requires(Permission.DECLARE_ELECTION)
def election_take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hold back nothing for an election any more, asked once."""
    period = get_object_or_404(selectors.elections(), pk=pk)
    if request.method == "POST":
        take_period_back(by=request.user, period=period)
        messages.success(request, f"Taken back: {period.name}, {period.area.name}.")
        return redirect("neighbourhoods:election-list")
    return render(request, "neighbourhoods/election_take_back.html", {"period": period})
