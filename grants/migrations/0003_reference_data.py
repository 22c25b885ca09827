"""Sources and the limits of authority: rows every installation starts with."""

import json
from datetime import date
from importlib import resources

from django.db import migrations

from cwf_portal.core.audit import acting

SOURCES = (
    (
        "dormant",
        "Forgotten accounts",
        "Dormant assets released under the Dormant Assets Acts 2008 to 2022.",
        True,
    ),
    ("lottery", "Lottery match", "Money that The National Lottery Community Fund adds beside dormant assets.", True),
    ("other", "Other", "Gifts and money from any other giver.", True),
    ("unidentified", "Not yet identified", "Bank lines that nobody has explained yet. Never promised.", False),
)
RANKS = {"senior_officer": 2, "grants_manager": 3, "head_of_grants": 4, "fund_director": 5}
IN_FORCE_FROM = date(2020, 1, 1)


def add_rows(apps, schema_editor):
    database = schema_editor.connection.alias
    source = apps.get_model("grants", "Source")
    with acting("system:migration", "rows every installation starts with", using=database):
        source.objects.using(database).bulk_create(
            source(code=code, name=name, definition=definition, is_spendable=spendable)
            for code, name, definition, spendable in SOURCES
        )
    limit = apps.get_model("grants", "AuthorityLimit")
    pounds = json.loads(resources.files("grants.data").joinpath("authority_limits.json").read_text(encoding="utf-8"))
    limit.objects.using(database).bulk_create(
        limit(rank=RANKS[rank], risk=risk, limit_pence=amount * 100, from_on=IN_FORCE_FROM)
        for rank, by_risk in pounds.items()
        for risk, amount in by_risk.items()
    )


def keep_rows(apps, schema_editor):
    """Going back drops the tables with the rows in them; limits may not be deleted one by one."""


class Migration(migrations.Migration):
    dependencies = (("grants", "0002_guards"),)
    operations = (migrations.RunPython(add_rows, keep_rows),)
