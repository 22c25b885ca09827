"""What is read about panels and their members."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from neighbourhoods.models import Neighbourhood
from neighbourhoods.selectors import neighbourhoods_on_target_list
from panels.domain.deciding import PanelRules, Standing, standing
from panels.models import MoneyEnvelope, Organisation, Panel, PanelMembership, Resolution, ResolutionVote, Round
from panels.models.resolution import ResolutionQuerySet


def standing_of(panel: Panel, at: datetime) -> Standing:
    """Whether the panel may decide at this time, and if not, why."""
    return standings_of([panel.pk], at)[panel.pk]


def standings_of(panel_pks: Iterable[int], at: datetime) -> dict[int, Standing]:
    """The standing of many panels by primary key, in one query."""
    seats: dict[int, list[tuple[bool, bool]]] = {pk: [] for pk in panel_pks}
    sitting = PanelMembership.objects.on(localdate(at)).filter(panel__in=list(seats))
    for panel_pk, is_resident, is_chair in sitting.values_list("panel", "is_resident", "is_chair"):
        seats[panel_pk].append((is_resident, is_chair))
    return {pk: _standing(members) for pk, members in seats.items()}


def standing_without(leaving: PanelMembership, at: datetime) -> Standing:
    """Whether the panel may decide once this member has left, and if not, why."""
    staying = PanelMembership.objects.on(localdate(at)).filter(panel=leaving.panel_id).exclude(pk=leaving.pk)
    return _standing(list(staying.values_list("is_resident", "is_chair")))


def _standing(members: Sequence[tuple[bool, bool]]) -> Standing:
    """Of members as (lives there, chairs it) pairs."""
    return standing(
        member_count=len(members),
        resident_count=sum(is_resident for is_resident, _ in members),
        has_resident_chair=any(is_resident and is_chair for is_resident, is_chair in members),
        rules=PanelRules(),
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


def places_without_panel() -> QuerySet[Neighbourhood]:
    """Places of the latest target list whose panel is not set up yet, by label."""
    return neighbourhoods_on_target_list().filter(panel=None)


def panels_with_rounds() -> QuerySet[Panel]:
    """All panels with the votes they have held or planned, for the public list."""
    latest = Prefetch("rounds", queryset=Round.objects.in_full().order_by("-voting_opens_at"))
    return panels().prefetch_related(latest)


def envelope_of(panel: Panel) -> MoneyEnvelope | None:
    """Money the panel can decide now, None when the fund has named none."""
    return MoneyEnvelope.objects.filter(neighbourhood=panel.neighbourhood_id).first()


def organisations() -> QuerySet[Organisation]:
    return Organisation.objects.order_by("name")


def resolutions() -> ResolutionQuerySet:
    return Resolution.objects.in_full()


def resolutions_of(panel: Panel) -> ResolutionQuerySet:
    """Decisions of a panel, the latest first."""
    return resolutions().filter(panel=panel).order_by("-pk")


def carried_on_annulled_votes() -> QuerySet[Resolution]:
    """Carried decisions whose vote was annulled afterwards and is not ended yet: money may be on its way."""
    found = Resolution.objects.in_full().carried().filter(round__annulment__isnull=False)
    return found.exclude(round__certification__certified_at__isnull=False).order_by("pk")


def standing_resolution(round: Round) -> Resolution | None:
    """The open or carried decision on a vote, if there is one."""
    return resolutions().standing().filter(round=round).first()


def decisions_standing_on(rounds: Iterable[Round]) -> set[int]:
    """Keys of those of these votes on which a decision is open or carried."""
    return set(Resolution.objects.standing().filter(round__in=list(rounds)).values_list("round", flat=True))


def votes_on(resolution: Resolution) -> QuerySet[ResolutionVote]:
    """Members' votes in the order they were given."""
    return ResolutionVote.objects.filter(resolution=resolution).select_related("member__user").order_by("pk")


def voted_on(resolutions: Iterable[Resolution], user: User) -> set[int]:
    """Keys of those of these decisions on which `user` has given a member's vote."""
    votes = ResolutionVote.objects.filter(resolution__in=list(resolutions), member__user=user)
    return set(votes.values_list("resolution", flat=True))
