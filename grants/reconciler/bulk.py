"""Debits that pay for many payments at once: which ones each paid for, each of them counted once.

A bank debits a whole file in one sum, or each day of it by itself, several perhaps with one value date. What the portal
matched a line with beyond the name of its file is not read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from grants.reconciler.differences import Difference, Kind, in_pounds

Rows = Iterable[tuple[Any, ...]]

BULK_LINES = """
SELECT run_id, name, value_on, pence FROM (
    SELECT r.id AS run_id, 'Line ' || s.sequence || '/' || l.position AS name, l.value_on, -l.amount_pence AS pence,
           l.id
      FROM grants_statementline AS l
      JOIN grants_bankstatement AS s ON s.id = l.statement_id
      JOIN grants_paymentrun AS r ON r.id = l.run_id AND position(r.message_id IN l.reference) > 0
     WHERE l.end_to_end_id = ''
    UNION ALL
    SELECT c.run_id, 'Line ' || s.sequence || '/' || l.position, l.value_on, -l.amount_pence, l.id
      FROM grants_lineclearing AS c
      JOIN grants_statementline AS l ON l.id = c.line_id
      JOIN grants_bankstatement AS s ON s.id = l.statement_id
     WHERE c.status = 'confirmed' AND c.run_id IS NOT NULL
) AS debits ORDER BY run_id, id
"""
# Of every file that a debit names, what it asked for; whether the bank named the payment in a debit of its own, and
# whether two people hold its letter, or it told early, that the payment was not made.
BULK_PAYMENTS = """
SELECT p.run_id, p.end_to_end_id, p.amount_pence + p.uplift_pence + p.contribution_pence, p.arrive_on,
       EXISTS (SELECT 1 FROM grants_statementline AS l WHERE l.end_to_end_id = p.end_to_end_id AND l.amount_pence < 0)
       OR EXISTS (SELECT 1 FROM grants_lineclearing AS c WHERE c.payment_id = p.id AND c.status = 'confirmed'
                                                           AND c.kind = 'payment'),
       EXISTS (SELECT 1 FROM grants_doubtsettlement AS d
                WHERE d.status = 'confirmed' AND d.outcome = 'not_paid'
                  AND (d.payment_id = p.id OR d.payment_id IS NULL AND d.run_id = p.run_id))
       OR EXISTS (SELECT 1 FROM grants_paymentnotice AS n WHERE n.payment_id = p.id AND n.kind = 'rejected')
  FROM grants_payment AS p
 WHERE p.status <> 'withdrawn'
   AND (EXISTS (SELECT 1 FROM grants_statementline AS l WHERE l.run_id = p.run_id)
        OR EXISTS (SELECT 1 FROM grants_lineclearing AS c WHERE c.run_id = p.run_id AND c.status = 'confirmed'))
 ORDER BY p.run_id, p.arrive_on, p.end_to_end_id
"""


@dataclass(frozen=True)
class Asked:
    """One payment of a file; `is_elsewhere` where the bank debited it by name, `is_refused` where it was not made."""

    end_to_end_id: str
    pence: int
    arrive_on: date
    is_elsewhere: bool
    is_refused: bool


@dataclass(frozen=True)
class Evidence:
    """Payments that lines of many paid for, one item for each time, and lines that pay for nothing that was asked."""

    end_to_end_ids: tuple[str, ...]
    pence: tuple[int, ...]
    days: tuple[date, ...]
    differences: tuple[Difference, ...]

    @property
    def wanted(self) -> dict[str, list[Any]]:
        """As our queries ask for it."""
        return {"bulk_ids": list(self.end_to_end_ids), "bulk_pence": list(self.pence), "bulk_days": list(self.days)}


def paid_in_bulk(lines: Rows, payments: Rows, *, rejected: Sequence[str]) -> Evidence:
    """What each line of many paid for.

    Args:
        lines: run, name of the line, value date, pence; ordered by run, then as the bank booked them.
        payments: of those runs, as `BULK_PAYMENTS` asks for them.
        rejected: EndToEndIds that the bank's reports reject.
    """
    not_made = set(rejected)
    of_run: dict[int, list[Asked]] = {}
    for run, name, pence, arrive_on, is_elsewhere, is_refused in payments:
        asked = Asked(name, pence, arrive_on, is_elsewhere, is_refused or name in not_made)
        of_run.setdefault(run, []).append(asked)
    found: list[tuple[Asked, date]] = []
    differences = []
    for run, debits in groupby(lines, key=lambda row: row[0]):
        left = of_run.get(run, [])
        for _, line, value_on, pence in debits:
            paid = next((part for part in _parts(left, value_on) if sum(one.pence for one in part) == pence), [])
            left = [one for one in left if one not in paid]
            found += [(one, value_on) for one in paid]
            if not paid:
                detail = f"it took {in_pounds(pence)} for the file of run {run}, which is neither all nor a day of it."
                differences.append(Difference(Kind.LINE_DIFFERS, line, detail=detail))
    return Evidence(
        end_to_end_ids=tuple(one.end_to_end_id for one, _ in found),
        pence=tuple(-one.pence for one, _ in found),
        days=tuple(value_on for _, value_on in found),
        differences=tuple(differences),
    )


def _parts(left: Sequence[Asked], value_on: date) -> Iterator[list[Asked]]:
    """What one debit may be: all that is left or one day of it, first without what it should not hold."""
    for pool in (
        [one for one in left if not (one.is_refused or one.is_elsewhere)],
        [one for one in left if not one.is_refused],
        list(left),
    ):
        if pool:
            yield pool
        for day in sorted({one.arrive_on for one in pool}, key=lambda day: (abs((day - value_on).days), day)):
            yield [one for one in pool if one.arrive_on == day]
