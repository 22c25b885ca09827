"""Changes to what all rooms share: who holds which role."""

from collections.abc import Sequence

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, NotAllowedError
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Permission, Role, require


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
        ConflictError: the request was taken back.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, "confirmed a role"):
        grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
        if by.pk in {grant.requested_by_id, grant.user_id}:
            raise NotAllowedError("A role is confirmed by a second person.", mend="Ask another administrator.")
        if grant.revoked_at is not None:
            raise ConflictError("This request was taken back.", mend="Ask for the role again.")
        if grant.confirmed_by_id is None:
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
