"""Django's and allauth's emails go through the same outbox as ours."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from cwf_portal.core.messages import send_message


class OutboxBackend(BaseEmailBackend):
    """Queues each email; a tick delivers it with `EMAIL_DELIVERY_BACKEND`, or the demo shows it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for email in email_messages:
            for to in email.recipients():
                send_message(to=to, subject=str(email.subject), body=str(email.body), topic="mail")
        return len(email_messages)
