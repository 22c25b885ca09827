"""The demo's database: made anew where it is missing, half-written or wanted fresh, and left alone otherwise."""

import shutil
from contextlib import closing
from datetime import timedelta

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from psycopg import sql

from cwf_portal.core.clock import clock_shift
from cwf_portal.core.models import User
from cwf_portal.core.selectors import sample_people
from cwf_portal.operations.demo.postcodes import load_invented_postcodes
from cwf_portal.operations.demo.story import story_places
from cwf_portal.operations.scratch import database_url
from neighbourhoods.models import Neighbourhood, Postcode

LEFT_BY_A_DEMO = ("demo", "keys", "media")


def needs_writing(*, fresh: bool) -> bool:
    """True where the past must be written: on request, the first time, and after an attempt that was cut short."""
    if fresh:
        return True
    try:
        return not sample_people().exists() or clock_shift() < timedelta(0)
    except DatabaseError:
        return True  # no tables yet


def start_anew() -> None:
    """Drop the database and everything that belonged to it, and make an empty one.

    The secrets of the checkout stay: they belong to it, not to one demo.
    """
    connections.close_all()
    name = settings.DATABASES["default"]["NAME"]
    with closing(psycopg.connect(database_url("owner", "postgres"), autocommit=True, connect_timeout=5)) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {} OWNER cwf_owner").format(sql.Identifier(name)))
    for folder in LEFT_BY_A_DEMO:
        shutil.rmtree(settings.VAR_DIR / folder, ignore_errors=True)


def bring_up_to_date() -> None:
    """Migrate as the owner, hand the application the time machine, load what comes with the portal the first time."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT UPDATE ON core_clock TO cwf_app")
    if not Neighbourhood.objects.exists():
        call_command("load_places", verbosity=0)
    if not Postcode.objects.exists():
        load_invented_postcodes([place.neighbourhood.pk for place in story_places().values()])


def load_prices() -> None:
    """The shipped price indices, once the clock stands in the past: the daily check asks what was known when."""
    call_command("load_price_indices", verbosity=0)


def people_who_sign_in() -> list[User]:
    """The demo's people, in the order they were made."""
    return list(sample_people())
