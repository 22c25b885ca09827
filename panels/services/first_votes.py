"""Voting first and showing afterwards where one lives, for somebody without an account: an e-mail address or a card.

The account, the claim and the pending entry are made in one transaction; the ballot is sealed after it, on its own, as
everybody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from panels.domain.route_codes import hash_of_code
from panels.errors import NotOnRollError, PhaseError, ResidenceError
from panels.models import Phase, Residence, Round, VerificationCard
from panels.services.casting import Receipt, cast_ballot, check_choices, enrol, not_open
from panels.services.certifying import RECEIPT_TOPIC
from panels.services.codes import WRONG, use_card
from panels.services.residence import PersonDetails, declare_residence, prove

SELF = "self:vote-first"
NOWHERE = "card-{pk}@card.invalid"  # nobody can own an address in .invalid, so nobody can sign in with it


@dataclass(frozen=True)
class FirstVoter:
    """Who votes first: their details, and an e-mail address to come back with or the code of a card."""

    details: PersonDetails
    email: str = ""
    card_code: str = ""


def vote_first(*, voter: FirstVoter, round: Round, choices: Sequence[str]) -> Receipt:
    """Seal the choice of somebody who has not signed in. The same form sent twice gives the first receipt.

    With a card it counts at once where the postcode is known; with an e-mail address once they have signed in with it
    and shown where they live, at the latest a week after close.

    Raises:
        BallotRefusedError: these choices are no ballot of the round.
        PhaseError: voting is not open.
        NotOnRollError: the e-mail address has an account, or the person may not vote here.
        ResidenceError: a detail is missing or impossible, the card is no good, or the person is known already.
    """
    phase = round.phase_at(core_now())
    if phase is not Phase.VOTING:
        raise PhaseError(not_open(round, phase))
    check_choices(round, choices)
    if bool(voter.email) == bool(voter.card_code):
        raise ResidenceError("Give an e-mail address or the code of a card.", mend="One of the two is enough.")
    try:
        user = _prepare(voter, round)
    except IntegrityError:  # the same form at the same moment: the other one has made what we need
        user = _prepare(voter, round)
    receipt = cast_ballot(by=user, round=round, choices=choices, seen_version=0)
    if voter.email and not receipt.was_replayed:
        _write_to(user, round, receipt)
    return receipt


def _prepare(voter: FirstVoter, round: Round) -> User:
    """The account with its claim and its entry on the list, made now or by the same form before."""
    with acting(SELF, "voted before showing where they live"):
        card = _card(voter.card_code) if voter.card_code else None
        user = _account(voter, card)
        residence = declare_residence(by=user, neighbourhood=round.panel.neighbourhood, details=voter.details)
        if card and not residence.proved_by:
            locked = Residence.objects.select_for_update(of=("self",)).get(pk=residence.pk)
            if not use_card(locked, card.code_hash, core_now()):
                raise ResidenceError(WRONG, mend="Check each letter, or give an e-mail address.")
            prove(locked, Residence.ProvedBy.CARD, core_now())
        enrol(by=user, round=round)
        return user


def _card(code: str) -> VerificationCard:
    try:
        hashed = hash_of_code(code, settings.PERSON_HMAC_KEY.encode())
    except ValueError:
        hashed = ""
    card = VerificationCard.objects.select_for_update(of=("self",)).filter(code_hash=hashed).first()
    if card is None:
        raise ResidenceError(WRONG, mend="Check each letter, or give an e-mail address.")
    return card


def _account(voter: FirstVoter, card: VerificationCard | None) -> User:
    """A new account, or the one that the same person made in this way before and never signed in to."""
    email = NOWHERE.format(pk=card.pk) if card else voter.email.strip().lower()
    known = User.objects.filter(email=email).first()
    if known is None:
        return User.objects.create_user(email)
    same = Residence.objects.filter(user=known, person_hmac=voter.details.person_hmac)
    if known.last_login is None and same.exists():
        return known
    if card:
        raise ResidenceError(WRONG, mend="Check each letter, or give an e-mail address.")
    raise NotOnRollError("This e-mail address has an account here.", mend="Sign in with it, then vote.")


def _write_to(user: User, round: Round, receipt: Receipt) -> None:
    body = (
        f"Your ballot in \u201c{round.title}\u201d is in the box. Your receipt code: {receipt.code}\n\n"
        f"It counts if you show by {moment_text(round.show_by)} that you live here. Sign in with this e-mail address:\n"
        f"{settings.SITE_ADDRESS}/living-here/\n\n"
        "Was this not you? Then do nothing: the ballot stays closed and is not counted.\n"
    )
    topic = RECEIPT_TOPIC.format(round=round.pk)
    send_message(to=user.email, subject=f"One more step: {round.title}", body=body, topic=topic)
