"""Take away the second step of somebody who lost theirs, where too few administrators are left to agree to it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cwf_portal.core.errors import DomainError
from cwf_portal.core.resetting import reset_by_operator


class Command(BaseCommand):
    """Exit 1 where no account with this address has a second step."""

    help = (
        "Take away somebody's second step and end their sessions; two administrators do the same on the page “People”."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="e-mail address of the person")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = reset_by_operator(by="system:reset_second_step", email=options["email"])
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{user.email} has no second step any more, is told so, and sets up a new one at sign-in.")
