"""Ideas of which only one can be paid for: the panel says so while it works them out, and tells their people why.

What is said is kept two by two, as it was said. What was said of an idea stays with it when it is joined with another,
refused or hidden: so an idea excludes what those joined with it exclude too, and what is parted, or goes to the vote
after all, has its own exclusions again, and no others.
"""

from collections.abc import Sequence
from itertools import combinations

from django.db.models import Q
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from panels.errors import ProposalError
from panels.models import IdeaExclusion, IdeaStep, Proposal, Round
from panels.selectors.ideas import exclusions
from panels.services.ideas import check_no_rival, note_step, role_of
from panels.services.proposals import lock_for_shaping

Sets = Sequence[frozenset[int]]


def exclude_each_other(*, by: User, proposal: Proposal, others: Sequence[Proposal], reason: str) -> list[Proposal]:
    """Say that of these ideas of one vote at most one is paid for; the reason is published.

    What excludes one of them then excludes them all. Saying it twice changes nothing.

    Returns:
        Of these ideas and of those that exclude other ideas now, all that were told, in the order they were put
        forward; none where everything was said before.

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
        named, standing = sorted({proposal.pk, *(other.pk for other in others)}), _standing(round)
        if len(named) < 2 or not standing.keys() >= set(named):
            raise ProposalError("Choose other ideas of the same vote that still stand.")
        before, new = excluding_each(round), _keep_as_said(by, named)
        if not new:
            return []
        told = note_exclusions(by, round, reason, before=before)
        named_only = {idea: rival for pair in new for idea, rival in (pair, pair[::-1]) if idea not in told}
        for idea, rival in named_only.items():  # two that excluded each other before, for the sake of a third
            _note(standing[idea], by, reason, kind=IdeaStep.Kind.EXCLUDING, other=standing[rival])
        return [idea for pk, idea in standing.items() if pk in told | named_only.keys()]


def stand_alone(*, by: User, proposal: Proposal, reason: str) -> Proposal:
    """Take back all that was said of an idea, and of those joined with it, beside others; the reason is published.

    What was said of two that are now joined with each other stays, for when they are parted.

    Raises:
        NotAllowedError: `by` has an idea in this vote, at home too.
        ProposalError: it does not exclude any other, or the reason is missing.
        PhaseError: the vote is already fixed.
    """
    with acting(by, "said that an idea excludes no other"):
        round = lock_for_shaping(by, proposal.round_id, reason)
        check_no_rival(by, round)
        before = excluding_each(round)
        if not any(proposal.pk in keys for keys in before):
            raise ProposalError("This idea does not exclude any other.")
        own = list(round.proposals.filter(Q(pk=proposal.pk) | Q(merged_into=proposal.pk)).values_list("pk", flat=True))
        said = IdeaExclusion.objects.filter(Q(first__in=own) | Q(second__in=own))
        said.exclude(first__in=own, second__in=own).delete()
        note_exclusions(by, round, reason, before=before)
        return Proposal.objects.get(pk=proposal.pk)


def excluding_each(round: Round) -> list[frozenset[int]]:
    """The sets of ideas of which only one can be paid for, as they stand now."""
    return [frozenset(titles) for titles in exclusions([round.pk])]


def note_exclusions(by: User, round: Round, reason: str, *, before: Sets) -> set[int]:
    """Tell everybody whose idea excludes others than before, in the transaction of whoever changed that.

    Returns:
        The ideas whose people were told.
    """
    standing, after, told = _standing(round), excluding_each(round), set[int]()
    for pk, idea in standing.items():
        was, now = _others(before, pk), _others(after, pk)
        gained, lost = now - was, (was - now) & standing.keys()
        if gained or lost:
            kind = IdeaStep.Kind.EXCLUDING if gained else IdeaStep.Kind.BESIDE
            _note(idea, by, reason, kind=kind, other=standing[min(gained or lost)])
            told.add(pk)
    return told


def _keep_as_said(by: User, named: Sequence[int]) -> list[tuple[int, int]]:
    """Every two of these ideas, ascending, of which nobody has said it yet."""
    known = set(IdeaExclusion.objects.filter(first__in=named, second__in=named).values_list("first", "second"))
    new = [pair for pair in combinations(named, 2) if pair not in known]
    IdeaExclusion.objects.bulk_create(IdeaExclusion(first_id=one, second_id=two, said_by=by) for one, two in new)
    return new


def _standing(round: Round) -> dict[int, Proposal]:
    """Of a vote that is locked: whoever changes its ideas holds that lock."""
    found = {idea.pk: idea for idea in round.proposals.standing().select_related("author").order_by("pk")}
    for idea in found.values():
        idea.round = round
    return found


def _others(sets: Sets, pk: int) -> frozenset[int]:
    return next((keys - {pk} for keys in sets if pk in keys), frozenset())


def _note(idea: Proposal, by: User, reason: str, *, kind: IdeaStep.Kind, other: Proposal | None) -> None:
    role = role_of(by, idea.round.panel, localdate(core_now()))
    note_step(by=by, proposal=idea, kind=kind, role=role, reason=reason.strip(), other=other)
