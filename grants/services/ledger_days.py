"""Sealing the days of the ledger into a chain, and sending its head off this machine."""

from datetime import datetime

from django.db import OperationalError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from grants.models import HeadNotice, LedgerDay
from grants.selectors.books import OpenDay, day_to_seal, head_to_send
from grants.services.books_lock import hold_books

KEEPER = "system:ledger"
# The recipe of `grants.domain.chain`, written a second time: what PostgreSQL seals, Python recomputes.
SEAL_DAY = """
WITH leaf AS (
    SELECT j.id, j.recorded_at, sha256(convert_to(
        concat(j.id, '|', length(j.idempotency_key), ':', j.idempotency_key, '|', j.request_hash, '|', j.kind, '|',
               to_char(j.effective_on, 'YYYY-MM-DD'), '|', to_char(j.value_on, 'YYYY-MM-DD'), '|',
               (extract(epoch FROM j.recorded_at) * 1000000)::bigint, '|',
               length(j.source_reference), ':', j.source_reference, '|', j.reverses_id, '|', j.actor_id, '|',
               length(j.process), ':', j.process, '|', j.approver_id, '|', j.line_count, '|', lines.said),
        'UTF8')) AS digest
      FROM grants_journal AS j
      CROSS JOIN LATERAL (
          SELECT string_agg(concat(p.line, ',', p.account, ',', p.source_id, ',', p.strand, ',', p.neighbourhood_id,
                                   ',', p.agreement_id, ',', p.amount_pence), ';' ORDER BY p.line) AS said
            FROM grants_posting AS p WHERE p.journal_id = j.id) AS lines
     WHERE j.recorded_at >= %(starts_at)s AND j.recorded_at < %(until)s),
sealed AS (
    SELECT count(*) AS journals, string_agg(int8send(id) || digest, ''::bytea ORDER BY recorded_at, id) AS leaves
      FROM leaf),
previous AS (SELECT id, digest FROM grants_ledgerday ORDER BY day DESC LIMIT 1)
INSERT INTO grants_ledgerday (day, until, previous_id, journal_count, leaves, digest)
SELECT %(day)s, %(until)s, previous.id, sealed.journals, sealed.leaves,
       encode(sha256(convert_to(concat(previous.digest, to_char(%(day)s::date, 'YYYY-MM-DD')), 'UTF8')
                     || sealed.leaves), 'hex')
  FROM sealed LEFT JOIN previous ON true
RETURNING id
"""
ADD_MOVEMENTS = """
INSERT INTO grants_ledgermovement (sealed_id, effective_on, account, source_id, strand, debit_pence, credit_pence)
SELECT %(sealed)s, j.effective_on, p.account, p.source_id, p.strand,
       coalesce(sum(p.amount_pence) FILTER (WHERE p.amount_pence > 0), 0),
       coalesce(-sum(p.amount_pence) FILTER (WHERE p.amount_pence < 0), 0)
  FROM grants_journal AS j JOIN grants_posting AS p ON p.journal_id = j.id
 WHERE j.recorded_at >= %(starts_at)s AND j.recorded_at < %(until)s
 GROUP BY j.effective_on, p.account, p.source_id, p.strand
"""


def seal_days(*, at: datetime) -> int:
    """Seal every day that is over and has journals, in order; returns how many.

    Where somebody posts without a pause the days wait for the next look.
    """
    count = 0
    while day_to_seal(at) is not None:
        try:
            with transaction.atomic():
                hold_books()
                found = day_to_seal(at)  # again: somebody else may have sealed it while we waited
                if found is not None:
                    _seal(found)
                    count += 1
        except OperationalError:
            break
    return count


def _seal(found: OpenDay) -> None:
    values = {"day": found.day, "starts_at": found.starts_at, "until": found.until}
    with connection.cursor() as cursor:
        cursor.execute(SEAL_DAY, values)
        sealed = cursor.fetchone()[0]
        cursor.execute(ADD_MOVEMENTS, values | {"sealed": sealed})


def send_head(*, at: datetime) -> int:
    """Write the head of the month that ended to every auditor, once; returns how many were written to."""
    found = head_to_send(at)
    if found is None:
        return 0
    month, head = found
    auditors = list(
        User.objects.filter(
            is_active=True, pk__in=RoleGrant.objects.standing().filter(role=Role.AUDITOR).values("user")
        ).order_by("pk")
    )
    if not auditors:
        return 0
    with acting(KEEPER, f"sent the head of {month:%B %Y} to the auditors"):
        _, created = HeadNotice.objects.get_or_create(
            month=month, defaults={"head": head, "recipient_count": len(auditors)}
        )
        if not created:
            return 0
        for auditor in auditors:
            send_message(
                to=auditor.email,
                subject=f"The ledger at the end of {month:%B %Y}",
                body=_letter(head),
                topic="ledger_head",
            )
    return len(auditors)


def _letter(head: LedgerDay) -> str:
    return (
        f"Keep this message. It proves later that the fund's ledger up to {head} is what it was.\n\n"
        f"Last sealed day: {head.day.isoformat()}\n"
        f"Head: {head.digest}\n\n"
        f"To check: manage.py verify_ledger --head {head.digest}\n"
    )
