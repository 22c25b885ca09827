"""Who has which rank and team, what waits for a second administrator, and who acts for whom."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet

from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import ROLE_PERMISSIONS, Permission
from grants.domain.authority import Officer, Rank, Risk
from grants.models import AuthorityChange, AuthorityLimit, Delegation, OfficerAuthority

APPROVING = [
    role.value for role, permissions in ROLE_PERMISSIONS.items() if Permission.APPROVE_AGREEMENT in permissions
]


@dataclass(frozen=True)
class RankLimits:
    """What one rank may approve on a day, in pence by risk; None where it approves nothing."""

    rank: Rank
    pence: dict[Risk, int | None]


def authorities(day: date) -> QuerySet[OfficerAuthority]:
    """Ranks in force on a day or from a later one, the highest first."""
    found = OfficerAuthority.objects.filter(Q(to_on=None) | Q(to_on__gte=day)).select_related("user")
    return found.order_by("-rank", "team", "user__full_name", "from_on")


def changes_to_confirm() -> QuerySet[AuthorityChange]:
    """Ranks that one administrator asked for, oldest first."""
    return AuthorityChange.objects.waiting().select_related("user", "requested_by").order_by("pk")


def delegations(day: date) -> QuerySet[Delegation]:
    """Who acts for whom on a day or later, proposed and confirmed."""
    found = Delegation.objects.live().filter(to_on__gte=day).select_related("giver", "taker", "confirmed_by")
    return found.order_by("from_on", "pk")


def delegations_to_confirm(day: date) -> QuerySet[Delegation]:
    """Proposed and not over."""
    return delegations(day).filter(confirmed_at=None)


def acting_for(user: User, day: date) -> QuerySet[Delegation]:
    """For whom somebody acts on a day."""
    return Delegation.objects.standing(day).filter(taker=user).select_related("giver").order_by("to_on")


def officer_of(user: User, day: date) -> Officer | None:
    """The person's rank and team on a day; None where they hold none, or have handed their authority over."""
    if Delegation.objects.standing(day).filter(giver=user).exists():
        return None
    held = OfficerAuthority.objects.standing(day).filter(user=user).order_by("-from_on").first()
    return held.as_officer() if held else None


def may_approve(user: User) -> bool:
    """Whether a person holds a role that approves agreements."""
    return user.is_active and RoleGrant.objects.standing().filter(user=user, role__in=APPROVING).exists()


def equals_of(user: User, day: date) -> QuerySet[User]:
    """Officers of the same rank on a day who may approve, without the person."""
    own = OfficerAuthority.objects.standing(day).filter(user=user).values("rank")
    same = OfficerAuthority.objects.standing(day).filter(rank__in=own).values("user")
    approving = RoleGrant.objects.standing().filter(role__in=APPROVING).values("user")
    found = User.objects.filter(pk__in=same, is_active=True).filter(pk__in=approving).exclude(pk=user.pk)
    return found.order_by(F("full_name").asc(), "pk")


def limits(day: date) -> list[RankLimits]:
    """What each rank may approve on a day, the lowest first; two rows of one rank and risk: the later counts."""
    rows = (
        AuthorityLimit.objects.filter(from_on__lte=day).order_by("from_on").values_list("rank", "risk", "limit_pence")
    )
    held = {(Rank(rank), Risk(risk)): pence for rank, risk, pence in rows}
    return [RankLimits(rank, {risk: held.get((rank, risk)) for risk in Risk}) for rank in Rank]
