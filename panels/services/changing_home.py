"""Saying something else about where one lives, as long as nobody has confirmed it and no vote hangs on it.

Otherwise it is corrected by two (`correcting`).
"""

from django.utils.timezone import localdate
from django.utils.translation import gettext_noop

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from neighbourhoods.models import Neighbourhood
from panels.domain.people import turns_sixteen_on
from panels.errors import ResidenceError
from panels.models import PlaceQuestion, PlaceVerdict, Residence, RollEntry
from panels.models.round import TIME_TO_SHOW
from panels.services.residence import PersonDetails, check_details, keep_residence, place_of

ASK = "Ask for it to be corrected: two people look at it."


def change_residence(*, by: User, details: PersonDetails, neighbourhood: Neighbourhood | None = None) -> Residence:
    """Put other details in place of those `by` told before. Letters with codes for the old ones no longer work.

    Args:
        by: the person.
        details: the right ones; none of it is kept but the name.
        neighbourhood: the place the person names; None leaves it to the postcode.

    Raises:
        ResidenceError: nothing was told before, somebody has confirmed or judged it, `by` is on the list of a vote
            that is not over, or a detail is missing or impossible.
    """
    require(by, Permission.DECLARE_RESIDENCE)
    with acting(by, "changed where they live"):
        owner = User.objects.select_for_update(no_key=True).get(pk=by.pk)
        residence = Residence.objects.select_for_update(of=("self",)).filter(user=owner).first()
        if residence is None:
            raise ResidenceError("You have not told us yet where you live.", mend="Do that first.")
        at = core_now()
        why = why_fixed(residence)
        if why:
            raise ResidenceError(why, mend=ASK)
        today = localdate(at)
        check_details(details, today)
        residence.neighbourhood, residence.placed_by = place_of(details.postcode, neighbourhood)
        residence.person_hmac, residence.household_hmac = details.person_hmac, details.household_hmac
        residence.born_hmac, residence.of_age_on = details.born_hmac, turns_sixteen_on(details.born_on, today)
        residence.letters.to_post().delete()
        residence.letters.usable(at).update(expires_at=at)
        PlaceQuestion.objects.filter(residence=residence).delete()
        return keep_residence(residence, full_name=details.full_name, postcode=details.postcode)


def why_fixed(residence: Residence) -> str:
    """Why these details can no longer be changed by the person alone; empty where they can."""
    if residence.proved_by or residence.vouches.exists() or residence.document_checks.exists():
        return gettext_noop("Somebody has confirmed these details.")
    if residence.placed_by in {Residence.PlacedBy.PEOPLE, Residence.PlacedBy.ELSEWHERE}:
        return gettext_noop("Two people have judged in which place your home is.")
    if PlaceVerdict.objects.filter(question__residence=residence).exists():
        return gettext_noop("Two people are judging in which place your home is.")
    still = RollEntry.objects.filter(user=residence.user_id, round__voting_closes_at__gt=core_now() - TIME_TO_SHOW)
    if still.exists():
        return gettext_noop("You are on the list of a vote that is not over.")
    return ""
