"""A claim taken back: one officer proposes, whoever may ask money back agrees; what is open of it is not due any more.

It counts against the limits of write-offs, which a fund director may pass; whoever raised the claim does not agree.
What came of it before stays with the place. A return of a payment that stood against the claim can be posted then.
"""

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.authority import Rank
from grants.domain.clawback import settled_between
from grants.domain.ledger import JournalKind
from grants.errors import WrongStateError, in_pounds
from grants.models import BodyContact, Clawback, Delegation, Opinion, WriteOff
from grants.selectors.clawbacks import open_pence, received_pence, shares_of
from grants.selectors.days import today
from grants.services.approvals import officer_today, require_not_one
from grants.services.clawbacks import (
    LOWEST_RANK,
    locked_claim,
    locked_write_off,
    post_of_claim,
    require_open,
    require_within_limit,
)
from grants.services.rejections import lock_messages
from grants.services.sides import require_no_side


def propose_withdrawal(*, by: User, clawback: Clawback, reason: str) -> WriteOff:
    """Propose that what is open of a claim was asked in error. Proposing again returns the first proposal.

    Raises:
        NotAllowedError: `by` may not review agreements.
        DomainError: No reason was given.
        WrongStateError: Nothing of the claim is open.
        ConflictError: It is proposed to write the rest off.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if not reason.strip():
        raise DomainError("A withdrawal needs its reason.", mend="Say what was wrong; the organisation reads it.")
    with acting(by, f"proposed to withdraw a claim: {reason.strip()}"):
        _, clawback = locked_claim(clawback)
        still = open_pence(clawback)
        if not still:
            raise WrongStateError("Nothing of this claim is open.", mend="There is nothing to withdraw.")
        standing = clawback.write_offs.filter(status=Opinion.PROPOSED).first()
        if standing is not None and standing.kind != WriteOff.Kind.ERROR:
            raise ConflictError("It is proposed to write the rest off.", mend="Decide on that first.")
        if standing is not None:
            return standing
        return WriteOff.objects.create(
            clawback=clawback,
            kind=WriteOff.Kind.ERROR,
            amount_pence=still,
            reason=reason.strip()[:500],
            proposed_by=by,
        )


def confirm_withdrawal(*, by: User, withdrawal: WriteOff) -> WriteOff:
    """Agree that a claim was raised in error, and tell the organisation. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not approve agreements, is of too low a rank today, has handed over their authority,
            raised the claim or proposed this, or counts as one person with whoever did.
        LimitError: With what was given up of this agreement before it is above the limit, and `by` is no fund director.
        WrongStateError: It was refused, or is a write-off.
        ConflictError: Something came meanwhile.
    """
    require(by, Permission.APPROVE_AGREEMENT)
    with acting(by, "withdrew a claim"):
        lock_messages()  # a statement that pays the claim, or brings the payment back, is taken in before or after
        agreement, clawback, withdrawal = locked_write_off(withdrawal)
        if withdrawal.kind != WriteOff.Kind.ERROR:
            raise WrongStateError("This is to be written off, not withdrawn.", mend="Open it again.")
        if withdrawal.status == Opinion.CONFIRMED:
            return withdrawal
        require_open(withdrawal)
        if withdrawal.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this.", mend="Ask the head of grants.")
        require_no_side(by, [agreement], on=today())
        require_not_one(by, withdrawal.proposed_by, since=withdrawal.proposed_at)
        rank = officer_today(by).rank
        if rank < LOWEST_RANK:
            raise NotAllowedError("Your rank may not withdraw a claim.", mend="Ask the head of grants.")
        _require_apart_from_raiser(by, clawback)
        if open_pence(clawback) != withdrawal.amount_pence:
            raise ConflictError("Money came since this was proposed.", mend="Refuse it, and propose what is left.")
        if rank is not Rank.FUND_DIRECTOR:
            require_within_limit(by, agreement, withdrawal)
        _withdraw(by, clawback, withdrawal)
        _write_to_body(clawback, withdrawal)
        return withdrawal


def _require_apart_from_raiser(by: User, clawback: Clawback) -> None:
    raised_by, raised_at = clawback.decided_by, clawback.decided_at
    if raised_by == by:
        raise NotAllowedError("You raised this claim.", mend="Ask the fund director, or another head of grants.")
    if raised_by and raised_at and Delegation.objects.between(by.pk, raised_by.pk).stood_since(raised_at).exists():
        raise NotAllowedError(
            f"{raised_by} raised this claim; one of you has acted for the other since, so you count as one person.",
            mend="Ask an officer who is neither.",
        )


def _withdraw(by: User, clawback: Clawback, withdrawal: WriteOff) -> None:
    at, before = core_now(), received_pence(clawback)
    withdrawal.journal = post_of_claim(
        JournalKind.CLAWBACK_WITHDRAWN,
        clawback,
        settled_between(shares_of(clawback), before, before + withdrawal.amount_pence),
        by=withdrawal.proposed_by,
        approver=by,
        on=localdate(at),
    )
    withdrawal.status, withdrawal.decided_by, withdrawal.decided_at = Opinion.CONFIRMED, by, at
    withdrawal.save(update_fields=["journal", "status", "decided_by", "decided_at"])
    clawback.status = Clawback.Status.REVOKED
    clawback.save(update_fields=["status"])


def _write_to_body(clawback: Clawback, withdrawal: WriteOff) -> None:
    """Tell everybody who acts for the organisation that nothing more is asked, and why."""
    contacts = BodyContact.objects.standing().filter(body=clawback.agreement.body_id)
    text = "\n".join(
        [
            f"The Community Wealth Fund no longer asks back {in_pounds(withdrawal.amount_pence)} under agreement "
            f"{clawback.agreement.reference}. You need not pay it.",
            "",
            f"Why: {withdrawal.reason}",
            f"The reference that you were given, and that is not used any more: {clawback.reference}",
        ]
    )
    addresses = sorted(set(contacts.values_list("user__email", flat=True)))
    send_many(
        ((one, f"You need not pay back {in_pounds(withdrawal.amount_pence)}", text) for one in addresses),
        topic="grants.clawback",
    )
