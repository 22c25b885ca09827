from datetime import timedelta

import pytest
from django.db import connections

from cwf_portal.core import ticks
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import JobRun, OutboxMessage
from cwf_portal.core.ticks import Waiting, each_tick, pending, run_tick, waiting_counts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_our_jobs(monkeypatch):
    monkeypatch.setattr(ticks, "_jobs", {})
    monkeypatch.setattr(ticks, "_pending", {})


def test_jobs_run_in_their_order_and_report_their_work():
    ran = []
    each_tick(name="late", order=90)(lambda at: ran.append("late") or 2)
    each_tick(name="early", order=10)(lambda at: ran.append("early") or 1)
    assert run_tick() == {"early": 1, "late": 2}
    assert ran == ["early", "late"]


def test_job_that_fails_is_noted_and_stops_no_other():
    def fails(at):
        raise ValueError("secret")

    each_tick(name="a.fails")(fails)
    each_tick(name="b.works")(lambda at: 1)
    assert run_tick() == {"b.works": 1}
    assert JobRun.objects.get(name="a.fails").error == "ValueError"
    assert JobRun.objects.get(name="b.works").error == ""


def test_idle_job_is_noted_once_a_minute_at_most():
    each_tick(name="idle")(lambda at: 0)
    run_tick()
    first = JobRun.objects.get(name="idle").finished_at
    run_tick()
    assert JobRun.objects.get(name="idle").finished_at == first


@pytest.mark.django_db(databases=["default", "reader"])
def test_job_that_another_tick_is_at_is_skipped():
    each_tick(name="busy")(lambda at: 1)
    with connections["reader"].cursor() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ticks.lock_key("busy")])
        assert run_tick() == {}
        other.execute("SELECT pg_advisory_unlock(%s)", [ticks.lock_key("busy")])
    assert run_tick() == {"busy": 1}


def test_quiescent_only_when_no_room_has_work():
    outbox = OutboxMessage.objects.unfinished()
    pending(name="a")(lambda at: outbox.none())
    pending(name="b")(lambda at: outbox.due(at))
    assert waiting_counts(core_now()) == {"a": 0, "b": 0}
    message = OutboxMessage.objects.create(topic="t", key="k", payload={})
    assert waiting_counts(core_now()) == {"a": 0, "b": 1}
    message.next_attempt_at = core_now() + timedelta(minutes=1)
    message.save()
    assert waiting_counts(core_now()) == {"a": 0, "b": 0}


def test_what_waits_in_all_rooms_is_one_statement(django_assert_num_queries):
    for number in range(5):
        pending(name=f"room {number}")(lambda at: OutboxMessage.objects.unfinished())
    waiting = Waiting(core_now())
    for _ in range(2):
        with django_assert_num_queries(1):
            assert sum(waiting.counts().values()) == 0


def test_no_room_is_quiescent():
    assert Waiting(core_now()).counts() == {}


def test_idle_tick_asks_twice_a_job_and_once_for_all(django_assert_num_queries):
    for number in range(5):
        each_tick(name=f"idle {number}")(lambda at: 0)
    with django_assert_num_queries(2 * 5 + 1):
        assert not any(run_tick().values())


def test_runs_are_noted_again_when_they_work_fail_or_recover():
    outcomes = iter([0, 3, ValueError, 0])

    def job(at):
        outcome = next(outcomes)
        if outcome is ValueError:
            raise ValueError("secret")
        return outcome

    each_tick(name="job")(job)
    noted = []
    for _ in range(4):
        run_tick()
        noted.append(JobRun.objects.values_list("work", "error").get(name="job"))
    assert noted == [(0, ""), (3, ""), (0, "ValueError"), (0, "")]


def test_idle_run_is_noted_anew_after_a_minute():
    each_tick(name="idle")(lambda at: 0)
    run_tick()
    first = JobRun.objects.get(name="idle").finished_at
    advance_clock(by=timedelta(seconds=61))
    run_tick()
    assert JobRun.objects.get(name="idle").finished_at > first
