"""Load published price indices; the file that comes with the portal unless another is named."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from grants.services.price_indices import SHIPPED_FILE, load_price_indices
from neighbourhoods.services.loading.changes import BadFileError

DIFFERENCES_SHOWN = 200


class Command(BaseCommand):
    """Exit 1 where the file has a problem; nothing is loaded then."""

    help = "Load price indices (CSV): new figures are added, a revised one becomes a new version beside the first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED_FILE, help="default: the shipped file")
        parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = load_price_indices(
                by="system:load_price_indices", path=options["file"], is_dry_run=options["dry_run"]
            )
        except BadFileError as error:
            raise CommandError(str(error)) from None
        if not options["verbosity"]:
            return
        self.stdout.write(changes.summary())
        if options["dry_run"]:
            shown = changes.lines()[:DIFFERENCES_SHOWN]
            self.stdout.writelines(f"  {line}\n" for line in shown)
            if len(changes.lines()) > len(shown):
                self.stdout.write(f"  and {len(changes.lines()) - len(shown)} more")
            self.stdout.write("Dry run: nothing was changed.")
