"""Showing where one lives: say so, then have it confirmed in person by two people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from neighbourhoods.models import Neighbourhood
from panels.domain.people import age_on, born_hmac, household_hmac, normalised, person_hmac, turns_sixteen_on
from panels.errors import ResidenceError, TakenError, UnknownPostcodeError
from panels.models import PlaceQuestion, Residence, Vouch
from panels.permissions import is_member_at
from panels.selectors.paper import has_project_in_place
from panels.selectors.residence import place_of_postcode
from panels.services.enrolling import enrol_where_certain
from panels.services.pairs import check_other_home
from panels.services.verifying import verify_entries

OLDEST = 120
AT_A_TABLE = "@table.invalid"  # accounts made at a polling place, with which nobody can sign in
NEEDED_VOUCHES = 2
FORMER_DETAILS = "panels_residence_former_details"  # what another account gave up by a correction


@dataclass(frozen=True)
class PersonDetails:
    """What a person types to say where they live. Only keyed fingerprints of it are kept."""

    full_name: str
    born_on: date
    address: str
    postcode: str = ""

    @property
    def person_hmac(self) -> str:
        key = settings.PERSON_HMAC_KEY.encode()
        return person_hmac(name=self.full_name, born_on=self.born_on, address=self.address, key=key)

    @property
    def born_hmac(self) -> str:
        return born_hmac(self.born_on, settings.PERSON_HMAC_KEY.encode())

    @property
    def household_hmac(self) -> str:
        return household_hmac(self.address, settings.PERSON_HMAC_KEY.encode())


def declare_residence(*, by: User, details: PersonDetails, neighbourhood: Neighbourhood | None = None) -> Residence:
    """Note where `by` says they live. The same details again change nothing.

    The postcode decides in which place that is. Where it is not known, or `by` names another place than it, nobody is
    refused: two people judge it.

    Args:
        by: the person.
        details: of the person; none of it is kept but the name.
        neighbourhood: the place the person names; None leaves it to the postcode.

    Raises:
        ResidenceError: a detail is missing or impossible, neither the postcode nor the person names a place, or the
            person said something else before.
    """
    require(by, Permission.DECLARE_RESIDENCE)
    with acting(by, "said where they live"):
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        today = localdate(core_now())
        check_details(details, today)
        place, placed_by = place_of(details.postcode, neighbourhood)
        known = Residence.objects.filter(user=by).first()
        if known:
            return _same_or_refused(known, place, details)
        residence = Residence(
            user=by,
            neighbourhood=place,
            placed_by=placed_by,
            person_hmac=details.person_hmac,
            household_hmac=details.household_hmac,
            born_hmac=details.born_hmac,
            of_age_on=turns_sixteen_on(details.born_on, today),
        )
        return keep_residence(residence, full_name=details.full_name, postcode=details.postcode)


def keep_residence(residence: Residence, *, full_name: str, postcode: str = "") -> Residence:
    """Store what somebody said about themselves. The caller holds the lock of their account.

    Others may have said the same: the answer does not tell, and nobody is kept out by what somebody typed first.
    """
    residence.save()
    residence.user.full_name = full_name.strip()
    residence.user.save(update_fields=["full_name"])
    if residence.placed_by == Residence.PlacedBy.OPEN:
        PlaceQuestion.objects.get_or_create(residence=residence, defaults={"postcode": postcode.strip().upper()[:10]})
    return residence


def vouch_for_residence(*, by: User, residence: Residence) -> Residence:
    """Confirm, having met the person, that they live here. The second confirmation makes it shown.

    One of the two speaks for the panel; the other may be any neighbour who has shown where they live, or another
    member. Vouching twice changes nothing.

    Raises:
        ResidenceError: `by` is the person, of their household, has an idea at home in a round whose voters can still
            show where they live, is neither a panel member nor a resident who has shown it, or their part was already
            given by somebody else.
        NotAllowedError: `by` lives with whoever has given theirs.
    """
    require(by, Permission.VOUCH)
    with acting(by, "confirmed that somebody lives here"):
        residence = Residence.objects.select_for_update().get(pk=residence.pk)
        at = core_now()
        given = list(residence.vouches.all())
        if any(vouch.voucher_id == by.pk for vouch in given) or residence.level == Residence.Level.SHOWN:
            return residence
        if residence.placed_by == Residence.PlacedBy.ELSEWHERE:
            raise ResidenceError("Two people found that this home is in another place.", mend="Ask the fund.")
        is_by_panel = _speaks_for_panel(by, residence, given, today=localdate(at))
        _check_independence(by, residence, at)
        check_other_home(by, [vouch.voucher_id for vouch in given])
        Vouch.objects.create(residence=residence, voucher=by, is_by_panel=is_by_panel)
        if len(given) + 1 >= NEEDED_VOUCHES:
            if residence.placed_by == Residence.PlacedBy.OPEN:
                _note_place(residence, residence.neighbourhood_id)  # both know that it is here
            prove(residence, Residence.ProvedBy.IN_PERSON, at)
        return residence


def settle_place(residence: Residence, neighbourhood: Neighbourhood | None) -> None:
    """Note in which place two people found a home whose postcode did not say it, and forget the postcode.

    None is none of our places. The caller holds the lock of the residence.
    """
    if residence.placed_by != Residence.PlacedBy.OPEN:
        return
    _note_place(residence, neighbourhood.pk if neighbourhood else None)
    show_if_certain(residence, core_now())


def _note_place(residence: Residence, neighbourhood_pk: int | None) -> None:
    residence.placed_by = Residence.PlacedBy.PEOPLE if neighbourhood_pk else Residence.PlacedBy.ELSEWHERE
    residence.neighbourhood_id = neighbourhood_pk or residence.neighbourhood_id
    residence.save(update_fields=["placed_by", "neighbourhood"])
    PlaceQuestion.objects.filter(residence=residence).update(postcode="")


def prove(residence: Residence, way: Residence.ProvedBy, at: datetime) -> None:
    """Note how it was shown that somebody lives at their address. The caller holds the lock of the residence.

    Raises:
        TakenError: with another account somebody has shown it of these details, before or at this moment.
    """
    residence.proved_by = way
    save_shown(residence)
    residence.letters.to_post().delete()  # with the address in it
    show_if_certain(residence, at)


def save_shown(residence: Residence) -> None:
    """Store that these details are shown to be of this account; the database knows of which others they are or were.

    Raises:
        TakenError: with another account somebody has shown these details, now or before two people corrected them.
    """
    try:
        with transaction.atomic():
            residence.save()
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) == FORMER_DETAILS:
            raise TakenError(
                "Another account had these details before two people corrected them. One person has one account.",
                mend="If it is another person, they ask for a correction of their own, and two people look at it.",
            ) from None
        raise TakenError(
            "With another account somebody has shown that this name, birth date and address are theirs.",
            mend="Ask the fund which of the two accounts is the right one.",
        ) from None


def show_if_certain(residence: Residence, at: datetime) -> None:
    """Shown is whoever lives at their address for certain, and whose address lies in the place for certain."""
    if residence.proved_by and residence.is_placed and residence.level != Residence.Level.SHOWN:
        residence.level, residence.shown_at = Residence.Level.SHOWN, at
        residence.save(update_fields=["level", "shown_at"])
    verify_entries(residence)
    enrol_where_certain(residence)


def place_of(postcode: str, named: Neighbourhood | None) -> tuple[Neighbourhood, Residence.PlacedBy]:
    found = place_of_postcode(postcode)
    if found and named in {None, found}:
        return found, Residence.PlacedBy.POSTCODE
    if named is None:
        raise UnknownPostcodeError("We do not know this postcode.", mend="Choose the place where you live.")
    return named, Residence.PlacedBy.OPEN


def check_details(details: PersonDetails, today: date) -> None:
    if len(normalised(details.full_name)) < 2 or len(normalised(details.address)) < 4:
        raise ResidenceError("Your full name and your address are needed.", mend="Write both as on a letter to you.")
    if not 0 <= age_on(details.born_on, today) <= OLDEST:
        raise ResidenceError("This birth date cannot be right.", mend="Check the day, the month and the year.")


def _same_or_refused(known: Residence, neighbourhood: Neighbourhood, details: PersonDetails) -> Residence:
    if known.neighbourhood_id == neighbourhood.pk and known.person_hmac == details.person_hmac:
        return known
    raise ResidenceError(
        "You have already told us where you live, with other details.",
        mend="Change them on the page where you show where you live.",
    )


def _speaks_for_panel(by: User, residence: Residence, given: Collection[Vouch], *, today: date) -> bool:
    """True when `by` gives the panel's word, False when the other; the first member's word is the panel's."""
    is_member = is_member_at(by, residence.neighbourhood_id, today)
    if not is_member and not _is_shown_neighbour(by, residence):
        raise ResidenceError(
            "You can confirm this only as a panel member, or as a neighbour who has shown where they live.",
            mend="Show where you live first.",
        )
    taken = {vouch.is_by_panel for vouch in given}
    if is_member and True not in taken:
        return True
    if False not in taken:
        return False
    raise ResidenceError("A neighbour has already confirmed this.", mend="Now a panel member has to confirm it.")


def _is_shown_neighbour(by: User, residence: Residence) -> bool:
    return Residence.objects.shown().filter(user=by, neighbourhood=residence.neighbourhood_id).exists()


def _check_independence(by: User, residence: Residence, at: datetime) -> None:
    if by.pk == residence.user_id:
        raise ResidenceError("Nobody confirms for themselves.", mend="Ask a panel member and one other person.")
    if Residence.objects.filter(user=by, household_hmac=residence.household_hmac).exists():
        raise ResidenceError("Somebody of the same household cannot confirm this.", mend="Ask a neighbour.")
    if has_project_in_place(by, residence.neighbourhood_id, at):
        raise ResidenceError(
            "You or your household have an idea in this place's vote, so you cannot confirm who may vote.",
            mend="Ask somebody without an idea in it.",
        )
