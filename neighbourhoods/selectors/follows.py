"""Who follows which place."""

from django.db.models import QuerySet

from cwf_portal.core.models import User
from neighbourhoods.models import Neighbourhood, PlaceFollow


def follow_of(user: User, place: Neighbourhood) -> PlaceFollow | None:
    """How somebody follows a place, None where they do not."""
    return PlaceFollow.objects.filter(user=user, neighbourhood=place).first()


def told_at_once(place_id: int) -> QuerySet[PlaceFollow]:
    """Who is written to each time something happens in a place."""
    return PlaceFollow.objects.filter(neighbourhood=place_id, is_weekly=False)


def places_followed_by(user: User) -> QuerySet[PlaceFollow]:
    """The places that somebody follows, by name."""
    followed = PlaceFollow.objects.filter(user=user).select_related("neighbourhood")
    return followed.order_by("neighbourhood__name", "pk")
