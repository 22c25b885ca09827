"""The panel looks at its ballot before voters do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.ballot_forms import BallotForm
from panels.services import rules_in_preview
from panels.views.ballots import paper_context, read_back, with_form


@requires(Permission.MANAGE_ROUND)
@sensitive_post_parameters()
def round_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """The ballot as a voter will see it, and the page that reads it back; nothing can be cast here."""
    round = get_object_or_404(selectors.rounds_run_by(request.user, core_now()), pk=pk)
    sheet, projects = rules_in_preview(round)
    if not projects:
        messages.info(request, "There is no project yet. Accept an idea, and it stands on the ballot.")
        return redirect("panels:round-manage", pk=pk)
    context = paper_context(round, sheet, voter=0)
    is_asked = request.method == "POST" and "reckon" not in request.POST
    initial = {"project": context["paper"].typed_in(request.POST), "seen": "0"}
    form = BallotForm(request.POST if is_asked else None, initial=initial, paper=context["paper"])
    if form.is_valid():
        return render(request, "panels/round_preview_check.html", read_back(context, form))
    page = with_form(context, form)
    return render(request, "panels/round_preview.html", page, status=400 if form.errors else 200)
