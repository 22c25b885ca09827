"""Who is signed in, read on every request: the person and the roles they hold, in one question."""

from functools import cache

from allauth.account.auth_backends import AuthenticationBackend as OfAllauth
from django.db import connection

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role

# What stands is the same as in `RoleGrantQuerySet.standing`.
SIGNED_IN = """
SELECT {columns}, ARRAY(
    SELECT role FROM core_rolegrant
    WHERE core_rolegrant.user_id = core_user.id AND confirmed_by_id IS NOT NULL AND revoked_at IS NULL
) FROM core_user WHERE id = %s
"""


class AuthenticationBackend(OfAllauth):
    """allauth's, which asks for the person alone: nearly every page needs the roles as well, for its menu."""

    def get_user(self, user_id: int) -> User | None:
        """The person with this key; nobody where there is none, or the account was closed."""
        with connection.cursor() as cursor:
            cursor.execute(_question(), [user_id])
            row = cursor.fetchone()
        if row is None:
            return None
        user = User.from_db(connection.alias, _names(), row[:-1])
        user.roles = frozenset({Role.RESIDENT, *map(Role, row[-1])})
        return user if self.user_can_authenticate(user) else None


@cache
def _names() -> list[str]:
    return [field.attname for field in User._meta.concrete_fields]


@cache
def _question() -> str:
    columns = ", ".join(f'core_user."{field.column}"' for field in User._meta.concrete_fields)
    return SIGNED_IN.format(columns=columns)
