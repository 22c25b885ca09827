"""Typing in a code from a letter or a card, and showing a document to an officer."""

from datetime import datetime

from django.conf import settings
from django.db.models import F

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from cwf_portal.core.said import Said
from panels.domain.route_codes import hash_of_code
from panels.errors import ResidenceError
from panels.models import DocumentCheck, Residence, VerificationCard
from panels.models.residence import MOST_WRONG_CODES
from panels.services.letters import lock_own_residence
from panels.services.places import check_not_of_household, check_nothing_to_win
from panels.services.residence import prove

WRONG = "This code is not right, was used before, or has run out."


def enter_code(*, by: User, typed: str) -> Residence:
    """Show where one lives by the code of a letter or card. Once shown, any code changes nothing.

    Raises:
        ResidenceError: the code is wrong, used or run out, or there were five wrong ones.
    """
    require(by, Permission.DECLARE_RESIDENCE)
    shown = Residence.objects.filter(user=by).exclude(proved_by="").first()
    if shown:
        return shown
    with acting(by, "typed in a code"):
        residence = lock_own_residence(by)
        if residence.wrong_codes >= MOST_WRONG_CODES:
            raise ResidenceError(
                Said("You have typed {most} wrong codes.", most=MOST_WRONG_CODES),
                mend="Ask for a new letter, or choose another way.",
            )
        way = _way_of(residence, typed, core_now())
        if way:
            prove(residence, way, core_now())
            return residence
        residence.wrong_codes = F("wrong_codes") + 1
        residence.save(update_fields=["wrong_codes"])
    raise ResidenceError(WRONG, mend="Check each letter. There is no I, L, O or U in it.")


def check_document(*, by: User, residence: Residence, kind: DocumentCheck.Kind, is_enough: bool) -> DocumentCheck:
    """Note that `by`, an officer, looked at a document and what came of it. The same again changes nothing; a second
    look at the same kind with another outcome is noted beside the first, and a document that is enough shows it.

    Raises:
        NotAllowedError: `by` is the person or of their household, no officer, or has an idea at home in a vote of the
            place.
    """
    require(by, Permission.CHECK_RESIDENCE)
    with acting(by, "looked at a document"):
        locked = Residence.objects.select_for_update(of=("self",)).get(pk=residence.pk)
        check_not_of_household(by, locked)
        check_nothing_to_win(by, locked.neighbourhood)
        known = DocumentCheck.objects.filter(residence=locked, officer=by, kind=kind, is_enough=is_enough).first()
        if known:
            return known
        check = DocumentCheck.objects.create(residence=locked, officer=by, kind=kind, is_enough=is_enough)
        if is_enough and not locked.proved_by:
            prove(locked, Residence.ProvedBy.DOCUMENT, core_now())
        return check


def _way_of(residence: Residence, typed: str, at: datetime) -> Residence.ProvedBy | None:
    """Which way this code belongs to; a card is used up by it. None where it belongs to nothing."""
    try:
        hashed = hash_of_code(typed, settings.PERSON_HMAC_KEY.encode())
    except ValueError:
        return None
    if residence.letters.usable(at).filter(code_hash=hashed).exists():
        return Residence.ProvedBy.POST
    return Residence.ProvedBy.CARD if use_card(residence, hashed, at) else None


def use_card(residence: Residence, hashed: str, at: datetime) -> bool:
    """Use up the card with this hashed code, if there is one that is good here. The caller holds the residence."""
    cards = VerificationCard.objects.select_for_update(of=("self",)).filter(code_hash=hashed)
    card = cards.select_related("batch").first()
    if card is None or card.used_by_id is not None or not _is_good(card, residence, at):
        return False
    card.used_by, card.used_at = residence, at
    card.save(update_fields=["used_by", "used_at"])
    return True


def _is_good(card: VerificationCard, residence: Residence, at: datetime) -> bool:
    batch = card.batch
    is_here = batch.neighbourhood_id == residence.neighbourhood_id
    return is_here and batch.released_at is not None and batch.expires_at > at
