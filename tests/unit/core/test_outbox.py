from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from kombu.utils import functional

from cwf_portal.core import outbox
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import OutboxMessage
from cwf_portal.core.outbox import deliver_waiting, emit, may_go_unheard, on_topic, undelivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """Two handlers on one topic; the second fails while `heard["fail"]` is set."""
    monkeypatch.setattr(outbox, "_handlers", {})
    record = {"first": [], "second": [], "fail": False}

    @on_topic("test.happened", name="first")
    def first(message):
        record["first"].append(message.key)

    @on_topic("test.happened", name="second")
    def second(message):
        if record["fail"]:
            raise ValueError(message.key)
        record["second"].append(message.key)

    return record


def test_emit_same_key_again_returns_the_first_message():
    first = emit("test.happened", "k", {"n": 1})
    again = emit("test.happened", "k", {"n": 2})
    assert (again.pk, again.payload) == (first.pk, {"n": 1})


def test_message_reaches_every_handler_once(heard):
    emit("test.happened", "k", {})
    assert deliver_waiting(core_now()) == 1
    assert deliver_waiting(core_now()) == 0
    assert (heard["first"], heard["second"]) == (["k"], ["k"])


def test_message_of_a_topic_that_may_go_unheard_is_finished(heard):
    may_go_unheard("test.unheard")
    emit("test.unheard", "k", {})
    assert deliver_waiting(core_now()) == 1
    assert undelivered(core_now()).count() == 0


def test_message_of_an_unknown_topic_waits_until_a_worker_knows_it(heard):
    """A worker of the version before meets a message of the one after; what came later is not kept waiting."""
    emit("test.new", "from the version after", {})
    emit("test.happened", "k", {})
    assert deliver_waiting(core_now()) == 1
    assert undelivered(core_now()).get().topic == "test.new"

    on_topic("test.new", name="third")(lambda message: heard["first"].append(message.key))
    assert deliver_waiting(core_now()) == 1
    assert heard["first"] == ["k", "from the version after"]


def test_handler_that_fails_is_tried_again_later_and_the_other_is_not_repeated(heard):
    emit("test.happened", "k", {})
    heard["fail"] = True
    assert deliver_waiting(core_now()) == 0
    message = OutboxMessage.objects.get(key="k")
    assert (message.finished_at, message.attempts, message.last_error) == (None, 1, "ValueError")
    assert undelivered(core_now()).count() == 0

    heard["fail"] = False
    advance_clock(by=timedelta(seconds=2))
    assert deliver_waiting(core_now()) == 1
    assert (heard["first"], heard["second"]) == (["k"], ["k"])


def test_error_text_is_not_kept_because_it_may_hold_data(heard):
    emit("test.happened", "a choice that nobody may read", {})
    heard["fail"] = True
    deliver_waiting(core_now())
    assert OutboxMessage.objects.get(attempts=1).last_error == "ValueError"


def test_many_messages_in_one_transaction_ask_for_one_tick(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        for number in range(5):
            emit("test.happened", str(number), {})
    assert len(callbacks) == 1


@pytest.fixture
def broker_away(monkeypatch):
    """A Celery of the portal's settings, but for the address: nobody listens there."""
    away = Celery(broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    away.conf.broker_pool_acquire_timeout = settings.CELERY_BROKER_POOL_ACQUIRE_TIMEOUT
    monkeypatch.setattr(outbox, "current_app", away)


def test_broker_that_is_away_loses_nothing(django_capture_on_commit_callbacks, broker_away, caplog):
    with django_capture_on_commit_callbacks(execute=True):
        emit("test.happened", "k", {})
    assert not connection.needs_rollback
    assert undelivered(core_now()).count() == 1
    assert "the broker is away" in caplog.text


def test_nobody_waits_for_a_broker_that_is_away(broker_away, caplog, monkeypatch):
    """More nudges than the pool has connections, from several threads: each is told, none sleeps."""
    slept = []
    monkeypatch.setattr(functional, "sleep", slept.append)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: outbox.nudge(), range(40)))
    assert caplog.text.count("the broker is away") == 40
    assert sum(slept) == 0
