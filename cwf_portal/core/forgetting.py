"""What need not be kept goes: sessions that have lapsed, messages that went out, talk between rooms that is finished.

Each tick looks at the oldest rows only, so that it costs the same however many there are: a day sees thousands.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from cwf_portal.core.models import OutboxDelivery, OutboxMessage, OutgoingMessage
from cwf_portal.core.ticks import each_tick

OLDEST = 500
MESSAGES_STAY = timedelta(days=30)  # after they went out: whom we wrote to, and about what
GIVEN_UP_STAY = timedelta(days=60)  # after they were written; for three of these days they are tried
OUTBOX_STAYS = timedelta(days=90)  # after all handlers ran: long enough to look at what happened

# Sessions lapse in real time, whatever the clock of record says.
LAPSED_SESSIONS = """
DELETE FROM django_session WHERE session_key IN (
    SELECT session_key FROM django_session WHERE expire_date < now() ORDER BY expire_date LIMIT %s)
"""


@each_tick(name="core.forget", title="Old data is erased", order=95)
def forget(at: datetime) -> int:
    """Delete what may go of the oldest sessions and messages; returns how many rows."""
    return _sessions() + _messages(at) + _outbox(at)


def _sessions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(LAPSED_SESSIONS, [OLDEST])
        return int(cursor.rowcount)


def _messages(at: datetime) -> int:
    went_out = Q(delivered_at__lt=at - MESSAGES_STAY)
    given_up = Q(delivered_at=None, attempts__gte=OutgoingMessage.MOST_TRIES, queued_at__lt=at - GIVEN_UP_STAY)
    oldest = OutgoingMessage.objects.order_by("pk").values("pk")[:OLDEST]
    return OutgoingMessage.objects.filter(went_out | given_up, pk__in=oldest).delete()[0]


def _outbox(at: datetime) -> int:
    oldest = OutboxMessage.objects.order_by("pk").values("pk")[:OLDEST]
    finished = OutboxMessage.objects.filter(finished_at__lt=at - OUTBOX_STAYS, pk__in=oldest)
    gone = list(finished.values_list("pk", flat=True))
    if not gone:
        return 0
    with transaction.atomic():
        OutboxDelivery.objects.filter(message__in=gone).delete()
        return OutboxMessage.objects.filter(pk__in=gone).delete()[0]
