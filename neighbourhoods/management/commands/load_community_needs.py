"""Load the Community Needs Index from a file of the publisher; the scores are not shipped."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from neighbourhoods.management.loading import LoadCommand, day_argument
from neighbourhoods.services.loading.everything import Step, community_needs_step


class Command(LoadCommand):
    help = "Load Community Needs Index scores (CSV: ward_code, score). They count once every place has one."
    actor = "system:load_community_needs"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--as-of", type=day_argument, required=True, help="the day of the scores, like 2023-10-01")

    def steps(self, options: dict[str, Any]) -> Sequence[Step]:
        return [community_needs_step(self.actor, options["file"], as_of=options["as_of"])]
