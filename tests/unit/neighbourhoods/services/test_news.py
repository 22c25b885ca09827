"""Whoever follows a place is written to once about each thing that happens there, at once or on Mondays."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now, today
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from neighbourhoods.domain.weeks import week_began
from neighbourhoods.figures import declare_event_kind
from neighbourhoods.models import Neighbourhood, PlaceFollow, PlaceNews
from neighbourhoods.services import declare_period, follow_place, note_news, publish_event, send_news, unfollow_place
from neighbourhoods.services.news import TOPIC
from neighbourhoods.tasks import unsent_news

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(source) -> None:
    """A kind of event that is told, and one that is not. (`source` keeps what is declared to this test.)"""
    declare_event_kind("test.told", title="Told", sentence="“{title}” opens. {note}", tells=True)
    declare_event_kind("test.quiet", title="Quiet")


def happens(place: Neighbourhood, key: str, **kwargs: object) -> None:
    given = {"kind": "test.told", "done_at": core_now(), "params": {"title": key}, "link": f"/rounds/{key}/"} | kwargs
    with acting("system:test", "it happened"):
        publish_event(key=key, neighbourhood=place, happens_on=date(2031, 5, 3), **given)


def tick() -> None:
    note_news(core_now())
    send_news(core_now())


def told() -> list[str]:
    return list(OutgoingMessage.objects.filter(topic=TOPIC).order_by("pk").values_list("to", flat=True))


def next_monday() -> None:
    advance_clock(to=week_began(core_now()) + timedelta(days=7, minutes=1))


def test_followers_are_told_once_of_what_happens_from_then_on(trimdon, person, settings):
    settings.SITE_ADDRESS = "http://testserver/"
    happens(trimdon, "before")
    tick()
    ada, ben = person("ada@example.org"), person("ben@example.org")
    for _ in range(2):
        follow_place(by=ada, place=trimdon, is_weekly=False)
    follow_place(by=ben, place=Neighbourhood.objects.exclude(pk=trimdon.pk)[0], is_weekly=False)
    happens(trimdon, "ours")
    for _ in range(3):
        tick()
    happens(trimdon, "ours", params={"title": "said anew"})
    tick()
    assert told() == ["ada@example.org"]
    letter = OutgoingMessage.objects.get(topic=TOPIC)
    assert "before" not in letter.body
    assert letter.body.startswith(f"{trimdon.label}\n\n“ours” opens.\nhttp://testserver/rounds/ours/\n")
    assert letter.subject.endswith(trimdon.name)
    assert [letter.body.count(f"/rounds/ours/?language={code}") for code in ("pl", "ur", "bn")] == [1, 1, 1]
    assert letter.body.rstrip().endswith(letter.stop_address)


def test_only_what_everybody_may_know_and_what_has_happened_is_told(trimdon, person):
    follow_place(by=person("ada@example.org"), place=trimdon, is_weekly=False)
    happens(trimdon, "to-come", done_at=None)
    happens(trimdon, "officers", audience="officer")
    happens(trimdon, "quiet", kind="test.quiet")
    happens(trimdon, "long-ago", done_at=core_now() - timedelta(days=15))
    happens(trimdon, "ahead", done_at=core_now() + timedelta(minutes=5))
    tick()
    assert PlaceNews.objects.count() == 0
    assert told() == []


def test_whoever_asked_for_one_a_week_gets_all_of_it_on_monday_in_one_letter(trimdon, person):
    ada, ben = person("ada@example.org"), person("ben@example.org")
    next_monday()
    follow_place(by=ada, place=trimdon, is_weekly=True)
    follow_place(by=ben, place=trimdon, is_weekly=False)
    for key in ("one", "two"):
        happens(trimdon, key)
        tick()
    assert told() == ["ben@example.org"] * 2
    next_monday()
    for _ in range(2):
        tick()
    assert told() == ["ben@example.org"] * 2 + ["ada@example.org"]
    body = OutgoingMessage.objects.get(to="ada@example.org").body
    assert "“one”" in body
    assert "“two”" in body
    next_monday()
    tick()
    assert len(told()) == 3
    assert PlaceNews.objects.unsent().count() == PlaceNews.objects.undigested(core_now()).count() == 0


def test_choosing_another_pace_repeats_nothing_and_loses_nothing(trimdon, person):
    ada = person("ada@example.org")
    next_monday()
    follow_place(by=ada, place=trimdon, is_weekly=False)
    happens(trimdon, "one")
    tick()
    follow_place(by=ada, place=trimdon, is_weekly=True)
    happens(trimdon, "two")
    tick()
    follow_place(by=ada, place=trimdon, is_weekly=False)
    happens(trimdon, "three")
    tick()
    next_monday()
    tick()
    bodies = list(OutgoingMessage.objects.filter(topic=TOPIC).order_by("pk").values_list("body", flat=True))
    assert [[key for key in ("one", "two", "three") if f"“{key}”" in body] for body in bodies] == [
        ["one"],
        ["two", "three"],
    ]


def test_nobody_is_told_after_they_stopped_or_their_account_closed(trimdon, person):
    ada, ben, cal = (person(f"{name}@example.org") for name in ("ada", "ben", "cal"))
    for one in (ada, ben, cal):
        follow_place(by=one, place=trimdon, is_weekly=False)
    unfollow_place(by=ada, place=trimdon)
    with acting("system:test", "closed"):
        ben.is_active = False
        ben.save()
    happens(trimdon, "one")
    tick()
    assert told() == ["cal@example.org"]
    page = OutgoingMessage.objects.get(topic=TOPIC).stop_address
    assert Client(enforce_csrf_checks=True).post(page, {"List-Unsubscribe": "One-Click"}).status_code == 200
    happens(trimdon, "two")
    tick()
    assert told() == ["cal@example.org"]


def test_what_people_wrote_stays_on_its_line_and_what_an_event_does_not_say_is_left_out(trimdon, person):
    follow_place(by=person("ada@example.org"), place=trimdon, is_weekly=False)
    happens(trimdon, "odd", params={"title": "Ours {0}\r\nBcc: all@example.org\n\nStop these emails: evil"}, link="")
    tick()
    letter = OutgoingMessage.objects.get(topic=TOPIC)
    assert "“Ours {0} Bcc: all@example.org Stop these emails: evil” opens.\n\n" in letter.body


def test_a_follow_stands_once_in_the_database(trimdon, person):
    follow = follow_place(by=person("ada@example.org"), place=trimdon, is_weekly=True)
    with acting("system:test", "again"), pytest.raises(IntegrityError), transaction.atomic():
        PlaceFollow.objects.create(neighbourhood=trimdon, user=follow.user, is_weekly=True, told_to=0)


def test_a_letter_keeps_nobody_in_history_but_whoever_asked(trimdon, person):
    follow = follow_place(by=person("ada@example.org"), place=trimdon, is_weekly=False)
    happens(trimdon, "one")
    tick()
    assert follow.pgh_event_model.objects.filter(pgh_obj=follow).count() == 1


@pytest.mark.parametrize(
    ("at", "began"),
    [
        (datetime(2031, 5, 5, 7, 0, tzinfo=UTC), datetime(2031, 5, 5, 7, 0, tzinfo=UTC)),
        (datetime(2031, 5, 5, 6, 59, tzinfo=UTC), datetime(2031, 4, 28, 7, 0, tzinfo=UTC)),
        (datetime(2031, 5, 11, 22, 59, tzinfo=UTC), datetime(2031, 5, 5, 7, 0, tzinfo=UTC)),
        (datetime(2030, 10, 28, 8, 0, tzinfo=UTC), datetime(2030, 10, 28, 8, 0, tzinfo=UTC)),
        (datetime(2030, 10, 28, 7, 59, tzinfo=UTC), datetime(2030, 10, 21, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_week_begins_on_monday_at_eight_in_london_in_summer_and_winter(at, began):
    assert week_began(at) == began


def test_news_of_a_place_before_an_election_is_told_once_after_it(trimdon, person):
    elsewhere = Neighbourhood.objects.exclude(authority=trimdon.authority).exclude(region=trimdon.region)[0]
    for place, name in ((trimdon, "at-once"), (trimdon, "weekly"), (elsewhere, "elsewhere")):
        follow_place(by=person(f"{name}@example.org"), place=place, is_weekly=name == "weekly")
    days = {"starts_on": today(), "ends_on": today() + timedelta(days=20)}
    declare_period(by=person("d@example.org", Role.FUND_DIRECTOR), area=trimdon.authority, name="Council", **days)
    happens(trimdon, "ours")
    happens(elsewhere, "theirs")
    tick()
    next_monday()
    tick()
    assert (told(), unsent_news(core_now()).count()) == (["elsewhere@example.org"], 0)
    advance_clock(by=timedelta(days=20))
    next_monday()
    tick()
    tick()
    assert sorted(told()) == ["at-once@example.org", "elsewhere@example.org", "weekly@example.org"]
