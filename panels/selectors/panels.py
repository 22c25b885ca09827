"""What is read about panels and their members."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from panels.domain.deciding import PanelRules, Standing, standing
from panels.models import Panel, PanelMembership, Resolution


def standing_of(panel: Panel, at: datetime) -> Standing:
    """Whether the panel may decide at this time, and if not, why."""
    members = list(members_of(panel, at))
    residents = sum(member.is_resident for member in members)
    has_chair = any(member.is_chair and member.is_resident for member in members)
    return standing(
        member_count=len(members), resident_count=residents, has_resident_chair=has_chair, rules=PanelRules()
    )


def members_of(panel: Panel, at: datetime) -> QuerySet[PanelMembership]:
    """Members at this time with their names, the chair first."""
    return PanelMembership.objects.on(localdate(at)).filter(panel=panel).with_people()


def panels_of(user: User, at: datetime) -> QuerySet[Panel]:
    """Panels on which somebody sits now."""
    sitting = PanelMembership.objects.on(localdate(at)).filter(user=user)
    return Panel.objects.filter(pk__in=sitting.values("panel")).select_related("neighbourhood").order_by("name")


def resolution_by_pk(pk: int) -> Resolution:
    """A decision with its place, vote and organisation; Resolution.DoesNotExist when there is none."""
    return Resolution.objects.in_full().get(pk=pk)
