"""What pages and upper rooms read about places."""

from collections.abc import Sequence

from django.db.models import Count, Prefetch, Q, QuerySet

from cwf_portal.core.clock import core_now
from cwf_portal.core.permissions import AnyUser
from neighbourhoods.models import Area, AreaKind, AreaShare, Neighbourhood, Outline, Seat, TargetList


def neighbourhoods_on_target_list() -> QuerySet[Neighbourhood]:
    """The places of the latest target list, by label."""
    return Neighbourhood.objects.on_current_list().order_by("label")


def neighbourhood_by_code(code: str) -> Neighbourhood | None:
    """The place with a 2017 ward code, with its areas and outline; None when there is no such place."""
    return Neighbourhood.objects.with_areas().select_related("authority_2017", "outline").filter(code=code).first()


def current_target_list() -> TargetList | None:
    """The latest list, None before anything is loaded."""
    return TargetList.objects.order_by("-year").first()


def neighbourhoods_in(area: Area) -> QuerySet[Neighbourhood]:
    """The places that lie in an area, whole or in part, by label."""
    return Neighbourhood.objects.filter(area_shares__area=area).order_by("label")


def shares_in(area: Area) -> QuerySet[AreaShare]:
    """The same with the share of each place's residents."""
    return area.place_shares.select_related("neighbourhood").order_by("neighbourhood__label")


def constituencies_of(user: AnyUser) -> QuerySet[Area]:
    """The constituencies whose home page the account may see today, by name."""
    if not user.is_authenticated:
        return Area.objects.none()
    today = core_now().date()
    open_now = user.constituency_accesses.open_on(today).values("area")
    return Area.objects.filter(pk__in=open_now).order_by("name")


def constituency_shares(neighbourhood: Neighbourhood) -> list[AreaShare]:
    """The constituencies a place lies in, of both generations, the current ones first, the largest share first."""
    kinds = (AreaKind.CONSTITUENCY_2024, AreaKind.CONSTITUENCY_2010)
    shares = neighbourhood.area_shares.filter(area__kind__in=kinds).select_related("area")
    held = Prefetch("area__seats", queryset=Seat.objects.held().select_related("member"), to_attr="held_seats")
    return sorted(
        shares.prefetch_related(held),
        key=lambda share: (kinds.index(AreaKind(share.area.kind)), -(share.share or 0), share.area.name),
    )


def constituency_by_code(code: str) -> Area | None:
    """A current constituency, None when there is none of that code."""
    return Area.objects.of_kind(AreaKind.CONSTITUENCY_2024).filter(code=code).first()


def constituencies(*, search: str = "", with_places_only: bool = True) -> QuerySet[Area]:
    """Current constituencies with their MP (`held_seats`) and the number of places in them (`places_count`)."""
    held = Prefetch("seats", queryset=Seat.objects.held().select_related("member"), to_attr="held_seats")
    found = Area.objects.of_kind(AreaKind.CONSTITUENCY_2024).annotate(places_count=Count("place_shares"))
    if with_places_only:
        found = found.filter(places_count__gt=0)
    for word in search.split():
        found = found.filter(Q(name__icontains=word) | Q(seats__ends_on=None, seats__member__name__icontains=word))
    return found.prefetch_related(held).order_by("name")


def regions() -> QuerySet[Area]:
    """The nine regions, by name."""
    return Area.objects.of_kind(AreaKind.REGION).order_by("name")


def authorities() -> QuerySet[Area]:
    """The councils of today that places lie in, by name."""
    return Area.objects.of_kind(AreaKind.AUTHORITY).standing().order_by("name")


def country() -> Area | None:
    """England, None before anything is loaded."""
    return Area.objects.of_kind(AreaKind.COUNTRY).first()


def outlines_on_list() -> QuerySet[Outline]:
    """Outlines of the places on the latest list, without their geometry, for a map of all."""
    listed = neighbourhoods_on_target_list().values("pk")
    return (
        Outline.objects.filter(neighbourhood__in=listed)
        .select_related("neighbourhood__region", "neighbourhood__authority")
        .defer("geometry")
        .order_by("neighbourhood__label")
    )


def outlines_of(neighbourhood_ids: Sequence[int]) -> QuerySet[Outline]:
    """Outlines of some places, geometry included."""
    found = Outline.objects.filter(neighbourhood__in=neighbourhood_ids)
    return found.select_related("neighbourhood__region").order_by("neighbourhood__label")
