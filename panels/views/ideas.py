"""Ideas for everybody to read, and the support of residents."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, public, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.grids import Grid, square_around
from cwf_portal.core.languages import translated
from cwf_portal.core.permissions import Permission
from panels import idea_presenters, selectors
from panels.idea_forms import IdeaFilterForm
from panels.models import Act, Proposal
from panels.selectors import ideas, moderation, photos
from panels.selectors.projects import funded_projects
from panels.services.ideas import support_idea, take_back_support

PER_PAGE = 20


@translated
@public
@require_safe
def proposal_list(request: HttpRequest, pk: int) -> HttpResponse:
    """All ideas of a vote and what became of them, filtered by address."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    form = IdeaFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    wants_photos = request.GET.get("photos") == "yes"
    page = Paginator(ideas.ideas_of(round, **chosen), PER_PAGE).get_page(request.GET.get("page"))
    first_photos = photos.first_photos(idea.pk for idea in page) if wants_photos else {}
    context = {
        "round": round,
        "form": form,
        "page": page,
        "counted": idea_presenters.count_text(page.paginator.count),
        "rows": idea_presenters.idea_rows(page, first_photos, ideas.excluded_by(page)),
        "wants_photos": wants_photos,
        "has_photos": photos.has_photos(round),
        "is_open": round.permits(Act.PUT_FORWARD, core_now()),
        "has_map": ideas.outline_of(round) is not None,
    }
    return render(request, "panels/proposal_list.html", context)


@translated
@public
@require_safe
def proposal_map(request: HttpRequest, pk: int) -> HttpResponse:
    """Where in the place ideas are: the outline with its squares, and beside it the ideas of each square."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    outline = ideas.outline_of(round)
    if outline is None:
        raise Http404("There is no map of this place.")
    grid, rows = idea_presenters.ideas_by_square(list(ideas.ideas_of(round)), outline)
    return render(request, "panels/proposal_map.html", {"round": round, "grid": grid, "rows": rows})


@translated
@public
@require_safe
def proposal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One idea: what it is, what became of it and why, step by step, and what is said about it."""
    proposal = get_object_or_404(ideas.ideas(), pk=pk)
    user, at, grid = request.user, core_now(), _grid_of(proposal)
    is_mine = proposal.author_id == user.pk
    hiding = moderation.hiding_of(proposal)
    if hiding and not is_mine and not moderation.may_see(user, proposal, at):
        return render(request, "panels/proposal_hidden.html", {"proposal": proposal, "hiding": hiding})
    is_open = hiding is None and proposal.round.permits(Act.SHAPE, at)
    context = {
        "proposal": proposal,
        "hiding": hiding,
        "row": idea_presenters.idea_rows([proposal], excluded=ideas.excluded_by([proposal]))[0],
        "facts": idea_presenters.idea_facts(proposal),
        "steps": idea_presenters.step_rows(ideas.steps_of(proposal)),
        "joined": ideas.joined_with(proposal),
        "is_mine": is_mine,
        "grid": grid,
        "spot": idea_presenters.spot_text(proposal.round.panel.neighbourhood.label, grid),
        "funded": funded_projects().filter(proposal=proposal).first(),
        "can_support": is_open and idea_presenters.support_words(proposal) != "" and not is_mine,
        "supports": user.is_authenticated and ideas.supports(user, proposal),
        "comments": moderation.comments_on(proposal),
        "photos": photos.photos_of(proposal),
        "can_add_photo": is_open and (is_mine or moderation.may_see(user, proposal, at)),
        "can_comment": is_open and moderation.comments_are_on(proposal.round),
    }
    return render(request, "panels/proposal_detail.html", context)


@translated
@requires(Permission.PROPOSE_IDEA)
@require_POST
def proposal_support(request: SignedInRequest, pk: int) -> HttpResponse:
    """Support an idea, or take the support back."""
    proposal = get_object_or_404(Proposal, pk=pk)
    if "take_back" in request.POST:
        take_back_support(by=request.user, proposal=proposal)
        messages.success(request, _("You no longer support this idea."))
    else:
        support_idea(by=request.user, proposal=proposal)
        said = _("You support this idea. This is not a vote: you vote once the ideas are worked out.")
        messages.success(request, said)
    return redirect("panels:proposal-detail", pk=pk)


def _grid_of(proposal: Proposal) -> Grid | None:
    """The outline with the square of this idea, where one was chosen."""
    if proposal.longitude is None or proposal.latitude is None:
        return None
    outline = ideas.outline_of(proposal.round)
    return square_around(outline, float(proposal.longitude), float(proposal.latitude)) if outline else None
