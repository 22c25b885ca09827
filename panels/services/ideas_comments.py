"""Comments on ideas: off until the panel switches them on, over when the vote is fixed."""

import uuid

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from panels.errors import PhaseError, ProposalError
from panels.models import Act, IdeaComment, IdeaDiscussion, Proposal, Round
from panels.permissions import membership_of, require_member
from panels.services.ideas import lives_in_place_of
from panels.services.sending_again import made_before


def switch_comments(*, by: User, round: Round, is_on: bool) -> IdeaDiscussion:
    """Let residents comment on the ideas of a vote, or no longer; what was said stays.

    Raises:
        PhaseError: the vote is already fixed.
    """
    with acting(by, "switched comments on ideas"):
        locked = _locked(round.pk)
        require_member(by, locked.panel, day=localdate(core_now()), permission=Permission.MANAGE_ROUND)
        _check_open(locked)
        return IdeaDiscussion.objects.update_or_create(round=locked, defaults={"is_on": is_on})[0]


def comment_on_idea(*, by: User, proposal: Proposal, text: str, submission: uuid.UUID) -> IdeaComment:
    """Say something about an idea; sending the same form again returns the first.

    Raises:
        PhaseError: comments are off, or the vote is fixed.
        NotAllowedError: `by` neither lives here nor sits on the panel.
        ProposalError: the idea is hidden, or nothing is said.
        ConflictError: the mark of the form is of another comment.
    """
    require(by, Permission.PROPOSE_IDEA)
    with acting(by, "commented on an idea"):
        round = _locked(proposal.round_id)
        marked = IdeaComment.objects.filter(submission=submission)
        known = made_before(marked, proposal_id=proposal.pk, author_id=by.pk)
        if known:
            return known
        _check_open(round)
        if not IdeaDiscussion.objects.filter(round=round, is_on=True).exists():
            raise PhaseError("The panel has not switched comments on.")
        idea = Proposal.objects.shown().filter(round=round, pk=proposal.pk).first()
        if idea is None or not text.strip():
            raise ProposalError("Say something about an idea that everybody can see.")
        role = _role(by, round, idea)
        return IdeaComment.objects.create(proposal=idea, author=by, role=role, text=text.strip(), submission=submission)


def _locked(round_pk: int) -> Round:
    return Round.objects.select_for_update(of=("self",)).select_related("panel").get(pk=round_pk)


def _check_open(round: Round) -> None:
    if not round.permits(Act.SHAPE, core_now()):
        raise PhaseError("The vote is fixed: nobody can comment on its ideas any more.")


def _role(by: User, round: Round, idea: Proposal) -> IdeaComment.Role:
    if idea.author_id == by.pk:
        return IdeaComment.Role.PROPOSER
    if membership_of(by, round.panel, localdate(core_now())):
        return IdeaComment.Role.PANEL
    if lives_in_place_of(by, round):
        return IdeaComment.Role.RESIDENT
    raise NotAllowedError("Comments come from people who live here.", mend="Tell us first where you live.")
