"""What is read about panels and their members."""

from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from panels.domain.deciding import PanelRules, Standing, standing
from panels.models import MoneyEnvelope, Organisation, Panel, PanelMembership, Resolution, ResolutionVote, Round


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


def panels() -> QuerySet[Panel]:
    return Panel.objects.select_related("neighbourhood").order_by("name")


def panels_with_rounds() -> QuerySet[Panel]:
    """Panels that have held or planned a vote, with these, for the public list."""
    latest = Prefetch("rounds", queryset=Round.objects.in_full().order_by("-voting_opens_at"))
    return panels().filter(rounds__isnull=False).distinct().prefetch_related(latest)


def envelope_of(panel: Panel) -> MoneyEnvelope | None:
    """Money the panel can decide now, None when the fund has named none."""
    return MoneyEnvelope.objects.filter(neighbourhood=panel.neighbourhood_id).first()


def organisations() -> QuerySet[Organisation]:
    return Organisation.objects.order_by("name")


def resolutions() -> QuerySet[Resolution]:
    return Resolution.objects.in_full()


def resolutions_of(panel: Panel) -> QuerySet[Resolution]:
    """Decisions of a panel, the latest first."""
    return resolutions().filter(panel=panel).order_by("-pk")


def standing_resolution(round: Round) -> Resolution | None:
    """The open or carried decision on a vote, if there is one."""
    return resolutions().filter(round=round, status__in=("open", "carried")).first()


def votes_on(resolution: Resolution) -> QuerySet[ResolutionVote]:
    """Members' votes in the order they were given."""
    return ResolutionVote.objects.filter(resolution=resolution).select_related("member__user").order_by("pk")


def has_voted_on(resolution: Resolution, user: User) -> bool:
    """True when `user` has given a member's vote on it."""
    return ResolutionVote.objects.filter(resolution=resolution, member__user=user).exists()
