"""Up by topic: what an upper room must hear from a lower one.

The message commits with the business row. Delivery is at least once per handler, and exactly once for what a handler
writes to the database: the handler and the note that it ran share one transaction.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from kombu.exceptions import OperationalError
from psycopg.types.json import Jsonb

from cwf_portal.core.clock import CoreNow, core_now
from cwf_portal.core.models import OutboxDelivery, OutboxMessage
from cwf_portal.core.ticks import each_tick, pending

logger = logging.getLogger(__name__)
Handler = Callable[[OutboxMessage], None]
LONGEST_PAUSE = timedelta(hours=1)

ADD = """
INSERT INTO core_outboxmessage (topic, key, payload, attempts, last_error) VALUES (%s, %s, %s, 0, '')
ON CONFLICT (topic, key) DO NOTHING RETURNING *
"""

_handlers: dict[str, dict[str, Handler]] = {}


def on_topic(topic: str, *, name: str) -> Callable[[Handler], Handler]:
    """Register a handler under a stable name; it may run again after an error, so it must be harmless twice.

    A worker of the version before finishes messages of topics that it knows without a handler that it does not know: a
    new handler of an old topic is brought out a version before what it must hear.
    """

    def register(handler: Handler) -> Handler:
        _handlers.setdefault(topic, {})[name] = handler
        return handler

    return register


def may_go_unheard(topic: str) -> None:
    """Say that a topic is known and that its messages are done even where no room listens."""
    _handlers.setdefault(topic, {})


def emit(topic: str, key: str, payload: dict[str, Any]) -> OutboxMessage:
    """Queue a message in the caller's transaction. The same topic and key again returns the first message."""
    added = list(OutboxMessage.objects.raw(ADD, [topic, key, Jsonb(payload)]))
    if not added:
        return OutboxMessage.objects.get(topic=topic, key=key)
    nudge_after_commit()
    return added[0]


def nudge_after_commit() -> None:
    """Ask for a tick once this transaction has committed. A lost nudge costs a minute at most: the sweep comes."""
    if settings.OUTBOX_NUDGES and not any(entry[1] is nudge for entry in connection.run_on_commit):
        transaction.on_commit(nudge)


def nudge() -> None:
    try:
        current_app.send_task("core.tick", expires=30, retry=False)
    except OperationalError:
        logger.warning("the broker is away; the sweep will find the work")


@each_tick(name="core.outbox", title="Messages between rooms", order=10)
def deliver_waiting(at: datetime) -> int:
    """Deliver what is due, oldest first, and return how many messages were finished.

    A topic that this process does not know is left for one that does: while versions change, a worker of the one
    before meets messages of the one after. What nobody takes up for long is an alarm.
    """
    known = OutboxMessage.objects.unfinished().due(at).filter(topic__in=sorted(_handlers))
    return sum(deliver(message_pk=pk) for pk in list(known.order_by("pk").values_list("pk", flat=True)[:500]))


@pending(name="core.outbox", title="Messages between rooms")
def undelivered(at: datetime) -> QuerySet[OutboxMessage]:
    """Messages that a machine could deliver now, if one of its version runs."""
    return OutboxMessage.objects.unfinished().due(at)


def deliver(*, message_pk: int) -> bool:
    """Run the handlers that have not run yet, each in its own transaction; True when the message is finished."""
    message = OutboxMessage.objects.get(pk=message_pk)
    finished = True
    for name in sorted(_handlers.get(message.topic, {})):
        finished = _handle_once(message_pk, name) and finished
    if finished:
        OutboxMessage.objects.filter(pk=message_pk, finished_at=None).update(finished_at=CoreNow())
    return finished


def _handle_once(message_pk: int, name: str) -> bool:
    """True when the handler has run, now or earlier; False when it failed or another worker is at it."""
    try:
        with transaction.atomic():
            message = OutboxMessage.objects.select_for_update(skip_locked=True).filter(pk=message_pk).first()
            if message is None:
                return False
            if not message.deliveries.filter(handler=name).exists():
                _handlers[message.topic][name](message)
                OutboxDelivery.objects.create(message=message, handler=name)
            return True
    except Exception as error:
        logger.exception("handler %s failed on message %s", name, message_pk)
        _put_off(message_pk, error)
        return False


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries: 1, 2, 4 … seconds, at most an hour."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 12)), LONGEST_PAUSE)


def _put_off(message_pk: int, error: Exception) -> None:
    """Try again later. Of the error only its class is kept: text may hold data."""
    message = OutboxMessage.objects.get(pk=message_pk)
    message.attempts += 1
    message.next_attempt_at = core_now() + pause_after(message.attempts)
    message.last_error = type(error).__name__
    message.save(update_fields=["attempts", "next_attempt_at", "last_error"])
