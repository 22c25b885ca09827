"""One outbox for everything we write to people.

A letter that the mail server refuses is put off, and those behind it go out. A server that is away costs none a try.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from cwf_portal.core.bulk import add_rows
from cwf_portal.core.clock import CoreNow, core_now
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.outbox import nudge_after_commit, pause_after
from cwf_portal.core.ticks import each_tick

logger = logging.getLogger(__name__)
# What is wrong with one letter: the server answered about it, or it cannot be written as one (a subject of two lines).
OF_THE_LETTER = (SMTPResponseException, SMTPRecipientsRefused, ValueError)
AT_ONCE = 200


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
    """Send what is due, never tried before first; the text of a delivered message is not kept."""
    if not settings.EMAIL_DELIVERY_BACKEND:
        return 0
    due = OutgoingMessage.objects.undelivered().due(core_now()).order_by("attempts", "pk")
    waiting = list(due.values_list("pk", flat=True)[:AT_ONCE])
    return _deliver_all(waiting) if waiting else 0


def _deliver_all(waiting: list[int]) -> int:
    """Send them over one connection and return how many went out. A server that does not answer ends it until later."""
    backend = get_connection(settings.EMAIL_DELIVERY_BACKEND)
    sent = 0
    try:
        for pk in waiting:
            backend.open()
            sent += _deliver(pk, backend)
    except (SMTPException, OSError) as error:
        logger.warning("the mail server is away (%s); letters wait", type(error).__name__)
    finally:
        backend.close()
    return sent


def _deliver(pk: int, backend: BaseEmailBackend) -> bool:
    """True when it went out. No row is locked while the server is talked to: the claim itself puts the letter off."""
    message = _claim(pk, core_now())
    if message is None:
        return False
    letter = EmailMessage(message.subject, message.body, settings.DEFAULT_FROM_EMAIL, [message.to], connection=backend)
    try:
        letter.send()
    except OF_THE_LETTER as error:
        _note(message, error)
        backend.close()  # whatever state the refusal left it in
        return False
    except (SMTPException, OSError) as error:
        _note(message, error)
        raise
    OutgoingMessage.objects.filter(pk=pk).update(delivered_at=CoreNow(), body="", last_error="")
    return True


def _claim(pk: int, at: datetime) -> OutgoingMessage | None:
    """Count a try and put the next one off, committed before the letter is sent; None when it is not due any more."""
    with transaction.atomic():
        due = OutgoingMessage.objects.undelivered().due(at)
        message = due.select_for_update(skip_locked=True).filter(pk=pk).first()
        if message is not None:
            message.attempts += 1
            message.next_attempt_at = at + pause_after(message.attempts)
            message.save(update_fields=["attempts", "next_attempt_at"])
        return message


def _note(message: OutgoingMessage, error: Exception) -> None:
    """Of the error only its class and code are kept: its text may hold an address. After the last try the text goes."""
    code = getattr(error, "smtp_code", "")
    message.last_error = f"{type(error).__name__} {code}".strip()
    if message.attempts >= OutgoingMessage.MOST_TRIES:
        message.body = ""
    message.save(update_fields=["last_error", "body"])
    logger.warning("letter %s was not sent: %s", message.pk, message.last_error)
