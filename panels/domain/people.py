"""The keyed fingerprint of a person: finds the same person twice without storing a birth date or an address."""

import hashlib
import hmac
import unicodedata
from datetime import date

USUAL_AGE = 16  # from which somebody may vote, where a panel does not choose another
LOWEST_AGE, HIGHEST_AGE = 10, 18  # that a panel can choose


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


def turns_sixteen_on(born_on: date, today: date) -> date | None:
    """The day somebody is or was 16, kept while they are too young for some vote; None for everybody older.

    Of all birthdays this one tells the others: 16 years after 29 February there is a 29 February again.
    """
    if age_on(born_on, today) >= HIGHEST_AGE:
        return None
    try:
        return born_on.replace(year=born_on.year + USUAL_AGE)
    except ValueError:  # 29 February, and no such day in that year
        return date(born_on.year + USUAL_AGE, 3, 1)


def age_reached(turned_sixteen: date | None, day: date) -> int:
    """The lowest age of a vote that somebody has reached; None was old enough for every vote when asked."""
    return HIGHEST_AGE if turned_sixteen is None else USUAL_AGE + age_on(turned_sixteen, day)
