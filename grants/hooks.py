"""What grants adds to a place's page: its figures and events are published already; officers get a way to the case."""

from django.urls import reverse

from cwf_portal.core.permissions import AnyUser, Permission, has_permission
from grants.errors import in_pounds
from grants.selectors.agreements import agreements_of
from neighbourhoods.hooks import PlaceLink, register_place_panel
from neighbourhoods.models import Neighbourhood


@register_place_panel
def cases(neighbourhood: Neighbourhood, user: AnyUser) -> list[PlaceLink]:
    """For officers, the cases of the place; nobody else sees more than figures and events say."""
    if not has_permission(user, Permission.VIEW_CASES):
        return []
    return [
        PlaceLink(
            title=f"Case {agreement.reference}",
            url=reverse("grants:agreement-detail", args=[agreement.reference]),
            detail=f"{agreement.get_status_display()}, {in_pounds(agreement.amount_pence)}",
            is_sample=agreement.is_sample,
        )
        for agreement in agreements_of(neighbourhood.pk)
    ]
