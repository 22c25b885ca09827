"""Balances without adding up the whole ledger: a closed month keeps its balances, a sealed day what it moved, and only
the journals of today are added line by line.

One statement each, so that a day sealed meanwhile is counted once. Which month it starts from may be asked before:
nothing is posted into a closed month, so its balances stand for ever.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from grants.domain.dates import add_months
from grants.domain.ledger import Account, Line
from grants.models import MonthClose, Posting

# What has moved up to a date, by account, source and strand: debits and credits, both as positive numbers.
TOTALS = """
SELECT account, source_id, strand, sum(debit)::bigint, sum(credit)::bigint
  FROM (SELECT account, source_id, strand, debit_pence AS debit, credit_pence AS credit
          FROM grants_ledgerbalance
         WHERE close_id = %(close)s
           AND (%(account)s = '' OR account = %(account)s) AND (%(source)s = 0 OR source_id = %(source)s)
         UNION ALL
        SELECT account, source_id, strand, debit_pence, credit_pence
          FROM grants_ledgermovement
         WHERE effective_on <= %(through)s AND effective_on >= %(since)s
           AND (%(account)s = '' OR account = %(account)s) AND (%(source)s = 0 OR source_id = %(source)s)
         UNION ALL
        SELECT p.account, p.source_id, p.strand, greatest(p.amount_pence, 0), greatest(-p.amount_pence, 0)
          FROM grants_journal AS j
         -- OFFSET 0 keeps the few journals of today leading: each finds its lines by their key, whatever is expected.
         CROSS JOIN LATERAL (SELECT * FROM grants_posting WHERE journal_id = j.id OFFSET 0) AS p
         WHERE j.recorded_at >= coalesce((SELECT until FROM grants_ledgerday ORDER BY day DESC LIMIT 1), '-infinity')
           AND j.effective_on <= %(through)s AND j.effective_on >= %(since)s
           AND (%(account)s = '' OR p.account = %(account)s) AND (%(source)s = 0 OR p.source_id = %(source)s)) AS moved
 GROUP BY account, source_id, strand
"""
# The same for one place or one agreement, whose lines are few and found by their index.
TOTALS_WITHIN = """
SELECT p.account, p.source_id, p.strand, sum(greatest(p.amount_pence, 0))::bigint,
       sum(greatest(-p.amount_pence, 0))::bigint
  FROM grants_posting AS p JOIN grants_journal AS j ON j.id = p.journal_id
 WHERE j.effective_on <= %(through)s AND j.effective_on >= %(since)s
   AND (%(account)s = '' OR p.account = %(account)s) AND (%(source)s = 0 OR p.source_id = %(source)s)
"""
OF_AGREEMENT = "AND p.agreement_id = %(agreement)s GROUP BY p.account, p.source_id, p.strand"
OF_PLACE = "AND p.neighbourhood_id = %(neighbourhood)s GROUP BY p.account, p.source_id, p.strand"


@dataclass(frozen=True)
class Scope:
    """Whose lines are asked for; what is empty is not asked. Primary keys of source, place and agreement."""

    account: str = ""
    source: int = 0
    neighbourhood: int = 0
    agreement: int = 0

    @property
    def is_narrow(self) -> bool:
        """Lines of one place or one agreement: few in any ledger."""
        return bool(self.neighbourhood or self.agreement)


@dataclass(frozen=True)
class Total:
    """Debits and credits of one account, source and strand, as positive pence."""

    debit_pence: int = 0
    credit_pence: int = 0

    @property
    def balance_pence(self) -> int:
        """Debits less credits."""
        return self.debit_pence - self.credit_pence


Key = tuple[str, int, str]  # account, source, strand


def totals(*, scope: Scope | None = None, since: date = date.min, through: date = date.max) -> dict[Key, Total]:
    """What counts for the days from `since` to `through`, by account, source and strand; two queries."""
    asked = scope or Scope()
    starts_from = None if asked.is_narrow or since > date.min else kept_month(through)
    values: dict[str, str | int | date] = {
        "account": asked.account,
        "source": asked.source,
        "neighbourhood": asked.neighbourhood,
        "agreement": asked.agreement,
        "since": add_months(starts_from.month, 1) if starts_from else since,
        "through": through,
        "close": starts_from.pk if starts_from else 0,
    }
    narrow = TOTALS_WITHIN + (OF_AGREEMENT if asked.agreement else OF_PLACE)
    with connection.cursor() as cursor:
        cursor.execute(narrow if asked.is_narrow else TOTALS, values)
        return {
            (account, source, strand): Total(debit, credit)
            for account, source, strand, debit, credit in cursor.fetchall()
        }


def kept_month(through: date) -> MonthClose | None:
    """The last closed month that ends on a day or before it: its balances are kept; None where there is none."""
    closed = MonthClose.objects.filter(closed_at__isnull=False).order_by("-month")
    if through < date.max:
        closed = closed.filter(month__lt=(through + timedelta(days=1)).replace(day=1))
    return closed.first()


def balances_by_source() -> dict[int, dict[tuple[str, str], int]]:
    """Debits less credits by source, then by account and strand, of the whole ledger now."""
    found: dict[int, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for (account, source, strand), total in totals().items():
        found[source][account, strand] = total.balance_pence
    return found


def account_pence(account: Account) -> int:
    """Debits less credits of one account over all sources."""
    return sum(total.balance_pence for total in totals(scope=Scope(account=account.value)).values())


def purse_pence(line: Line) -> int:
    """What a promise account holds in the purse that a line names, as a positive number."""
    return Posting.objects.filter(
        account=line.account.value,
        source=line.source,
        strand=line.strand.value if line.strand else "",
        neighbourhood=line.neighbourhood,
        agreement=line.agreement,
    ).held_pence(line.account)
