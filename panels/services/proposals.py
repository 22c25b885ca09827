"""Ideas: put forward by residents, worked out by the panel and officers, every reason published."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.utils.timezone import localdate
from django.utils.translation import gettext_noop

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import pounds
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from cwf_portal.core.said import Named, Said
from panels.errors import PhaseError, ProposalError
from panels.models import Act, IdeaStep, Proposal, Round
from panels.permissions import membership_of, require_member_or_officer
from panels.services.ideas import (
    check_no_rival,
    check_not_own,
    check_shown,
    lives_in_place_of,
    note_step,
    role_of,
)
from panels.services.sending_again import made_before

MOST_PENCE = 10_000_000_00


@dataclass(frozen=True)
class Idea:
    """What a resident writes. `submission` is drawn with the form, so that sending it twice stores it once.

    `spot` is the middle of a square of the map, longitude first; nobody is asked for an exact place.
    """

    title: str
    what: str
    kind: str
    submission: uuid.UUID
    where: str = ""
    spot: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True)
class Costs:
    """What a project needs, in pence: once, every year, and at least, where it can start with a part of its price."""

    capital_pence: int
    yearly_pence: int
    least_pence: int | None = None


def submit_proposal(*, by: User, round: Round, idea: Idea, is_sample: bool = False) -> Proposal:
    """Put an idea forward; sending the same form again returns the first.

    Raises:
        PhaseError: ideas are not being collected now.
        ProposalError: `by` neither lives here nor sits on the panel, or a text is missing.
        ConflictError: the mark of the form is of another idea.
    """
    require(by, Permission.PROPOSE_IDEA)
    with acting(by, "put an idea forward"):
        locked = Round.objects.select_for_update(of=("self",)).select_related("panel").get(pk=round.pk)
        at = core_now()
        marked = Proposal.objects.filter(submission=idea.submission)
        known = made_before(marked, round_id=locked.pk, author_id=by.pk)
        if known:
            return known
        if not locked.permits(Act.PUT_FORWARD, at):
            raise PhaseError(
                Said("“{title}” is not collecting ideas now.", title=Named(locked.title)),
                mend=gettext_noop("Its page gives the dates."),
            )
        if not lives_in_place_of(by, locked) and not membership_of(by, locked.panel, localdate(at)):
            raise ProposalError(
                gettext_noop("Ideas come from people who live here."),
                mend=gettext_noop("Tell us first where you live."),
            )
        if not idea.title.strip() or not idea.what.strip() or idea.kind not in Proposal.Kind.values:
            raise ProposalError(gettext_noop("An idea needs a name, a sentence about it, and a kind."))
        made = Proposal.objects.create(
            round=locked,
            author=by,
            submission=idea.submission,
            title=idea.title.strip(),
            what=idea.what.strip(),
            kind=idea.kind,
            where=idea.where.strip(),
            longitude=idea.spot[0] if idea.spot else None,
            latitude=idea.spot[1] if idea.spot else None,
            is_sample=is_sample,
        )
        note_step(by=by, proposal=made, kind=IdeaStep.Kind.PUT_FORWARD, role=IdeaStep.Role.PROPOSER)
        return made


def assess_proposal(*, by: User, proposal: Proposal, costs: Costs, reason: str) -> Proposal:
    """Accept an idea for the vote with what it costs; the reason is published. Assessing again replaces the costs.

    Raises:
        NotAllowedError: the idea is of `by` or of their household.
        ProposalError: the costs are out of range or cost nothing at all, the least sum is no part of the price or the
            vote pays for no parts, the reason is missing, or the idea is joined.
        PhaseError: the vote is already fixed.
    """
    amounts = (costs.capital_pence, costs.yearly_pence)
    if proposal.round.is_poll and any(amounts):
        raise ProposalError("A poll shares out no money.", mend="Leave the costs empty.")
    if min(amounts) < 0 or max(amounts) > MOST_PENCE or not (any(amounts) or proposal.round.is_poll):
        raise ProposalError("The costs must be between nothing and £10,000,000, and not both nothing.")
    _check_least(proposal.round, costs)
    with acting(by, "worked out what an idea costs"):
        locked = _to_be_worked_out(by, proposal, reason)
        locked.state = Proposal.State.ACCEPTED
        locked.capital_pence, locked.yearly_pence, locked.least_pence = *amounts, costs.least_pence
        return _save(locked, by, reason, step=IdeaStep.Kind.COSTED)


def _check_least(round: Round, costs: Costs) -> None:
    """What a project can start with is a part of its price, in a vote that pays for parts."""
    if costs.least_pence is None:
        return
    price = costs.capital_pence + costs.yearly_pence * round.years_covered
    if not round.gives_parts:
        raise ProposalError("This vote pays for no project in part.", mend="Leave the least sum empty.")
    if not 0 < costs.least_pence <= price:
        raise ProposalError(
            f"What it can start with must be more than nothing and no more than its price of {pounds(price)}.",
            mend="Leave it empty if it needs the whole price.",
        )


def refuse_proposal(*, by: User, proposal: Proposal, reason: str) -> Proposal:
    """Say why an idea cannot go to the vote; the reason is published.

    Raises:
        NotAllowedError: `by` has an idea in this vote, at home too.
        ProposalError: the reason is missing, or the idea is joined with another.
        PhaseError: the vote is already fixed.
    """
    with acting(by, "refused an idea"):
        locked = _to_be_worked_out(by, proposal, reason)
        check_no_rival(by, locked.round)
        locked.state = Proposal.State.REFUSED
        return _save(locked, by, reason, step=IdeaStep.Kind.REFUSED)


def lock_for_shaping(by: User, round_pk: int, reason: str) -> Round:
    """The vote under its lock, so that no freeze slips between check and change.

    Raises:
        ProposalError: the reason is missing.
        PhaseError: the vote is already fixed.
    """
    round = lock_while_open(by, round_pk)
    if not reason.strip():
        raise ProposalError("The reason is missing.", mend="Write one or two sentences; they are published.")
    return round


def lock_while_open(by: User, round_pk: int) -> Round:
    """The vote under its lock, for whoever may work out its ideas.

    Raises:
        PhaseError: the vote is already fixed.
    """
    round = Round.objects.select_for_update(of=("self",)).select_related("panel").get(pk=round_pk)
    at = core_now()
    require_member_or_officer(by, round.panel, day=localdate(at), permission=Permission.SHAPE_PROPOSAL)
    if not round.permits(Act.SHAPE, at):
        raise PhaseError("The vote is fixed: its ideas cannot be changed any more.")
    return round


def _to_be_worked_out(by: User, proposal: Proposal, reason: str) -> Proposal:
    round = lock_for_shaping(by, proposal.round_id, reason)
    locked = Proposal.objects.select_for_update(of=("self",)).select_related("author").get(pk=proposal.pk)
    if locked.state == Proposal.State.MERGED:
        raise ProposalError("This idea is joined with another.", mend="Part them first.")
    check_shown([locked.pk])
    check_not_own(by, locked)
    locked.round = round
    return locked


def _save(proposal: Proposal, by: User, reason: str, *, step: IdeaStep.Kind) -> Proposal:
    proposal.assessed_by, proposal.reason = by, reason.strip()
    proposal.save()
    role = role_of(by, proposal.round.panel, localdate(core_now()))
    note_step(by=by, proposal=proposal, kind=step, role=role, reason=proposal.reason)
    return proposal
