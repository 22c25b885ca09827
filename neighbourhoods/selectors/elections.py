"""When elections are held, and where."""

from datetime import date

from django.db.models import QuerySet

from neighbourhoods.models import Area, AreaKind, AreaShare, Neighbourhood, SensitivePeriod

KINDS = (AreaKind.COUNTRY, AreaKind.REGION, AreaKind.COUNTY, AreaKind.AUTHORITY, AreaKind.CONSTITUENCY_2024)


def elections() -> QuerySet[SensitivePeriod]:
    """Every period that nobody took back, the latest first."""
    return SensitivePeriod.objects.standing().select_related("area", "declared_by").order_by("-starts_on", "area__name")


def election_in(place: Neighbourhood, day: date) -> SensitivePeriod | None:
    """The period in which the day lies, of an area in which any part of the place lies; the one that ends last."""
    areas = AreaShare.objects.filter(neighbourhood=place).values("area")
    return SensitivePeriod.objects.on(day).filter(area__in=areas).order_by("-ends_on", "pk").first()


def areas_with_elections() -> list[Area]:
    """Areas of today that elect somebody and hold a place of the fund: the whole country first, then by name."""
    held = AreaShare.objects.values("area")
    found = Area.objects.standing().of_kind(*KINDS).filter(pk__in=held)
    return sorted(found, key=lambda area: (KINDS.index(AreaKind(area.kind)), area.name))
