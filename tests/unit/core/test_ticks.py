import pytest
from django.db import connections

from cwf_portal.core import ticks
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import JobRun
from cwf_portal.core.ticks import each_tick, is_quiescent, pending, run_tick, waiting_counts

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
    counts = {"a": 0, "b": 1}
    pending(name="a")(lambda at: counts["a"])
    pending(name="b")(lambda at: counts["b"])
    assert waiting_counts(core_now()) == {"a": 0, "b": 1}
    assert not is_quiescent(core_now())
    counts["b"] = 0
    assert is_quiescent(core_now())
