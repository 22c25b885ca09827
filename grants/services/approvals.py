"""Approving an agreement: recommended, assured where needed, and approved by two officers of different teams.

The database holds the same rules (migration 0002); here they are said in words first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.authority import (
    LOWEST_RANK_FOR,
    Officer,
    Rank,
    Risk,
    Step,
    is_within_limit,
    needs_assurance,
    second_approver_problems,
)
from grants.domain.award import Strand
from grants.domain.ledger import JournalKind
from grants.errors import LimitError, WrongStateError, in_pounds
from grants.models import (
    Agreement,
    AgreementStatus,
    Approval,
    AuthorityLimit,
    BankAccount,
    Delegation,
    OfficerAuthority,
)
from grants.selectors.values import whole_life_pence
from grants.services.agreements import locked_alone, move_to, require_standing_vote
from grants.services.commitments import promise_lines
from grants.services.headroom import require_headroom
from grants.services.policy import require_policy
from grants.services.posting import Entry, post_journal
from grants.services.publishing import publish_step
from grants.services.sides import require_no_side
from grants.services.uplift_cap import uplift_cap_by_source
from panels.selectors import standings_of

S = AgreementStatus
PERMISSION_FOR = {
    Step.RECOMMENDATION: Permission.RECOMMEND_AGREEMENT,
    Step.ASSURANCE: Permission.ASSURE_AGREEMENT,
    Step.FIRST: Permission.APPROVE_AGREEMENT,
    Step.SECOND: Permission.APPROVE_AGREEMENT,
}
STATUS_AFTER = {
    Step.RECOMMENDATION: S.RECOMMENDED,
    Step.ASSURANCE: S.ASSURED,
    Step.FIRST: S.FIRST_APPROVED,
    Step.SECOND: S.APPROVED,
}


def recommend_agreement(*, by: User, agreement: Agreement, risk: Risk, note: str = "") -> Approval:
    """Recommend a checked draft, with its risk. The value and the risk decide who may approve it.

    Raises:
        NotAllowedError: `by` may not recommend, or holds no rank today.
        WrongStateError: The agreement is not a draft.
    """
    with acting(by, f"recommended the agreement at {risk} risk"):
        agreement = locked_alone(agreement)
        if agreement.status == S.DRAFT:
            agreement.risk = risk
            agreement.save(update_fields=["risk"])
        return _agree(by, agreement, Step.RECOMMENDATION, note=note)


def assure_agreement(*, by: User, agreement: Agreement, note: str = "") -> Approval:
    """Give the assurance that large or risky agreements need before approval.

    Raises:
        NotAllowedError: `by` may not assure, took another step of this agreement, or holds no rank today.
        WrongStateError: The agreement is not waiting for assurance.
    """
    with acting(by, "assured the agreement"):
        return _agree(by, locked_alone(agreement), Step.ASSURANCE, note=note)


def approve_agreement(*, by: User, agreement: Agreement, minute_reference: str = "", note: str = "") -> Approval:
    """Give the first or the second approval, whichever is due. The second sets the money aside as pledged.

    Args:
        by: An officer who took no other step of this attempt; for the second approval of another team and at most
            one rank lower than the first.
        agreement: The agreement to approve.
        minute_reference: The Board's minute, where the fund director approves for the Board, above their own limit.
        note: What the officer wants to be remembered.

    Raises:
        NotAllowedError: `by` may not approve this agreement.
        LimitError: The whole-life value lies above the officer's limit and no minute is named.
        HeadroomError: The contribution on top, or what rising prices may ask for, is more than can be promised.
        PolicyError: The programme would spend faster than its policy allows.
        ConflictError: The panel cannot decide at present, the vote behind it was annulled, or the value has grown since
            the first approval.
        WrongStateError: No approval is due.
    """
    with acting(by, "approved the agreement"):
        agreement = locked_alone(agreement)
        step = Step.SECOND if agreement.status == S.FIRST_APPROVED else Step.FIRST
        approval = _agree(by, agreement, step, note=note, minute_reference=minute_reference)
        if step is Step.SECOND:
            _pledge(by, agreement, approval.decided_at)
        return approval


def send_back_agreement(*, by: User, agreement: Agreement, reason: str) -> Approval:
    """Refuse the step that is due, with the reason; the draft can be mended and goes up for another attempt.

    Raises:
        NotAllowedError: `by` could not have taken the step either.
        DomainError: No reason was given.
        WrongStateError: No step is due.
    """
    if not reason.strip():
        raise DomainError("Sending back needs a reason.", mend="Say what should change.")
    with acting(by, f"sent the agreement back: {reason.strip()}"):
        agreement = locked_alone(agreement)
        value = whole_life_pence(agreement)
        step = step_due(agreement, value)
        require(by, PERMISSION_FOR[step])
        at = core_now()
        officer = officer_apart(by, agreement, on=localdate(at))
        decision = Decision(officer, value, Approval.Outcome.REFUSED, at, reason.strip())
        approval = record_decision(by, agreement, step, decision=decision)
        move_to(agreement, S.DRAFT)
        agreement.attempt += 1
        agreement.save(update_fields=["status", "attempt"])
        return approval


def step_due(agreement: Agreement, value_pence: int) -> Step:
    """Which step of approval the agreement waits for, given its whole-life value.

    Raises:
        WrongStateError: It waits for none.
    """
    assured = needs_assurance(value_pence, Risk(agreement.risk))
    steps = {
        S.DRAFT: Step.RECOMMENDATION,
        S.RECOMMENDED: Step.ASSURANCE if assured else Step.FIRST,
        S.ASSURED: Step.FIRST,
        S.FIRST_APPROVED: Step.SECOND,
    }
    if agreement.status not in steps:
        raise WrongStateError(
            f"This agreement is “{agreement.get_status_display().lower()}”; no approval is due.",
            mend="Open it again to see what happens next.",
        )
    return steps[AgreementStatus(agreement.status)]


def _agree(by: User, agreement: Agreement, step: Step, *, note: str = "", minute_reference: str = "") -> Approval:
    """Take one step under the agreement's lock, after saying in words whatever the database would refuse."""
    require(by, PERMISSION_FOR[step])
    value = whole_life_pence(agreement)
    due = step_due(agreement, value)
    if due is not step:
        raise WrongStateError(
            f"The next step is another: {due.value}.", mend="Open the agreement again to see what happens next."
        )
    require_standing_vote(agreement.resolution)
    at = core_now()
    officer = officer_apart(by, agreement, on=localdate(at))
    if officer.rank < LOWEST_RANK_FOR.get(step, Rank.SENIOR_OFFICER):
        raise NotAllowedError("Your rank may not take this step.", mend="Ask a senior officer.")
    if step is Step.FIRST:
        require_limit(officer, agreement, value, minuted=bool(minute_reference.strip()))
    if step is Step.SECOND:
        require_second(officer, agreement, value)
    if step in (Step.FIRST, Step.SECOND):
        _require_lawful_panel(agreement, at)
    decision = Decision(officer, value, Approval.Outcome.APPROVED, at, note.strip(), minute_reference.strip())
    approval = record_decision(by, agreement, step, decision=decision)
    move_to(agreement, STATUS_AFTER[step])
    agreement.save(update_fields=["status"])
    return approval


