"""Scope: which panel somebody acts for. What a role may do at all is core's table."""

from collections.abc import Collection
from datetime import date

from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import ROLE_PERMISSIONS, Permission, has_permission, require
from panels.models import Panel, PanelMembership

FUND_ROLES = [
    role
    for role, permissions in ROLE_PERMISSIONS.items()
    if permissions & {Permission.VIEW_CASES, Permission.GRANT_ROLES}
]


def membership_of(user: User, panel: Panel, day: date) -> PanelMembership | None:
    """The term in which `user` sits on `panel` on this day, if any."""
    return PanelMembership.objects.on(day).filter(panel=panel, user=user).first()


def is_member_at(user: User, neighbourhood_pk: int, day: date) -> bool:
    """True when `user` sits on the panel of this place on this day."""
    return PanelMembership.objects.on(day).filter(panel__neighbourhood=neighbourhood_pk, user=user).exists()


def require_member(user: User, panel: Panel, *, day: date, permission: Permission) -> PanelMembership:
    """The membership under which `user` acts; raises NotAllowedError for anybody else."""
    require(user, permission)
    membership = membership_of(user, panel, day)
    if membership is None:
        raise NotAllowedError(f"You are not a member of {panel.name}.", mend="Its members are listed on its page.")
    return membership


def require_member_or_officer(user: User, panel: Panel, *, day: date, permission: Permission) -> None:
    """Panel members for their own place, fund officers for any."""
    require(user, permission)
    if not has_permission(user, Permission.MANAGE_PANEL):
        require_member(user, panel, day=day, permission=permission)


def may_run_polling(user: User, panel: Panel, day: date) -> bool:
    """Whether `user` handles paper for this panel: its members, and officers of the fund."""
    if not has_permission(user, Permission.RUN_POLLING):
        return False
    return has_permission(user, Permission.MANAGE_PANEL) or membership_of(user, panel, day) is not None


def fund_staff_among(users: Collection[User]) -> set[int]:
    """Primary keys of those who work for the fund, administrators of the portal included."""
    grants = RoleGrant.objects.standing().filter(user__in=users, role__in=FUND_ROLES)
    return set(grants.values_list("user", flat=True))
