"""Joining ideas that belong together, and parting them again; everybody who put one forward is told why."""

from collections.abc import Sequence

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from panels.errors import ProposalError
from panels.models import IdeaStep, Proposal, Round
from panels.services.ideas import check_no_rival, check_shown, note_step, role_of
from panels.services.ideas_excluding import excluding_each, note_exclusions
from panels.services.proposals import lock_for_shaping


def join_ideas(*, by: User, ideas: Sequence[Proposal], into: Proposal, reason: str) -> list[Proposal]:
    """Join ideas with another of the same vote, which stands for all; the reason is published.

    What was joined with one of them before goes along, and it excludes what any of them excludes. Joining twice changes
    nothing.

    Returns:
        The ideas that were joined now.

    Raises:
        NotAllowedError: `by` has an idea in this vote, at home too.
        ProposalError: the other is one of them, of another vote or stands no more, one is hidden, or no reason.
        PhaseError: the vote is already fixed.
    """
    with acting(by, "joined ideas"):
        round = lock_for_shaping(by, into.round_id, reason)
        check_no_rival(by, round)
        found = _ideas(round, [idea.pk for idea in ideas] + [into.pk])
        target = found.pop(into.pk)
        if len(found) != len({idea.pk for idea in ideas}) or not found:
            raise ProposalError("An idea can be joined only with another one of the same vote.")
        check_shown([target.pk, *found])
        if target.state in {Proposal.State.MERGED, Proposal.State.REFUSED}:
            raise ProposalError("The other idea does not stand any more.", mend="Choose one that does.")
        if any(idea.merged_into_id not in {None, target.pk} for idea in found.values()):
            raise ProposalError("One of them is joined with another idea already.", mend="Part them first.")
        new = [idea for idea in found.values() if idea.merged_into_id is None]
        followers = Proposal.objects.filter(merged_into__in=new).select_related("author")
        joined, before = new + list(followers.order_by("pk")), excluding_each(round)
        for idea in joined:
            idea.round = round
            idea.state, idea.merged_into = Proposal.State.MERGED, target
            _save(idea, by, reason, kinds=(IdeaStep.Kind.JOINED, IdeaStep.Kind.TOOK_IN), other=target)
        note_exclusions(by, round, reason, before=before)
        return joined


def part_idea(*, by: User, proposal: Proposal, reason: str) -> Proposal:
    """Take an idea out of the one it was joined with; it waits to be worked out again. The reason is published.

    It excludes what it excluded before, and the other no longer does for its sake.

    Raises:
        NotAllowedError: `by` has an idea in this vote, at home too.
        ProposalError: the idea is not joined with another, or the reason is missing.
        PhaseError: the vote is already fixed.
    """
    with acting(by, "parted ideas"):
        round = lock_for_shaping(by, proposal.round_id, reason)
        check_no_rival(by, round)
        idea = _ideas(round, [proposal.pk])[proposal.pk]
        if idea.merged_into_id is None:
            raise ProposalError("This idea is not joined with another.")
        target = _ideas(round, [idea.merged_into_id])[idea.merged_into_id]
        before = excluding_each(round)
        idea.state, idea.merged_into = Proposal.State.SUBMITTED, None
        _save(idea, by, reason, kinds=(IdeaStep.Kind.PARTED, IdeaStep.Kind.LET_GO), other=target)
        note_exclusions(by, round, reason, before=before)
        return idea


def part_all(*, by: User, round: Round, target: Proposal, reason: str) -> list[Proposal]:
    """Take every idea out of a hidden one, in the transaction and under the lock of the vote that the caller holds."""
    joined = list(Proposal.objects.filter(merged_into=target).select_related("author").order_by("pk"))
    before = excluding_each(round)
    for idea in joined:
        idea.round = round
        idea.state, idea.merged_into = Proposal.State.SUBMITTED, None
        _save(idea, by, reason, kinds=(IdeaStep.Kind.PARTED, IdeaStep.Kind.LET_GO), other=target)
    note_exclusions(by, round, reason, before=before)
    return joined


def _ideas(round: Round, pks: Sequence[int]) -> dict[int, Proposal]:
    """Of a vote that is locked: whoever changes its ideas holds that lock."""
    found = Proposal.objects.filter(round=round, pk__in=pks).select_related("author")
    return {idea.pk: idea for idea in found.order_by("pk")}


def _save(
    idea: Proposal, by: User, reason: str, *, kinds: tuple[IdeaStep.Kind, IdeaStep.Kind], other: Proposal
) -> None:
    """Keep the idea, and note the step on both pages."""
    idea.assessed_by, idea.reason = by, reason.strip()
    idea.save()
    role = role_of(by, idea.round.panel, localdate(core_now()))
    note_step(by=by, proposal=idea, kind=kinds[0], role=role, reason=idea.reason, other=other)
    note_step(by=by, proposal=other, kind=kinds[1], role=role, reason=idea.reason, other=idea)
