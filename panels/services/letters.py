"""What goes by post, codes and notices: printed in a batch by an officer, forgotten here once it is posted."""

import base64
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import Fernet
from django.conf import settings

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Permission, require
from cwf_portal.core.said import Said
from panels.domain.people import household_hmac
from panels.domain.route_codes import code_of, hash_of_code
from panels.errors import ResidenceError
from panels.models import AddressLetter, Residence

MOST_LETTERS = 3
LETTER_PENCE = 1_00  # about: paper, envelope and a second-class stamp in 2026
GOOD_FOR = timedelta(days=28)
BEFORE_CLOSE = timedelta(days=14)  # ten working days: a letter takes a week, and its code must still be typed in
LABEL = b"cwf-letter-v1"


@dataclass(frozen=True)
class PrintedLetter:
    """What goes on the paper; shown to the officer who prints and kept nowhere."""

    pk: int
    name: str
    address: str
    code: str


@dataclass(frozen=True)
class PrintedNotice:
    """A letter without a code; name and address stand in one text."""

    pk: int
    address: str
    subject: str
    body: str


def ask_for_letter(*, by: User, address: str) -> AddressLetter:
    """Ask for a code by post to the address one has told before; while a letter waits to be posted, that letter.

    Args:
        by: somebody who has said where they live.
        address: typed again, because we did not keep it; encrypted until the letter is posted.

    Raises:
        ResidenceError: nothing was said before, it is shown already, it is another address, or three letters are out.
    """
    require(by, Permission.DECLARE_RESIDENCE)
    with acting(by, "asked for a letter"):
        residence = lock_own_residence(by)
        waiting = residence.letters.to_post().first()
        if waiting:
            return waiting
        if not is_address_of(residence, address):
            raise ResidenceError("This is not the address you told us.", mend="Write it as you did the first time.")
        if residence.letters.count() >= MOST_LETTERS:
            raise ResidenceError(
                Said("We have sent you {most} letters already.", most=MOST_LETTERS),
                mend="Choose another way, or ask the fund.",
            )
        salt = secrets.token_bytes(16)
        key = settings.PERSON_HMAC_KEY.encode()
        return AddressLetter.objects.create(
            residence=residence,
            address=_fernet().encrypt(address.strip().encode()),
            salt=salt,
            code_hash=hash_of_code(code_of(salt, residence.pk, key), key),
        )


def lock_own_residence(by: User) -> Residence:
    """The caller's own claim, locked.

    Raises:
        ResidenceError: there is none, or where they live is shown already.
    """
    residence = Residence.objects.select_for_update(of=("self",)).filter(user=by).first()
    if residence is None:
        raise ResidenceError("You have not told us where you live.", mend="Do that first.")
    if residence.proved_by:
        raise ResidenceError("You have shown where you live already.", mend="There is nothing more to do.")
    return residence


def letters_to_print(*, by: User) -> list[PrintedLetter]:
    """Every letter that waits for the post, ready to print; the same letters and codes until they are posted.

    An officer's own letter is left out: another officer prints it.
    """
    require(by, Permission.CHECK_RESIDENCE)
    key = settings.PERSON_HMAC_KEY.encode()
    waiting = AddressLetter.objects.to_post().exclude(residence__user=by).select_related("residence__user")
    return [
        PrintedLetter(
            pk=letter.pk,
            name=letter.residence.user.full_name,
            address=_fernet().decrypt(bytes(letter.address or b"")).decode(),
            code=code_of(bytes(letter.salt or b""), letter.residence_id, key),
        )
        for letter in waiting.order_by("pk")
    ]


def is_address_of(residence: Residence, address: str) -> bool:
    """Whether somebody told us this address of theirs, however they wrote it."""
    return household_hmac(address, settings.PERSON_HMAC_KEY.encode()) == residence.household_hmac


def sealed_address(*, to: User, address: str) -> str:
    """Name and address for the envelope, encrypted; what `queue_letter` takes."""
    return _fernet().encrypt(f"{to.full_name}\n{address.strip()}".encode()).decode()


def notices_to_print(*, by: User) -> list[PrintedNotice]:
    """Every letter without a code that waits for the post, but for those that say what `by` did."""
    require(by, Permission.CHECK_RESIDENCE)
    return [
        PrintedNotice(
            pk=notice.pk,
            address=_fernet().decrypt(notice.to.encode()).decode(),
            subject=notice.subject,
            body=notice.body,
        )
        for notice in OutgoingMessage.objects.to_print(by).order_by("pk")
    ]


def post_letters(*, by: User, letters: Collection[int], notices: Collection[int] = ()) -> int:
    """Note that these printed letters are in the post; their addresses are erased. Returns how many; again, none."""
    require(by, Permission.CHECK_RESIDENCE)
    with acting(by, "posted letters"):
        at = core_now()
        waiting = AddressLetter.objects.to_post().exclude(residence__user=by).filter(pk__in=letters)
        locked = list(waiting.select_for_update(of=("self",)).order_by("pk"))
        for letter in locked:
            letter.posted_by, letter.posted_at, letter.expires_at = by, at, at + GOOD_FOR
            letter.address = letter.salt = None
        fields = ["posted_by", "posted_at", "expires_at", "address", "salt"]
        AddressLetter.objects.bulk_update(locked, fields)
        Residence.objects.filter(letters__in=locked).update(wrong_codes=0)
        printed = OutgoingMessage.objects.to_print(by).filter(pk__in=notices)
        return len(locked) + printed.update(delivered_at=at, to="", body="")


def _fernet() -> Fernet:
    key = hashlib.sha256(LABEL + settings.PERSON_HMAC_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
