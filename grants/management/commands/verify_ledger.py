"""Recompute the whole ledger and say what does not agree."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from grants.models import Journal, Posting
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.ledger import ledger_sum_pence


class Command(BaseCommand):
    """Exit 0 when every journal is whole and every identity holds, 1 otherwise."""

    help = "Check every journal's lines, balance and fingerprint, and the identities of the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of sentences.")

    def handle(self, *args: Any, **options: Any) -> None:
        problems = [*broken_seals(), *ledger_identities()]
        found = {
            "journals": Journal.objects.count(),
            "postings": Posting.objects.count(),
            "ledger_sum_pence": ledger_sum_pence(),
            "problems": problems,
        }
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            for problem in problems:
                self.stdout.write(problem)
            self.stdout.write(
                f"{found['journals']} journals, {found['postings']} lines, sum {found['ledger_sum_pence']} pence, "
                f"{len(problems)} problems."
            )
        if problems:
            sys.exit(1)
