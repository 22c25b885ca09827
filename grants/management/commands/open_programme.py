"""Begin: open a programme from a preset, as two directors decided."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cwf_portal.core.errors import DomainError
from cwf_portal.core.models import User
from grants.services import open_programme_by_two
from grants.services.endowment import presets


class Command(BaseCommand):
    """Exit 1 where one of the two is no director."""

    help = "Open a programme from a preset in the name of two directors; opening it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("preset", choices=sorted(presets()))
        parser.add_argument("--code", default="", help="the programme's own code; the preset's unless given")
        parser.add_argument("--asked-by", required=True, help="e-mail address of one director")
        parser.add_argument("--confirmed-by", required=True, help="e-mail address of another director")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            programme = open_programme_by_two(
                asked_by=_account(options["asked_by"]),
                by=_account(options["confirmed_by"]),
                preset=options["preset"],
                code=options["code"],
            )
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Programme {programme.code} stands, open since {programme.opened_at:%d.%m.%Y}.")


def _account(email: str) -> User:
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is None:
        raise CommandError(f"No account has the address {email}. Ask them to sign in once first.")
    return user
