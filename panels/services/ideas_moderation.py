"""What should not be shown: reported by residents, decided by one person, and once more by another."""

from dataclasses import dataclass

from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from panels.errors import PhaseError, ProposalError
from panels.models import Act, IdeaComment, IdeaReport, IdeaStep, ModerationCase, Photo, Project, Proposal, Round
from panels.models.moderation import ModerationCaseQuerySet
from panels.permissions import require_member_or_officer
from panels.services.ideas import TOPIC, check_no_rival, note_step, role_of
from panels.services.ideas_joining import part_all
from panels.services.pairs import check_other_home

ASKED_AGAIN = "Whoever put it forward asked another person to look at it."
LET_REST = "Whoever put it forward does not want another person to look at it."
ANOTHER = {
    "idea": "Put another idea forward while ideas are collected.",
    "comment": "Write another comment.",
    "photo": "Add another photo.",
}
PARTED = "The idea it was joined with is hidden. This one stands for itself again."


@dataclass(frozen=True)
class Complaint:
    """Why somebody finds that something should not be shown."""

    why: str
    note: str = ""


def report_idea(
    *, by: User, proposal: Proposal, about: IdeaComment | Photo | None = None, complaint: Complaint
) -> ModerationCase:
    """Say that an idea, or a comment or photo of it, should not be shown. What is hidden stays so; twice is once.

    Raises:
        ProposalError: no reason is chosen, `about` belongs to another idea, or somebody has looked and it stays.
    """
    require(by, Permission.PROPOSE_IDEA)
    with acting(by, "reported an idea"):
        _lock_round(proposal.round_id)
        if complaint.why not in IdeaReport.Why.values or (about and about.proposal_id != proposal.pk):
            raise ProposalError("Choose why it should not be shown.")
        comment = about if isinstance(about, IdeaComment) else None
        photo = about if isinstance(about, Photo) else None
        cases = ModerationCase.objects.filter(proposal=proposal, comment=comment, photo=photo)
        standing = cases.hiding().first()
        if standing:
            return standing
        if cases.filter(outcome=ModerationCase.Outcome.KEPT, reports__reported_by=by).exists():
            raise ProposalError("Somebody has looked at this, and it stays as it is.")
        case = cases.filter(outcome="").first() or ModerationCase.objects.create(
            proposal=proposal, comment=comment, photo=photo, author=_author(about or proposal)
        )
        details = {"why": complaint.why, "note": complaint.note.strip()}
        IdeaReport.objects.get_or_create(case=case, reported_by=by, defaults=details)
        return case


def decide_case(*, by: User, case: ModerationCase, hides: bool, reason: str) -> ModerationCase:
    """Hide what was reported, or let it stay. The reason is told to whoever wrote it; deciding twice changes nothing.

    What was joined with a hidden idea is parted from it while the vote is not fixed, and whoever wrote it is told.

    Raises:
        NotAllowedError: `by` is neither of the panel nor an officer, wrote it, has an idea in this vote (at home too),
            or hid it before it was shown again.
        ProposalError: there is no reason.
        PhaseError: the idea stands on the ballot.
    """
    with acting(by, "decided whether an idea is shown"):
        round, locked = _locked(case)
        _require_moderator(by, round, locked)
        if locked.outcome:
            return locked
        _check_reason(reason)
        if hides and _is_idea(locked) and Project.objects.filter(proposal=locked.proposal).exists():
            raise PhaseError("The vote is fixed: this idea stands on the ballot.")
        outcome = ModerationCase.Outcome.HIDDEN if hides else ModerationCase.Outcome.KEPT
        locked.outcome, locked.reason = outcome, reason.strip()
        locked.decided_by, locked.decided_at = by, core_now()
        locked.save()
        if hides:
            _tell(by, round, locked, kind=IdeaStep.Kind.HIDDEN)
            _part_what_was_joined(by, round, locked)
        return locked


def appeal_case(*, by: User, case: ModerationCase, text: str) -> ModerationCase:
    """Ask that another person looks at it; once.

    Raises:
        NotAllowedError: `by` did not write it.
        ProposalError: it is not hidden, nothing is said, or they let it rest before.
    """
    require(by, Permission.PROPOSE_IDEA)
    with acting(by, "asked for a hidden idea to be shown again"):
        _, locked = _locked(case)
        if locked.author_id != by.pk:
            raise NotAllowedError("Only whoever wrote it can ask for it to be shown again.")
        if locked.appealed_at:
            return locked
        if locked.waived_at:
            raise ProposalError("You let this rest: nobody looks at it again.", mend=ANOTHER[locked.thing])
        if locked.outcome != ModerationCase.Outcome.HIDDEN or not text.strip():
            raise ProposalError("Say in a sentence why it should be shown.")
        locked.appeal, locked.appealed_at = text.strip(), core_now()
        locked.save()
        if _is_idea(locked):
            kind, role = IdeaStep.Kind.APPEALED, IdeaStep.Role.PROPOSER
            note_step(by=by, proposal=locked.proposal, kind=kind, role=role, reason=ASKED_AGAIN)
        return locked


