"""UK mobile numbers, as people type them and as networks want them."""

import re

from cwf_portal.core.errors import DomainError

UK_MOBILE = r"^\+447[0-9]{9}$"
BETWEEN = re.compile(r"[\s().\-\u2010-\u2013]")
# After +44 or 0. Numbers that begin with 70 are no mobiles and cost the fund much; of 76 only the Isle of Man's are.
TYPED = re.compile(r"(?:\+44|0044|44)?0?(7(?:[1-57-9][0-9]{2}|624)[0-9]{6})", re.ASCII)


def mobile_number(typed: str) -> str:
    """The number as +447 and nine digits.

    Raises:
        DomainError: this is no UK mobile number.
    """
    found = TYPED.fullmatch(BETWEEN.sub("", typed))
    if found is None:
        raise DomainError("Enter a UK mobile number, like 07700 900 982 or +44 7700 900 982")
    return f"+44{found[1]}"
