"""Keeping what the reconciler found. It reads with a role that cannot write; this writes with the application's."""

from dataclasses import asdict

from django.db import connection

from cwf_portal.core.audit import Actor, acting, actor_name
from grants.models import ReconciliationDifference, ReconciliationReport
from grants.reconciler import Outcome

MOST_KEPT = 1_000


def keep_reconciliation(*, by: Actor, outcome: Outcome, only_first: bool = False) -> ReconciliationReport:
    """Keep a check as the next one of its day. Of more than 1,000 differences the first are kept, all are counted.

    Args:
        by: the person who asked, or the process.
        outcome: what `reconcile` returned.
        only_first: return the day's first report instead where there is one: for the daily job.
    """
    with acting(by, "keep what the reconciler found"):
        _lock()
        latest = ReconciliationReport.objects.filter(day=outcome.day).order_by("number").last()
        if only_first and latest is not None:
            return latest
        report = ReconciliationReport.objects.create(
            day=outcome.day,
            number=latest.number + 1 if latest else 1,
            made_by=actor_name(by),
            statements_through=outcome.statements_through,
            journals_through=outcome.journals_through,
            bank_pence=outcome.bank_pence,
            ledger_pence=outcome.ledger_pence,
            by_source=[asdict(totals) for totals in outcome.sources],
            difference_count=len(outcome.differences),
        )
        ReconciliationDifference.objects.bulk_create(
            ReconciliationDifference(
                report=report,
                position=position,
                kind=found.kind.value,
                subject=found.subject[:120],
                sentence=found.sentence,
                expected_pence=found.expected_pence,
                found_pence=found.found_pence,
            )
            for position, found in enumerate(outcome.differences[:MOST_KEPT], start=1)
        )
        return report


def _lock() -> None:
    """Two who keep a check at once take turns, so that each has a number of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('grants.reconciliation'))")
