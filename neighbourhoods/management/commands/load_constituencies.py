"""Load in which 2024 constituencies the places lie."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from neighbourhoods.management.loading import LoadCommand, file_argument
from neighbourhoods.services.loading.everything import CONSTITUENCIES_FILE, Step, constituencies_step


class Command(LoadCommand):
    help = "Load places by 2024 constituency, with shares of residents (CSV)."
    actor = "system:load_constituencies"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        file_argument(parser, CONSTITUENCIES_FILE)

    def steps(self, options: dict[str, Any]) -> Sequence[Step]:
        return [constituencies_step(self.actor, options["file"])]
