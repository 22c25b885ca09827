"""Following a place by email: at once or once a week, and no longer."""

from cwf_portal.core.audit import acting
from cwf_portal.core.models import User
from cwf_portal.core.stopping import ended_by_link
from neighbourhoods.models import Neighbourhood, PlaceFollow, PlaceNews


def follow_place(*, by: User, place: Neighbourhood, is_weekly: bool) -> PlaceFollow:
    """Be written to about what happens in a place from now on; doing it again says how often, and repeats nothing."""
    with acting(by, "followed a place"):
        newest = PlaceNews.objects.order_by("-pk").values_list("pk", flat=True).first()
        wish = {"is_weekly": is_weekly}
        begun = {**wish, "told_to": newest or 0}
        return PlaceFollow.objects.update_or_create(wish, begun, neighbourhood=place, user=by)[0]


def unfollow_place(*, by: User, place: Neighbourhood) -> None:
    """Be written to no longer."""
    with acting(by, "followed a place no longer"):
        PlaceFollow.objects.filter(neighbourhood=place, user=by).delete()


@ended_by_link("place")
def end_follow(pk: int) -> None:
    """Whoever holds a letter about the place ended it there; called under `acting`."""
    PlaceFollow.objects.filter(pk=pk).delete()
