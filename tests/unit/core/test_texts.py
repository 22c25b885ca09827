"""Text messages and letters on paper: in the same outbox, each leaving in its own way."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError
from cwf_portal.core.messages import deliver_messages, queue_letter, send_message, send_text
from cwf_portal.core.models import OutgoingMessage

pytestmark = pytest.mark.django_db
NUMBER = "+447700900982"
texts: list[tuple[str, str]] = []


def take(*, to: str, body: str) -> None:
    """A backend that takes every text message but one."""
    if body == "Refused":
        raise ValueError("07700 900982 is no good")
    texts.append((to, body))


def away(**_: str) -> None:
    """A backend that cannot be reached."""
    raise ConnectionRefusedError("07700 900982 cannot be reached")


@pytest.fixture
def both_ways(settings):
    texts.clear()
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.SMS_DELIVERY_BACKEND = f"{__name__}.take"
    return settings


def test_text_message_is_kept_until_delivered_and_its_text_is_not_kept_after(both_ways):
    both_ways.SMS_DELIVERY_BACKEND = ""
    message = send_text(to="07700 900982", body="A private line", topic="test")
    assert (deliver_messages(core_now()), message.to, message.subject) == (0, NUMBER, "")

    both_ways.SMS_DELIVERY_BACKEND = f"{__name__}.take"
    assert [deliver_messages(core_now()) for _ in range(2)] == [1, 0]
    message.refresh_from_db()
    assert texts == [(NUMBER, "A private line")]
    assert (message.body, message.delivered_at is None) == ("", False)


def test_text_message_that_is_refused_keeps_no_other_back(both_ways):
    refused = send_text(to=NUMBER, body="Refused", topic="test")
    send_text(to=NUMBER, body="Behind", topic="test")
    assert deliver_messages(core_now()) == 1
    refused.refresh_from_db()
    assert ([body for _, body in texts], refused.attempts, refused.last_error) == (["Behind"], 1, "ValueError")


def test_network_that_is_away_keeps_no_email_back(both_ways):
    both_ways.SMS_DELIVERY_BACKEND = f"{__name__}.away"
    text = send_text(to=NUMBER, body="A line", topic="test")
    send_message(to="a@example.org", subject="Hello", body="Hello", topic="test")
    assert deliver_messages(core_now()) == 1
    text.refresh_from_db()
    assert ([letter.to for letter in mail.outbox], text.last_error) == ([["a@example.org"]], "ConnectionRefusedError")


def test_text_message_refusals(settings):
    with pytest.raises(DomainError, match="Enter a UK mobile number"):
        send_text(to="020 7946 0018", body="x", topic="test")
    settings.SMS_OFFERED = False
    with pytest.raises(ConflictError, match="sends no text messages"):
        send_text(to=NUMBER, body="x", topic="test")
    assert not OutgoingMessage.objects.exists()


def test_letter_waits_for_an_officer_who_is_not_the_one_it_is_about(both_ways, sample_user):
    helper, other = sample_user("h@example.org"), sample_user("o@example.org")
    letter = queue_letter(to="sealed", subject="Hello", body="Dear", topic="test", kept_from=helper)
    assert deliver_messages(core_now()) == 0
    assert not OutgoingMessage.objects.to_print(helper).exists()
    assert OutgoingMessage.objects.to_print(other).get() == letter


@pytest.mark.parametrize(
    "values",
    [
        {"to": "+447700900982"},
        {"to": ""},
        {"channel": "sms", "to": "a@example.org"},
        {"channel": "sms", "to": "07700900982"},
        {"channel": "sms", "to": NUMBER, "subject": "Hello"},
        {"channel": "letter", "to": ""},
        {"channel": "letter", "to": "sealed", "delivered": True},
        {"channel": "fax", "to": "a@example.org"},
    ],
)
def test_address_fits_the_way_in_which_a_message_leaves(values):
    values = {"topic": "test"} | values
    if values.pop("delivered", False):
        values["delivered_at"] = core_now()
    with pytest.raises(IntegrityError, match="core_outgoingmessage_address_fits"), transaction.atomic():
        OutgoingMessage.objects.create(**values)
