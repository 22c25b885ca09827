"""The reconciler's derivation, asked within a test's own transaction."""

from django.db import connections

from grants.reconciler.agreed import compare_lives
from grants.reconciler.agreed_queries import LIVES
from grants.reconciler.bulk import BULK_LINES, BULK_PAYMENTS, paid_in_bulk
from grants.reconciler.prices import PRICES, Prices

Rows = list[tuple[object, ...]]


def schedule_differences(*, using: str = "default") -> list[str]:
    """Where payments stand otherwise than their agreements, lived through once more, say; in sentences."""
    lives, prices = asked(LIVES, using=using), asked(PRICES, using=using)
    return [one.sentence for one in compare_lives(iter(lives), Prices(prices))]


def bulk_evidence() -> dict[str, list[object]]:
    """What lines of many paid for, as the queries want it; every line must pay for something."""
    found = paid_in_bulk(asked(BULK_LINES), asked(BULK_PAYMENTS), rejected=[])
    assert found.differences == ()
    return found.wanted


def asked(query: str, wanted: dict[str, object] | None = None, *, using: str = "default") -> Rows:
    with connections[using].cursor() as cursor:
        cursor.execute(query, wanted)
        return list(cursor.fetchall())
