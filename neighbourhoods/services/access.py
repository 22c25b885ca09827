"""Who sees the home page of a constituency: one administrator asks, another confirms, either ends it."""

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, Role, has_permission, require, require_still
from neighbourhoods.models import Area, AreaKind, ConstituencyAccess
from neighbourhoods.selectors.days import today
from neighbourhoods.services.elections import end_pages_at_dissolution


def request_access(*, by: User, user: User, area: Area) -> ConstituencyAccess:
    """Ask that `user` should see the home page of a constituency; asking again returns what stands or waits.

    Raises:
        NotAllowedError: `by` gives no roles, or asks for themselves.
        ConflictError: It is no constituency, or the person does not hold the role of an MP.
    """
    require(by, Permission.GRANT_ROLES)
    if user.pk == by.pk:
        raise NotAllowedError("Nobody opens a constituency for themselves.", mend="Ask another administrator.")
    if area.kind != AreaKind.CONSTITUENCY_2024:
        raise ConflictError(f"{area.name} is no constituency of today.")
    if not has_permission(user, Permission.VIEW_MP_HOME):
        raise ConflictError(
            f"This account does not hold the role “{Role.MP.label}”.",
            mend="Ask for the role first, at People and roles.",
        )
    end_pages_at_dissolution(core_now())
    with acting(by, f"asked that account {user.pk} should see {area.name}"):
        access, _ = ConstituencyAccess.objects.get_or_create(
            user=user, area=area, ends_on=None, defaults={"requested_by": by, "starts_on": today()}
        )
        return access


def confirm_access(*, by: User, access: ConstituencyAccess) -> ConstituencyAccess:
    """Confirm what another administrator asked for; confirming twice changes nothing.

    Raises:
        NotAllowedError: `by` gives no roles, asked for this, or would see it.
        ConflictError: It was ended, or whoever asked gives no roles any more.
    """
    require(by, Permission.GRANT_ROLES)
    end_pages_at_dissolution(core_now())
    with acting(by, "confirmed who sees a constituency"):
        access = ConstituencyAccess.objects.select_for_update().get(pk=access.pk)
        if by.pk in {access.requested_by_id, access.user_id}:
            raise NotAllowedError("This is confirmed by a second person.", mend="Ask another administrator.")
        if access.ends_on is not None:
            raise ConflictError("This was ended.", mend="Ask for it again.")
        if access.confirmed_by_id is None:
            require_still(access.requested_by, Permission.GRANT_ROLES)
            access.confirmed_by, access.confirmed_at = by, core_now()
            access.save(update_fields=["confirmed_by", "confirmed_at"])
        return access


def end_access(*, by: User, access: ConstituencyAccess) -> ConstituencyAccess:
    """End it with today, or take the request back. Ending twice changes nothing.

    Raises:
        NotAllowedError: `by` gives no roles.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, "ended who sees a constituency"):
        access = ConstituencyAccess.objects.select_for_update().get(pk=access.pk)
        if access.ends_on is None:
            access.ends_on = max(today(), access.starts_on)
            access.save(update_fields=["ends_on"])
        return access
