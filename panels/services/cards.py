"""Cards with codes, handed out at an event to people whom somebody there knows to live here."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from neighbourhoods.models import Neighbourhood
from panels.domain.route_codes import code_of, hash_of_code
from panels.errors import ResidenceError
from panels.models import CardBatch, VerificationCard
from panels.models.routes import MOST_CARDS
from panels.services.pairs import check_other_home
from panels.services.places import check_nothing_to_win, require_judge
from panels.services.sending_again import made_before


@dataclass(frozen=True)
class CardOrder:
    """Cards for an event. `submission` names the form, so that sending it twice makes them once."""

    event: str
    count: int
    expires_at: datetime
    submission: uuid.UUID


def make_cards(*, by: User, neighbourhood: Neighbourhood, order: CardOrder) -> CardBatch:
    """Make a batch of cards; they work once a second person has taken them over.

    Raises:
        NotAllowedError: `by` has an idea at home in a vote of the place.
        ResidenceError: no event is named, the number is not between 1 and 200, or the last day has passed.
        ConflictError: the mark of the form is of other cards.
    """
    require(by, Permission.CHECK_RESIDENCE)
    with acting(by, "made cards for an event"):
        Neighbourhood.objects.select_for_update(of=("self",)).get(pk=neighbourhood.pk)
        marked = CardBatch.objects.filter(submission=order.submission)
        known = made_before(marked, neighbourhood_id=neighbourhood.pk, made_by_id=by.pk)
        if known:
            return known
        check_nothing_to_win(by, neighbourhood)
        _check_order(order, core_now())
        salt, key = secrets.token_bytes(16), settings.PERSON_HMAC_KEY.encode()
        batch = CardBatch.objects.create(
            submission=order.submission,
            neighbourhood=neighbourhood,
            event=order.event.strip(),
            count=order.count,
            expires_at=order.expires_at,
            salt=salt,
            made_by=by,
        )
        VerificationCard.objects.bulk_create(
            VerificationCard(batch=batch, number=number, code_hash=hash_of_code(code_of(salt, number, key), key))
            for number in range(1, order.count + 1)
        )
        return batch


def cards_to_print(*, by: User, batch: CardBatch) -> list[tuple[int, str]]:
    """Numbers and codes of a batch, the same each time; empty once the cards were taken over."""
    require(by, Permission.CHECK_RESIDENCE)
    if batch.salt is None:
        return []
    key = settings.PERSON_HMAC_KEY.encode()
    return [(number, code_of(bytes(batch.salt), number, key)) for number in range(1, batch.count + 1)]


def release_cards(*, by: User, batch: CardBatch) -> CardBatch:
    """Take printed cards over, to hand them out: from now on they work, and nobody can print them again.

    Raises:
        NotAllowedError: `by` or somebody they live with made them, or `by` is neither of the panel nor an officer, or
            has an idea at home in a vote of the place.
    """
    with acting(by, "took cards over"):
        locked = CardBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        require_judge(by, locked.neighbourhood)
        check_nothing_to_win(by, locked.neighbourhood)
        if locked.released_at:
            return locked
        if locked.made_by_id == by.pk:
            raise NotAllowedError("You made these cards.", mend="A second person takes them over and hands them out.")
        check_other_home(by, [locked.made_by_id])
        locked.released_by, locked.released_at, locked.salt = by, core_now(), None
        locked.save(update_fields=["released_by", "released_at", "salt"])
        return locked


def _check_order(order: CardOrder, at: datetime) -> None:
    if len(order.event.strip()) < 3:
        raise ResidenceError("The event has no name.", mend="Such as “Summer fair at the library”.")
    if not 1 <= order.count <= MOST_CARDS:
        raise ResidenceError(f"A batch has between 1 and {MOST_CARDS} cards.", mend="Make another batch for more.")
    if order.expires_at <= at:
        raise ResidenceError("The last day of these cards has passed.", mend="Choose a later day.")
