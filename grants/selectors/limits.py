"""How much a person may release in one run."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from cwf_portal.core.permissions import Role
from grants.models import ReleaseLimit

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
