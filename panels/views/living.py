"""Showing where one lives, and confirming it for others."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.languages import as_written, in_words, translated
from cwf_portal.core.permissions import Permission
from neighbourhoods.selectors import neighbourhoods_on_target_list
from panels import selectors
from panels.domain.confirm_code import read_code, write_code
from panels.errors import UnknownPostcodeError
from panels.forms import ConfirmCodeForm, ConfirmPersonForm
from panels.letter_presenters import letter_notes
from panels.living_forms import BirthDateForm, LivingHereForm
from panels.models import Residence
from panels.selectors.corrections import correction_waiting_of
from panels.services import (
    answer_first_vote,
    change_residence,
    declare_residence,
    tell_birth_date,
    vouch_for_residence,
    why_fixed,
)
from panels.views.limits import check_how_often

UNKNOWN_CODE = gettext_noop(
    "We do not know this code. Check each letter with the person, and that you live in the same place."
)


@translated
@requires(Permission.DECLARE_RESIDENCE)
@sensitive_post_parameters()
def living_here(request: SignedInRequest) -> HttpResponse:
    """Say where one lives; afterwards, how far the confirming has got."""
    residence = selectors.residence_of(request.user)
    sent = selectors.first_votes_to_answer(request.user, core_now())
    if sent:
        return render(request, "panels/first_answer.html", {"sent": sent})
    if residence:
        code = write_code(residence.pk, settings.PERSON_HMAC_KEY.encode())
        context = {"residence": residence, "code": code, "given": selectors.vouches_of(residence)}
        context["why_fixed"] = why_fixed(residence)
        context["correction"] = correction_waiting_of(residence)
        context["votes"] = [vote for vote in selectors.open_votes_for(request.user, core_now()) if not vote.has_voted]
        context["letter"] = selectors.latest_letter_of(residence)
        context["letter_notes"] = letter_notes(selectors.votes_to_come(residence, core_now()), core_now())
        return render(request, "panels/living_status.html", context)
    return say_where(request, declare_residence)


@translated
@requires(Permission.DECLARE_RESIDENCE)
@sensitive_post_parameters()
def living_change(request: SignedInRequest) -> HttpResponse:
    """Say something else about where one lives."""
    residence = selectors.residence_of(request.user)
    if residence is None or why_fixed(residence):
        return redirect("panels:living-corrected" if residence else "panels:living-here")
    return say_where(request, change_residence)


@translated
@requires(Permission.DECLARE_RESIDENCE)
@sensitive_post_parameters()
def living_born(request: SignedInRequest) -> HttpResponse:
    """Say when one was born, where that was never kept."""
    residence = selectors.residence_of(request.user)
    if residence is None or not residence.is_birth_date_missing:
        return redirect("panels:living-here")
    form = BirthDateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            check_how_often(request, "correction")  # nobody finds out a birth date by trying
            tell_birth_date(by=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, _("Thank you. We know now in which votes you are old enough."))
            return redirect("panels:living-here")
    return render(request, "panels/living_born.html", {"form": form}, status=400 if form.errors else 200)


@translated
@requires(Permission.DECLARE_RESIDENCE)
@require_POST
def first_vote_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say whether a ballot sent with one's email address is one's own."""
    first_vote = selectors.first_vote_of(request.user, pk)
    if first_vote is None or request.POST.get("is_mine") not in {"yes", "no"}:
        raise Http404("There is no such ballot of yours.")
    answer = answer_first_vote(by=request.user, first_vote=first_vote, is_mine=request.POST["is_mine"] == "yes")
    if answer.is_mine:
        messages.success(request, _("Thank you. The ballot in the box is yours."))
    else:
        messages.success(request, _("Thank you. That ballot stays closed and is not counted."))
    return redirect("panels:living-here")


@translated
@requires(Permission.VOUCH)
def living_confirm(request: SignedInRequest) -> HttpResponse:
    """A neighbour reads out their code; panel members also see who is waiting."""
    form = ConfirmCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        residence = _residence_of_code(request, form.cleaned_data["code"])
        if residence:
            return redirect("panels:living-confirm-person", code=form.cleaned_data["code"].strip())
        form.add_error("code", _(UNKNOWN_CODE))
    key = settings.PERSON_HMAC_KEY.encode()
    waiting = selectors.residences_to_confirm(list(selectors.panels_of(request.user, core_now())))
    context = {"form": form, "waiting": [(residence, write_code(residence.pk, key)) for residence in waiting]}
    return render(request, "panels/living_confirm.html", context, status=400 if form.errors else 200)


@translated
@requires(Permission.VOUCH)
def living_confirm_person(request: SignedInRequest, code: str) -> HttpResponse:
    """Confirm, in person, that somebody lives here."""
    residence = _residence_of_code(request, code)
    if residence is None:
        raise Http404(UNKNOWN_CODE)
    form = ConfirmPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            vouch_for_residence(by=request.user, residence=residence)
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            said = _("Thank you. You have confirmed that {name} lives here.")
            messages.success(request, format_html(said, name=as_written(residence.user)))
            return redirect("panels:living-confirm")
    context = {"form": form, "residence": residence}
    return render(request, "panels/living_confirm_person.html", context, status=400 if form.errors else 200)


def say_where(
    request: SignedInRequest, tell: Callable[..., object], *, form_class: type[LivingHereForm] = LivingHereForm
) -> HttpResponse:
    """The form; it asks for the place once the postcode has not told it, or when somebody says that it is wrong."""
    places = {place.code: place for place in neighbourhoods_on_target_list()}
    options = [(code, place.label) for code, place in places.items()]
    asked = "neighbourhood" in request.POST or "place" in request.GET
    initial = {"neighbourhood": request.GET.get("place", "")}
    form = form_class(request.POST or None, places=options if asked else (), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            place = places[form.cleaned_data["neighbourhood"]] if asked else None
            tell(by=request.user, neighbourhood=place, **form.told())
            return redirect("panels:living-here")
        except UnknownPostcodeError:
            form = form_class(request.POST, places=options, initial=initial)
            form.is_valid()
            form.errors["neighbourhood"] = form.error_class(
                [_("We do not know this postcode. Choose the place where you live")]
            )
            asked = True
        except DomainError as error:
            form.add_error(None, in_words(error))
    context = {"form": form, "asked": asked, "is_change": tell is change_residence}
    context["is_correction"] = form_class is not LivingHereForm
    return render(request, "panels/living_here.html", context, status=400 if form.errors else 200)


def _residence_of_code(request: SignedInRequest, code: str) -> Residence | None:
    """The declaration behind a code, for people of the same place only: to anybody else it does not exist."""
    try:
        pk = read_code(code, settings.PERSON_HMAC_KEY.encode())
    except ValueError:
        return None
    residence = get_object_or_404(selectors.residences(), pk=pk)
    return residence if selectors.is_of_place(request.user, residence.neighbourhood, core_now()) else None
