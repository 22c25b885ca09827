"""Load the Index of Multiple Deprivation of the places' small areas."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from neighbourhoods.management.loading import LoadCommand, file_argument
from neighbourhoods.services.loading.everything import DEPRIVATION_FILE, Step, deprivation_step


class Command(LoadCommand):
    help = "Load deprivation by small area (CSV)."
    actor = "system:load_deprivation"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        file_argument(parser, DEPRIVATION_FILE)

    def steps(self, options: dict[str, Any]) -> Sequence[Step]:
        return [deprivation_step(self.actor, options["file"])]
