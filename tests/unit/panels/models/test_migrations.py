"""What a migration makes of rows that were there before it."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from panels.domain.people import turns_sixteen_on
from panels.models import (
    Correction,
    FormerFingerprint,
    IdeaExclusion,
    IdeaStep,
    Residence,
    RollEntry,
)
from panels.services import ask_for_correction, declare_residence
from tests.unit.panels.builders import person
from tests.unit.panels.services import test_places as places
from tests.unit.panels.services.test_correcting import asked, corrected
from tests.unit.panels.services.test_places import KNOWN, give_postcode
from tests.unit.panels.services.test_residence import details

pytestmark = pytest.mark.django_db
SAID = import_module("panels.migrations.0039_exclusions_as_said")
YOUNG = import_module("panels.migrations.0036_two_of_two_homes").note_who_is_young
ONE_PERSON = import_module("panels.migrations.0037_one_person_one_vote")


class Editor:
    connection = connection


def years_ago(years: int, *, more: int = 0) -> date:
    today = localdate(core_now())
    return today.replace(year=today.year - years, day=min(today.day, 28)) - timedelta(days=more)


def test_who_was_16_or_17_before_votes_had_an_age_of_their_own_is_not_grown_up(world):
    born = [years_ago(16, more=40), years_ago(18, more=-40), years_ago(18), years_ago(40)]
    homes = [declare_residence(by=person(), neighbourhood=world.place, details=details(born_on=day)) for day in born]
    nothing = declare_residence(by=person(), neighbourhood=world.place, details=details(full_name="Not Known"))
    with acting("system:test", "as before"):
        Residence.objects.filter(pk__in=[home.pk for home in homes]).update(of_age_on=None)
        Residence.objects.filter(pk=nothing.pk).update(born_hmac="")
    YOUNG(apps, Editor)
    kept = [Residence.objects.get(pk=home.pk).of_age_on for home in [*homes, nothing]]
    today = localdate(core_now())
    assert kept == [*(turns_sixteen_on(day, today) for day in born), today]
    assert [one is None for one in kept] == [False, False, True, True, False]


def numbered(*groups: int) -> None:
    """As it was kept before: a number for each idea, in the order in which they were put forward."""
    with connection.cursor() as cursor, acting("system:test", "as before"):
        cursor.execute(
            'UPDATE panels_proposal SET "group" = (%s::int[])[place] FROM '
            "(SELECT id AS idea, row_number() OVER (ORDER BY id) AS place FROM panels_proposal) sorted WHERE id = idea",
            [list(groups)],
        )


def numbers_kept() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute('SELECT "group" FROM panels_proposal ORDER BY id')
        return [number for (number,) in cursor.fetchall()]


def test_ideas_with_one_number_become_every_two_of_them_and_numbers_again(world):
    round, other = world.round_for_ideas(), world.round_for_ideas()
    a, b, c, d, e = (world.idea(round, title) for title in "abcde")
    f, g = (world.idea(other, title) for title in "fg")
    IdeaStep.objects.create(
        proposal=b, other=a, kind="excluding", reason="One hall.", taken_by=world.officer, role="officer"
    )
    numbered(2, 2, 5, 2, 0, 2, 2)
    SAID.say_two_by_two(apps, Editor)
    pairs = IdeaExclusion.objects.order_by("first", "second")

    assert [(pair.first, pair.second) for pair in pairs] == [(a, b), (a, d), (b, d), (f, g)]
    assert [pair.said_by for pair in pairs] == [world.officer, d.author, world.officer, f.author]
    numbered(0, 0, 0, 0, 0, 0, 0)
    SAID.number_groups(apps, Editor)
    assert numbers_kept() == [1, 1, 0, 1, 0, 1, 1]


def test_an_open_correction_from_before_votes_had_an_age_of_their_own_says_who_is_young(world):
    born = [years_ago(17), years_ago(18, more=-1), years_ago(18), years_ago(40)]
    asks = []
    for day in born:
        who = person()
        declare_residence(by=who, neighbourhood=world.place, details=details(full_name="Before"))
        said = {"details": details(born_on=day), "why": "It was mistyped.", "neighbourhood": world.place}
        asks.append(ask_for_correction(by=who, **said))
    with acting("system:test", "as before"):
        Correction.objects.update(of_age_on=None)
    with connection.cursor() as cursor:
        ONE_PERSON.note_who_is_young(cursor, "panels_correction")
    kept = [Correction.objects.get(pk=one.pk).of_age_on for one in asks]
    assert kept == [turns_sixteen_on(day, localdate(core_now())) for day in born]
    assert [one is None for one in kept] == [False, False, True, True]


def test_what_was_given_up_before_is_kept_where_a_list_or_an_earlier_correction_says_it(world):
    give_postcode(world)
    round, shown = world.round_for_ideas(), world.residents[2].residence
    only_said = declare_residence(by=person(), details=places.details(full_name="Only Said", postcode=KNOWN))
    for home, fingerprint in ((shown, "a" * 64), (only_said, "b" * 64)):
        RollEntry.objects.create(round=round, user=home.user, person_hmac=fingerprint)
    advance_clock(to=round.show_by)
    earlier = asked(world, shown.user)
    two = {"first_by": world.members[1], "first_how": "S", "second_by": world.officer, "second_how": "S"}
    with acting("system:test", "as before"):
        Correction.objects.filter(pk=earlier.pk).update(
            state="done", full_name="", ended_at=core_now(), person_hmac="c" * 64, second_is_fund=True, **two
        )
    for home in (shown, only_said):
        corrected(world, asked(world, home.user, full_name=f"Right {home.pk}"))
    before = FormerFingerprint.objects.get()
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(ONE_PERSON.GIVEN_UP)

    kept = FormerFingerprint.objects.exclude(pk=before.pk).order_by("person_hmac")
    assert [(one.residence, one.person_hmac) for one in kept] == [(shown, "a" * 64), (shown, "c" * 64)]
    assert [one.correction.person_hmac for one in kept] == ["c" * 64, shown.corrections.latest("pk").person_hmac]
