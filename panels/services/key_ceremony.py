"""A key made by the portal for a keeper without JavaScript or a computer of their own: shown once, kept nowhere.

Between showing the key and noting its public half nothing is stored: the page carries a signed note of the public key
and a keyed hash of line 2, so that the keeper can prove, by typing line 2 back, that the sheet is on paper.
"""

from dataclasses import dataclass

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from cwf_portal.core.models import User
from panels.domain.key_sheet import KeySheet, SheetError, fingerprint, read_line, write_sheet
from panels.domain.sealing import new_key, public_bytes
from panels.errors import KeeperError
from panels.models import Keeper, Round
from panels.services.keepers import register_key

SALT = "panels.key-ceremony"
TYPED_BACK = 2
LONGEST_SECONDS = 60 * 60


@dataclass(frozen=True)
class ShownKey:
    """What the page shows this once."""

    sheet: KeySheet
    fingerprint: str
    note: str


def make_key(*, round: Round, by: User) -> ShownKey:
    """A fresh key for this keeper. It exists in this process for the time of one answer."""
    key = new_key()
    sheet, public = write_sheet(key), public_bytes(key)
    note = {"round": round.pk, "user": by.pk, "public": public.hex()}
    line = read_line(TYPED_BACK, sheet.lines[TYPED_BACK - 1])
    return ShownKey(sheet, fingerprint(public), signing.dumps(note | {"check": _keyed(line, public.hex())}, salt=SALT))


def fingerprint_of(note: str) -> str:
    """The fingerprint of the key a note is about; "" when the note is not ours or old."""
    try:
        return fingerprint(bytes.fromhex(signing.loads(note, salt=SALT, max_age=LONGEST_SECONDS)["public"]))
    except signing.BadSignature:
        return ""


def confirm_key(*, by: User, round: Round, note: str, line: str) -> Keeper:
    """Note the public key once line 2 was typed back from the sheet.

    Raises:
        KeeperError: the line is mistyped or of another sheet, or the page is older than an hour.
        PhaseError: the vote is fixed.
    """
    try:
        known = signing.loads(note, salt=SALT, max_age=LONGEST_SECONDS)
    except signing.BadSignature:
        raise KeeperError("This page is out of date.", mend="Make a new key and write that one down.") from None
    if (known["round"], known["user"]) != (round.pk, by.pk):
        raise KeeperError("This page is about another key.", mend="Make a new key and write that one down.")
    try:
        typed = read_line(TYPED_BACK, line)
    except SheetError as error:
        raise KeeperError(f"{error}.".capitalize(), mend="Compare it with your sheet, letter by letter.") from None
    if not constant_time_compare(_keyed(typed, known["public"]), known["check"]):
        raise KeeperError("This is line 2 of another sheet.", mend="Take the sheet that this page showed.")
    return register_key(by=by, round=round, public_key=known["public"], made_with=Keeper.MadeWith.PORTAL)


def _keyed(line: bytes, public: str) -> str:
    return salted_hmac(SALT, public + line.hex(), algorithm="sha256").hexdigest()
