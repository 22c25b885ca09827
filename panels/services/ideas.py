"""What happens with ideas: every step noted and told to whoever put the idea forward, and support by residents."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Q

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from panels.errors import PhaseError, ProposalError
from panels.models import Act, IdeaStep, IdeaSupport, Panel, Proposal, Residence, Round
from panels.permissions import membership_of
from panels.selectors.paper import has_project_at_home, people_at_home

TOPIC = "panels.idea"


def note_step(
    *,
    by: User,
    proposal: Proposal,
    kind: IdeaStep.Kind,
    role: IdeaStep.Role,
    reason: str = "",
    other: Proposal | None = None,
) -> IdeaStep:
    """Add a step in the caller's transaction; whoever put the idea forward is told, unless they took it."""
    is_costed = kind is IdeaStep.Kind.COSTED
    step = IdeaStep.objects.create(
        proposal=proposal,
        kind=kind,
        reason=reason,
        other=other,
        capital_pence=proposal.capital_pence if is_costed else None,
        yearly_pence=proposal.yearly_pence if is_costed else None,
        least_pence=proposal.least_pence if is_costed else None,
        taken_by=by,
        role=role,
    )
    if proposal.author_id != by.pk:
        send_message(to=proposal.author.email, subject=f"Your idea: {proposal.title}", body=_told(step), topic=TOPIC)
    return step


def role_of(user: User, panel: Panel, day: date) -> IdeaStep.Role:
    """In what role somebody acts who may work out ideas of this panel."""
    return IdeaStep.Role.PANEL if membership_of(user, panel, day) else IdeaStep.Role.OFFICER


def lives_in_place_of(user: User, round: Round) -> bool:
    """Whether somebody said that they live where the vote is held, and nobody found otherwise."""
    here = Residence.objects.filter(user=user, neighbourhood=round.panel.neighbourhood_id)
    return here.exclude(placed_by=Residence.PlacedBy.ELSEWHERE).exists()


def check_not_own(by: User, proposal: Proposal) -> None:
    """Nobody says what becomes of an idea of their own or of their household, or of one that such an idea is part of.

    Raises:
        NotAllowedError: it is one.
    """
    at_home = people_at_home(by)
    parts = Q(pk=proposal.pk) | Q(merged_into=proposal.pk)
    if Proposal.objects.filter(parts, author__in=at_home).exists():
        raise NotAllowedError("This idea is your own, or of your household.", mend="Somebody else works it out.")


def check_no_rival(by: User, round: Round) -> None:
    """Whoever has an idea in a vote, at home too, takes no other out of it.

    Raises:
        NotAllowedError: `by` has.
    """
    if has_project_at_home(by, round):
        raise NotAllowedError(
            "You or your household have an idea in this vote.", mend="An officer, or a member without one, does this."
        )


def check_shown(pks: Sequence[int]) -> None:
    """Nothing is done with an idea that is hidden.

    Raises:
        ProposalError: one of them is.
    """
    if Proposal.objects.hidden().filter(pk__in=pks).exists():
        raise ProposalError("This idea is hidden.", mend="Whoever put it forward can ask for it to be shown again.")


def support_idea(*, by: User, proposal: Proposal) -> IdeaSupport:
    """Support an idea, once; a second time returns the first.

    Raises:
        PhaseError: the vote is fixed.
        ProposalError: `by` does not live here, the idea is theirs, or it does not stand any more.
    """
    require(by, Permission.PROPOSE_IDEA)
    with acting(by, "supported an idea"):
        idea = _open_idea(proposal)
        if not lives_in_place_of(by, idea.round):
            raise ProposalError("Support comes from people who live here.", mend="Tell us first where you live.")
        if idea.author_id == by.pk:
            raise ProposalError("This is your own idea.", mend="Support somebody else’s if you like it too.")
        if not Proposal.objects.standing().filter(pk=idea.pk).exists():
            raise ProposalError("This idea does not stand any more.", mend="Its page says what became of it.")
        return IdeaSupport.objects.get_or_create(proposal=idea, user=by)[0]


def take_back_support(*, by: User, proposal: Proposal) -> None:
    """Support an idea no longer; without support nothing happens.

    Raises:
        PhaseError: the vote is fixed.
    """
    require(by, Permission.PROPOSE_IDEA)
    with acting(by, "took support back"):
        IdeaSupport.objects.filter(proposal=_open_idea(proposal), user=by).delete()


def _open_idea(proposal: Proposal) -> Proposal:
    idea = Proposal.objects.select_related("round__panel").get(pk=proposal.pk)
    if not idea.round.permits(Act.SHAPE, core_now()):
        raise PhaseError("The vote is fixed: its ideas cannot be supported any more.")
    return idea


def _told(step: IdeaStep) -> str:
    idea = step.proposal
    lines = [f"“{idea.title}”: {step.get_kind_display().lower()}."]
    if step.other and not Proposal.objects.hidden().filter(pk=step.other.pk).exists():
        lines.append(f"The other idea: “{step.other.title}”.")
    lines += [f"{step.get_role_display()} says: {step.reason}", "", "Every step is on the page of your idea:"]
    return "\n".join([*lines, address_of("panels:proposal-detail", idea.pk), ""])
