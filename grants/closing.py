"""What hinders closing an account here: whoever acts for an organisation stops doing so first."""

from collections.abc import Iterator

from cwf_portal.core.closing import hinders
from cwf_portal.core.models import User
from cwf_portal.core.said import Named, Said
from grants.models import BodyContact


@hinders
def acts_for_an_organisation(user: User) -> Iterator[Said]:
    """Its money needs somebody who answers for it."""
    for contact in BodyContact.objects.standing().filter(user=user).select_related("body__organisation"):
        yield Said(
            "You act for {organisation}. An officer of the fund names somebody else first.",
            organisation=Named(contact.body.organisation.name),
        )
