"""Where a vote begins for one resident: what it is about, what they can do there, and why something was refused."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.languages import in_words, translated
from cwf_portal.core.permissions import Permission
from panels import ballot_presenters, drafts, selectors
from panels.errors import BallotRefusedError, NotOnRollError, PhaseError
from panels.models import Act, Residence, Round
from panels.services import receipt_for
from panels.services.casting import is_too_young, too_young

BallotView = Callable[[SignedInRequest, int], HttpResponse]


@translated
@requires(Permission.CAST_BALLOT)
@require_safe
def vote_start(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the vote is about, and whether a ballot is in the box already."""
    return _start_page(request, pk)


def refused_at_the_start(view: BallotView) -> BallotView:
    """A ballot that cannot be taken leads to the start of the vote, which says why and what stands all the same.

    Whoever comes too late reads there when voting closed and that their earlier ballot is in the box.
    """

    @wraps(view)
    def guarded(request: SignedInRequest, pk: int) -> HttpResponse:
        try:
            return view(request, pk)
        except (BallotRefusedError, NotOnRollError, PhaseError) as error:
            return _start_page(request, pk, refusal=in_words(error))

    return guarded


def _start_page(request: SignedInRequest, pk: int, *, refusal: str = "") -> HttpResponse:
    round = get_object_or_404(selectors.rounds(), pk=pk)
    at = core_now()
    residence = selectors.residence_of(request.user)
    context = {
        "round": round,
        "refusal": refusal,
        "has_errors": bool(refusal),
        "is_open": round.permits(Act.CAST, at),
        "is_over": round.voting_closes_at <= at,
        "phase": round.phase_at(at).label,
        "receipt": receipt_for(user=request.user, round=round),
        "residence": residence,
        "lives_elsewhere": residence is not None and _lives_elsewhere(residence, round, at),
        "too_young": too_young(round) if residence and is_too_young(residence, round, at) else None,
        "limits": ballot_presenters.limits_of(round),
        "is_pending": selectors.is_pending(request.user, round),
        "has_draft": drafts.has_draft(request, round),
        "is_elsewhere": selectors.voted_elsewhere(request.user, round),
        "is_on_paper": selectors.has_voted_on_paper(request.user, round),
    }
    return render(request, "panels/vote_start.html", context, status=409 if refusal else 200)


def _lives_elsewhere(residence: Residence, round: Round, at: datetime) -> bool:
    """True for somebody of another place, but for whoever was put on the list of this vote."""
    if residence.neighbourhood_id == round.panel.neighbourhood_id:
        return False
    return round.pk not in {vote.round.pk for vote in selectors.open_votes_for(residence.user, at)}
