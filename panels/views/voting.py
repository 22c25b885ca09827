"""Putting ideas forward, and voting: ballot, check, receipt.

The choice travels by POST between the pages of one voter's browser. It is never put into a session, a message, an
address or a log.
"""

import uuid
from contextlib import suppress
from functools import partial

from allauth.core.ratelimit import consume
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.grids import grid
from cwf_portal.core.languages import in_words, told, translated
from cwf_portal.core.permissions import Permission
from cwf_portal.core.said import Named
from panels import ballot_words, drafts, receipt_presenters, selectors
from panels.ballot_cards import cards_of
from panels.ballot_forms import BallotForm, Paper
from panels.errors import NotOnRollError
from panels.forms import IdeaForm, MobileForm, SealedBallotForm
from panels.models import Act, Round
from panels.selectors import Booth
from panels.selectors.ideas import outline_of
from panels.selectors.rounds import OwnBallot
from panels.services import (
    Receipt,
    cast_at_once,
    cast_ballot,
    cast_sealed_ballot,
    enrol,
    mail_receipt,
    receipt_of,
    rules_sheet,
    submit_proposal,
    text_receipt,
)
from panels.views.ballots import Context, paper_context, read_back, with_form
from panels.views.limits import check_how_often
from panels.views.starting import refused_at_the_start

TOO_OFTEN = gettext_noop("You have asked for your receipt many times. Wait an hour, or write the code down.")
REPLAYED = gettext_noop("A ballot of yours was already in the box. It was not changed by this form.")


@translated
@requires(Permission.CAST_BALLOT)
@refused_at_the_start
@sensitive_post_parameters()
def vote_ballot(request: SignedInRequest, pk: int) -> HttpResponse:
    """The ballot in the order drawn for this voter; coming back from the check, with the choices as they were."""
    if request.method != "POST":
        return redirect("panels:vote-start", pk=pk)
    booth = _booth(request, pk)
    context = _ballot(booth)
    paper = context["paper"]
    seen = request.POST.get("seen") or str(booth.times_cast)
    kept = drafts.marks_in(request, by=request.user, round=booth.round, codes=paper.codes)
    typed = paper.typed_in(request.POST) or paper.typed_from(kept)
    form = BallotForm(initial={"project": typed, "seen": seen}, paper=paper)
    return render(request, "panels/vote_ballot.html", with_form(context, form))


@translated
@requires(Permission.CAST_BALLOT)
@refused_at_the_start
@sensitive_post_parameters()
def vote_check(request: SignedInRequest, pk: int) -> HttpResponse:
    """The choices read back before they are sealed."""
    if request.method != "POST":
        return redirect("panels:vote-start", pk=pk)
    booth = _booth(request, pk)
    context = _ballot(booth)
    if "save" in request.POST and drafts.can_be_kept():
        return _put_aside(request, booth.round, context["paper"])
    form = BallotForm(request.POST, paper=context["paper"])
    if not form.is_valid():
        return render(request, "panels/vote_ballot.html", with_form(context, form), status=400)
    seen = {"seen": form.cleaned_data["seen"]}
    return render(request, "panels/vote_check.html", read_back(context, form) | seen)


@translated
@requires(Permission.CAST_BALLOT)
@require_POST
@refused_at_the_start
@sensitive_post_parameters()
def vote_cast(request: SignedInRequest, pk: int) -> HttpResponse:
    """Seal and store. A form sent twice leads to the receipt of the first."""
    known = selectors.known_round(pk)
    if known and _cast_at_once(request, known):
        return drafts.forget(redirect("panels:vote-receipt", pk=pk), known)
    round = _read_round(pk)
    form = BallotForm(request.POST, paper=_frozen_paper(round))
    if not form.is_valid():
        return _ballot_again(request, round)
    try:
        receipt = _cast(request, round, form)
    except DomainError as error:
        return _ballot_again(request, round, refusal=in_words(error))
    if receipt.was_replayed:
        messages.info(request, _(REPLAYED))
    return drafts.forget(redirect("panels:vote-receipt", pk=pk), round)


