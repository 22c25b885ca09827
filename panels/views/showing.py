"""Showing where one lives by a code, for residents; letters, cards and documents, for officers."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.addresses import address_of
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.forms import small_number
from cwf_portal.core.languages import in_words, translated
from cwf_portal.core.permissions import Permission
from neighbourhoods.selectors import neighbourhoods_on_target_list
from panels import selectors
from panels.domain.confirm_code import read_code
from panels.forms import ConfirmCodeForm
from panels.letter_presenters import letter_notes, letter_texts
from panels.living_forms import CardOrderForm, DocumentForm, LetterForm, RouteCodeForm
from panels.models import DocumentCheck
from panels.services import (
    ask_for_letter,
    cards_to_print,
    check_document,
    enter_code,
    letters_to_print,
    make_cards,
    notices_to_print,
    post_letters,
    release_cards,
)
from panels.services.letters import LETTER_PENCE


@translated
@requires(Permission.DECLARE_RESIDENCE)
@sensitive_post_parameters()
def living_letter(request: SignedInRequest) -> HttpResponse:
    """Ask for a code by post."""
    form = LetterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_letter(by=request.user, address=form.cleaned_data["address"])
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, _("We will send you a letter with a code. It takes about a week."))
            return redirect("panels:living-here")
    residence = selectors.residence_of(request.user)
    votes = selectors.votes_to_come(residence, core_now()) if residence else ()
    context = {"form": form, "letter_notes": letter_notes(votes, core_now())}
    return render(request, "panels/living_letter.html", context, status=400 if form.errors else 200)


@translated
@requires(Permission.DECLARE_RESIDENCE)
@sensitive_post_parameters()
def living_code(request: SignedInRequest) -> HttpResponse:
    """Type in the code of a letter or card."""
    form = RouteCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            enter_code(by=request.user, typed=form.cleaned_data["code"])
        except DomainError as error:
            form.add_error("code", in_words(error))
        else:
            messages.success(request, _("Thank you. The code is right."))
            return redirect("panels:living-here")
    return render(request, "panels/living_code.html", {"form": form}, status=400 if form.errors else 200)


@requires(Permission.CHECK_RESIDENCE)
@require_safe
def letter_list(request: SignedInRequest) -> HttpResponse:
    """How many letters wait for the post, and what went out."""
    waiting = len(letters_to_print(by=request.user)) + len(notices_to_print(by=request.user))
    context = {"waiting": waiting, "cost_pence": waiting * LETTER_PENCE, "posted": selectors.letters_posted()}
    return render(request, "panels/letter_list.html", context)


@requires(Permission.CHECK_RESIDENCE)
@require_POST
def letter_print(request: SignedInRequest) -> HttpResponse:
    """All waiting letters on paper; the same ones again until they are posted."""
    letters, notices = letters_to_print(by=request.user), notices_to_print(by=request.user)
    count = len(letters) + len(notices)
    texts = letter_texts(address_of("panels:living-code"))
    context = {"letters": letters, "notices": notices, "count": count, "texts": texts}
    return render(request, "panels/letter_print.html", context)


@requires(Permission.CHECK_RESIDENCE)
@require_POST
def letter_posted(request: SignedInRequest) -> HttpResponse:
    """Note that the letters on the printed page are in the post."""
    number = post_letters(by=request.user, letters=_ticked(request, "letter"), notices=_ticked(request, "notice"))
    messages.success(request, f"{number} in the post. Their addresses are erased.")
    return redirect("panels:letter-list")


@requires(Permission.CHECK_RESIDENCE)
def card_list(request: SignedInRequest) -> HttpResponse:
    """Cards for events, and a form for more."""
    places = {place.code: place for place in neighbourhoods_on_target_list()}
    options = [(code, place.label) for code, place in places.items()]
    form = CardOrderForm(request.POST or None, places=options, initial={"submission": str(uuid.uuid4())})
    if request.method == "POST" and form.is_valid():
        try:
            place = places[form.cleaned_data["neighbourhood"]]
            batch = make_cards(by=request.user, neighbourhood=place, order=form.order())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("panels:card-detail", pk=batch.pk)
    context = {"form": form, "batches": selectors.card_batches()}
    return render(request, "panels/card_list.html", context, status=400 if form.errors else 200)


@requires(Permission.JUDGE_ROLL)
@require_safe
def card_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One batch: who made it, who took it over, how many were used."""
    batch = get_object_or_404(selectors.card_batches_for(request.user), pk=pk)
    return render(request, "panels/card_detail.html", {"batch": batch, "is_mine": batch.made_by == request.user})


@requires(Permission.CHECK_RESIDENCE)
@require_POST
def card_print(request: SignedInRequest, pk: int) -> HttpResponse:
    """The cards on paper; possible until they are taken over."""
    batch = get_object_or_404(selectors.card_batches(), pk=pk)
    return render(
        request, "panels/card_print.html", {"batch": batch, "cards": cards_to_print(by=request.user, batch=batch)}
    )


@requires(Permission.JUDGE_ROLL)
@require_POST
def card_release(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take printed cards over; from now on they work."""
    batch = get_object_or_404(selectors.card_batches_for(request.user), pk=pk)
    release_cards(by=request.user, batch=batch)
    messages.success(request, "You have taken these cards over. They work now.")
    return redirect("panels:card-detail", pk=pk)


@requires(Permission.CHECK_RESIDENCE)
def document_check(request: SignedInRequest) -> HttpResponse:
    """Look at a document: the person reads out their code."""
    found, form = ConfirmCodeForm(request.POST or None), DocumentForm(request.POST if "kind" in request.POST else None)
    residence = selectors.residence_of_number(_number(found.cleaned_data["code"])) if found.is_valid() else None
    if found.is_bound and found.is_valid() and residence is None:
        found.add_error("code", "We do not know this code. Check each letter with the person")
    if residence and form.is_valid():
        try:
            kind, is_enough = DocumentCheck.Kind(form.cleaned_data["kind"]), form.cleaned_data["is_enough"] == "yes"
            check_document(by=request.user, residence=residence, kind=kind, is_enough=is_enough)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Noted for {residence.user}. Give the document back.")
            return redirect("panels:document-check")
    context = {"found": found, "form": form, "residence": residence}
    return render(request, "panels/document_check.html", context, status=400 if found.errors or form.errors else 200)


def _number(code: str) -> int:
    """The number of the declaration that a code names; 0 for none."""
    try:
        return read_code(code, settings.PERSON_HMAC_KEY.encode())
    except ValueError:
        return 0


def _ticked(request: SignedInRequest, name: str) -> list[int]:
    """The numbers of the letters on the printed page."""
    return [pk for typed in request.POST.getlist(name) if (pk := small_number(typed)) is not None]
