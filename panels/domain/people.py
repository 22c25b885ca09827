"""The keyed fingerprint of a person: finds the same person twice without storing a birth date or an address."""

import hashlib
import hmac
import unicodedata
from datetime import date


def person_hmac(*, name: str, born_on: date, address: str, key: bytes) -> str:
    """HMAC-SHA256 over the normalised name, birth date and address, in hexadecimal.

    The key lies outside the database, so a copy of the database cannot be searched for a known person.
    """
    message = "\n".join((normalised(name), born_on.isoformat(), normalised(address)))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def household_hmac(address: str, key: bytes) -> str:
    """The same for the address alone: two people of one household share it."""
    return hmac.new(key, b"household\n" + normalised(address).encode(), hashlib.sha256).hexdigest()


def born_hmac(born_on: date, key: bytes) -> str:
    """The same for the birth date alone, to find the same person under another address."""
    return hmac.new(key, b"born\n" + born_on.isoformat().encode(), hashlib.sha256).hexdigest()


def normalised(text: str) -> str:
    """Letters and digits only, lower case, accents dropped: `12 St. Mary's Rd` equals `12 st marys rd`."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())


def age_on(born_on: date, day: date) -> int:
    """Whole years; someone born on 29 February comes of age on 1 March of a common year."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
