"""What the load commands share: their options, and how they report."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cwf_portal.core.errors import DomainError
from neighbourhoods.services.loading.everything import LoadReport, Step, run_steps

DIFFERENCES_SHOWN = 200


class LoadCommand(BaseCommand):
    """A command that loads files, all or nothing; `--dry-run` shows the difference and changes nothing."""

    actor = "system:load_places"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")

    def handle(self, **options: Any) -> None:
        """Run the command's steps and report.

        Raises:
            CommandError: a file cannot be loaded.
        """
        try:
            report = self.load(options)
        except DomainError as error:
            raise CommandError(str(error)) from None
        if options["verbosity"]:
            self.report(report)

    def load(self, options: dict[str, Any]) -> LoadReport:
        """Load, or with a dry run say what would change."""
        return run_steps(by=self.actor, steps=self.steps(options), is_dry_run=options["dry_run"])

    def steps(self, options: dict[str, Any]) -> Sequence[Step]:
        """The files to load, in order."""
        raise NotImplementedError

    def report(self, report: LoadReport) -> None:
        """Say what changed, table by table; a dry run shows each difference."""
        for changes in report.changes:
            self.stdout.write(changes.summary())
            if report.is_dry_run:
                shown = changes.lines()[:DIFFERENCES_SHOWN]
                self.stdout.writelines(f"  {line}\n" for line in shown)
                if len(changes.lines()) > len(shown):
                    self.stdout.write(f"  and {len(changes.lines()) - len(shown)} more")
        for note in report.notes:
            self.stdout.write(note)
        if report.figures_count is not None:
            self.stdout.write(f"Figures: {report.figures_count} changed")
        if report.new_ranking is not None:
            self.stdout.write(f"Ranking: version {report.new_ranking}")
        if report.is_dry_run:
            self.stdout.write("Dry run: nothing was changed.")


def file_argument(parser: CommandParser, shipped: Path) -> None:
    """An optional path; without it the file that comes with the portal."""
    parser.add_argument("file", nargs="?", type=Path, default=shipped, help=f"default: {shipped.name}, as shipped")


def day_argument(text: str) -> date:
    """A date, year first."""
    return date.fromisoformat(text)
