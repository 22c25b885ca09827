"""The three keys of a vote: who keeps them, how each is made, and how two of them open the box.

A private key is in an answer once, when this site makes it, and in one request once, when it opens the box. It is never
in a session, a message, an address or a log.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from cwf_portal.core.access import SignedInRequest, requires, signed_in
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from cwf_portal.core.qr import qr_code
from panels import key_presenters, selectors
from panels.key_forms import FoundForm, KeeperForm, LineBackForm, LostKeyForm, OpenBoxForm, PublicKeyForm
from panels.models import Keeper, Round
from panels.services import (
    appoint_keeper,
    confirm_key,
    fingerprint_of,
    make_key,
    name_opening_set,
    open_box,
    register_key,
    report_lost_key,
    rules_sheet,
    still_have_key,
)


@requires(Permission.APPOINT_KEEPER)
def round_keepers(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who keeps the keys; until the vote is fixed, naming them."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    sent = request.POST if request.method == "POST" else None
    forms = {body: KeeperForm(_if_sent(sent, body), body=body) for body in Keeper.Body}
    for body, form in forms.items():
        if form.is_bound and form.is_valid():
            try:
                appoint_keeper(by=request.user, round=round, body=body, email=form.cleaned_data["email"])
                messages.success(request, "The keeper is named, and has an email about it.")
                return redirect("panels:round-keepers", pk=pk)
            except DomainError as error:
                form.add_error("email", str(error))
    return _keepers_page(request, round, forms)


@requires(Permission.APPOINT_KEEPER)
@require_POST
def keeper_lost(request: SignedInRequest, pk: int, body: int) -> HttpResponse:
    """A keeper cannot use their key any more and does not say so themselves: somebody else does."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    keeper = get_object_or_404(selectors.keepers_of(round), body=body)
    form = LostKeyForm(request.POST, prefix=f"lost{body}")
    if form.is_valid():
        which, note = Keeper.Body(keeper.body), form.cleaned_data["lost_note"]
        try:
            report_lost_key(by=request.user, round=round, body=which, note=note)
        except DomainError as error:
            form.add_error("lost_note", str(error))
        else:
            messages.success(request, "Noted. It now stands on the page of the vote, and the keeper is told.")
            return redirect("panels:round-keepers", pk=pk)
    return _keepers_page(request, round, {body: KeeperForm(None, body=body) for body in Keeper.Body}, lost={body: form})


@signed_in
def key_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """A keeper's own page: make the key, or look what it is for."""
    return _key_page(request, _own_key(request, pk), status=200)


