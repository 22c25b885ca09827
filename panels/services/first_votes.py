"""Voting first and showing afterwards where one lives, for somebody without an account: an email address or a card.

By card, the account, the claim and the entry are made in one transaction; the card shows that it is they. By email,
anybody can type any name and any address: the entry stands under a name of its own and takes the place of nobody, until
the owner of the address has signed in and said that it is theirs (`first_answers`). Either way the ballot is sealed
after it, on its own, as everybody's.
"""

import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.languages import in_every_language
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from panels.domain.people import age_on, turns_sixteen_on
from panels.domain.route_codes import hash_of_code
from panels.errors import CardRefusedError, PhaseError, ResidenceError, TakenError
from panels.models import Act, FirstVote, Residence, RollEntry, Round, TypedName, VerificationCard
from panels.services.casting import Choices, Receipt, cast_ballot, check_choices, enrol, not_open, too_young
from panels.services.certifying import RECEIPT_TOPIC
from panels.services.codes import use_card
from panels.services.residence import (
    PersonDetails,
    check_details,
    declare_residence,
    place_of,
    prove,
)

SELF = "self:vote-first"
NOWHERE = "card-{pk}@card.invalid"  # nobody can own an address in .invalid, so nobody can sign in with it
NOBODY = "first-{fingerprint}@first.invalid"
ONE_MORE_STEP = gettext_noop(
    "A ballot in “{title}” was put into the box with this email address. Its receipt code: {code}\n\n"
    "It counts only if it is yours and you say so by {until}. Sign in with this email address:\n{address}\n\n"
    "{show}You have one vote: if you vote in another way too, this ballot does not count.\n\n"
    "Was this not you? Then do nothing: the ballot stays closed and is not counted.\n"
)
SHOW_TOO = gettext_noop("Then show, by the same time, that you live in {place}. ")
REFUSED = (
    "The code of this card is not right, was used before or has run out, "
    "or this name, birth date and address are here already."
)


@dataclass(frozen=True)
class FirstVoter:
    """Who votes first: their details, and an email address to come back with or the code of a card."""

    details: PersonDetails
    email: str = ""
    card_code: str = ""

    @property
    def address(self) -> str:
        """The email address in the one spelling under which accounts are kept."""
        return self.email.strip().lower()


def vote_first(*, voter: FirstVoter, round: Round, choices: Choices) -> Receipt:
    """Seal the choice of somebody who has not signed in. The same form sent twice gives the first receipt.

    With a card it counts at once where the postcode is known; with an email address once its owner has signed in, said
    that it is theirs and, where the round asks for it, shown where they live, at the latest a week after close. Whether
    the address or the person is known here already makes no difference to the answer.

    Raises:
        BallotRefusedError: these choices are no ballot of the round.
        PhaseError: voting is not open.
        NotOnRollError: the person is too young or may not vote here.
        CardRefusedError: the card is no good, or the person of a card is known already.
        ResidenceError: a detail is missing or impossible.
    """
    phase = round.phase_at(core_now())
    if not phase.permits(Act.CAST):
        raise PhaseError(not_open(round, phase))
    check_choices(round, choices)
    if bool(voter.email) == bool(voter.card_code):
        raise ResidenceError("Give an email address or the code of a card.", mend="One of the two is enough.")
    prepare = _enter_by_email if voter.email else _enter_by_card
    try:
        user = prepare(voter, round)
    except IntegrityError:  # the same form at the same moment: the other one has made what we need
        user = prepare(voter, round)
    receipt = cast_ballot(by=user, round=round, choices=choices, seen_version=0)
    if voter.email and not receipt.was_replayed:
        _write_to(voter.address, round, receipt)
    return receipt


def _enter_by_card(voter: FirstVoter, round: Round) -> User:
    """The account of a card with its claim and its entry on the list, made now or by the same form before."""
    with acting(SELF, "voted before showing where they live"):
        card = _card(voter.card_code)
        user = _account_of(card, voter)
        residence = declare_residence(by=user, neighbourhood=round.panel.neighbourhood, details=voter.details)
        if not residence.proved_by:
            locked = Residence.objects.select_for_update(of=("self",)).get(pk=residence.pk)
            if not use_card(locked, card.code_hash, core_now()):
                raise _refused()
            try:
                prove(locked, Residence.ProvedBy.CARD, core_now())
            except TakenError:
                raise _refused() from None
        enrol(by=user, round=round)
        return user


def _card(code: str) -> VerificationCard:
    try:
        hashed = hash_of_code(code, settings.PERSON_HMAC_KEY.encode())
    except ValueError:
        hashed = ""
    card = VerificationCard.objects.select_for_update(of=("self",)).filter(code_hash=hashed).first()
    if card is None:
        raise _refused()
    return card


def _account_of(card: VerificationCard, voter: FirstVoter) -> User:
    """A new account, or the one that the same person made with this card before."""
    email = NOWHERE.format(pk=card.pk)
    known = User.objects.filter(email=email).first()
    if known is None:
        return User.objects.create_user(email)
    if not Residence.objects.filter(user=known, person_hmac=voter.details.person_hmac).exists():
        raise _refused()
    return known


def _refused() -> CardRefusedError:
    return CardRefusedError(REFUSED, mend="Check each letter, or give an email address.")


def _enter_by_email(voter: FirstVoter, round: Round) -> User:
    """The pending entry of nobody known, made now or by the same form before, and an account for the address."""
    with acting(SELF, "voted before signing in"):
        details, today = voter.details, localdate(core_now())
        check_details(details, today)
        if age_on(details.born_on, today) < round.minimum_age:
            raise too_young(round)
        _named, placed_by = place_of(details.postcode, round.panel.neighbourhood)
        fingerprint = _fingerprint(voter, round)
        email = NOBODY.format(fingerprint=fingerprint[:40])
        known = User.objects.filter(email=email).first()
        if known:
            return known
        nobody = User.objects.create_user(email)
        entry = RollEntry.objects.create(round=round, user=nobody, person_hmac=fingerprint, is_pending=True)
        first_vote = FirstVote.objects.create(
            roll_entry=entry,
            account=User.objects.filter(email=voter.address).first() or User.objects.create_user(voter.address),
            placed_by=placed_by,
            person_hmac=details.person_hmac,
            household_hmac=details.household_hmac,
            born_hmac=details.born_hmac,
            of_age_on=turns_sixteen_on(details.born_on, today),
        )
        TypedName.objects.create(first_vote=first_vote, full_name=details.full_name.strip())
        return nobody


def _fingerprint(voter: FirstVoter, round: Round) -> str:
    """The same for the same person, address and round, and like nobody's own fingerprint."""
    message = "\n".join(("first vote", voter.details.person_hmac, voter.address, round.code.hex))
    return hmac.new(settings.PERSON_HMAC_KEY.encode(), message.encode(), hashlib.sha256).hexdigest()


def _write_to(email: str, round: Round, receipt: Receipt) -> None:
    place, until = round.panel.neighbourhood.name, moment_text(round.show_by)
    show = _(SHOW_TOO).format(place=place) if round.needs_shown else ""
    body = _(ONE_MORE_STEP).format(
        title=round.title, code=receipt.code, until=until, address=address_of("panels:living-here"), show=show
    )
    topic, subject = RECEIPT_TOPIC.format(round=round.pk), in_every_language("One more step", about=round.title)
    send_message(to=email, subject=subject, body=body, topic=topic)
