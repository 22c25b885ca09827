"""Who may be in the books at once: any number who post, or one who seals a day or closes a month.

Every insert into the journals takes the shared lock in the database (migration 0013), whoever inserts, before the
row's time is set; it is held until commit. So when the other lock is had, every journal of an earlier moment is there.
"""

from django.db import connection

SHARED = "SELECT pg_advisory_xact_lock_shared(hashtext('grants.ledger'))"
LONGEST_WAIT = "2s"
ALONE = "SELECT pg_advisory_xact_lock(hashtext('grants.ledger'))"


def enter_books() -> None:
    """Post with what is read from now on: nobody closes a month until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(SHARED)


def hold_books() -> None:
    """Wait until nobody posts, and let nobody post until this transaction ends.

    Raises:
        OperationalError: Somebody was still posting after two seconds.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LONGEST_WAIT])
        cursor.execute(ALONE)
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")
