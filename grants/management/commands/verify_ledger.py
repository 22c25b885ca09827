"""Recompute the whole ledger and say what does not agree."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from grants.selectors.checks import ledger_identities
from grants.selectors.recount import Recount


class Command(BaseCommand):
    """Exit 0 when every journal is whole, the chain holds and every identity is kept, 1 otherwise."""

    help = "Check every journal, floor and sealed day of the ledger, and the identities between its accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of sentences.")
        parser.add_argument("--head", default="", help="A head kept elsewhere: it must still be in the chain.")

    def handle(self, *args: Any, **options: Any) -> None:
        recount = Recount()
        problems = list(recount.problems())
        if options["head"] and options["head"] not in recount.heads:
            problems.append(f"The head {options['head']} is not in the chain: sealed days are gone or were rewritten.")
        problems += ledger_identities()
        found = {
            "journals": recount.journal_count,
            "postings": recount.line_count,
            "ledger_sum_pence": recount.sum_pence,
            "sealed_days": recount.day_count,
            "head": recount.head,
            "head_on": recount.head_on.isoformat() if recount.head_on else None,
            "problems": problems,
        }
        self.stdout.write(json.dumps(found) if options["json"] else _sentences(found))
        if problems:
            sys.exit(1)


def _sentences(found: dict[str, Any]) -> str:
    """The problems, the first bad row first, then the count and the head."""
    head = f"Head {found['head']}, {found['head_on']}." if found["head"] else "No day is sealed yet."
    counted = (
        f"{found['journals']} journals, {found['postings']} lines, {found['sealed_days']} sealed days, "
        f"sum {found['ledger_sum_pence']} pence, {len(found['problems'])} problems."
    )
    return "\n".join([*found["problems"], head, counted])
