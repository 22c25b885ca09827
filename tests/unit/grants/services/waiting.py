"""For races whose order matters: go on once the other connection stands before a lock."""

import time

from django.db import connection

# Who waits for a row waits for the transaction that holds it.
WAITS = "SELECT 1 FROM pg_locks WHERE pid = %s AND locktype IN ('advisory', 'transactionid') AND NOT granted"
LONGEST_SECONDS = 60


def own_pid() -> int:
    """How PostgreSQL knows this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def until_it_waits(pid: int) -> bool:
    """Look until that connection waits for an advisory lock or a row; False where it never does."""
    with connection.cursor() as cursor:
        ends = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < ends:
            cursor.execute(WAITS, [pid])
            if cursor.fetchone():
                return True
    return False
