"""Correcting what others have confirmed about a resident, and taking back what was shown under nobody's account.

The person asks; two who met them, one of them of the fund, look at it. What was confirmed stays until the second has
said yes. The fingerprint of a person is then another one, and of one fingerprint one account at most has shown it: the
database decides that, whoever is at it at the same moment. While somebody is on the list of a vote that is not over,
their fingerprint stays: left free, another account could show it and vote a second time.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext_noop

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.languages import in_every_language, paragraphs_in_every_language
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission, require
from cwf_portal.core.said import Said
from neighbourhoods.models import Neighbourhood
from panels.domain.people import age_reached, turns_sixteen_on
from panels.errors import PhaseError, ResidenceError
from panels.models import Correction, PlaceQuestion, Residence, Round, TableEntry
from panels.models.round import TIME_TO_SHOW
from panels.permissions import is_member_at
from panels.services.joining_accounts import join_votes, release, shown_by_nobody
from panels.services.pairs import check_other_home
from panels.services.places import check_not_of_household, check_nothing_to_win
from panels.services.residence import PersonDetails, check_details, place_of, save_shown, show_if_certain

TOPIC = "panels.corrections"
SHORTEST = 3
State = Correction.State


def ask_for_correction(
    *, by: User, details: PersonDetails, why: str, neighbourhood: Neighbourhood | None = None
) -> Correction:
    """Say which details of `by` are right, where others have confirmed other ones. Nothing changes until two have
    looked at it. The same again changes nothing; other details take the place of what was asked before.

    It is also the way for somebody whom two people confirmed at a polling place, or who voted with a card, before they
    had an account: then these are the details told there.

    Args:
        by: the person.
        details: the right ones; none of it is kept but the name, and that until it is settled.
        why: what is wrong or has changed, for the two who look at it.
        neighbourhood: the place the person names; None leaves it to the postcode.

    Raises:
        ResidenceError: nothing was told before, a detail or the reason is missing or impossible, or these details are
            confirmed already.
        PhaseError: another person, place or age would come of it, and `by` is on the list of a vote that is not over.
    """
    require(by, Permission.DECLARE_RESIDENCE)
    with acting(by, "asked for confirmed details to be corrected"):
        owner = User.objects.select_for_update(no_key=True).get(pk=by.pk)
        residence = Residence.objects.select_for_update(of=("self",)).filter(user=owner).first()
        if residence is None:
            raise ResidenceError(
                gettext_noop("You have not told us yet where you live."), mend=gettext_noop("Do that first.")
            )
        at = core_now()
        check_details(details, localdate(at))
        if len(why.strip()) < SHORTEST:
            raise ResidenceError(
                gettext_noop("Say what is wrong or has changed."),
                mend=gettext_noop("One sentence, for the two who look at it."),
            )
        asked = _asked(residence, details, neighbourhood, why=why.strip())
        if residence.proved_by and _is_same(asked, residence) and asked.full_name == owner.full_name:
            raise ResidenceError(
                gettext_noop("These are the details that were confirmed."),
                mend=gettext_noop("There is nothing to correct."),
            )
        known = Correction.objects.open().filter(residence=residence).first()
        if known and _is_same(asked, known) and asked.full_name == known.full_name:
            return known
        _check_no_open_vote(asked, residence, at)
        if known:
            _end(known, State.REPLACED, at)
        asked.save()
        _tell(asked, ASKED, NEXT, NOT_YOU)
        return asked


@dataclass(frozen=True)
class SeenOnPaper:
    """What a judge read on a paper of the person: compared with what was asked for, and forgotten."""

    born_on: date
    address: str


def judge_correction(
    *, by: User, correction: Correction, is_right: bool, how: str, seen: SeenOnPaper | None = None
) -> Correction:
    """Say, having met the person, whether these details are right, and how `by` knows. The second yes corrects them;
    one no ends it, and the person can ask again. The same person twice changes nothing.

    Args:
        by: the judge.
        correction: open.
        is_right: what they find.
        how: how they know.
        seen: what they read on the paper; a yes needs it, and it must be what was asked for.

    Raises:
        NotAllowedError: `by` is neither an officer nor of the panel of the place, is the person or of their household
            or of that of the first of the two, has an idea at home in a vote of the place, or put them on a list at a
            polling place.
        ResidenceError: it is settled, there is no reason, what they saw is not what was asked for, or somebody of the
            fund has to look at it.
        PhaseError: another person, place or age would come of it, and they are on the list of a vote not over.
        TakenError: with another account somebody has shown that these details are theirs, be it at this moment; or had
            shown it before a correction, and has the same birth date still.
        PaperError: an envelope is out for them.
    """
    with acting(by, "looked at details to be corrected"):
        rounds = _locked_rounds(correction)
        User.objects.select_for_update(no_key=True).get(pk=correction.asked_by_id)
        residence = Residence.objects.select_for_update(of=("self",)).get(pk=correction.residence_id)
        locked = Correction.objects.select_related("asked_by", "neighbourhood").get(pk=correction.pk)
        if by.pk in {locked.first_by_id, locked.second_by_id, locked.refused_by_id}:
            return locked
        _check_judge(by, locked, residence)
        if locked.state != State.OPEN:
            raise ResidenceError("This is settled already.")
        if len(how.strip()) < SHORTEST:
            raise ResidenceError("A reason is needed.", mend="Say in a sentence how you know.")
        if not is_right:
            return _refuse(by, locked, how.strip())
        _check_seen(locked, seen)
        _check_no_open_vote(locked, residence, core_now())
        is_fund = is_of_fund(by)
        if locked.first_by_id is None:
            locked.first_by, locked.first_how, locked.first_is_fund = by, how.strip(), is_fund
            locked.save(update_fields=["first_by", "first_how", "first_is_fund"])
            return locked
        check_other_home(by, [locked.first_by_id])
        if not (is_fund or locked.first_is_fund):
            raise ResidenceError("Somebody of the panel has looked at it.", mend="Now an officer of the fund has to.")
        locked.second_by, locked.second_how, locked.second_is_fund = by, how.strip(), is_fund
        _correct(locked, residence, rounds)
        return locked


def is_of_fund(user: User) -> bool:
    """Officers who check documents."""
    return has_permission(user, Permission.CHECK_RESIDENCE) and has_permission(user, Permission.MANAGE_PANEL)


ON_A_LIST = gettext_noop(
    "They are on the list of “{title}”, which is not over; this would change who or where they are."
)
ASKED = gettext_noop("You asked us to correct your details.")
NEXT = gettext_noop("Two people look at it: an officer of the fund, and a member of the panel or another officer.")
JOINED = gettext_noop(
    "What you showed at a polling place or with a card now stands with this account. If you voted there in a vote "
    "that is still open, that vote counts, and one of this account does not."
)
NOT_YOU = gettext_noop("Was this not you? Then tell the fund at once: nothing has changed yet.")
DONE = gettext_noop("Your details are corrected.")
NOT_DONE = gettext_noop("Your details were not corrected. Why, in English: {why}")
AGAIN = gettext_noop("You can ask again.")


def _asked(residence: Residence, details: PersonDetails, named: Neighbourhood | None, *, why: str) -> Correction:
    place, placed_by = place_of(details.postcode, named)
    return Correction(
        residence=residence,
        asked_by_id=residence.user_id,
        why=why,
        full_name=details.full_name.strip(),
        neighbourhood=place,
        placed_by=placed_by,
        person_hmac=details.person_hmac,
        household_hmac=details.household_hmac,
        born_hmac=details.born_hmac,
        of_age_on=turns_sixteen_on(details.born_on, localdate(core_now())),
    )


def _is_same(one: Correction, other: Correction | Residence) -> bool:
    return (one.person_hmac, one.neighbourhood_id) == (other.person_hmac, other.neighbourhood_id)


def _check_no_open_vote(asked: Correction, residence: Residence, at: datetime) -> None:
    """Nobody moves from one open vote to another, becomes too young for it, or leaves free, while it counts, the
    fingerprint that they are on its list with: another account could show it and vote. The caller locks the residence.
    """
    last = Round.objects.filter(roll__user=residence.user_id).not_over(at - TIME_TO_SHOW).standing()
    frees = bool(residence.proved_by) and asked.person_hmac != residence.person_hmac
    if asked.neighbourhood_id == residence.neighbourhood_id and not frees:
        last = last.filter(minimum_age__gt=age_reached(asked.of_age_on, localdate(at)))
    still = last.order_by("voting_closes_at").last()
    if still:
        raise PhaseError(
            Said(ON_A_LIST, title=still.title),
            mend=Said("Until {until} it stays as it is.", until=moment_text(still.show_by)),
        )


def _locked_rounds(correction: Correction) -> list[Round]:
    """Votes of both places that are not over, each locked: nobody fixes, opens or marks one between look and change."""
    places = {correction.neighbourhood_id, correction.residence.neighbourhood_id}
    rounds = Round.objects.filter(panel__neighbourhood__in=places).not_over(core_now() - TIME_TO_SHOW)
    return list(rounds.select_for_update(of=("self",), no_key=True).select_related("panel").order_by("pk"))


def _check_judge(by: User, correction: Correction, residence: Residence) -> None:
    require(by, Permission.JUDGE_ROLL)
    day = localdate(core_now())
    places = {correction.neighbourhood_id, residence.neighbourhood_id}
    if not is_of_fund(by) and not any(is_member_at(by, place, day) for place in places):
        raise NotAllowedError("You are not a member of the panel of this place.", mend="Ask one of its members.")
    check_not_of_household(by, residence)
    check_not_of_household(by, Residence(user_id=residence.user_id, household_hmac=correction.household_hmac))
    for place in {correction.neighbourhood, residence.neighbourhood}:
        check_nothing_to_win(by, place)
    there = TableEntry.objects.filter(entered_by=by, roll_entry__user__residence__person_hmac=correction.person_hmac)
    if there.exists():
        raise NotAllowedError("You put this person on the list at a polling place.", mend="Somebody else looks at it.")


def _check_seen(correction: Correction, seen: SeenOnPaper | None) -> None:
    """A yes is more than a click: birth date and address, unknown here, come from the paper that was shown."""
    if seen is None:
        raise ResidenceError("The date of birth and the address are missing.", mend="Type both from the paper.")
    read = PersonDetails(full_name=correction.full_name, born_on=seen.born_on, address=seen.address)
    if read.person_hmac != correction.person_hmac:
        raise ResidenceError(
            "This date of birth or this address is not what the person told us.",
            mend="Type the address with them, in the words they used. If the paper says something else, say no.",
        )


def _refuse(by: User, correction: Correction, why: str) -> Correction:
    correction.refused_by, correction.refused_why = by, why
    _end(correction, State.REFUSED, core_now())
    _tell(correction, NOT_DONE, AGAIN, why=why)
    return correction


def _correct(correction: Correction, residence: Residence, rounds: list[Round]) -> None:
    """Everything at once: the new fingerprint, what it shows, and what hangs on it. The caller holds all the locks."""
    at, full_name = core_now(), correction.full_name
    _end(correction, State.DONE, at)
    other = shown_by_nobody(correction.person_hmac)
    if other:
        release(other)
    residence.neighbourhood_id = correction.neighbourhood_id
    is_open = correction.placed_by == Residence.PlacedBy.OPEN
    residence.placed_by = Residence.PlacedBy.PEOPLE if is_open else correction.placed_by  # both know that it is there
    residence.person_hmac, residence.household_hmac = correction.person_hmac, correction.household_hmac
    residence.born_hmac, residence.of_age_on = correction.born_hmac, correction.of_age_on
    residence.proved_by = Residence.ProvedBy.CORRECTION
    residence.level, residence.shown_at = Residence.Level.SHOWN, at
    save_shown(residence)
    residence.user.full_name = full_name
    residence.user.save(update_fields=["full_name"])
    residence.letters.to_post().delete()
    residence.letters.usable(at).update(expires_at=at)
    PlaceQuestion.objects.filter(residence=residence).update(postcode="")
    if other:
        join_votes(residence, other, rounds)
    show_if_certain(residence, at)
    _tell(correction, DONE, *([JOINED] if other else []))


def _end(correction: Correction, state: Correction.State, at: datetime) -> None:
    correction.state, correction.ended_at, correction.full_name = state, at, ""
    correction.save()


def _tell(correction: Correction, *said: str, **values: str) -> None:
    """In all languages: nobody's is kept."""
    body = f"{paragraphs_in_every_language(*said, **values)}\n\n{address_of('panels:living-here')}\n"
    send_message(to=correction.asked_by.email, subject=in_every_language("Your details"), body=body, topic=TOPIC)
