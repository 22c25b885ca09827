"""Changes to what all rooms share: who holds which role."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Permission, Role, require, require_still


def request_role(*, by: User, user: User, role: Role) -> RoleGrant:
    """Ask that `user` should hold `role`; it stands only once a second administrator confirms it.

    Asking again for a role that stands or waits returns the first request.

    Raises:
        NotAllowedError: `by` gives no roles, or asks for one for themselves.
        ConflictError: everyone holds the role already (resident).
    """
    require(by, Permission.GRANT_ROLES)
    if user.pk == by.pk:
        raise NotAllowedError("Nobody gives a role to themselves.", mend="Ask another administrator.")
    if role == Role.RESIDENT:
        raise ConflictError("Everyone who signs in is a resident already.")
    with acting(by, f"asked for the role {role.label} for account {user.pk}"):
        User.objects.select_for_update().get(pk=user.pk)
        grant, _ = RoleGrant.objects.get_or_create(user=user, role=role, revoked_at=None, defaults={"requested_by": by})
        return grant


def give_roles(*, requested_by: User, confirmed_by: User, users: Sequence[User], role: Role) -> int:
    """Give one role to many people from a list that two administrators signed, for instance a new panel's members.

    Whoever holds the role, or waits for it, is left as they are. Returns how many now hold it who did not before.

    Raises:
        NotAllowedError: one of the two gives no roles, they are the same person, or one of them is on the list.
        ConflictError: everyone holds the role already (resident).
    """
    for administrator in (requested_by, confirmed_by):
        require(administrator, Permission.GRANT_ROLES)
    wanted = {user.pk for user in users}
    if requested_by.pk == confirmed_by.pk or wanted & {requested_by.pk, confirmed_by.pk}:
        raise NotAllowedError("A list of roles is signed by two administrators who are not on it.")
    if role == Role.RESIDENT:
        raise ConflictError("Everyone who signs in is a resident already.")
    with acting(confirmed_by, f"confirmed a list of {len(wanted)} people for the role {role.label}"):
        list(User.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
        held = set(RoleGrant.objects.filter(user__in=wanted, role=role, revoked_at=None).values_list("user", flat=True))
        at = core_now()
        RoleGrant.objects.bulk_create(
            RoleGrant(user_id=pk, role=role, requested_by=requested_by, confirmed_by=confirmed_by, confirmed_at=at)
            for pk in sorted(wanted - held)
        )
        return len(wanted - held)


def confirm_role(*, by: User, grant: RoleGrant) -> RoleGrant:
    """Confirm a role that another administrator asked for; confirming twice changes nothing.

    Raises:
        NotAllowedError: `by` gives no roles, asked for this one, or would receive it.
        ConflictError: the request was taken back, the account closed, or whoever asked gives no roles any more.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, "confirmed a role"):
        grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
        if by.pk in {grant.requested_by_id, grant.user_id}:
            raise NotAllowedError("A role is confirmed by a second person.", mend="Ask another administrator.")
        if User.objects.select_for_update(no_key=True).get(pk=grant.user_id).closed_at is not None:
            raise ConflictError("This account was closed.", mend="Take the request back.")
        if grant.revoked_at is not None:
            raise ConflictError("This request was taken back.", mend="Ask for the role again.")
        if grant.confirmed_by_id is None:
            require_still(grant.requested_by, Permission.GRANT_ROLES)
            grant.confirmed_by = by
            grant.confirmed_at = core_now()
            grant.save(update_fields=["confirmed_by", "confirmed_at"])
        return grant


def revoke_role(*, by: User, grant: RoleGrant) -> RoleGrant:
    """Take a role, or the request for one, back. It is gone at the person's next request.

    Raises:
        NotAllowedError: `by` gives no roles.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, "took a role back"):
        grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
        if grant.revoked_at is None:
            grant.revoked_by = by
            grant.revoked_at = core_now()
            grant.save(update_fields=["revoked_by", "revoked_at"])
        return grant


def appoint_administrators(*, by: str, first: str, second: str) -> list[RoleGrant]:
    """The first two administrators, by their email addresses, each asked for in the other's name.

    For the operator's command only: with fewer than two nobody could ask for a role and confirm it. Each signs in by a
    code to the address; who has no account gets one.

    Raises:
        ConflictError: Two administrators stand already.
        DomainError: An address is none, or both are the same.
    """
    addresses = [address.strip().lower() for address in (first, second)]
    if addresses[0] == addresses[1]:
        raise DomainError("Two people are needed.", mend="Name two different email addresses.")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise DomainError(f"“{address}” is no email address.", mend="Write it like name@example.org.") from None
    with acting(by, "appointed the first administrators"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('core.first_administrators'))")
        standing = RoleGrant.objects.standing().filter(role=Role.ADMINISTRATOR, user__is_active=True)
        if standing.count() > 1:
            raise ConflictError(
                "There are two administrators already.", mend="They give roles on the page “People and roles”."
            )
        users = [
            User.objects.filter(email=address).first() or User.objects.create_user(address) for address in addresses
        ]
        return [_appoint(user, other) for user, other in zip(users, reversed(users), strict=True)]


def _appoint(user: User, other: User) -> RoleGrant:
    grant, _ = RoleGrant.objects.get_or_create(
        user=user, role=Role.ADMINISTRATOR, revoked_at=None, defaults={"requested_by": other}
    )
    if grant.confirmed_by_id is None:
        grant.confirmed_by = user if grant.requested_by_id != user.pk else other
        grant.confirmed_at = core_now()
        grant.save(update_fields=["confirmed_by", "confirmed_at"])
    return grant
