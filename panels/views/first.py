"""Voting first, without an account: choose, say who you are, check, seal.

Choices and details travel by POST between the pages of one browser, and nothing of them is stored before the seal.
"""

import secrets
from collections.abc import Callable
from functools import wraps

from allauth.core.ratelimit import consume
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cwf_portal.core.access import public
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.forms import small_number
from cwf_portal.core.languages import in_words, translated
from panels import ballot_words, selectors
from panels.ballot_forms import BallotForm
from panels.errors import CardRefusedError, PhaseError
from panels.living_forms import FirstVoterForm
from panels.models import Act, Round
from panels.services import rules_sheet, vote_first
from panels.services.casting import not_open
from panels.views.ballots import Context, paper_context, read_back, with_form

TYPED = ("email", "card", "full_name", "born_on_day", "born_on_month", "born_on_year", "address", "postcode")
MOST_DRAWS = 10**9  # as many as fit into a small number
FirstView = Callable[[HttpRequest, int], HttpResponse]


def _while_open(view: FirstView) -> FirstView:
    """Whoever sends something too early or too late reads when one can vote, and that nothing was stored."""

    @wraps(view)
    def guarded(request: HttpRequest, pk: int) -> HttpResponse:
        round = get_object_or_404(selectors.rounds(), pk=pk)
        phase = round.phase_at(core_now())
        if request.method == "POST" and not phase.permits(Act.CAST):
            return _start_page(request, round, refusal=in_words(PhaseError(not_open(round, phase))))
        return view(request, pk)

    return guarded


@translated
@public
@_while_open
@sensitive_post_parameters()
def vote_first_start(request: HttpRequest, pk: int) -> HttpResponse:
    """What voting first means; then the ballot."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    if request.user.is_authenticated:
        return redirect("panels:vote-start", pk=pk)
    if request.method != "POST":
        return _start_page(request, round)
    context = _ballot(request, round)
    typed = context["paper"].typed_in(request.POST)
    form = BallotForm(initial={"project": typed, "seen": context["draw"]}, paper=context["paper"])
    return render(request, "panels/first_ballot.html", with_form(context, form))


@translated
@public
@require_POST
@_while_open
@sensitive_post_parameters()
def vote_first_who(request: HttpRequest, pk: int) -> HttpResponse:
    """Who votes; first time without a word about what is missing."""
    context = _ballot(request, _round(pk))
    ballot = BallotForm(request.POST, paper=context["paper"])
    if not ballot.is_valid():
        return render(request, "panels/first_ballot.html", with_form(context, ballot), status=400)
    return _ask_who(request, context, ballot, form=FirstVoterForm(_typed(request) or None))


@translated
@public
@require_POST
@_while_open
@sensitive_post_parameters()
def vote_first_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Choices and details read back before the seal."""
    context = _ballot(request, _round(pk))
    ballot = BallotForm(request.POST, paper=context["paper"])
    if not ballot.is_valid():
        return render(request, "panels/first_ballot.html", with_form(context, ballot), status=400)
    form = FirstVoterForm(request.POST)
    if not form.is_valid():
        return _ask_who(request, context, ballot, form=form, status=400)
    context = read_back(context, ballot) | {"form": form, "typed": _typed(request).items()}
    return render(request, "panels/first_check.html", context)


@translated
@public
@require_POST
@_while_open
@sensitive_post_parameters()
def vote_first_cast(request: HttpRequest, pk: int) -> HttpResponse:
    """Seal and store; the receipt is this page, because there is nobody signed in to come back to one."""
    round = _round(pk)
    context = _ballot(request, round)
    ballot, form = BallotForm(request.POST, paper=context["paper"]), FirstVoterForm(request.POST)
    if not ballot.is_valid():
        return render(request, "panels/first_ballot.html", with_form(context, ballot), status=400)
    if not form.is_valid():
        return _ask_who(request, context, ballot, form=form, status=400)
    if refused := _tried_too_often(request, form):
        form.add_error(None, refused)
        return _ask_who(request, context, ballot, form=form, status=429)
    try:
        receipt = vote_first(voter=form.voter(), round=round, choices=ballot.choices)
    except DomainError as error:
        _count_wrong_card(request, error)
        form.add_error(None, in_words(error))
        return _ask_who(request, context, ballot, form=form, status=409)
    context |= {"receipt": receipt, "by_card": bool(form.cleaned_data["card"])}
    return render(request, "panels/first_done.html", context)


def _ask_who(
    request: HttpRequest, context: Context, ballot: BallotForm, *, form: FirstVoterForm, status: int = 200
) -> HttpResponse:
    """The page about the voter, which carries their choices on."""
    context = context | {"form": form, "carried": ballot.carried}
    return render(request, "panels/first_who.html", context, status=status)


def _tried_too_often(request: HttpRequest, form: FirstVoterForm) -> str:
    """Why nothing is looked at now; "" when it may be tried."""
    email = form.cleaned_data["email"].lower()
    if email and not consume(request, action="vote_first_email", key=email):
        return _("Many votes were sent with this email address. Wait an hour, then try again.")
    if email and not consume(request, action="vote_first"):
        return _("Many votes came from this network. Wait an hour, or sign in and vote.")
    if not email and not consume(request, action="card_wrong", dry_run=True):
        return _("That was tried too many times. Wait five minutes, then try again.")
    return ""


def _count_wrong_card(request: HttpRequest, error: DomainError) -> None:
    if isinstance(error, CardRefusedError):
        consume(request, action="card_wrong")


def _round(pk: int) -> Round:
    round: Round = get_object_or_404(selectors.rounds(), pk=pk)
    return round


def _start_page(request: HttpRequest, round: Round, *, refusal: str = "") -> HttpResponse:
    at = core_now()
    context = {
        "round": round,
        "refusal": refusal,
        "has_errors": bool(refusal),
        "is_open": round.permits(Act.CAST, at),
        "is_over": round.voting_closes_at <= at,
    }
    return render(request, "panels/first_start.html", context, status=409 if refusal else 200)


def _ballot(request: HttpRequest, round: Round) -> Context:
    """The projects in the order drawn for this visit; `seen` carries the number drawn through the pages."""
    drawn = small_number(request.POST.get("seen", ""))
    draw = secrets.randbelow(MOST_DRAWS) if drawn is None else drawn
    sheet = rules_sheet(round)
    words, helps = ballot_words.said_by_scripts(), ballot_words.has_helper(round.kind)
    return paper_context(round, sheet, voter=draw) | {"draw": str(draw), "words": words, "has_helper": helps}


def _typed(request: HttpRequest) -> dict[str, str]:
    """What was typed about the person, field by field, to be carried on."""
    return {name: request.POST[name] for name in TYPED if name in request.POST}