@dataclass(frozen=True)
class Decision:
    """What an officer decided about a step and when, and the value they had before them."""

    officer: Officer
    value_pence: int
    outcome: Approval.Outcome
    at: datetime
    reason: str
    minute_reference: str = ""


def record_decision(by: User, agreement: Agreement, step: Step, *, decision: Decision) -> Approval:
    """Keep one decision on the present attempt of an agreement.

    Raises:
        DomainError: A minute of the Board is named by somebody who does not approve for the Board.
    """
    if decision.minute_reference and (step is not Step.FIRST or decision.officer.rank != Rank.FUND_DIRECTOR):
        raise DomainError(
            "Only the fund director names a minute of the Board, at the first approval.",
            mend="Leave the reference of the minute empty.",
        )
    return Approval.objects.create(
        agreement=agreement,
        attempt=agreement.attempt,
        step=step,
        outcome=decision.outcome,
        by=by,
        rank=decision.officer.rank,
        team=decision.officer.team,
        value_pence=decision.value_pence,
        minute_reference=decision.minute_reference,
        reason=decision.reason,
        decided_at=decision.at,
    )


def officer_today(user: User) -> Officer:
    """As `officer_on`, today."""
    return officer_on(user, localdate(core_now()))


def officer_on(user: User, day: date) -> Officer:
    """The person's rank and team on a day.

    Raises:
        NotAllowedError: They hold no rank, or have handed their authority to somebody.
    """
    return _officer(user, day, _handed_over(user, day))


def officer_apart(by: User, agreement: Agreement, *, on: date) -> Officer:
    """The rank and team on a day of somebody who is not one with whoever took another step of this attempt.

    Raises:
        NotAllowedError: They took another step, acted since for somebody who did or let such a person act for them,
            have a side in it, confirmed where the organisation is paid, hold no rank, or have handed their authority
            to somebody.
    """
    require_no_side(by, [agreement], on=on)
    if BankAccount.objects.approved().filter(body=agreement.body_id, decided_by=by).exists():
        raise NotAllowedError(
            "You confirmed the bank details of this organisation.", mend="Ask an officer who has not."
        )
    taken = dict(agreement.approvals.filter(attempt=agreement.attempt).values_list("by", "decided_at"))
    if by.pk in taken:
        raise NotAllowedError(
            "You took another step of this agreement.", mend="Every step is taken by a different person."
        )
    stood = [Delegation.objects.between(by.pk, other).stood_since(at) for other, at in taken.items()]
    if reduce(or_, stood, Delegation.objects.none()).exists():
        raise NotAllowedError(
            "Somebody for whom you act, or who acts for you, took another step of this agreement.",
            mend="Ask an officer who is neither.",
        )
    return officer_on(by, on)


