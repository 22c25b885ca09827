"""What a migration makes of rows that were there before it."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from panels.domain.people import turns_sixteen_on
from panels.models import Residence
from panels.services import declare_residence
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_residence import details

pytestmark = pytest.mark.django_db
YOUNG = import_module("panels.migrations.0036_two_of_two_homes").note_who_is_young


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