@translated
@requires(Permission.CAST_BALLOT)
@require_POST
@refused_at_the_start
def vote_cast_sealed(request: SignedInRequest, pk: int) -> HttpResponse:
    """Store what the voter's browser has sealed."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    enrol(by=request.user, round=round)
    form = SealedBallotForm(request.POST)
    sealed, seen = form.ballot() if form.is_valid() else (b"", -1)
    receipt = cast_sealed_ballot(by=request.user, round=round, sealed=sealed, seen_version=seen)
    if receipt.was_replayed:
        messages.info(request, _(REPLAYED))
    return drafts.forget(redirect("panels:vote-receipt", pk=pk), round)


@translated
@requires(Permission.CAST_BALLOT)
@require_safe
def vote_receipt(request: SignedInRequest, pk: int) -> HttpResponse:
    """Proof of the ballot in the box, without its content."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    ballot = selectors.own_ballot(request.user, round)
    if ballot is None:
        return redirect("panels:vote-start", pk=pk)
    return render(request, "panels/vote_receipt.html", _receipt_context(round, ballot, form=MobileForm()))


@translated
@requires(Permission.CAST_BALLOT)
@require_POST
def vote_receipt_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The receipt by email, for those who ask."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    if consume(request, action="receipt", key=str(request.user.pk)):
        mail_receipt(by=request.user, round=round)
        messages.success(request, _("The receipt is on its way to {address}.").format(address=request.user.email))
    else:
        messages.error(request, _(TOO_OFTEN))
    return redirect("panels:vote-receipt", pk=pk)


@translated
@requires(Permission.CAST_BALLOT)
@require_POST
@sensitive_post_parameters()
def vote_receipt_text(request: SignedInRequest, pk: int) -> HttpResponse:
    """The receipt code to a mobile number, for those who ask."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    form = MobileForm(request.POST)
    if not form.is_valid():
        return _receipt_again(request, round, form, status=400)
    if not consume(request, action="receipt", key=str(request.user.pk)):
        return _receipt_again(request, round, form, refusal=_(TOO_OFTEN), status=429)
    try:
        text_receipt(by=request.user, round=round, number=form.cleaned_data["number"])
    except DomainError as error:
        return _receipt_again(request, round, form, refusal=in_words(error), status=409)
    messages.success(request, _("The code is on its way to your phone."))
    return redirect("panels:vote-receipt", pk=pk)


@translated
@requires(Permission.CAST_BALLOT)
@require_safe
def vote_history(request: SignedInRequest) -> HttpResponse:
    """Every ballot of this person that is in a box: its receipt code, never its content."""
    rows = receipt_presenters.receipt_rows(selectors.votes_cast_by(request.user))
    return render(request, "panels/vote_history.html", {"rows": rows})


@translated
@requires(Permission.PROPOSE_IDEA)
def proposal_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put an idea forward."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    outline = outline_of(round)
    map_grid = grid(outline) if outline else None
    squares = map_grid.squares if map_grid else ()
    form = IdeaForm(request.POST or None, initial={"submission": str(uuid.uuid4())}, squares=squares)
    if request.method == "POST" and form.is_valid():
        try:
            check_how_often(request, "idea")
            proposal = submit_proposal(by=request.user, round=round, idea=form.idea())
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            said = told("Thank you. “{idea}” is now on the list of ideas.", idea=Named(proposal.title))
            messages.success(request, said)
            return redirect("panels:proposal-detail", pk=proposal.pk)
    is_open = round.permits(Act.PUT_FORWARD, core_now())
    context = {"round": round, "form": form, "is_open": is_open, "grid": map_grid}
    return render(request, "panels/proposal_new.html", context, status=400 if form.errors else 200)


def _receipt_context(round: Round, ballot: OwnBallot, *, form: MobileForm) -> Context:
    receipt = receipt_of(round, ballot.leaf, ballot.version)
    return {
        "round": round,
        "receipt": receipt,
        "leaf": receipt.leaf.hex(),
        "promise": receipt.promise.hex(),
        "is_open": round.permits(Act.CAST, core_now()) and not ballot.set_aside,
        "is_pending": ballot.is_pending,
        "set_aside": ballot.set_aside,
        "is_in_log": ballot.is_in_log,
        "form": form if settings.SMS_OFFERED or form.is_bound else None,
    }


def _receipt_again(
    request: SignedInRequest, round: Round, form: MobileForm, *, refusal: str = "", status: int
) -> HttpResponse:
    """The receipt with what is wrong with what was asked for."""
    ballot = selectors.own_ballot(request.user, round)
    if ballot is None:
        return redirect("panels:vote-start", pk=round.pk)
    if refusal:
        form.add_error(None, refusal)
    context = _receipt_context(round, ballot, form=form)
    return render(request, "panels/vote_receipt.html", context, status=status)


def _booth(request: SignedInRequest, pk: int) -> Booth:
    """What there is to know before somebody chooses; they are put on the list now if need be."""
    return selectors.booth_of(request.user, pk) or _enter_booth(request, _read_round(pk))


def _enter_booth(request: SignedInRequest, round: Round) -> Booth:
    entry = enrol(by=request.user, round=round)
    return Booth(round, entry.pk, selectors.times_cast(request.user, round))


def _ballot(booth: Booth) -> Context:
    """The projects in this voter's order, and what is said about them."""
    context = paper_context(booth.round, rules_sheet(booth.round), voter=booth.entry)
    words, helps = ballot_words.said_by_scripts(), ballot_words.has_helper(booth.round.kind)
    return context | {"can_save": drafts.can_be_kept(), "words": words, "has_helper": helps}


