"""Load the table by which sort codes and account numbers are checked."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cwf_portal.core.errors import DomainError
from grants.services.modulus import load_modulus_table


class Command(BaseCommand):
    """Exit 1 where a file cannot be read; nothing is loaded then."""

    help = "Load the modulus weight table (valacdos.txt), and the sort code substitutions (scsubtab.txt) beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("weights", type=Path)
        parser.add_argument("substitutions", type=Path, nargs="?")
        parser.add_argument("--name", default="", help="how to call it; the file's name unless given")

    def handle(self, *args: Any, **options: Any) -> None:
        weights, substitutions = options["weights"], options["substitutions"]
        try:
            table, is_new = load_modulus_table(
                by="system:load_modulus_table",
                name=options["name"] or weights.name,
                weights=weights.read_text(encoding="ascii"),
                substitutions=substitutions.read_text(encoding="ascii") if substitutions else "",
            )
        except (OSError, UnicodeDecodeError, DomainError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{table} is in force." if is_new else f"{table} was loaded before; nothing was changed.")
