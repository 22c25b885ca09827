from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.urls import reverse

from cwf_portal.core import ticks, waiting
from cwf_portal.core.alarms import alarms_for
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.messages import send_text
from cwf_portal.core.models import JobRun, OutgoingMessage, RoleGrant
from cwf_portal.core.outbox import deliver_waiting, emit
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import request_role
from cwf_portal.core.waiting import WaitingItem, register_waiting
from tests.support import sessions

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_user(client):
    def sign_in(user):
        return sessions.sign_in(client, user)

    return sign_in


def test_home_without_signing_in_asks_to_and_comes_back(client):
    response = client.get(reverse("core:home"))
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next=/home/"


def test_home_lists_what_rooms_registered_late_first(as_user, sample_user, monkeypatch):
    monkeypatch.setattr(waiting, "_sources", [])
    due = datetime(2027, 1, 1, tzinfo=UTC)
    register_waiting(
        lambda user: [WaitingItem("Someday", "", "/a/", "do"), WaitingItem("First", "", "/b/", "do", due_at=due)]
    )
    response = as_user(sample_user("a@example.org")).get(reverse("core:home"))
    assert [item.title for item in response.context["groups"]["do"]] == ["First", "Someday"]
    assert response["Cache-Control"] == "no-store, private"


def test_people_without_permission_is_refused_with_a_reason(as_user, sample_user):
    response = as_user(sample_user("a@example.org")).get(reverse("core:people-list"))
    assert response.status_code == 403
    assert "see who holds which role" in response.content.decode()


def test_people_found_by_part_of_a_name(as_user, sample_user, django_assert_max_num_queries):
    sample_user("wanted@example.org", Role.AUDITOR)
    client = as_user(sample_user("admin@example.org", Role.ADMINISTRATOR))
    with django_assert_max_num_queries(9):
        page = client.get(reverse("core:people-list"), {"q": "WANTED@"}).content.decode()
    assert "wanted@example.org" in page
    assert "admin@example.org</td>" not in page


def test_role_asked_for_and_confirmed_through_the_pages(client, as_user, sample_user):
    first, second = (sample_user(f"{name}@example.org", Role.ADMINISTRATOR) for name in ("one", "two"))
    person = sample_user("person@example.org")
    form = {"email": "Person@example.org", "role": "auditor"}
    assert as_user(first).post(reverse("core:role-request"), form).status_code == 302
    grant = RoleGrant.objects.get(user=person)
    confirm = reverse("core:role-confirm", args=[grant.pk])
    assert as_user(first).post(confirm).status_code == 403
    assert as_user(second).post(confirm).status_code == 302
    assert Role.AUDITOR in type(person).objects.get(pk=person.pk).roles
    assert client.post(reverse("core:role-revoke", args=[grant.pk])).status_code == 302
    assert Role.AUDITOR not in type(person).objects.get(pk=person.pk).roles


def test_role_for_an_unknown_address_says_how_to_mend_it(as_user, sample_user):
    client = as_user(sample_user("admin@example.org", Role.ADMINISTRATOR))
    response = client.post(reverse("core:role-request"), {"email": "who@example.org", "role": "auditor"})
    assert response.status_code == 400
    assert "Ask them to sign in once first" in response.content.decode()
    assert not RoleGrant.objects.filter(role="auditor").exists()


def test_confirming_a_request_taken_back_is_not_found(as_user, sample_user):
    first, second = (sample_user(f"{name}@example.org", Role.ADMINISTRATOR) for name in ("one", "two"))
    grant = request_role(by=first, user=sample_user("p@example.org"), role=Role.AUDITOR)
    client = as_user(second)
    client.post(reverse("core:role-revoke", args=[grant.pk]))
    assert client.post(reverse("core:role-confirm", args=[grant.pk])).status_code == 404


def test_operations_shows_queues_to_an_auditor(as_user, sample_user):
    page = as_user(sample_user("a@example.org", Role.AUDITOR)).get(reverse("core:operations")).content.decode()
    assert "Messages between rooms" in page


def test_every_job_and_every_queue_is_told_to_a_person_in_words():
    """A room that registers one gives it a title."""
    queued = ticks.queues(core_now())
    assert {queue.name for queue in queued} >= {"core.outbox", "grants.due_unclaimed", "panels.log"}
    assert [queue.name for queue in queued if "." in queue.title] == []
    assert [name for name in ticks.job_names() if "." in ticks.job_title(name)] == []
    assert ticks.job_title("gone.long_ago") == "gone.long_ago"