def _read_round(pk: int) -> Round:
    round: Round = get_object_or_404(selectors.rounds(), pk=pk)
    selectors.remember_round(round)
    return round


def _frozen_paper(round: Round) -> Paper:
    """The ballot to check a form against: in the order of the rules, so that nothing of the voter need be read."""
    sheet = rules_sheet(round)
    return Paper(sheet.ballot, sheet.project_ids, cards_of(sheet))


def _cast_at_once(request: SignedInRequest, round: Round) -> Receipt | None:
    """The receipt, where nothing has to be asked before the ballot is stored; whatever is unusual goes the long way."""
    with suppress(DomainError):
        form = BallotForm(request.POST, paper=_frozen_paper(round))
        if form.is_valid():
            seen = form.cleaned_data["seen"]
            return cast_at_once(by=request.user, round=round, choices=form.choices, seen_version=seen)
    return None


def _cast(request: SignedInRequest, round: Round, form: BallotForm) -> Receipt:
    """Into the box; somebody who came straight here is put on the list first."""
    cast = partial(
        cast_ballot, by=request.user, round=round, choices=form.choices, seen_version=form.cleaned_data["seen"]
    )
    try:
        return cast()
    except NotOnRollError:
        enrol(by=request.user, round=round)
        return cast()


def _ballot_again(request: SignedInRequest, round: Round, *, refusal: str = "") -> HttpResponse:
    """The voter's own ballot with what they chose, and what is wrong with it."""
    context = _ballot(_enter_booth(request, round))
    form = BallotForm(request.POST, paper=context["paper"])
    if form.is_valid():
        form.add_error(None, refusal)
    return render(request, "panels/vote_ballot.html", with_form(context, form), status=409 if refusal else 400)


def _put_aside(request: SignedInRequest, round: Round, paper: Paper) -> HttpResponse:
    """Back to the start with the choices on the voter's device; nothing of them stays here."""
    messages.success(
        request, _("Your choices stay on this device until you close the browser. You have not voted yet.")
    )
    response = redirect("panels:vote-start", pk=round.pk)
    marks = paper.numbers_of(paper.typed_in(request.POST))
    return drafts.keep(response, by=request.user, round=round, marks=marks, codes=paper.codes)
