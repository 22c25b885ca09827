"""Recomputing the whole ledger from its first journal, beside only reading it; and what ten times the journals cost."""

import time

from django.core.management import call_command
from django.db import connection

from bench.measure import Row
from bench.postings import bench_entry
from grants.models import Journal, Source
from grants.services.posting import post_journals

SMALL, LARGE, BATCH = 10_000, 100_000, 5_000


def measure() -> list[Row]:
    """Journals per second of `verify_ledger` at two sizes."""
    small = _verify(SMALL)
    reading = _read()
    large = _verify(LARGE)
    return [
        Row(f"verify {SMALL:,} journals", "journals", small, "reading every line", reading),
        Row(f"verify {LARGE:,} journals in {LARGE / large:.1f} s", "journals", large, f"each of {SMALL:,}", small),
    ]


def _verify(count: int) -> float:
    source = Source.objects.order_by("pk").values_list("pk", flat=True)[0]
    while (missing := count - Journal.objects.count()) > 0:
        post_journals(by="system:bench", entries=[bench_entry(source) for _ in range(min(missing, BATCH))])
    begins = time.perf_counter()
    call_command("verify_ledger", "--json", stdout=_Nowhere())
    return count / (time.perf_counter() - begins)


def _read() -> float:
    begins = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM grants_journal ORDER BY id")
        journals = len(cursor.fetchall())
        cursor.execute("SELECT * FROM grants_posting ORDER BY journal_id, line")
        cursor.fetchall()
    return journals / (time.perf_counter() - begins)


class _Nowhere:
    """A stream that keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)
