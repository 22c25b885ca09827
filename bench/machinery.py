"""What every service pays for: the clock of record, beside the cheapest question one can ask the database."""

from django.db import connection

from bench.measure import Row, Work, against
from cwf_portal.core.clock import core_now

CALLS = 500


def measure() -> list[Row]:
    """Questions per second over one connection."""

    def clock() -> None:
        for _ in range(CALLS):
            core_now()

    def nothing() -> None:
        with connection.cursor() as cursor:
            for _ in range(CALLS):
                cursor.execute("SELECT 1")
                cursor.fetchone()

    return [against(Work("core_now()", clock, CALLS), Work("SELECT 1", nothing, CALLS), "calls")]
