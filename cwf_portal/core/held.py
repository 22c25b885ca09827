"""What is kept about a person, for them to read and to take away: each room says what its tables hold about people.

A room's own part stands in its module `held`. Here is what core and the tables of sign-in keep.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model

from cwf_portal.core.models import (
    AccountDetails,
    OutgoingMessage,
    RoleGrant,
    SecondStepChange,
    SecondStepReset,
    SignIn,
    User,
)

LOOKUP = "__"


@dataclass(frozen=True)
class Held:
    """What one table keeps about a person.

    Attributes:
        title: what it is, in English; pages put it into their language.
        model: the table.
        person: the lookup from a row to the account whose row it is, such as "residence__user".
        columns: attribute of a row by the words for it; dots lead on, and what can be called is called.
        value: what of the account `person` leads to: its key, or its e-mail address.
    """

    title: str
    model: type[Model]
    person: str
    columns: Mapping[str, str]
    value: str = "pk"

    def rows_of(self, user: User) -> list[dict[str, Any]]:
        """This person's rows, the oldest first, in one query: by the words for them, what stands in each."""
        paths = [path.rpartition(".")[0].replace(".", LOOKUP) for path in self.columns.values()]
        rows = self.model._default_manager.filter(**{self.person: getattr(user, self.value)}).order_by("pk")
        joined = sorted({path for path in paths if path})
        return [self._row(row) for row in (rows.select_related(*joined) if joined else rows)]

    def _row(self, row: Model) -> dict[str, Any]:
        return {said: _read(row, path) for said, path in self.columns.items()}


_held: list[Held] = []


def hold(title: str, model: type[Model], columns: Mapping[str, str], *, of: str = "user", value: str = "pk") -> Held:
    """Say what a table keeps about people; what is said first stands first. See `Held`, whose `person` is `of`."""
    held = Held(title, model, of, columns, value)
    if held not in _held:
        _held.append(held)
    return held


def everything_held() -> tuple[Held, ...]:
    """What every room said of its tables."""
    return tuple(_held)


def held_about(user: User) -> Iterator[tuple[Held, list[dict[str, Any]]]]:
    """What is kept about somebody, table by table; tables that know nothing of them are left out."""
    for held in _held:
        if rows := held.rows_of(user):
            yield held, rows


def _read(row: Model, path: str) -> Any:
    """What stands at the end of a path of attributes; "" where it ends in nothing."""
    try:
        found = attrgetter(path)(row)
    except (AttributeError, ObjectDoesNotExist):
        return ""
    found = found() if callable(found) else found
    if found is None:
        return ""
    return found if isinstance(found, int | date | datetime) else str(found)


hold(
    "Your account",
    User,
    {
        "Email address": "email",
        "Name": "full_name",
        "Since": "joined_at",
        "Last sign-in": "last_login",
    },
    of="pk",
)
hold(
    "What stood in your account before",
    AccountDetails,
    {"Email address": "email", "Name": "full_name", "Since": "noted_at"},
)
hold(
    "Your email addresses",
    EmailAddress,
    {"Email address": "email", "You showed that it is yours": "verified"},
)
hold(
    "How you show who you are at sign-in",
    Authenticator,
    {"Kind": "get_type_display", "Since": "created_at", "Last used": "last_used_at"},
)
hold(
    "Changes of your second step",
    SecondStepChange,
    {"Kind": "kind", "Set up": "is_added", "When": "changed_at"},
)
hold(
    "Second steps that were taken away for you",
    SecondStepReset,
    {
        "Reason": "reason",
        "When": "requested_at",
        "Done": "confirmed_at",
        "Refused": "refused_at",
    },
)
hold(
    "Where you are signed in",
    SignIn,
    {"Browser": "browser", "Device": "system", "Since": "signed_in_at"},
)
hold(
    "Roles that you were given",
    RoleGrant,
    {"Role": "get_role_display", "Since": "confirmed_at", "Until": "revoked_at"},
)
hold(
    "Emails from us, kept for 30 days",
    OutgoingMessage,
    {"Subject": "subject", "When": "queued_at", "Sent": "delivered_at"},
    of="to",
    value="email",
)
