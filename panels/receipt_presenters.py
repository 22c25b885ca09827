"""What a receipt's code says: whether the public list holds its ballot, and which ballots a voter has in boxes."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from panels.domain import crockford
from panels.domain.log import short_code
from panels.models import LogLeaf, RollEntry

RECEIPT_LETTERS = 16
NOT_LISTED = gettext_noop(
    "No ballot with this code is in the list yet. New ballots join it one night, at the latest when voting closes: look"
    " again after that. If it is still not here, tell the panel or the fund, and show them your receipt."
)


def look_up(code: str, find: Callable[[bytes], LogLeaf | None]) -> tuple[LogLeaf | None, str]:
    """The entry of a receipt's code in the public list, and the answer in words."""
    try:
        letters = crockford.normalise(code)
    except crockford.StrangeLetterError as error:
        return None, _("This is not a receipt code: “{letter}” is in no code.").format(letter=error.letter)
    if len(letters) != RECEIPT_LETTERS:
        said = _("A receipt code has {wanted} letters and digits; this has {typed}.")
        return None, said.format(wanted=RECEIPT_LETTERS, typed=len(letters))
    leaf = find(crockford.decode(letters))
    if leaf is None:
        return None, _(NOT_LISTED)
    return leaf, _("This ballot is in the list, as entry {number}.").format(number=f"{leaf.position:,}")


def receipt_rows(entries: Iterable[RollEntry]) -> list[dict[str, Any]]:
    """Votes somebody took part in, with the code of the ballot that counts."""
    return [{"round": entry.round, "code": short_code(bytes(entry.sealed.leaf or b""))} for entry in entries]
