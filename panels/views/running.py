"""A panel runs its vote: set up, work out ideas, fix, open the box, publish."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.forms import small_number
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from panels import idea_presenters, presenters, round_presenters, selectors
from panels.domain.round_templates import template_called
from panels.forms import AssessForm, RoundForm
from panels.models import Proposal, Round
from panels.selectors.ideas import excluded_by, ideas_of
from panels.selectors.moderation import comments_are_on
from panels.selectors.money import MoneyToDecide, money_of
from panels.services import (
    assess_proposal,
    create_round,
    freeze_round,
    join_ideas,
    publish_result,
    refuse_proposal,
)


@requires(Permission.MANAGE_ROUND)
def round_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Set up a vote of one's own panel."""
    panel = get_object_or_404(selectors.panels_of(request.user, core_now()), pk=pk)
    money, past = money_of(panel, core_now()), selectors.rounds_of(panel)
    beginning = _beginning(request.GET.get("from", ""), past, money)
    form = RoundForm(request.POST or None, initial=beginning | {"submission": str(uuid.uuid4())})
    if request.method == "POST" and form.is_valid():
        try:
            round = create_round(by=request.user, panel=panel, plan=form.plan(), code=form.cleaned_data["submission"])
            return redirect("panels:round-manage", pk=round.pk)
        except DomainError as error:
            form.add_error(None, str(error))
    context = {"panel": panel, "form": form, "money": money, "beginnings": round_presenters.beginnings(past[:5])}
    return render(request, "panels/round_new.html", context, status=400 if form.errors else 200)


def _beginning(named: str, past: QuerySet[Round], money: MoneyToDecide | None) -> dict[str, Any]:
    """Initial values of the template or the past vote of this panel that the address names; none for any other."""
    today = localdate(core_now())
    if template := template_called(named):
        left = money.left_pence if money else 0
        return round_presenters.from_template(template, available_pence=left, today=today)
    pk = small_number(named)
    round = None if pk is None else past.filter(pk=pk).first()
    if round is None:
        return {}
    return round_presenters.from_round(round, project_count=selectors.projects_of(round).count(), today=today)


@requires(Permission.MANAGE_ROUND)
@require_safe
def round_manage(request: SignedInRequest, pk: int) -> HttpResponse:
    """Where the vote stands and what the panel does next."""
    at = core_now()
    round = get_object_or_404(selectors.rounds_run_by(request.user, at), pk=pk)
    counts = selectors.proposal_counts(round)
    decision = selectors.standing_resolution(round)
    step = presenters.next_step(
        round,
        at,
        unworked=counts.get(Proposal.State.SUBMITTED, 0),
        has_decision=decision is not None,
        keys=selectors.keys_made(round),
    )
    context = {
        "round": round,
        "phase": round.phase_at(at).label,
        "step": step,
        "facts": presenters.facts_of(round, selectors.latest_head(round)) + presenters.rules_of(round),
        "decision": decision,
    }
    return render(request, "panels/round_manage.html", context)


@requires(Permission.MANAGE_ROUND)
@require_POST
def round_freeze(request: SignedInRequest, pk: int) -> HttpResponse:
    round = get_object_or_404(selectors.rounds(), pk=pk)
    freeze_round(by=request.user, round=round)
    messages.success(request, "The vote is fixed. Its projects, prices and rules can no longer be changed.")
    return redirect("panels:round-manage", pk=pk)


@requires(Permission.MANAGE_ROUND)
@require_POST
def round_publish(request: SignedInRequest, pk: int) -> HttpResponse:
    round = get_object_or_404(selectors.rounds(), pk=pk)
    publish_result(by=request.user, round=round)
    messages.success(request, "The result is published.")
    return redirect("panels:round-result", pk=pk)


@requires(Permission.SHAPE_PROPOSAL)
@require_safe
def round_shaping(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ideas to be worked out, and those that are."""
    round = get_object_or_404(selectors.rounds(), pk=pk)
    ideas = list(ideas_of(round))
    rows = idea_presenters.idea_rows(ideas, excluded=excluded_by(ideas))
    waiting = [row for row in rows if row["proposal"].state == Proposal.State.SUBMITTED]
    context = {
        "round": round,
        "waiting": waiting,
        "done": [row for row in rows if row not in waiting],
        "comments_are_on": comments_are_on(round),
        "can_assess": round.frozen_at is None,
        "can_switch": has_permission(request.user, Permission.MANAGE_ROUND),
    }
    return render(request, "panels/round_shaping.html", context)


@requires(Permission.SHAPE_PROPOSAL)
def proposal_assess(request: SignedInRequest, pk: int) -> HttpResponse:
    """Accept an idea with its costs, join it with another, or refuse it; with a reason that is published."""
    proposal = get_object_or_404(selectors.proposals(), pk=pk)
    others = {other.pk: other for other in selectors.others_to_join(proposal)}
    options = [(other.pk, other.title) for other in others.values()]
    initial = presenters.assessment_of(proposal)
    form = AssessForm(request.POST or None, others=options, initial=initial, round=proposal.round)
    if request.method == "POST" and form.is_valid():
        try:
            _assess(request.user, proposal, form=form, others=others)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"“{proposal.title}” is worked out.")
            return redirect("panels:round-shaping", pk=proposal.round_id)
    context = {"proposal": proposal, "form": form}
    return render(request, "panels/proposal_assess.html", context, status=400 if form.errors else 200)


def _assess(by: User, proposal: Proposal, *, form: AssessForm, others: dict[int, Proposal]) -> Proposal:
    outcome, reason = form.cleaned_data["outcome"], form.cleaned_data["reason"]
    if outcome == "accept":
        return assess_proposal(by=by, proposal=proposal, costs=form.costs(), reason=reason)
    if outcome == "merge":
        into = others[int(form.cleaned_data["into"])]
        join_ideas(by=by, ideas=[proposal], into=into, reason=reason)
        return proposal
    return refuse_proposal(by=by, proposal=proposal, reason=reason)
