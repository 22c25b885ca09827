from django.core.management import CommandParser
from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django's own, as the role that owns the tables: the application's role may not make any."""

    def add_arguments(self, parser: CommandParser) -> None:
        """As Django's, with another default database."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
