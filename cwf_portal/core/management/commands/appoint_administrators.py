"""Begin: make two people administrators while there are not two."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cwf_portal.core.errors import DomainError
from cwf_portal.core.services import appoint_administrators


class Command(BaseCommand):
    """Exit 1 where two administrators stand already, or an address is none."""

    help = "Make two people administrators, by e-mail address; refused once there are two."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("first", help="e-mail address of one person")
        parser.add_argument("second", help="e-mail address of another")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            grants = appoint_administrators(
                by="system:appoint_administrators", first=options["first"], second=options["second"]
            )
        except DomainError as error:
            raise CommandError(str(error)) from None
        for grant in grants:
            self.stdout.write(f"Administrator: {grant.user.email}. They sign in with a code sent to that address.")
