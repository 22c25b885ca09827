"""One outbox for everything we write to people."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from cwf_portal.core.bulk import add_rows
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.outbox import nudge_after_commit
from cwf_portal.core.ticks import each_tick


def send_message(*, to: str, subject: str, body: str, topic: str) -> OutgoingMessage:
    """Queue an e-mail in the caller's transaction; a tick hands it to the configured mail server."""
    message = OutgoingMessage.objects.create(to=to, subject=subject[:200], body=body, topic=topic)
    nudge_after_commit()
    return message


def send_many(letters: Iterable[tuple[str, str, str]], *, topic: str) -> int:
    """Queue many e-mails, each an address, a subject and a text, in one statement; returns how many."""
    rows = [(to, subject[:200], body, topic) for to, subject, body in letters]
    if rows:
        add_rows(OutgoingMessage, ("to", "subject", "body", "topic"), rows)
        nudge_after_commit()
    return len(rows)


@each_tick(name="core.messages", order=90)
def deliver_messages(at: object) -> int:
    """Send what is queued, each once it is locked; the text of a delivered message is not kept."""
    if not settings.EMAIL_DELIVERY_BACKEND:
        return 0
    waiting = list(OutgoingMessage.objects.undelivered().order_by("pk").values_list("pk", flat=True)[:200])
    return sum(_deliver(pk) for pk in waiting)


def _deliver(pk: int) -> bool:
    with transaction.atomic():
        message = OutgoingMessage.objects.undelivered().select_for_update(skip_locked=True).filter(pk=pk).first()
        if message is None:
            return False
        backend = get_connection(settings.EMAIL_DELIVERY_BACKEND)
        EmailMessage(
            message.subject, message.body, settings.DEFAULT_FROM_EMAIL, [message.to], connection=backend
        ).send()
        OutgoingMessage.objects.filter(pk=pk).update(delivered_at=CoreNow(), body="")
        return True
