"""One letter that nobody takes keeps no other back; a server that is away costs none a try."""

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPSenderRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from cwf_portal.core.alarms import letters
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.messages import deliver_messages, send_message
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Role

pytestmark = pytest.mark.django_db
REFUSED = {
    "wrong@example.org": SMTPRecipientsRefused({"wrong@example.org": (550, b"no such person")}),
    "sender@example.org": SMTPSenderRefused(553, b"not you", "no-reply@example.org"),
    "hangs-up@example.org": SMTPServerDisconnected("gone"),
}


class ChoosyServer(EmailBackend):
    """Takes letters as locmem does, but for the addresses that stand above."""

    def send_messages(self, messages: list[EmailMessage]) -> int:
        assert connection.savepoint_ids == []  # no row is locked while the server is talked to
        for message in messages:
            if message.to[0] in REFUSED:
                raise REFUSED[message.to[0]]
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def choosy(settings) -> None:
    settings.EMAIL_DELIVERY_BACKEND = f"{__name__}.ChoosyServer"


@pytest.fixture
def silent_server(settings) -> Iterator[None]:
    """Takes the call and never says a word."""
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        settings.EMAIL_TIMEOUT = 0.05
        yield


def write(to: str, subject: str = "Your sign-in code") -> OutgoingMessage:
    return send_message(to=to, subject=subject, body="1234-5678", topic="mail")


def sent_to() -> list[str]:
    return [letter.to[0] for letter in mail.outbox]


@pytest.mark.parametrize(
    ("to", "subject", "error"),
    [
        ("wrong@example.org", "Your sign-in code", "SMTPRecipientsRefused"),
        ("sender@example.org", "Your sign-in code", "SMTPSenderRefused 553"),
        ("fine@example.org", "Two\nlines", "BadHeaderError"),
    ],
)
def test_letter_that_is_refused_keeps_no_other_back(to: str, subject: str, error: str) -> None:
    refused, behind = write(to, subject), write("behind@example.org")
    assert deliver_messages(None) == 1
    assert sent_to() == ["behind@example.org"]
    refused.refresh_from_db()
    assert (refused.attempts, refused.last_error, refused.delivered_at) == (1, error, None)
    assert refused.body == "1234-5678"
    behind.refresh_from_db()
    assert (behind.body, behind.last_error) == ("", "")


def test_letter_that_makes_the_server_hang_up_waits_while_the_next_tick_sends_the_others() -> None:
    write("hangs-up@example.org")
    write("behind@example.org")
    assert deliver_messages(None) == 0
    assert deliver_messages(None) == 1
    assert sent_to() == ["behind@example.org"]


def test_refused_letter_is_tried_again_later_after_those_never_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    write("wrong@example.org")
    deliver_messages(None)
    monkeypatch.delitem(REFUSED, "wrong@example.org")
    assert deliver_messages(None) == 0

    write("new@example.org")
    advance_clock(by=timedelta(seconds=2))
    assert deliver_messages(None) == 2
    assert sent_to() == ["new@example.org", "wrong@example.org"]


def test_letter_is_given_up_in_the_end_and_its_text_goes() -> None:
    letter = write("wrong@example.org")
    OutgoingMessage.objects.filter(pk=letter.pk).update(attempts=OutgoingMessage.MOST_TRIES - 1)
    deliver_messages(None)
    advance_clock(by=timedelta(hours=2))
    assert deliver_messages(None) == 0
    letter.refresh_from_db()
    assert (letter.attempts, letter.body, letter.delivered_at) == (OutgoingMessage.MOST_TRIES, "", None)


def test_server_that_says_nothing_ends_the_tick_and_costs_no_letter_a_try(silent_server: None) -> None:
    write("a@example.org")
    write("b@example.org")
    assert deliver_messages(None) == 0
    assert set(OutgoingMessage.objects.values_list("attempts", flat=True)) == {0}


def test_letters_that_wait_for_long_are_an_alarm_for_who_sees_the_machines(
    sample_user: Callable[..., User], client
) -> None:
    administrator = sample_user("admin@example.org", Role.ADMINISTRATOR)
    write("wrong@example.org")
    deliver_messages(None)
    assert letters(administrator) == []

    advance_clock(by=timedelta(minutes=16))
    (alarm,) = letters(administrator)
    assert alarm.title == "1 message could not be sent"
    assert "SMTPRecipientsRefused" in alarm.detail
    assert letters(sample_user("resident@example.org")) == []

    client.force_login(administrator)
    page = client.get(alarm.url).content.decode()
    assert "1 try, SMTPRecipientsRefused" in page
    assert "wrong@example.org" not in page
    assert "1234-5678" not in page


def test_code_goes_before_letters_that_were_written_earlier() -> None:
    for number in range(3):
        send_message(to=f"voter-{number}@example.org", subject="The result", body="It is out.", topic="panels.result")
    write("signs-in@example.org")

    assert deliver_messages(core_now()) == 4
    assert sent_to() == ["signs-in@example.org", *(f"voter-{number}@example.org" for number in range(3))]


class ServerThatPeopleSignInMeanwhile(EmailBackend):
    """With the first letter it takes, somebody asks for a code."""

    def send_messages(self, messages: list[EmailMessage]) -> int:
        if not mail.outbox:
            write("signs-in@example.org")
        return super().send_messages(messages)


def test_code_that_is_asked_for_while_many_letters_leave_is_the_next(settings) -> None:
    settings.EMAIL_DELIVERY_BACKEND = f"{__name__}.ServerThatPeopleSignInMeanwhile"
    for number in range(3):
        send_message(to=f"voter-{number}@example.org", subject="The result", body="It is out.", topic="panels.result")

    assert deliver_messages(core_now()) == 4
    assert sent_to()[1] == "signs-in@example.org"
