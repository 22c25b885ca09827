"""Load which postcodes lie in the places, from the ONS postcode directory."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from neighbourhoods.management.loading import LoadCommand
from neighbourhoods.services.loading.everything import LoadReport
from neighbourhoods.services.loading.postcodes import load_postcodes


class Command(LoadCommand):
    help = "Load the ONS postcode directory (CSV, the whole of it); postcodes outside the places are passed over."
    actor = "system:load_postcodes"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)

    def load(self, options: dict[str, Any]) -> LoadReport:
        return load_postcodes(by=self.actor, path=options["file"], is_dry_run=options["dry_run"])
