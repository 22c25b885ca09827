"""Helping somebody to vote at a library or a polling place: find them, hand the device over, check, seal.

The choice travels by POST between the pages of the helper's device and is never stored before the seal.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import paper_presenters, selectors
from panels.errors import BallotRefusedError
from panels.models import RollEntry
from panels.paper_forms import ContactForm, HelpedBallotForm, PersonOnListForm
from panels.selectors import paper
from panels.services import NO_CONTACT, Contact, check_contact, check_may_help, has_email, help_to_vote, rules_sheet
from panels.views.polling import round_of_polling


@requires(Permission.RUN_POLLING)
@require_safe
def helped_person(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who is helped."""
    round = round_of_polling(request, pk)
    search = PersonOnListForm(request.GET if "name" in request.GET else None)
    name = search.cleaned_data["name"] if search.is_bound and search.is_valid() else ""
    context = {"round": round, "search": search, "name": name, "people": paper.people_to_help(round, name)}
    return render(request, "panels/helped_person.html", context, status=400 if search.errors else 200)


@requires(Permission.RUN_POLLING)
@sensitive_post_parameters()
def helped_ballot(request: SignedInRequest, pk: int, entry: int) -> HttpResponse:
    """The ballot, in the order drawn for this voter, and then the choices read back."""
    context = _context(request, pk, entry)
    is_sent = request.method == "POST"
    form = _form(request, context) if is_sent else HelpedBallotForm(**_paper(context))
    if is_sent and form.is_valid():
        return _check(request, context, form)
    return render(request, "panels/helped_ballot.html", context | {"form": form}, status=400 if is_sent else 200)


@requires(Permission.RUN_POLLING)
@require_POST
@sensitive_post_parameters()
def helped_cast(request: SignedInRequest, pk: int, entry: int) -> HttpResponse:
    """Seal and store; the receipt is this page, to be printed for whoever has no email address."""
    context = _context(request, pk, entry)
    form = _form(request, context)
    if not form.is_valid():
        return render(request, "panels/helped_ballot.html", context | {"form": form}, status=400)
    contact = ContactForm(request.POST)
    told_by = _contact(contact, context["entry"])
    if told_by is None:
        return _check(request, context, form, contact=contact)
    try:
        receipt = help_to_vote(by=request.user, entry=context["entry"], choices=form.choices(), contact=told_by)
    except BallotRefusedError as error:
        form.add_error(None, str(error))
        return render(request, "panels/helped_ballot.html", context | {"form": form}, status=409)
    context |= {"receipt": receipt, "has_email": has_email(context["entry"].user), "told_by": told_by}
    return render(request, "panels/helped_done.html", context)


def _check(
    request: SignedInRequest, context: dict[str, Any], form: HelpedBallotForm, *, contact: ContactForm | None = None
) -> HttpResponse:
    """The choices read back; whoever has no email address says how else they can be written to."""
    rows = paper_presenters.chosen_on_paper(form.choices(), context["options"])
    asked = None if has_email(context["entry"].user) else contact or ContactForm()
    context = context | {"form": form, "rows": rows, "contact": asked, "has_errors": contact is not None}
    return render(request, "panels/helped_check.html", context, status=400 if contact else 200)


def _contact(form: ContactForm, entry: RollEntry) -> Contact | None:
    """How the voter is told; None where that must be mended first."""
    if has_email(entry.user):
        return NO_CONTACT
    if not form.is_valid():
        return None
    try:
        check_contact(entry=entry, contact=form.contact())
    except DomainError as error:
        form.add_error("address", str(error))
        return None
    return form.contact()


def _context(request: SignedInRequest, pk: int, entry: int) -> dict[str, Any]:
    """What every page shows; whom `request.user` may not help, and who has voted, gets no page and no choices back."""
    round = round_of_polling(request, pk)
    found: RollEntry = get_object_or_404(paper.entries_to_help(round), pk=entry)
    check_may_help(by=request.user, entry=found)
    sheet = rules_sheet(round)
    options = paper_presenters.drawn_options(sheet, selectors.projects_of(round), found.pk)
    how = paper_presenters.how_to_fill_in(sheet)
    return {"round": round, "entry": found, "options": options, "kind": sheet.ballot.kind, "how": how} | {
        "excluding": paper_presenters.excluding_text(sheet)
    }


def _paper(context: dict[str, Any]) -> dict[str, Any]:
    return {"options": context["options"], "kind": context["kind"]}


def _form(request: SignedInRequest, context: dict[str, Any]) -> HelpedBallotForm:
    return HelpedBallotForm(request.POST, **_paper(context))