def test_message_that_no_worker_takes_up_is_an_alarm_and_stands_on_the_page_of_the_machines(as_user, sample_user):
    emit("test.new", "k", {})
    auditor, resident = sample_user("a@example.org", Role.AUDITOR), sample_user("r@example.org")
    assert alarms_for(auditor) == []
    advance_clock(by=timedelta(minutes=6))
    deliver_waiting(core_now())
    assert [alarm.title for alarm in alarms_for(auditor)] == ["1 message between rooms did not arrive"]
    assert alarms_for(resident) == []
    page = as_user(auditor).get(reverse("core:operations")).content.decode()
    assert "test.new k, sent" in page
    assert "no worker that runs now knows this topic" in page


@pytest.mark.parametrize("name", ["core:demo-sign-in", "core:demo-messages"])
def test_demo_pages_outside_the_demo_are_not_found(client, settings, name):
    settings.DEMO = False
    assert client.get(reverse(name)).status_code == 404


@pytest.fixture
def demo_person(sample_user):
    person = sample_user("demo@example.org")
    with acting("system:test", "a person of the demo"):
        person.is_sample, person.sample_slug = True, "resident"
        person.save()
    return person


def test_demo_sign_in_opened_signs_nobody_in(client, settings, demo_person):
    settings.DEMO = True
    assert client.get(reverse("core:demo-sign-in-as", args=["resident"])).status_code == 200
    assert "_auth_user_id" not in client.session


def test_demo_sign_in_posted_signs_in_as_the_sample_person(client, settings, demo_person):
    settings.DEMO = True
    response = client.post(reverse("core:demo-sign-in-as", args=["resident"]))
    assert response["Location"] == reverse("core:home")
    assert client.session["_auth_user_id"] == str(demo_person.pk)


def test_demo_sign_in_as_a_person_who_is_no_sample_is_not_found(client, settings, sample_user):
    settings.DEMO = True
    sample_user("real@example.org")
    assert client.post(reverse("core:demo-sign-in-as", args=["real"])).status_code == 404
    assert "_auth_user_id" not in client.session


def test_demo_messages_show_what_would_have_been_sent(client, settings):
    settings.DEMO = True
    OutgoingMessage.objects.create(to="a@example.org", subject="Your code", body="ABC-123", topic="mail")
    send_text(to="07700 900982", body="Code 7K", topic="test")
    response = client.get(reverse("core:demo-messages"))
    page = response.content.decode()
    assert all(words in page for words in ("ABC-123", "Code 7K", "+447700900982"))
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_job_that_fails_or_stands_still_is_an_alarm_until_it_runs_again(sample_user, monkeypatch):
    monkeypatch.setattr(
        ticks, "_jobs", {name: ticks.RegisteredJob(name, 1, lambda at: 0) for name in ("fails", "idle")}
    )
    auditor, resident = sample_user("a@example.org", Role.AUDITOR), sample_user("r@example.org")
    JobRun.objects.note(
        [JobRun(name="fails", work=0, error="ValueError"), JobRun(name="gone", work=0, error="OSError")]
    )
    (alarm,) = alarms_for(auditor)
    assert (alarm.title, alarms_for(resident)) == ("1 job of the portal does not run", [])
    assert "“fails” failed (ValueError)" in alarm.detail

    ticks.run_tick()
    assert alarms_for(auditor) == []
    advance_clock(by=timedelta(minutes=16))
    (alarm,) = alarms_for(auditor)
    assert alarm.title == "2 jobs of the portal do not run"
    assert "ran last at" in alarm.detail


def test_jobs_that_never_ran_are_an_alarm_where_nobody_moves_the_clock(sample_user, settings):
    auditor = sample_user("a@example.org", Role.AUDITOR)
    assert alarms_for(auditor) == []
    settings.TIME_MACHINE = False
    assert "No job has ever run" in [alarm.title for alarm in alarms_for(auditor)]


def test_health_is_good_while_jobs_run_and_says_no_more(client):
    assert (client.get("/healthz").status_code, client.get("/healthz").content) == (503, b"not well")
    JobRun.objects.note([JobRun(name="test", work=0, error="")])
    well = client.get("/healthz")
    assert (well.status_code, well.content, well["Cache-Control"]) == (200, b"ok", "no-store")
    advance_clock(by=timedelta(minutes=6))
    assert client.get("/healthz").status_code == 503


def test_health_without_a_database_is_bad_and_no_error(client):
    def gone(*_):
        raise OperationalError

    with connection.execute_wrapper(gone):
        assert client.get("/healthz").status_code == 503


def test_every_answer_keeps_scripts_from_asking_for_camera_or_place(client):
    for address in ("/", "/no-such-page/", "/health/"):
        assert "camera=(), geolocation=()" in client.get(address)["Permissions-Policy"], address
