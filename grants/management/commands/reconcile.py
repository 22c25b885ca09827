"""Check every payment against agreements, schedules and the bank's messages, now."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from grants.reconciler import KIND_LABELS, Outcome, reconcile
from grants.reconciler.differences import in_pounds
from grants.selectors.days import today
from grants.services.reconciling import keep_reconciliation

BY = "system:command"


class Command(BaseCommand):
    """Exit 0 when everything agrees, 1 otherwise."""

    help = "Work out again what should have been paid to whom, and say what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of sentences.")
        parser.add_argument("--keep", action="store_true", help="Keep the result as a further report of today.")

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = reconcile(day=today())
        if options["keep"]:
            keep_reconciliation(by=BY, outcome=outcome)
        self.stdout.write(_as_json(outcome) if options["json"] else _as_text(outcome))
        if outcome.differences:
            sys.exit(1)


def _as_json(outcome: Outcome) -> str:
    content = asdict(outcome)
    for row, found in zip(content["differences"], outcome.differences, strict=True):
        row["sentence"] = found.sentence
    return json.dumps(content, default=str)


def _as_text(outcome: Outcome) -> str:
    lines = [f"{KIND_LABELS[found.kind]}. {found.sentence}" for found in outcome.differences]
    lines += [
        f"{one.source}: {one.due_count} payments due, {in_pounds(one.due_pence)}; "
        f"{one.paid_count} paid, {in_pounds(one.paid_pence)}."
        for one in outcome.sources
    ]
    lines.append(
        f"{outcome.day}: statements through {outcome.statements_through}, journals through "
        f"{outcome.journals_through}, {len(outcome.differences)} differences."
    )
    return "\n".join(lines)
