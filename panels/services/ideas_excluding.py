"""Ideas of which only one can be paid for: the panel says so while it works them out, and tells their people why.

What was said of an idea stays with it when it is joined with another, refused or hidden. So an idea excludes what those
joined with it exclude too, and what is parted, or goes to the vote after all, has its own exclusions again.
"""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from panels.errors import ProposalError
from panels.models import IdeaStep, Proposal, Round
from panels.selectors.ideas import exclusions
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
        sets = [keys for keys in excluding_each(round) if keys & named]
        if any(named <= keys for keys in sets):
            return []
        members = [idea for pk, idea in standing.items() if pk in named.union(*sets)]
        _join_groups(round, members)
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
        before, own = excluding_each(round), _with_joined(round, [proposal.pk])
        if not any(proposal.pk in keys for keys in before):
            raise ProposalError("This idea does not exclude any other.")
        groups = {idea.group for idea in own}
        _keep(own, 0)
        _forget_lonely(round, groups)
        note_exclusions(by, round, reason, before=before)
        return Proposal.objects.get(pk=proposal.pk)


def excluding_each(round: Round) -> list[frozenset[int]]:
    """The sets of ideas of which only one can be paid for, as they stand now."""
    return [frozenset(titles) for titles in exclusions([round.pk])]


def note_exclusions(by: User, round: Round, reason: str, *, before: Sequence[frozenset[int]]) -> None:
    """Tell everybody whose idea excludes others than before, in the transaction of whoever changed that."""
    standing, after = _standing(round), excluding_each(round)
    for pk, idea in standing.items():
        was, now = _others(before, pk), _others(after, pk)
        gained, lost = now - was, (was - now) & standing.keys()
        if gained:
            _note(idea, by, reason, kind=IdeaStep.Kind.EXCLUDING, other=standing[min(gained)])
        elif lost:
            _note(idea, by, reason, kind=IdeaStep.Kind.BESIDE, other=standing[min(lost)])


def _standing(round: Round) -> dict[int, Proposal]:
    """Of a vote that is locked: whoever changes its ideas holds that lock."""
    found = {idea.pk: idea for idea in round.proposals.standing().select_related("author").order_by("pk")}
    for idea in found.values():
        idea.round = round
    return found


def _others(sets: Sequence[frozenset[int]], pk: int) -> frozenset[int]:
    return next((keys - {pk} for keys in sets if pk in keys), frozenset())


def _with_joined(round: Round, pks: Sequence[int]) -> list[Proposal]:
    """These ideas and those joined with them."""
    return list(round.proposals.filter(Q(pk__in=pks) | Q(merged_into__in=pks)).order_by("pk"))


def _join_groups(round: Round, members: Sequence[Proposal]) -> None:
    """One group for all of them, and for whatever had one of theirs: also what does not stand now, if it comes back."""
    groups = {idea.group for idea in _with_joined(round, [idea.pk for idea in members]) if idea.group}
    number = min(groups, default=1 + max(round.proposals.values_list("group", flat=True), default=0))
    _keep(list(round.proposals.filter(Q(pk__in=[idea.pk for idea in members]) | Q(group__in=groups))), number)


def _forget_lonely(round: Round, groups: set[int]) -> None:
    """A group of which one idea is left is none."""
    for group in groups - {0}:
        left = list(round.proposals.filter(group=group))
        if len(left) == 1:
            _keep(left, 0)


def _keep(ideas: Sequence[Proposal], number: int) -> None:
    for idea in ideas:
        if idea.group != number:
            idea.group = number
            idea.save(update_fields=["group"])


def _note(idea: Proposal, by: User, reason: str, *, kind: IdeaStep.Kind, other: Proposal | None) -> None:
    role = role_of(by, idea.round.panel, localdate(core_now()))
    note_step(by=by, proposal=idea, kind=kind, role=role, reason=reason.strip(), other=other)
