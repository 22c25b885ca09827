"""One outbox for everything we write to people: by email, by text message, on paper.

A letter that the mail server refuses is put off, and those behind it go out. A server that is away costs none a try.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils.module_loading import import_string

from cwf_portal.core.bulk import add_rows
from cwf_portal.core.clock import CoreNow, core_now
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.outbox import nudge_after_commit, pause_after
from cwf_portal.core.phones import mobile_number
from cwf_portal.core.ticks import each_tick

logger = logging.getLogger(__name__)
# What is wrong with one letter: the server answered about it, or it cannot be written as one (a subject of two lines).
OF_THE_LETTER = (SMTPResponseException, SMTPRecipientsRefused, ValueError)
AT_ONCE = 200
CODES = ("mail", "core.confirm")  # what somebody sits and waits for: Django's and allauth's emails, and ours


class Letter(NamedTuple):
    """An email to be sent. `stop_address` ends letters of this kind; mail programs offer it beside the letter."""

    to: str
    subject: str
    body: str
    stop_address: str = ""


def send_message(*, to: str, subject: str, body: str, topic: str) -> OutgoingMessage:
    """Queue an email in the caller's transaction; a tick hands it to the configured mail server."""
    message = OutgoingMessage.objects.create(to=to, subject=subject[:200], body=body, topic=topic)
    nudge_after_commit()
    return message


def send_many(letters: Iterable[Letter | tuple[str, str, str]], *, topic: str) -> int:
    """Queue many emails, each an address, a subject and a text, in one statement; returns how many."""
    whole = [Letter(*letter) for letter in letters]
    rows = [(one.to, one.subject[:200], one.body, topic, one.stop_address) for one in whole]
    if rows:
        add_rows(OutgoingMessage, ("to", "subject", "body", "topic", "stop_address"), rows)
        nudge_after_commit()
    return len(rows)


def send_text(*, to: str, body: str, topic: str) -> OutgoingMessage:
    """Queue a text message in the caller's transaction.

    Raises:
        DomainError: `to` is no UK mobile number.
        ConflictError: this portal sends no text messages.
    """
    number = mobile_number(to)
    if not settings.SMS_OFFERED:
        raise ConflictError("This site sends no text messages.", mend="Choose another way.")
    message = OutgoingMessage.objects.create(channel=OutgoingMessage.Channel.SMS, to=number, body=body, topic=topic)
    nudge_after_commit()
    return message


def queue_letter(*, to: str, subject: str, body: str, topic: str, kept_from: User) -> OutgoingMessage:
    """Queue a letter that an officer prints and posts; nothing sends it by itself.

    Args:
        to: The address, encrypted by the caller.
        subject: Its heading.
        body: Its text.
        topic: Of the message.
        kept_from: Who must not be the one to print it: it says what they did.
    """
    letter = OutgoingMessage.Channel.LETTER
    return OutgoingMessage.objects.create(
        channel=letter, to=to, subject=subject[:200], body=body, topic=topic, kept_from=kept_from
    )


class TextBackend(BaseEmailBackend):
    """Hands text messages to the function that the settings name, as a mail server takes emails."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        send = import_string(settings.SMS_DELIVERY_BACKEND)
        for message in email_messages:
            send(to=message.to[0], body=message.body)
        return len(email_messages)


@each_tick(name="core.messages", title="Emails and text messages", order=90)
def deliver_messages(at: object) -> int:
    """Send what is due: codes first, then never tried before; the text of a delivered message is not kept."""
    sent = 0
    if settings.EMAIL_DELIVERY_BACKEND:
        sent += _deliver_due(OutgoingMessage.Channel.EMAIL, settings.EMAIL_DELIVERY_BACKEND)
    if settings.SMS_DELIVERY_BACKEND:
        sent += _deliver_due(OutgoingMessage.Channel.SMS, f"{__name__}.{TextBackend.__name__}")
    return sent


def _deliver_due(channel: str, path: str) -> int:
    waiting = _due(channel)
    return _deliver_all(_codes_first(channel, waiting), get_connection(path)) if waiting else 0


def _due(channel: str, **which: object) -> list[int]:
    due = OutgoingMessage.objects.undelivered().due(core_now()).filter(channel=channel, **which)
    return list(due.order_by("attempts", "pk").values_list("pk", flat=True)[:AT_ONCE])


def _codes_first(channel: str, waiting: Iterable[int]) -> Iterator[int]:
    """Before each letter the codes that were asked for meanwhile: nobody waits behind a letter to all voters."""
    for pk in waiting:
        yield from _due(channel, topic__in=CODES)
        yield pk


def _deliver_all(waiting: Iterable[int], backend: BaseEmailBackend) -> int:
    """Send them over one connection and return how many went out. A server that does not answer ends it until later."""
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
    try:
        _email(message, backend).send()
    except OF_THE_LETTER as error:
        _note(message, error)
        backend.close()  # whatever state the refusal left it in
        return False
    except (SMTPException, OSError) as error:
        _note(message, error)
        raise
    # The subject of a code tells in which language its owner reads, and that is kept beside nobody.
    subject = "" if message.topic in CODES else message.subject
    told = OutgoingMessage.objects.filter(pk=pk)
    told.update(delivered_at=CoreNow(), subject=subject, body="", stop_address="", last_error="")
    return True


def _email(message: OutgoingMessage, backend: BaseEmailBackend) -> EmailMessage:
    """As it goes out; whoever asked for letters of this kind ends them with one press in their mail program."""
    headers = {}
    if message.stop_address:
        headers["List-Unsubscribe"] = f"<{message.stop_address}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    sender = settings.DEFAULT_FROM_EMAIL
    return EmailMessage(message.subject, message.body, sender, [message.to], connection=backend, headers=headers)


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
        message.body = message.stop_address = ""
    message.save(update_fields=["last_error", "body", "stop_address"])
    logger.warning("letter %s was not sent: %s", message.pk, message.last_error)
