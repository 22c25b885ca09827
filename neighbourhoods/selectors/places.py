"""What pages and upper rooms read about places."""

from collections.abc import Iterable, Sequence

from django.db.models import Count, Prefetch, Q, QuerySet

from cwf_portal.core.clock import today
from cwf_portal.core.permissions import AnyUser
from neighbourhoods.domain.postcodes import is_postcode, normalised_postcode
from neighbourhoods.models import Area, AreaKind, AreaShare, ConstituencyAccess, Neighbourhood, Outline, Postcode, Seat
from neighbourhoods.models.places import NeighbourhoodQuerySet


def neighbourhoods_on_target_list() -> NeighbourhoodQuerySet:
    """The places of the latest target list, by label."""
    return Neighbourhood.objects.on_current_list().order_by("label")


def neighbourhood_of_postcode(typed: str) -> Neighbourhood | None:
    """The place in which a postcode lies by best fit; None for one that we do not know.

    Raises:
        ValueError: what was typed is no postcode.
    """
    found = Postcode.objects.filter(code=normalised_postcode(typed)).select_related("neighbourhood").first()
    return found.neighbourhood if found else None


def places_matching(words: str, places: NeighbourhoodQuerySet) -> NeighbourhoodQuerySet:
    """Those of `places` that fit what somebody typed to find theirs: the one of a postcode, or all with these words."""
    if is_postcode(words):
        return places.filter(postcodes__code=normalised_postcode(words))
    return places.filter(pk__in=Neighbourhood.objects.matching(words).values("pk"))


def neighbourhood_by_code(code: str) -> Neighbourhood | None:
    """The place with a 2017 ward code, with its areas and outline; None when there is no such place."""
    return (
        Neighbourhood.objects.with_areas().select_related("authority_2017", "outline", "area").filter(code=code).first()
    )


def shares_in_all(areas: Sequence[Area]) -> QuerySet[AreaShare]:
    """The places in some areas with the share of each place's residents, by label."""
    shares = AreaShare.objects.filter(area__in=areas).select_related("neighbourhood__region")
    return shares.order_by("neighbourhood__label")


def places_by_region() -> dict[int, int]:
    """How many places of the latest list lie in each region, by primary key of the region."""
    counts = neighbourhoods_on_target_list().order_by().values_list("region").annotate(Count("pk"))
    return dict(counts)


def constituencies_of(user: AnyUser) -> QuerySet[Area]:
    """The constituencies whose home page the account may see today, by name."""
    if not user.is_authenticated:
        return Area.objects.none()
    open_now = user.constituency_accesses.open_on(today()).values("area")
    return Area.objects.filter(pk__in=open_now).order_by("name")


def accesses() -> QuerySet[ConstituencyAccess]:
    """Who sees which constituency or shall, those that wait for a second administrator first, then by name."""
    found = ConstituencyAccess.objects.not_ended().select_related("user", "area", "requested_by", "confirmed_by")
    return found.annotate(waits=Q(confirmed_by=None)).order_by("-waits", "area__name", "pk")


def shares_of(neighbourhood: Neighbourhood) -> list[AreaShare]:
    """Every area a place lies in, with who holds its seat now (`area.held_seats`, empty but for constituencies)."""
    held = Prefetch("area__seats", queryset=Seat.objects.sitting().select_related("member"), to_attr="held_seats")
    return list(neighbourhood.area_shares.select_related("area").prefetch_related(held))


def constituency_shares(shares: Iterable[AreaShare]) -> list[AreaShare]:
    """Those of constituencies, of both generations: the current ones first, then by share."""
    kinds = (AreaKind.CONSTITUENCY_2024, AreaKind.CONSTITUENCY_2010)
    return sorted(
        (share for share in shares if share.area.kind in kinds),
        key=lambda share: (kinds.index(AreaKind(share.area.kind)), -(share.share or 0), share.area.name),
    )


def with_members(areas: QuerySet[Area]) -> QuerySet[Area]:
    """Constituencies with who holds the seat now (`held_seats`)."""
    held = Prefetch("seats", queryset=Seat.objects.sitting().select_related("member"), to_attr="held_seats")
    return areas.prefetch_related(held)


def constituency_by_code(code: str) -> Area | None:
    """A current constituency with its MP (`held_seats`), None when there is none of that code."""
    return with_members(Area.objects.of_kind(AreaKind.CONSTITUENCY_2024)).filter(code=code).first()


def area_by_code(code: str) -> Area | None:
    """An area of today of which figures are published, whatever its kind; None when there is none of that code."""
    return Area.objects.standing().filter(code=code).order_by("pk").first()


def constituencies(*, search: str = "", with_places_only: bool = True) -> QuerySet[Area]:
    """Current constituencies with their MP (`held_seats`) and the number of places in them (`places_count`)."""
    found = Area.objects.of_kind(AreaKind.CONSTITUENCY_2024)
    if with_places_only:
        found = found.filter(pk__in=AreaShare.objects.values("area"))
    for word in search.split():
        held = Seat.objects.sitting().filter(member__name__icontains=word).values("constituency")
        found = found.filter(Q(name__icontains=word) | Q(pk__in=held))
    return with_members(found.annotate(places_count=Count("place_shares"))).order_by("name")


def regions() -> QuerySet[Area]:
    """The nine regions, by name."""
    return Area.objects.of_kind(AreaKind.REGION).order_by("name")


def authorities() -> QuerySet[Area]:
    """The councils of today that places lie in, by name."""
    return Area.objects.of_kind(AreaKind.AUTHORITY).standing().order_by("name")


def country() -> Area | None:
    """England, None before anything is loaded."""
    return Area.objects.of_kind(AreaKind.COUNTRY).first()


def areas_around(places: Iterable[Neighbourhood], whole: Area | None) -> list[int]:
    """Primary keys of the areas of some places, of their regions, and of the whole country, each once."""
    places = list(places)
    keys = [*(place.area_id for place in places), *(place.region_id for place in places)]
    return list(dict.fromkeys([*keys, *([whole.pk] if whole else [])]))


def outlines_on_list() -> QuerySet[Outline]:
    """Outlines of the places on the latest list, without their geometry, for a map of all."""
    listed = neighbourhoods_on_target_list().values("pk")
    return (
        Outline.objects.filter(neighbourhood__in=listed)
        .select_related("neighbourhood__region", "neighbourhood__authority")
        .defer("geometry")
        .order_by("neighbourhood__label")
    )
