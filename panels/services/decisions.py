"""Decisions of a panel: moved by a member, voted on by members without a conflict, carried or not by the rules."""

from datetime import datetime

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.models import User
from cwf_portal.core.outbox import emit
from cwf_portal.core.permissions import Permission
from panels.domain.deciding import Decision, MemberVote, PanelRules, Verdict, Vote, decide
from panels.errors import PanelError, PhaseError
from panels.models import (
    Certification,
    Objection,
    Organisation,
    Panel,
    PanelMembership,
    ProjectDelivery,
    ProjectResult,
    Resolution,
    ResolutionVote,
    Round,
)
from panels.permissions import require_member
from panels.selectors.panels import standing_of
from panels.selectors.paper import has_project_at_home
from panels.services.announcing import announce_decision
from panels.services.annulling import lock_for_ending
from panels.services.certifying import challenge_ends_at
from panels.services.money import check_money_is_left

CARRIED_TOPIC = "panels.resolution_carried"
LONGEST_TERM_YEARS = 25
AT_HOME = "They or their household have a project in this vote."


def move_resolution(
    *,
    by: User,
    panel: Panel,
    kind: str,
    round: Round,
    accountable_body: Organisation,
    term_years: int,
    title: str = "",
) -> Resolution:
    """Put a decision before the panel; a standing one on the same round is returned instead.

    Raises:
        PanelError: the panel may not decide today, the round is another panel's or a poll, the term is out of range, or
            the vote was over without a decision, and its money is in another one.
        PhaseError: the result of the round is not published.
    """
    with acting(by, "moved a decision"):
        round = lock_for_ending(round)
        Panel.objects.select_for_update().get(pk=panel.pk)
        at = core_now()
        member = require_member(by, panel, day=localdate(at), permission=Permission.DECIDE)
        standing = Resolution.objects.standing().filter(round=round, kind=kind).first()
        if standing:
            return standing
        _check_lawful(panel, at)
        if round.panel_id != panel.pk or kind not in Resolution.Kind.values:
            raise PanelError("A panel decides on its own votes only.")
        if round.is_poll:
            raise PanelError("A poll shares out no money, so there is nothing to carry out.")
        if not 1 <= term_years <= LONGEST_TERM_YEARS:
            raise PanelError(f"The term must be between 1 and {LONGEST_TERM_YEARS} years.")
        if not round.has_result_at(at):
            raise PhaseError("The result is not published yet.", mend="Publish it first.")
        if Certification.objects.filter(round=round, certified_at__isnull=False).exists():
            check_money_is_left(panel, round.result.spent_pence, at)  # another vote may have it since
        return Resolution.objects.create(
            panel=panel,
            kind=kind,
            title=title or f"Carry out the result of “{round.title}”"[:160],
            round=round,
            accountable_body=accountable_body,
            term_years=term_years,
            moved_by=member,
        )


def vote_on_resolution(*, by: User, resolution: Resolution, vote: Vote, conflict: str = "") -> ResolutionVote:
    """Cast a member's vote, once. A member with a conflict says which, and is out of the count; so is, whatever they
    say, whoever has a project at home in the vote that is decided on.

    Raises:
        PanelError: the decision was taken already.
    """
    with acting(by, "voted on a decision"):
        locked = Resolution.objects.select_for_update(of=("self",)).select_related("panel").get(pk=resolution.pk)
        member = require_member(by, locked.panel, day=localdate(core_now()), permission=Permission.DECIDE)
        known = ResolutionVote.objects.filter(resolution=locked, member=member).first()
        if known:
            return known
        if locked.status != Resolution.Status.OPEN:
            raise PanelError("This decision has been taken already.")
        said = conflict.strip() or (AT_HOME if has_project_at_home(by, locked.round) else "")
        return ResolutionVote.objects.create(
            resolution=locked,
            member=member,
            vote=Vote(vote),
            is_conflicted=bool(said),
            conflict=said,
            voted_by=by,
        )


def close_resolution(*, by: User, resolution: Resolution) -> Resolution:
    """Count the members' votes and take the decision; a carried one is announced to the rooms above.

    Closing twice returns the decision as it was taken.

    Raises:
        PanelError: the panel may not decide today.
        PhaseError: the vote does not count, people can still object to its result, or an objection waits for an answer.
    """
    with acting(by, "closed a decision"):
        round = lock_for_ending(resolution.round)
        locked = Resolution.objects.select_for_update(of=("self",)).select_related("panel").get(pk=resolution.pk)
        at = core_now()
        require_member(by, locked.panel, day=localdate(at), permission=Permission.DECIDE)
        if locked.status != Resolution.Status.OPEN:
            return locked
        _check_lawful(locked.panel, at)
        _check_stands(round, at)
        decision = _count_votes(locked, at)
        locked.status, locked.outcome, locked.decided_at = decision.verdict.value, decision.reason, at
        locked.save(update_fields=["status", "outcome", "decided_at"])
        if decision.verdict is Verdict.CARRIED:
            _start_projects(locked)
            announce_decision(locked)
            emit(CARRIED_TOPIC, f"resolution:{locked.pk}", {"resolution": locked.pk})
        return locked


def _check_lawful(panel: Panel, at: datetime) -> None:
    standing = standing_of(panel, at)
    if not standing.is_lawful:
        raise PanelError(" ".join(standing.problems), mend="Until then the panel cannot take decisions.")


def _check_stands(round: Round, at: datetime) -> None:
    if not round.has_result_at(at):
        raise PhaseError("This vote does not count, so there is nothing to carry out.")
    ends_at = challenge_ends_at(round)
    if ends_at is None or at < ends_at:
        until = f" until {moment_text(ends_at)}" if ends_at else ""
        raise PhaseError(
            f"People of the place can object to the result{until}.", mend="The panel takes its decision after that."
        )
    if Objection.objects.filter(round=round).unanswered().exists():
        raise PhaseError(
            "An objection to the result waits for an answer.",
            mend="Somebody of the panel and of the fund answer first.",
        )


def _count_votes(resolution: Resolution, at: datetime) -> Decision:
    votes = [
        MemberVote(Vote(cast.vote), cast.member.is_resident, cast.is_conflicted)
        for cast in resolution.votes.select_related("member")
    ]
    members = PanelMembership.objects.on(localdate(at)).filter(panel=resolution.panel).count()
    return decide(members, votes, PanelRules())


def _start_projects(resolution: Resolution) -> None:
    """Every funded project gets a record that residents can follow, with its part where the result pays for a part."""
    funded = ProjectResult.objects.filter(result__round=resolution.round_id, is_decisive=True, order__isnull=False)
    ProjectDelivery.objects.bulk_create(
        [
            ProjectDelivery(project_id=project, part_pence=part)
            for project, part in funded.values_list("project", "part_pence")
        ]
    )
