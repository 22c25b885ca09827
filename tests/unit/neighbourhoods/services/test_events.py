from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from neighbourhoods.figures import declare_event_kind
from neighbourhoods.models import Audience, Event
from neighbourhoods.presenters.figures import event_text, timeline
from neighbourhoods.selectors import events_of, late_events, upcoming_events
from neighbourhoods.services import EventRow, publish_event, publish_events, withdraw_events

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def _as_somebody():
    with acting("system:test", "test"):
        yield


def history_count():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM neighbourhoods_eventevent")
        return cursor.fetchone()[0]


def test_same_key_changes_the_event_and_the_same_content_leaves_no_history(trimdon):
    for day in (TODAY, TODAY, date(2026, 7, 1)):
        publish_event(key="k", kind="test.due", neighbourhood=trimdon, happens_on=day)
    assert Event.objects.get(key="k").happens_on == date(2026, 7, 1)
    assert history_count() == 2


def test_late_is_past_and_not_done(trimdon):
    rows = [
        EventRow("past", "test.due", trimdon.pk, date(2026, 5, 31)),
        EventRow("done", "test.due", trimdon.pk, date(2026, 5, 1), done_at=datetime(2026, 5, 2, tzinfo=UTC)),
        EventRow("today", "test.due", trimdon.pk, TODAY),
    ]
    publish_events(rows=rows)
    assert [event.key for event in late_events(TODAY, audience=Audience.PUBLIC)] == ["past"]
    assert [event.key for event in upcoming_events(TODAY, audience=Audience.PUBLIC)] == ["today"]
    told = timeline(events_of([trimdon]), TODAY)
    assert [len(told.late), len(told.upcoming), len(told.done)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("audience", "seen"),
    [(Audience.PUBLIC, {"public"}), (Audience.MP, {"public", "mp"}), (Audience.OFFICER, {"public", "mp", "officer"})],
)
def test_audience_sees_what_is_meant_for_it(trimdon, audience, seen):
    publish_events(rows=[EventRow(name, "test.due", trimdon.pk, TODAY, audience=name) for name in Audience.values])
    assert {event.key for event in events_of([trimdon], audience=audience)} == seen


def test_withdrawn_event_is_gone_and_its_history_stays(trimdon):
    publish_event(key="k", kind="test.due", neighbourhood=trimdon, happens_on=TODAY)
    assert withdraw_events(keys=["k", "never"]) == 1
    assert history_count() == 2


@pytest.mark.parametrize("link", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere", "javascript:x"])
def test_link_to_elsewhere_is_refused(trimdon, link):
    with pytest.raises(IntegrityError, match="link_is_ours"), transaction.atomic():
        publish_event(key="k", kind="test.due", neighbourhood=trimdon, happens_on=TODAY, link=link)
    assert not Event.objects.filter(key="k").exists()


def test_event_reads_as_its_room_declared(trimdon, source):
    declare_event_kind("test.paid", title="Payment {number}", sentence="{amount_pence} for {body}, by {due_on}{more}")
    publish_event(
        key="k",
        kind="test.paid",
        neighbourhood=trimdon,
        happens_on=TODAY,
        params={"number": 3, "amount_pence": 123456, "body": "{number}", "due_on": "2026-06-03", "is_sample": True},
    )
    text = event_text(Event.objects.select_related("neighbourhood").get(key="k"), TODAY)
    assert (text.title, text.sentence) == ("Payment 3", "£1,234.56 for {number}, by 3 June 2026")
    assert text.is_sample


def test_event_of_an_unknown_kind_reads_as_its_code(trimdon):
    publish_event(key="k", kind="test.yearly_report", neighbourhood=trimdon, happens_on=TODAY)
    event = Event.objects.select_related("neighbourhood").get(key="k")
    assert event_text(event, TODAY).title == "Yearly report"
