"""Load or refresh the Members of Parliament."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from neighbourhoods.management.loading import LoadCommand, day_argument, file_argument
from neighbourhoods.services.loading.everything import MEMBERS_FILE, SHIPPED_MEMBERS_AS_OF, Step, members_step


class Command(LoadCommand):
    help = "Load the MPs by constituency (CSV); with a newer file, seats that changed hands end and begin."
    actor = "system:load_members"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        file_argument(parser, MEMBERS_FILE)
        parser.add_argument("--as-of", type=day_argument, help="the day of your file, like 2026-11-22")

    def steps(self, options: dict[str, Any]) -> Sequence[Step]:
        if options["file"] != MEMBERS_FILE and options["as_of"] is None:
            raise CommandError("Say of which day your file is: --as-of 2026-11-22")
        as_of = options["as_of"] or SHIPPED_MEMBERS_AS_OF
        return [members_step(self.actor, options["file"], as_of=as_of)]
