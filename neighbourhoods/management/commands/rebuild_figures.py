"""Work published figures out again from their source."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cwf_portal.core.errors import DomainError
from neighbourhoods.services import rebuild_figures


class Command(BaseCommand):
    help = "Work all figures out again, or only some measures; where all is well this changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("measures", nargs="*", help="codes of measures; default: all")

    def handle(self, **options: Any) -> None:
        try:
            changed = rebuild_figures(by="system:rebuild_figures", measures=options["measures"] or None)
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Figures: {changed} changed")
