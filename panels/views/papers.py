"""Papers of a polling day: envelopes opened together, papers entered by two, compared and sealed.

What a paper says travels by POST only, and is in no session, message or address.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import paper_presenters, selectors
from panels.models import PaperBatch
from panels.paper_forms import CountPapersForm, PaperForm, ReleaseForm
from panels.selectors import paper
from panels.services import compare_batch, count_batch, key_paper, open_batch, release_keyer, rules_sheet
from panels.views.polling import round_of_polling


@requires(Permission.RUN_POLLING)
@require_POST
def batch_open(request: SignedInRequest, pk: int) -> HttpResponse:
    """Open the envelopes that wait, together."""
    batch = open_batch(by=request.user, round=round_of_polling(request, pk))
    return redirect("panels:batch-detail", pk=pk, number=batch.number)


@requires(Permission.RUN_POLLING)
def batch_detail(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """One batch: count its papers, then see who enters them and how far they are."""
    batch = _batch(request, pk, number)
    form = CountPapersForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            counted = count_batch(by=request.user, batch=batch, **form.cleaned_data)
            if counted.papers_count is None:
                messages.warning(request, "You and the other person counted differently. Both of you count again.")
            return redirect("panels:batch-detail", pk=pk, number=number)
        except DomainError as error:
            form.add_error(None, str(error))
    facts = paper_presenters.batch_facts(batch, paper.entered_counts(batch))
    context = {"round": batch.round, "batch": batch, "form": form, "facts": facts}
    context["is_counted_by_me"] = batch.counted_by_id == request.user.pk
    context["others"] = paper.others_entering(batch, request.user)
    context["next"] = paper.next_paper(batch, request.user)
    return render(request, "panels/batch_detail.html", context, status=400 if form.errors else 200)


@requires(Permission.RUN_POLLING)
@sensitive_post_parameters()
def batch_key(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Enter one paper after the other."""
    batch = _batch(request, pk, number)
    current = paper.next_paper(batch, request.user)
    if current is None:
        return redirect("panels:batch-detail", pk=pk, number=number)
    form = _paper_form(request, batch, current)
    if request.method == "POST" and form.is_valid():
        try:
            key_paper(by=request.user, batch=batch, number=form.cleaned_data["number"], choices=form.choices())
            return redirect("panels:batch-key", pk=pk, number=number)
        except DomainError as error:
            form.add_error(None, str(error))
    shown = getattr(form, "cleaned_data", {}).get("number", current)
    context = {"round": batch.round, "batch": batch, "form": form, "paper_number": shown}
    return render(request, "panels/batch_key.html", context, status=400 if form.errors else 200)


@requires(Permission.RUN_POLLING)
@require_POST
def batch_compare(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Compare what both entered; seal the papers when nothing differs."""
    differing = compare_batch(by=request.user, batch=_batch(request, pk, number))
    if differing:
        numbers = ", ".join(map(str, differing))
        messages.warning(request, f"Look at these together, then each of you enters them again: paper {numbers}.")
    else:
        messages.success(request, "Both of you entered the same. The papers are sealed and in the box.")
    return redirect("panels:batch-detail", pk=pk, number=number)


@requires(Permission.RUN_POLLING)
def batch_release(request: SignedInRequest, pk: int, number: int, *, keyer: int) -> HttpResponse:
    """Somebody else takes over from a person who stopped entering papers; a reason is kept."""
    batch = _batch(request, pk, number)
    person = next((one for one in (batch.first_keyer, batch.second_keyer) if one and one.pk == keyer), None)
    if person is None:
        return redirect("panels:batch-detail", pk=pk, number=number)
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            release_keyer(by=request.user, batch=batch, keyer=person, reason=form.cleaned_data["reason"])
            return redirect("panels:batch-detail", pk=pk, number=number)
        except DomainError as error:
            form.add_error(None, str(error))
    context = {"round": batch.round, "batch": batch, "form": form, "person": person}
    return render(request, "panels/batch_release.html", context, status=400 if form.errors else 200)


def _batch(request: SignedInRequest, pk: int, number: int) -> PaperBatch:
    round = round_of_polling(request, pk)
    return get_object_or_404(paper.batches_of(round), number=number)


def _paper_form(request: SignedInRequest, batch: PaperBatch, current: int) -> PaperForm:
    options = paper_presenters.paper_options(selectors.projects_of(batch.round))
    kind = rules_sheet(batch.round).ballot.kind
    return PaperForm(request.POST or None, initial={"number": str(current)}, options=options, kind=kind)
