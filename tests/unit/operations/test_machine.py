"""The machines as the journey and the demo see them: tick where something waits, and only there."""

from datetime import timedelta

import pytest
import redis
from celery import current_app
from django.conf import settings

from cwf_portal.core.models import OutboxMessage
from cwf_portal.operations import machine
from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.machine import Machine, StuckError
from neighbourhoods.models import Neighbourhood
from neighbourhoods.services import mark_stale

QUEUE = "celery"


@pytest.fixture
def queue(redis_server):
    """The broker's own list of tasks that no worker has taken."""
    client = redis.Redis.from_url(settings.REDIS_URL.replace("redis+socket://", "unix://"))
    client.delete(QUEUE)
    yield lambda: client.llen(QUEUE)
    client.delete(QUEUE)
    client.close()
    current_app.pool.force_close_all(close_pool=False)
    current_app.pool.setup()  # emptied, it would have whoever nudges next wait for ever


@pytest.mark.django_db
def test_settling_where_nothing_waits_sends_no_tick(queue):
    Machine(SandboxBank("http://127.0.0.1:1")).settle()
    assert queue() == 0


@pytest.mark.django_db
def test_settling_ticks_and_names_what_no_machine_gets_on_with(queue, monkeypatch):
    monkeypatch.setattr(machine, "PATIENCE_SECONDS", 0.05)
    OutboxMessage.objects.create(topic="nobody.hears", key="1", payload={})
    with pytest.raises(StuckError, match="core.outbox 1"):
        Machine(SandboxBank("http://127.0.0.1:1")).settle()
    assert queue() == 1


@pytest.mark.django_db
def test_figures_follow_while_the_story_goes_on_and_are_waited_for_at_its_end(queue, monkeypatch):
    monkeypatch.setattr(machine, "PATIENCE_SECONDS", 0.05)
    place = Neighbourhood.objects.order_by("pk").values_list("pk", flat=True)[0]
    mark_stale(measures=["grants.sent"], neighbourhood_ids=[place])
    played = Machine(SandboxBank("http://127.0.0.1:1"))

    played.go_on()
    assert queue() == 0
    with pytest.raises(StuckError, match="neighbourhoods.figures 1"):
        played.settle()


@pytest.mark.django_db
def test_the_question_what_waits_is_put_together_once_a_moment_and_anew_when_time_has_passed(monkeypatch):
    monkeypatch.setattr(machine, "SAME_MOMENT", timedelta(hours=1))
    played = Machine(SandboxBank("http://127.0.0.1:1"))
    first = played.waiting()
    assert played.waiting() is first
    played.wait(timedelta(days=1))
    assert played.waiting() is not first
