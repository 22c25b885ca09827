"""Rows that only say what is over do not stay for ever, and nothing else goes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from cwf_portal.core import forgetting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.forgetting import forget
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import OutboxDelivery, OutboxMessage, OutgoingMessage
from cwf_portal.core.outbox import emit

pytestmark = pytest.mark.django_db
LONG_AGO, FAR_OFF = datetime(2001, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


def letter(to: str, **state: object) -> None:
    written = send_message(to=f"{to}@example.org", subject="About you", body="…", topic="test")
    OutgoingMessage.objects.filter(pk=written.pk).update(**state)


def test_lapsed_sessions_go_and_others_stay() -> None:
    Session.objects.create(session_key="lapsed", session_data="", expire_date=LONG_AGO)
    Session.objects.create(session_key="stands", session_data="", expire_date=FAR_OFF)

    assert forget(core_now()) == 1
    assert Session.objects.get().session_key == "stands"


def test_messages_go_a_month_after_they_went_out_or_two_after_they_were_given_up() -> None:
    letter("sent", delivered_at=core_now())
    letter("given-up", attempts=OutgoingMessage.MOST_TRIES)
    letter("waits", attempts=3)
    seen = []
    for days in (29, 2, 30):
        advance_clock(by=timedelta(days=days))
        forget(core_now())
        seen.append([message.to.split("@")[0] for message in OutgoingMessage.objects.order_by("pk")])

    assert seen == [["sent", "given-up", "waits"], ["given-up", "waits"], ["waits"]]


def test_talk_between_rooms_goes_when_it_is_long_finished() -> None:
    done, waits = emit("test.done", "k", {}), emit("test.waits", "k", {})
    OutboxMessage.objects.filter(pk=done.pk).update(finished_at=core_now())
    for message in (done, waits):
        OutboxDelivery.objects.create(message=message, handler="test")
    seen = []
    for days in (89, 2):
        advance_clock(by=timedelta(days=days))
        forget(core_now())
        seen.append((OutboxMessage.objects.count(), OutboxDelivery.objects.count()))

    assert seen == [(2, 2), (1, 1)]
    assert OutboxMessage.objects.get() == waits


def test_each_tick_looks_at_the_oldest_only_and_the_next_goes_on(monkeypatch) -> None:
    monkeypatch.setattr(forgetting, "OLDEST", 2)
    for number in range(3):
        Session.objects.create(session_key=f"lapsed-{number}", session_data="", expire_date=LONG_AGO)
        letter("sent", delivered_at=LONG_AGO)

    assert [forget(core_now()) for _ in range(3)] == [4, 2, 0]
