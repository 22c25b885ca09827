"""What goes when somebody closes their account: that they follow places."""

from cwf_portal.core.closing import forgets
from cwf_portal.core.models import User
from neighbourhoods.models import PlaceFollow


@forgets
def forget_follows(user: User) -> None:
    """They are written to no longer."""
    PlaceFollow.objects.filter(user=user).delete()
