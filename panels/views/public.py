"""What everybody may read: panels, votes with their rules and dates, results, and the public list of ballots."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, public, signed_in
from cwf_portal.core.clock import core_now
from cwf_portal.core.exports import csv_response
from cwf_portal.core.languages import translated
from cwf_portal.core.permissions import Permission, has_permission
from panels import (
    disclosure_presenters,
    key_presenters,
    paper_presenters,
    presenters,
    receipt_presenters,
    round_presenters,
    selectors,
)
from panels.domain import pabulib
from panels.domain.disclosure import Disclosure
from panels.domain.verifier import NAME, one_file
from panels.forms import ReceiptCodeForm
from panels.models import Act, Phase, Round
from panels.pabulib_presenters import pabulib_meta
from panels.selectors.money import money_of
from panels.selectors.paper import paper_count_of
from panels.selectors.photos import first_photos, has_photos
from panels.services import read_heads
from panels.services.bundle import bundle_of
from panels.services.results import election_of
from panels.wording import rule_explained


@public
@require_safe
def panel_list(request: HttpRequest) -> HttpResponse:
    """All panels and their latest votes."""
    context = {
        "panels": selectors.panels_with_rounds(),
        "can_set_up": has_permission(request.user, Permission.MANAGE_PANEL),
    }
    return render(request, "panels/panel_list.html", context)


@public
@require_safe
def panel_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Who sits on the panel, whether it may decide today, its votes and decisions."""
    panel = get_object_or_404(selectors.panels(), pk=pk)
    at = core_now()
    context = {
        "panel": panel,
        "standing": selectors.standing_of(panel, at),
        "members": presenters.member_rows(selectors.members_of(panel, at)),
        "rounds": presenters.round_rows(selectors.rounds_of(panel), at),
        "decisions": selectors.resolutions_of(panel),
        "money": money_of(panel, at),
        "is_member": request.user.is_authenticated and selectors.panels_of(request.user, at).filter(pk=pk).exists(),
        "can_seat": has_permission(request.user, Permission.MANAGE_PANEL),
    }
    return render(request, "panels/panel_detail.html", context)


@translated
@public
@require_safe
def round_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A vote: where it stands, its rules and its projects."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    at = core_now()
    phase = round.phase_at(at)
    projects = list(selectors.projects_of(round))
    ideas, wants_photos = [project.proposal_id for project in projects], request.GET.get("photos") == "yes"
    context = {
        "round": round,
        "phase": phase.label,
        "colour": presenters.PHASE_COLOURS.get(phase, ""),
        "can_vote": phase.permits(Act.CAST),
        "can_propose": phase.permits(Act.PUT_FORWARD),
        "is_published": round.has_result_at(at),
        "facts": presenters.facts_of(round, selectors.latest_head(round)) + round_presenters.course_of(round, at),
        "rules": presenters.rules_of(round),
        "projects": presenters.project_rows(
            projects, first_photos(ideas) if wants_photos else {}, counts=phase is not Phase.ANNULLED
        ),
        "wants_photos": wants_photos,
        "has_photos": bool(projects) and has_photos(round),
        "rules_hash": presenters.rules_hash(round),
        "keys": key_presenters.public_keys(round, selectors.keepers_of(round))
        + key_presenters.attested(round, selectors.attestations_of(round)),
        "is_member": request.user.is_authenticated
        and selectors.panels_of(request.user, at).filter(pk=round.panel_id).exists(),
    }
    return render(request, "panels/round_detail.html", context)


@translated
@public
@require_safe
def round_result(request: HttpRequest, pk: int) -> HttpResponse:
    """The published result under the rule that decided, and under the other for comparison."""
    round = published_round(pk, even_annulled=True)
    if hasattr(round, "annulment"):
        return render(request, "panels/round_annulled.html", {"round": round})
    result = round.result
    level = result.disclosure
    decisive = presenters.result_rows(selectors.result_lines(round, is_decisive=True), result)
    # Two ways of counting say more about the ballots than one: the second is there only where it tells nothing new.
    other = presenters.result_rows(selectors.result_lines(round, is_decisive=False), result)
    context = {
        "round": round,
        "rows": decisive,
        "money_bars": presenters.money_bars(decisive),
        "money_behind": _(presenters.MONEY_BEHIND),
        "other_rows": [row for row in other if row.is_funded],
        "rule": presenters.rule_words(round),
        "rule_says": rule_explained(round.rule, round.kind),
        "other_rule": presenters.other_rule_words(round) if other else "",
        "bars": [] if round.is_poll else presenters.budget_bars(decisive, round.budget_pence),
        "points_bars": presenters.points_bars(decisive),
        "disclosure": disclosure_presenters.disclosure_words(result),
        "points_kept_back": disclosure_presenters.points_kept_back(round, decisive),
        "turnout": disclosure_presenters.counted_words(result),
        "shows_votes": level != Disclosure.WINNERS,
        "is_full": level == Disclosure.FULL,
        "command": f"python3 {NAME} vote-{pk}.zip",
        "objections_until": round_presenters.objections_until(round, core_now()),
        "worth": round_presenters.worth_of(round, core_now()),
        "facts": presenters.opening_facts(round, selectors.latest_head(round)),
        "changed": presenters.changed_words(selectors.changed_ballots_count(round)),
        "channels": [] if level == Disclosure.WINNERS else selectors.reconciliations_of(round),
        "envelopes": [] if level == Disclosure.WINNERS else paper_presenters.envelope_sums(paper_count_of(round)),
    }
    return render(request, "panels/round_result.html", context)