@signed_in
@require_POST
@sensitive_post_parameters()
@sensitive_variables("shown")
def key_make(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a key here and show it this once."""
    keeper = _own_key(request, pk)
    shown = make_key(by=request.user, round=keeper.round)
    context = {
        "round": keeper.round,
        "shown": shown,
        "lines": enumerate(shown.sheet.lines, start=1),
        "qr": qr_code(shown.sheet.text, "The same four lines, to be read by a phone"),
        "form": LineBackForm(initial={"note": shown.note}),
    }
    return render(request, "panels/key_sheet.html", context)


@signed_in
@require_POST
@sensitive_post_parameters()
def key_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Line 2 typed back: the sheet is on paper, and the public key is noted."""
    keeper = _own_key(request, pk)
    form = LineBackForm(request.POST)
    if form.is_valid():
        try:
            confirm_key(by=request.user, round=keeper.round, note=form.cleaned_data["note"], line=form.typed)
        except DomainError as error:
            form.add_error("line", str(error))
        else:
            messages.success(request, "Your key is noted. Put the sheet where nobody but you finds it.")
            return redirect("panels:key-detail", pk=pk)
    context = {"round": keeper.round, "form": form, "fingerprint": fingerprint_of(request.POST.get("note", ""))}
    return render(request, "panels/key_confirm.html", context, status=400)


@signed_in
@require_POST
def key_register(request: SignedInRequest, pk: int) -> HttpResponse:
    """The public half of a key made with the one-file tool, or in the keeper's own browser."""
    keeper = _own_key(request, pk)
    form = PublicKeyForm(request.POST)
    if form.is_valid():
        try:
            public, made_with = form.cleaned_data["public_key"], form.made_with()
            register_key(by=request.user, round=keeper.round, public_key=public, made_with=made_with)
        except DomainError as error:
            form.add_error("public_key", str(error))
        else:
            messages.success(request, "Your public key is noted. Compare its fingerprint with your sheet.")
            return redirect("panels:key-detail", pk=pk)
    return _key_page(request, keeper, status=400, public_form=form)


@signed_in
@require_POST
def key_lost(request: SignedInRequest, pk: int) -> HttpResponse:
    """A sheet is lost: everybody reads it, and with the second one the vote is annulled."""
    keeper = _own_key(request, pk)
    form = LostKeyForm(request.POST)
    if form.is_valid():
        note, body = form.cleaned_data["lost_note"], Keeper.Body(keeper.body)
        report_lost_key(by=request.user, round=keeper.round, body=body, note=note)
        messages.success(request, "Thank you for saying so. It now stands on the page of the vote.")
        return redirect("panels:key-detail", pk=pk)
    return _key_page(request, keeper, status=400, lost_form=form)


@signed_in
@require_POST
def key_still_there(request: SignedInRequest, pk: int) -> HttpResponse:
    """Somebody else said that this key is lost; the keeper has it."""
    keeper = _own_key(request, pk)
    still_have_key(by=request.user, round=keeper.round)
    messages.success(request, "Thank you. It is noted that you have your key.")
    return redirect("panels:key-detail", pk=pk)


@signed_in
@sensitive_post_parameters()
@sensitive_variables("form")
def round_open_box(request: SignedInRequest, pk: int) -> HttpResponse:
    """Two keepers at one device: first what is going to be opened is signed, then both sheets are entered."""
    round = get_object_or_404(selectors.rounds_opened_by(request.user, core_now()), pk=pk)
    named = selectors.opening_set_of(round)
    keepers = rules_sheet(round).content["keepers"]
    form = OpenBoxForm(request.POST if request.method == "POST" and named else None, keepers=keepers)
    if form.is_bound and form.is_valid():
        first, second = form.cleaned_data["first"].number, form.cleaned_data["second"].number
        try:
            open_box(by=request.user, round=round, keys=form.keys(), keepers=(first, second))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The box is open and the ballots are counted.")
            return redirect("panels:round-manage" if _runs(request, round) else "panels:round-detail", pk=pk)
    context = key_presenters.opening_page(
        round,
        named,
        keys=keepers,
        keepers=selectors.keepers_of(round),
        changed=selectors.changed_ballots_count(round),
    )
    return render(request, "panels/round_open_box.html", context | {"form": form}, status=400 if form.errors else 200)


@signed_in
@require_POST
def round_name_set(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign which ballots are going to be opened, before anybody enters a key."""
    round = get_object_or_404(selectors.rounds_opened_by(request.user, core_now()), pk=pk)
    name_opening_set(by=request.user, round=round)
    return redirect("panels:round-open-box", pk=pk)


def _runs(request: SignedInRequest, round: Round) -> bool:
    return selectors.rounds_run_by(request.user, core_now()).filter(pk=round.pk).exists()


def _own_key(request: SignedInRequest, pk: int) -> Keeper:
    """The key this person keeps in this vote; to anybody else the page does not exist."""
    return get_object_or_404(selectors.keeper_of(request.user, pk))


def _keepers_page(
    request: SignedInRequest, round: Round, forms: dict[Keeper.Body, Any], *, lost: dict[int, Any] | None = None
) -> HttpResponse:
    sent = lost or {}
    to_lose = {body.value: sent.get(body.value) or LostKeyForm(prefix=f"lost{body.value}") for body in Keeper.Body}
    rows = key_presenters.keeper_rows(forms, selectors.keepers_of(round), to_lose if round.frozen_at else {})
    has_errors = any(form.errors for form in (*forms.values(), *sent.values()))
    context = {"round": round, "rows": rows, "has_errors": has_errors}
    return render(request, "panels/round_keepers.html", context, status=400 if has_errors else 200)


def _if_sent(sent: Any, body: Keeper.Body) -> Any:
    """Only the form whose button was pressed is read."""
    return sent if sent is not None and f"body{body.value}-email" in sent else None


def _key_page(request: SignedInRequest, keeper: Keeper, *, status: int, **forms: Any) -> HttpResponse:
    context = {
        "keeper": keeper,
        "round": keeper.round,
        "facts": key_presenters.key_facts(keeper),
        "can_make": keeper.round.frozen_at is None,
        "can_lose": keeper.round.frozen_at is not None and not keeper.is_lost,
        "is_asked": keeper.lost_at is not None and not keeper.is_lost,
        "public_form": PublicKeyForm(),
        "lost_form": LostKeyForm(),
        "found_form": FoundForm(),
        "can_check": hasattr(keeper.round, "opening"),
        **forms,
    }
    context["has_errors"] = any(form.errors for form in forms.values())
    return render(request, "panels/key_detail.html", context, status=status)
