"""A birth date that was never kept, told once more by somebody who told us the rest long ago.

Until then they count as 16 on the day they declared: nobody is let into a vote for grown-ups who may not be in it, and
whoever is old enough says so in a minute.
"""

from datetime import date

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from panels.domain.people import turns_sixteen_on
from panels.errors import ResidenceError
from panels.models import Residence
from panels.services.residence import PersonDetails, show_if_certain


def tell_birth_date(*, by: User, born_on: date, address: str) -> Residence:
    """Keep the fingerprint of a birth date of which there is none, and, of somebody under 18, the day they are 16.

    The fingerprint of the person says whether it is what they told us first, so nobody else need look at it, whatever
    vote they are on the list of. Where it is known or not needed, nothing changes.

    Raises:
        ResidenceError: `by` has not said where they live, or told us another birth date or address then.
    """
    require(by, Permission.DECLARE_RESIDENCE)
    with acting(by, "told their birth date again"):
        owner = User.objects.select_for_update(no_key=True).get(pk=by.pk)
        residence = Residence.objects.select_for_update(of=("self",)).filter(user=owner).first()
        if residence is None:
            raise ResidenceError("You have not told us yet where you live.", mend="Do that first.")
        if not residence.is_birth_date_missing:
            return residence
        details = PersonDetails(full_name=owner.full_name, born_on=born_on, address=address)
        if details.person_hmac != residence.person_hmac:
            raise ResidenceError(
                "This birth date or this address is not what you told us before.",
                mend="Write the address as you did then. Have you moved, or was it wrong? Then say that your details "
                "are wrong.",
            )
        at = core_now()
        residence.born_hmac, residence.of_age_on = details.born_hmac, turns_sixteen_on(born_on, localdate(at))
        residence.save(update_fields=["born_hmac", "of_age_on"])
        show_if_certain(residence, at)
        return residence