def poster_context(request: HttpRequest, round: Round) -> dict[str, Any]:
    """The result on one sheet of A4."""
    result = round.result
    lines = selectors.result_lines(round, is_decisive=True)
    rows = presenters.result_rows(lines, result)
    return {
        "round": round,
        "rule": presenters.rule_words(round),
        "turnout": disclosure_presenters.counted_words(result),
        "disclosure": disclosure_presenters.disclosure_words(result),
        "shows_votes": result.disclosure != Disclosure.WINNERS,
        "address": request.build_absolute_uri(reverse("panels:round-result", args=[round.pk])),
        **presenters.poster_of(rows, round.budget_pence),
    }


@public
@require_safe
def round_result_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """The same table to take away."""
    round = published_round(pk)
    lines = selectors.result_lines(round, is_decisive=True)
    rows = presenters.result_rows(lines, round.result)
    header = ["Project", "Price in pence", "Votes", "Points", "Chosen" if round.is_poll else "Funded", "Why"]
    table = [
        [row.title, row.price_pence, row.votes, row.points, "yes" if row.is_funded else "no", row.reason]
        for row in rows
    ]
    if round.gives_parts:
        header.append("Gets, in pence")
        table = [[*line, row.granted_pence] for line, row in zip(table, rows, strict=True)]
    return csv_response(f"result-{pk}", header, table, sample=round.is_sample)


@public
@require_safe
def round_result_pb(request: HttpRequest, pk: int) -> HttpResponse:
    """All ballots in Pabulib format, where the publication rule allows them."""
    round = published_round(pk)
    if round.result.disclosure != Disclosure.FULL:
        raise Http404("The ballots of this vote are not published.")
    election = election_of(round, selectors.counted_ballots(round))
    response = HttpResponse(pabulib.write(election, pabulib_meta(round)), content_type="text/plain")
    response["Content-Disposition"] = f'attachment; filename="result-{pk}.pb"'
    return response


@public
@require_safe
def round_bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything published about a vote in one file, to check it without the portal."""
    round = published_round(pk)
    content = bundle_of(round=round, meta=pabulib_meta(round))
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="vote-{pk}.zip"'
    return response


@public
@require_safe
def verifier_file(request: HttpRequest) -> HttpResponse:
    """The program that checks such a file, and needs only Python."""
    response = HttpResponse(one_file(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{NAME}"'
    return response


@public
@require_safe
def round_rules(request: HttpRequest, pk: int) -> HttpResponse:
    """The frozen rules, byte for byte as they were signed."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    if round.rules is None:
        raise Http404("Nothing is fixed yet.")
    return HttpResponse(bytes(round.rules), content_type="application/json")


@translated
@public
@require_safe
def round_log(request: HttpRequest, pk: int) -> HttpResponse:
    """The public list of sealed ballots, and whether it holds the ballot of a receipt."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    form = ReceiptCodeForm(request.GET if "code" in request.GET else None)
    found, answer = None, ""
    if form.is_bound and form.is_valid():
        found, answer = receipt_presenters.look_up(
            form.cleaned_data["code"], lambda leaf: selectors.leaf_by_prefix(round, leaf)
        )
    context = {"round": round, "form": form, "found": found, "answer": answer, "heads": selectors.heads_of(round)}
    context["can_read"] = request.user.is_authenticated and round.frozen_at and not hasattr(round, "opening")
    context["reads"] = request.user.is_authenticated and selectors.reads_heads(request.user, round)
    return render(request, "panels/round_log.html", context)


@translated
@signed_in
@require_POST
def round_log_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Get each head by email, or no longer."""
    wants = "stop" not in request.POST
    read_heads(by=request.user, round=get_object_or_404(selectors.rounds(), pk=pk), wants=wants)
    said = (
        _("We send you the code of the list each night from now on.")
        if wants
        else _("We no longer write to you about it.")
    )
    messages.success(request, said)
    return redirect("panels:round-log", pk=pk)


def published_round(pk: int, *, even_annulled: bool = False) -> Round:
    """The round, once everybody may see its result; nobody sees a count before, nor after it was annulled."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    at = core_now()
    if not round.has_result_at(at) and not (even_annulled and round.phase_at(at) is Phase.ANNULLED):
        raise Http404("The result is not published yet.")
    return round
