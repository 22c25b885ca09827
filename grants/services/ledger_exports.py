"""Batches of journals for the fund's accounting system: each day in one batch, each batch the same for ever."""

from django.db import connection

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.models import LedgerExport
from grants.selectors.books import days_to_export


def export_new_days(*, by: User) -> LedgerExport:
    """Put every sealed day that no batch holds yet into the next batch.

    Raises:
        NotAllowedError: `by` may not keep the ledger.
        ConflictError: There is nothing new.
    """
    require(by, Permission.KEEP_LEDGER)
    with acting(by, "exported a batch of the ledger"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('grants.ledger_export'))")
        days = list(days_to_export())
        if not days:
            raise ConflictError(
                "Every sealed day is exported already.", mend="Today's journals can be exported tomorrow."
            )
        last = LedgerExport.objects.order_by("-number").first()
        return LedgerExport.objects.create(
            number=last.number + 1 if last else 1,
            after=last.through if last else None,
            through=days[-1].day,
            journal_count=sum(day.journal_count for day in days),
            exported_by=by,
        )
