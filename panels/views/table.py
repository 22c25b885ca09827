"""Somebody at a polling place who is not on the list: put on it, then on to two who confirm and to an envelope."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.domain.confirm_code import write_code
from panels.living_forms import LivingHereForm
from panels.selectors import paper
from panels.services import enter_at_table
from panels.services.residence import AT_A_TABLE
from panels.views.polling import round_of_polling


@requires(Permission.RUN_POLLING)
@sensitive_post_parameters()
def table_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the person says about themselves, typed in at the table."""
    round = round_of_polling(request, pk)
    form = LivingHereForm(request.POST or None, places=())
    if request.method == "POST" and form.is_valid():
        try:
            entry = enter_at_table(by=request.user, round=round, details=form.details())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("panels:table-entry", pk=pk, entry=entry.pk)
    return render(request, "panels/table_new.html", {"round": round, "form": form}, status=400 if form.errors else 200)


@requires(Permission.RUN_POLLING)
@require_safe
def table_entry(request: SignedInRequest, pk: int, entry: int) -> HttpResponse:
    """Somebody who is on the list now: who has confirmed them, and what comes next."""
    round = round_of_polling(request, pk)
    found = get_object_or_404(paper.entries_to_help(round).filter(user__residence__isnull=False), pk=entry)
    residence = found.user.residence
    is_of_table = found.user.email.endswith(AT_A_TABLE)  # the code of an account is on its owner's page only
    context = {
        "round": round,
        "entry": found,
        "is_certain": not selectors.is_pending(found.user, round),
        "residence": residence,
        "code": write_code(residence.pk, settings.PERSON_HMAC_KEY.encode()) if is_of_table else "",
        "given": selectors.vouches_of(residence),
    }
    return render(request, "panels/table_entry.html", context)
