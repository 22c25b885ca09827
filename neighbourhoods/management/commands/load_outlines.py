"""Load the coarse outlines of the places."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from neighbourhoods.management.loading import LoadCommand, file_argument
from neighbourhoods.services.loading.everything import OUTLINES_FILE, Step, outlines_step


class Command(LoadCommand):
    help = "Load coarse outlines (GeoJSON)."
    actor = "system:load_outlines"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        file_argument(parser, OUTLINES_FILE)

    def steps(self, options: dict[str, Any]) -> Sequence[Step]:
        return [outlines_step(self.actor, options["file"])]
