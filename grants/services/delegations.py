"""Handing one's authority to an officer of equal rank for some days: the giver proposes, an administrator confirms."""

from datetime import date

from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.authority import DELEGATED_DAYS_MAX
from grants.models import Delegation
from grants.selectors.authority import may_approve
from grants.selectors.days import today
from grants.services.posting import constraint_of

WHY_NOT = {
    "grants_delegation_equal_rank": (
        "Authority is handed to an officer of equal rank, who holds that rank on all these days.",
        "Choose somebody else, or ask an administrator to change a rank.",
    ),
    "grants_delegation_one_at_a_time": (
        "One of you has handed over their authority in these days, or you act for somebody then.",
        "Choose other days or another person: authority is not handed on.",
    ),
}


def propose_delegation(*, by: User, taker: User, from_on: date, to_on: date, reason: str) -> Delegation:
    """Propose that an officer acts for oneself. Nothing changes until an administrator confirms it.

    Proposing the same again returns the first.

    Raises:
        NotAllowedError: `by` approves nothing, or hands their authority to themselves.
        DomainError: No reason, or days that are past, in the wrong order or more than thirty.
        ConflictError: The other is not of equal rank, or one of the two has handed over their authority in these days.
    """
    require(by, Permission.APPROVE_AGREEMENT)
    if taker.pk == by.pk:
        raise NotAllowedError("Nobody hands their authority to themselves.", mend="Choose another officer.")
    if not may_approve(taker):
        raise ConflictError("That person may not approve agreements.", mend="Choose another officer.")
    _check_days(from_on, to_on)
    if not reason.strip():
        raise DomainError("Say why.", mend="For instance: on leave.")
    with acting(by, f"proposed that account {taker.pk} acts for them: {reason.strip()}"):
        own = Delegation.objects.live().filter(giver=by, taker=taker, from_on=from_on, to_on=to_on).first()
        if own is not None:
            return own
        proposed = Delegation(giver=by, taker=taker, from_on=from_on, to_on=to_on, reason=reason.strip()[:300])
        return _kept(proposed)


def confirm_delegation(*, by: User, delegation: Delegation) -> Delegation:
    """Let the authority pass in the days named. Again changes nothing.

    Raises:
        NotAllowedError: `by` gives no roles, or is one of the two.
        ConflictError: It was ended, is over, or a rank has changed since.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, "confirmed that an officer acts for another"):
        delegation = Delegation.objects.select_for_update().get(pk=delegation.pk)
        if by.pk in {delegation.giver_id, delegation.taker_id}:
            raise NotAllowedError("You are one of the two.", mend="Ask another administrator.")
        if delegation.confirmed_at is not None:
            return delegation
        if delegation.ended_at is not None or delegation.to_on < today():
            raise ConflictError("This was taken back, or is over.", mend="It can be proposed anew.")
        delegation.confirmed_by, delegation.confirmed_at = by, core_now()
        return _kept(delegation)


def end_delegation(*, by: User, delegation: Delegation) -> Delegation:
    """Take authority back at once, or refuse what was proposed. Again changes nothing.

    Raises:
        NotAllowedError: `by` is neither the giver, nor the taker, nor an administrator.
    """
    if by.pk not in {delegation.giver_id, delegation.taker_id}:
        require(by, Permission.GRANT_ROLES)
    with acting(by, "ended that an officer acts for another"):
        delegation = Delegation.objects.select_for_update().get(pk=delegation.pk)
        if delegation.ended_at is None:
            delegation.ended_by, delegation.ended_at = by, core_now()
            delegation.save(update_fields=["ended_by", "ended_at"])
        return delegation


def _check_days(from_on: date, to_on: date) -> None:
    if from_on < today():
        raise DomainError("The first day is past.", mend="Begin today or later.")
    if to_on < from_on:
        raise DomainError("The last day is before the first.", mend="Enter a later last day.")
    if (to_on - from_on).days >= DELEGATED_DAYS_MAX:
        raise DomainError(
            f"Authority is handed over for at most {DELEGATED_DAYS_MAX} days.", mend="Enter an earlier last day."
        )


def _kept(delegation: Delegation) -> Delegation:
    """Save it; what the database refuses is said in words."""
    try:
        with transaction.atomic():
            delegation.save()
    except IntegrityError as error:
        if constraint_of(error) not in WHY_NOT:
            raise
        fact, mend = WHY_NOT[constraint_of(error)]
        raise ConflictError(fact, mend=mend) from error
    return delegation
