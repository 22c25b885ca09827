"""Ideas of which only one can be paid for: the panel says so while it works them out, and tells their people why."""

from collections.abc import Sequence

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from panels.errors import ProposalError
from panels.models import IdeaStep, Proposal, Round
from panels.services.ideas import check_no_rival, note_step, role_of
from panels.services.proposals import lock_for_shaping


def exclude_each_other(*, by: User, proposal: Proposal, others: Sequence[Proposal], reason: str) -> list[Proposal]:
    """Say that of these ideas of one vote at most one is paid for; the reason is published.

    What excluded one of them before excludes them all. Saying it twice changes nothing.

    Returns:
        All ideas of the group, in the order they were put forward; none where nothing changed.

    Raises:
        NotAllowedError: `by` has an idea in this vote, at home too.
        ProposalError: one of them is of another vote or does not stand, there is no other, the vote is a poll, or the
            reason is missing.
        PhaseError: the vote is already fixed.
    """
    with acting(by, "said that ideas exclude each other"):
        round = lock_for_shaping(by, proposal.round_id, reason)
        check_no_rival(by, round)
        if round.is_poll:
            raise ProposalError("A poll shares out no money, so no idea excludes another.")
        named, standing = {proposal.pk, *(other.pk for other in others)}, _standing(round)
        if len(named) < 2 or not named <= standing.keys():
            raise ProposalError("Choose other ideas of the same vote that still stand.")
        groups = {standing[pk].group for pk in named if standing[pk].group}
        members = [idea for idea in standing.values() if idea.pk in named or idea.group in groups]
        number = min(groups, default=_next_number(round))
        if all(idea.group == number for idea in members):
            return []
        _keep(members, number)
        first, second = members[:2]
        for idea in members:
            _note(idea, by, reason, kind=IdeaStep.Kind.EXCLUDING, other=second if idea.pk == first.pk else first)
        return members


def stand_alone(*, by: User, proposal: Proposal, reason: str) -> Proposal:
    """Say that an idea can be paid for beside the others again; the reason is published.

    Raises:
        NotAllowedError: `by` has an idea in this vote, at home too.
        ProposalError: it does not exclude any other, or the reason is missing.
        PhaseError: the vote is already fixed.
    """
    with acting(by, "said that an idea excludes no other"):
        round = lock_for_shaping(by, proposal.round_id, reason)
        check_no_rival(by, round)
        idea = Proposal.objects.select_related("author").get(pk=proposal.pk)
        if not idea.group:
            raise ProposalError("This idea does not exclude any other.")
        rest = [other for other in _standing(round).values() if other.group == idea.group and other.pk != idea.pk]
        idea.round = round
        _keep([idea, *(rest if len(rest) == 1 else [])], 0)
        _note(idea, by, reason, kind=IdeaStep.Kind.BESIDE, other=rest[0] if rest else None)
        for other in rest:
            _note(other, by, reason, kind=IdeaStep.Kind.BESIDE, other=idea)
        return idea


def _standing(round: Round) -> dict[int, Proposal]:
    """Of a vote that is locked: whoever changes its ideas holds that lock."""
    found = {idea.pk: idea for idea in round.proposals.standing().select_related("author").order_by("pk")}
    for idea in found.values():
        idea.round = round
    return found


def _next_number(round: Round) -> int:
    return 1 + max(round.proposals.values_list("group", flat=True), default=0)


def _keep(ideas: Sequence[Proposal], number: int) -> None:
    for idea in ideas:
        idea.group = number
        idea.save(update_fields=["group"])


def _note(idea: Proposal, by: User, reason: str, *, kind: IdeaStep.Kind, other: Proposal | None) -> None:
    role = role_of(by, idea.round.panel, localdate(core_now()))
    note_step(by=by, proposal=idea, kind=kind, role=role, reason=reason.strip(), other=other)