def waive_appeal(*, by: User, case: ModerationCase) -> ModerationCase:
    """Let it rest: neither ask, nor wait any longer, for another person to look at it. Twice is once.

    Raises:
        NotAllowedError: `by` did not write it.
        ProposalError: it is not hidden, or another person has answered.
    """
    require(by, Permission.PROPOSE_IDEA)
    with acting(by, "let it rest that something is hidden"):
        _, locked = _locked(case)
        if locked.author_id != by.pk:
            raise NotAllowedError("Only whoever wrote it can let it rest.")
        if locked.waived_at:
            return locked
        if locked.outcome != ModerationCase.Outcome.HIDDEN or locked.answer:
            raise ProposalError("There is nothing to let rest: another person has looked at it.")
        locked.waived_at = core_now()
        locked.save()
        if _is_idea(locked):
            kind, role = IdeaStep.Kind.WAIVED, IdeaStep.Role.PROPOSER
            note_step(by=by, proposal=locked.proposal, kind=kind, role=role, reason=LET_REST)
        return locked


def answer_appeal(*, by: User, case: ModerationCase, shows: bool, reason: str) -> ModerationCase:
    """Show it again, or leave it hidden: the decision of another person, and the last. Answering twice changes nothing.

    Raises:
        NotAllowedError: `by` is neither of the panel nor an officer, hid it now or before, lives with whoever hid it
            now, wrote it, or has an idea in this vote, at home too.
        ProposalError: nobody asked, or there is no reason.
    """
    with acting(by, "answered whether a hidden idea is shown again"):
        round, locked = _locked(case)
        _require_moderator(by, round, locked)
        if locked.answer:
            return locked
        if locked.appealed_at is None or locked.waived_at:
            raise ProposalError("Nobody has asked for it to be shown again.")
        if locked.decided_by_id == by.pk:
            raise NotAllowedError("You hid this yourself.", mend="Another person answers.")
        check_other_home(by, [locked.decided_by_id])
        _check_reason(reason)
        locked.answer = ModerationCase.Answer.SHOWN if shows else ModerationCase.Answer.UPHELD
        locked.answer_reason, locked.answered_by, locked.answered_at = reason.strip(), by, core_now()
        locked.save()
        _tell(by, round, locked, kind=IdeaStep.Kind.SHOWN if shows else IdeaStep.Kind.UPHELD)
        return locked


def _author(thing: Proposal | IdeaComment | Photo) -> User:
    return thing.added_by if isinstance(thing, Photo) else thing.author


def _is_idea(case: ModerationCase) -> bool:
    """Whether it is about the idea itself."""
    return case.comment_id is None and case.photo_id is None


def _same(case: ModerationCase) -> ModerationCaseQuerySet:
    """Every case about the same thing."""
    return ModerationCase.objects.filter(proposal=case.proposal, comment=case.comment_id, photo=case.photo_id)


def _locked(case: ModerationCase) -> tuple[Round, ModerationCase]:
    """The case under the lock of its vote, so that no freeze and no second decision slips between."""
    round = _lock_round(case.proposal.round_id)
    locked = ModerationCase.objects.select_related("proposal__author", "author", "comment", "photo").get(pk=case.pk)
    locked.proposal.round = round
    return round, locked


def _lock_round(pk: int) -> Round:
    """The first lock of everything here, and the only one; whoever only points to the vote, as ballots do, goes on."""
    return Round.objects.select_for_update(of=("self",), no_key=True).select_related("panel").get(pk=pk)


def _require_moderator(by: User, round: Round, case: ModerationCase) -> None:
    require_member_or_officer(by, round.panel, day=localdate(core_now()), permission=Permission.SHAPE_PROPOSAL)
    if case.author_id == by.pk:
        raise NotAllowedError("You wrote this yourself.", mend="Another person decides.")
    check_no_rival(by, round)
    if _same(case).overruled().filter(decided_by=by).exists():
        raise NotAllowedError("You hid this before, and it was shown again.", mend="Another person decides.")


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < 3:
        raise ProposalError("The reason is missing.", mend="Write a sentence; whoever wrote it reads it.")


def _part_what_was_joined(by: User, round: Round, case: ModerationCase) -> None:
    """Nothing stays joined with an idea that is hidden: it would be missing from the vote, and nobody would know."""
    if _is_idea(case) and round.permits(Act.SHAPE, core_now()):
        part_all(by=by, round=round, target=case.proposal, reason=PARTED)


def _tell(by: User, round: Round, case: ModerationCase, *, kind: IdeaStep.Kind) -> None:
    """Note it among the steps of an idea; of a comment or photo only whoever it came from is told."""
    reason = case.answer_reason or case.reason
    if _is_idea(case):
        role = role_of(by, round.panel, localdate(core_now()))
        note_step(by=by, proposal=case.proposal, kind=kind, role=role, reason=reason)
        return
    said, page = case.comment.text if case.comment else str(case.photo), address_of("panels:case-list")
    body = f"Your {case.thing}: “{said}”\n\n{kind.label}. {reason}\n\n{page}{case.pk}/appeal/\n"
    send_message(to=case.author.email, subject=f"Your {case.thing}", body=body, topic=TOPIC)