def _handed_over(user: User, day: date) -> list[tuple[int, int]]:
    """Giver and taker of every authority that this person has handed over or was handed, by primary key."""
    standing = Delegation.objects.standing(day).filter(Q(giver=user) | Q(taker=user))
    return list(standing.values_list("giver", "taker"))


def _officer(user: User, day: date, handed_over: Iterable[tuple[int, int]]) -> Officer:
    authority = OfficerAuthority.objects.standing(day).filter(user=user).order_by("-from_on").first()
    if authority is None:
        raise NotAllowedError("You hold no rank today.", mend="Ask an administrator to record your rank and team.")
    if any(giver == user.pk for giver, _ in handed_over):
        given = Delegation.objects.standing(day).filter(giver=user).select_related("taker").first()
        if given is not None:
            raise NotAllowedError(
                f"{given.taker} acts for you until {given.to_on:%-d %B %Y}.", mend="Take your authority back first."
            )
    return authority.as_officer()


def require_not_one(by: User, proposer: User, *, since: datetime) -> None:
    """Refuse whoever acted for the person who proposed something, or let them act, at any time since they did.

    Raises:
        NotAllowedError: The two count as one person.
    """
    if Delegation.objects.between(by.pk, proposer.pk).stood_since(since).exists():
        raise NotAllowedError(
            f"{proposer} proposed this; one of you has acted for the other since, so you count as one person.",
            mend="Ask an officer who is neither.",
        )


def require_limit(officer: Officer, agreement: Agreement, value_pence: int, *, minuted: bool) -> None:
    """Refuse a value above what the officer may approve, unless the director approves it for the Board, minuted.

    Raises:
        LimitError: With the numbers.
    """
    limit = limit_pence(officer.rank, Risk(agreement.risk))
    if is_within_limit(value_pence, limit):
        return
    if officer.rank is not Rank.FUND_DIRECTOR:
        raise LimitError(
            f"The whole-life value is {in_pounds(value_pence)}; you may approve up to {in_pounds(limit or 0)} "
            f"at {agreement.risk} risk.",
            mend="Ask an officer of a higher rank.",
        )
    if not minuted:
        raise LimitError(
            f"The whole-life value is {in_pounds(value_pence)}: only the Board may approve it.",
            mend="Enter the reference of the Board's minute.",
        )


def limit_pence(rank: Rank, risk: Risk) -> int | None:
    """What a rank may approve at a risk today; None where it approves nothing."""
    row = (
        AuthorityLimit.objects.filter(rank=rank, risk=risk, from_on__lte=localdate(core_now()))
        .order_by("-from_on")
        .first()
    )
    return row.limit_pence if row else None


def require_second(officer: Officer, agreement: Agreement, value_pence: int) -> None:
    """Refuse a second approver too close to the first, or a value that has grown since.

    Raises:
        NotAllowedError: Same person, same team, or too low a rank.
        ConflictError: The first approver saw less.
    """
    first = agreement.approvals.get(attempt=agreement.attempt, step=Step.FIRST)
    problems = second_approver_problems(Officer(first.by_id, Rank(first.rank), first.team), officer)
    if problems:
        raise NotAllowedError(" ".join(problems), mend="Ask an officer of another team.")
    if value_pence > first.value_pence:
        raise ConflictError(
            "More was approved for this organisation or place since the first approval.",
            mend="Send the agreement back, so that it is looked at as a whole.",
        )


def _require_lawful_panel(agreement: Agreement, at: datetime) -> None:
    panel = agreement.resolution.panel_id
    standing = standings_of([panel], at)[panel]
    if not standing.is_lawful:
        raise ConflictError(
            "The panel cannot decide at present: " + " ".join(standing.problems),
            mend="Help the panel to mend this first.",
        )


def _pledge(by: User, agreement: Agreement, at: datetime) -> None:
    """Move what was set aside, and the contribution on top, to pledged, and keep what rising prices may ask for; under
    the lock of the sources."""
    funding = list(agreement.funding.order_by("source_id"))
    standings = require_headroom(
        wanted={(part.source_id, Strand.BODY_CONTRIBUTION): part.contribution_pence for part in funding}
        | {
            (part.source_id, Strand.PLACE): pence
            for part, pence in zip(funding, uplift_cap_by_source(agreement, funding), strict=True)
        },
        what="the organisation's contribution and what rising prices may ask for",
    )
    require_policy(agreement=agreement, on=localdate(at), standings=standings)
    first = agreement.approvals.select_related("by").get(attempt=agreement.attempt, step=Step.FIRST)
    post_journal(
        by=first.by,
        entry=Entry(
            kind=JournalKind.APPROVAL,
            key=f"approval:{agreement.reference}:{agreement.attempt}",
            lines=promise_lines(agreement, funding),
            effective_on=localdate(at),
            reference=agreement.reference,
            approver=by,
        ),
    )
    publish_step(agreement=agreement, kind="approved", happens_on=localdate(at), done_at=at)
