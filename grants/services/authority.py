"""Who has which rank and team: one administrator asks, another confirms, and it counts from tomorrow on."""

from datetime import date, timedelta

from django.db import IntegrityError

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require, require_still
from grants.domain.authority import Rank
from grants.models import AuthorityChange, OfficerAuthority
from grants.selectors.days import today


def ask_for_rank(*, by: User, user: User, rank: Rank | None, team: str, from_on: date) -> AuthorityChange:
    """Ask that somebody should have a rank and a team from a day on; without a rank, that they should have none.

    Asking for the same again returns the first request.

    Raises:
        NotAllowedError: `by` gives no roles, or asks for themselves.
        DomainError: The day is not in the future, a team is missing, or they hold no rank that could end.
        ConflictError: Something else was asked for them, or a later change stands already.
    """
    require(by, Permission.GRANT_ROLES)
    if user.pk == by.pk:
        raise NotAllowedError("Nobody gives a rank to themselves.", mend="Ask another administrator.")
    if from_on <= today():
        raise DomainError("A rank changes from tomorrow at the earliest.", mend="Enter a later day.")
    named = " ".join(team.split()).lower() if rank else ""
    if rank and not named:
        raise DomainError("A rank needs a team.", mend="Name the team: approvals come from two different ones.")
    asked = AuthorityChange(user=user, rank=rank, team=named, from_on=from_on, requested_by=by)
    with acting(by, f"asked for a rank for account {user.pk}"):
        User.objects.select_for_update().get(pk=user.pk)
        standing = AuthorityChange.objects.waiting().filter(user=user).first()
        if standing is not None:
            if (standing.rank, standing.team, standing.from_on) == (rank, named, from_on):
                return standing
            raise ConflictError(f"A change waits already: {standing}.", mend="Confirm it or take it back first.")
        _require_possible(asked)
        asked.save()
        return asked


def confirm_rank(*, by: User, change: AuthorityChange) -> AuthorityChange:
    """Confirm what another administrator asked; the rank held until then ends the day before. Again changes nothing.

    Raises:
        NotAllowedError: `by` gives no roles, asked for it, or is the person.
        ConflictError: It was taken back, its day has come meanwhile, another change stands, or whoever asked gives no
            roles any more.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, "confirmed a rank"):
        change = _locked(change)
        if by.pk in {change.requested_by_id, change.user_id}:
            raise NotAllowedError("A rank is confirmed by a second person.", mend="Ask another administrator.")
        if change.confirmed_at is not None:
            return change
        if change.withdrawn_at is not None or change.from_on <= today():
            raise ConflictError("This request was taken back, or its day has come.", mend="Ask anew, from tomorrow.")
        require_still(change.requested_by, Permission.GRANT_ROLES)
        _require_possible(change)
        change.confirmed_by, change.confirmed_at = by, core_now()
        change.save(update_fields=["confirmed_by", "confirmed_at"])
        _carry_out(change)
        return change


def withdraw_rank(*, by: User, change: AuthorityChange) -> AuthorityChange:
    """Take a request back, one's own or another's. Again changes nothing.

    Raises:
        NotAllowedError: `by` gives no roles.
        ConflictError: It is confirmed.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, "took a request for a rank back"):
        change = _locked(change)
        if change.confirmed_at is not None:
            raise ConflictError("This rank is confirmed.", mend="Ask for another change.")
        if change.withdrawn_at is None:
            change.withdrawn_by, change.withdrawn_at = by, core_now()
            change.save(update_fields=["withdrawn_by", "withdrawn_at"])
        return change


def _locked(change: AuthorityChange) -> AuthorityChange:
    User.objects.select_for_update().get(pk=change.user_id)
    return AuthorityChange.objects.select_for_update(of=("self",)).select_related("user").get(pk=change.pk)


def _require_possible(change: AuthorityChange) -> None:
    held = OfficerAuthority.objects.filter(user=change.user_id).order_by("-from_on").first()
    if held is not None and held.from_on >= change.from_on:
        raise ConflictError(
            f"Their rank changes on {held.from_on:%-d %B %Y} already.", mend="Enter a day after that one."
        )
    ended = held is None or (held.to_on is not None and held.to_on < change.from_on)
    if change.rank is None and ended:
        raise DomainError("They hold no rank on that day.", mend="There is nothing to end.")


def _carry_out(change: AuthorityChange) -> None:
    held = OfficerAuthority.objects.select_for_update().filter(user=change.user_id).order_by("-from_on").first()
    if held is not None and (held.to_on is None or held.to_on >= change.from_on):
        held.to_on = change.from_on - timedelta(days=1)
        held.save(update_fields=["to_on"])
    if change.rank is None:
        return
    try:
        OfficerAuthority.objects.create(
            user=change.user, rank=change.rank, team=change.team, from_on=change.from_on, change=change
        )
    except IntegrityError as error:
        raise ConflictError("Their rank was changed meanwhile.", mend="Look at it again.") from error
