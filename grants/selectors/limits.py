"""How much a person may release in one run, and every limit of authority with its changes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from grants.domain.authority import Rank, Risk
from grants.domain.limits import CELLS, Cell, LimitKind
from grants.models import AuthorityLimit, LimitChange, ReleaseLimit, WriteOffLimit

DIRECTORS = frozenset({Role.FINANCE_DIRECTOR, Role.FUND_DIRECTOR})


@dataclass(frozen=True)
class ReleaseRule:
    """The limits in force on a day, in pence by role."""

    limits: dict[Role, int]

    def limit_pence(self, roles: Collection[Role]) -> int:
        """The most that a person of these roles may release alone; 0 for nothing."""
        return max((limit for role, limit in self.limits.items() if role in roles), default=0)

    def needs_both_directors(self, total_pence: int) -> bool:
        """True when the total is above what anybody may release alone."""
        return total_pence > max(self.limits.values(), default=0)


def release_rule(day: date) -> ReleaseRule:
    """The latest limit of each role that is in force on `day`."""
    rows = (
        ReleaseLimit.objects.filter(from_on__lte=day)
        .order_by("role", "-from_on")
        .distinct("role")
        .values_list("role", "limit_pence")
    )
    return ReleaseRule({Role(role): limit for role, limit in rows})


@dataclass(frozen=True)
class Standing:
    """A limit as it stands on a day, in pence and since when; None where there is none yet."""

    pence: int | None = None
    from_on: date | None = None


def limits_on(day: date) -> dict[Cell, Standing]:
    """Every limit as it stands on a day, in the order of the tables."""
    found: dict[Cell, Standing] = dict.fromkeys(CELLS, Standing())
    approve = AuthorityLimit.objects.filter(from_on__lte=day).order_by("from_on")
    for rank, risk, pence, since in approve.values_list("rank", "risk", "limit_pence", "from_on"):
        found[Cell(LimitKind.APPROVE, Rank(rank), Risk(risk))] = Standing(pence, since)
    write_off = WriteOffLimit.objects.filter(from_on__lte=day).order_by("from_on")
    for rank, pence, since in write_off.values_list("rank", "limit_pence", "from_on"):
        found[Cell(LimitKind.WRITE_OFF, Rank(rank))] = Standing(pence, since)
    release = ReleaseLimit.objects.filter(from_on__lte=day).order_by("from_on")
    for role, pence, since in release.values_list("role", "limit_pence", "from_on"):
        found[Cell(LimitKind.RELEASE, role=role)] = Standing(pence, since)
    return found


def limit_changes() -> QuerySet[LimitChange]:
    """Every change that was proposed, the latest first, with the people."""
    found = LimitChange.objects.select_related("proposed_by", "confirmed_by", "withdrawn_by")
    return found.order_by("-proposed_at", "-pk")


def limits_to_confirm() -> QuerySet[LimitChange]:
    """Proposed and waiting for the other director, oldest first."""
    return LimitChange.objects.proposed().select_related("proposed_by").order_by("proposed_at", "pk")


def confirmable_by(user: User, changes: Iterable[LimitChange], day: date) -> list[LimitChange]:
    """Those of some proposals that the person may confirm: of a day to come, by the director of the other post."""
    own = DIRECTORS & user.roles
    ahead = [change for change in changes if change.from_on > day and change.proposed_by_id != user.pk]
    held = RoleGrant.objects.standing().filter(user__in={change.proposed_by_id for change in ahead}, role__in=DIRECTORS)
    posts: dict[int, set[Role]] = {}
    for person, role in held.values_list("user", "role") if own and ahead else ():
        posts.setdefault(person, set()).add(Role(role))
    return [
        change
        for change in ahead
        if change.proposed_by_id in posts and len(own | posts[change.proposed_by_id]) == len(DIRECTORS)
    ]


def changes_ahead(day: date) -> QuerySet[LimitChange]:
    """Confirmed, from a day to come."""
    return LimitChange.objects.filter(confirmed_at__isnull=False, from_on__gt=day).order_by("from_on", "pk")
