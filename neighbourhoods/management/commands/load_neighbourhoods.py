"""Load the places of a target list with their councils, regions and constituencies of 2010."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from neighbourhoods.management.loading import LoadCommand, file_argument
from neighbourhoods.services.loading.everything import (
    NEIGHBOURHOODS_FILE,
    SHIPPED_LIST_YEAR,
    Step,
    neighbourhoods_step,
)


class Command(LoadCommand):
    help = "Load the places of a target list (CSV). A published list never changes; a new one has its own year."
    actor = "system:load_neighbourhoods"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        file_argument(parser, NEIGHBOURHOODS_FILE)
        parser.add_argument("--year", type=int, default=SHIPPED_LIST_YEAR, help="the list's year (default %(default)s)")

    def steps(self, options: dict[str, Any]) -> Sequence[Step]:
        return [neighbourhoods_step(self.actor, options["file"], year=options["year"])]
