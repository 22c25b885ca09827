"""Print the head of the ledger's chain, to be kept off this machine."""

from typing import Any

from django.core.management.base import BaseCommand

from grants.selectors.books import ledger_head


class Command(BaseCommand):
    """One line: the last sealed day and its digest. Give the digest to `verify_ledger --head` later."""

    help = "Print the last sealed day of the ledger and its digest."

    def handle(self, *args: Any, **options: Any) -> None:
        head = ledger_head()
        self.stdout.write(f"{head.day.isoformat()} {head.digest}" if head else "No day is sealed yet.")
