"""Marks on what stands in boxes.

A vote that is under way when this runs: what stands in its box then is taken for the portal's own, as it was until now.
"""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from cwf_portal.core.sql_operations import CreateTogether
from panels.domain.marks import Standing, paper_mark
from panels.keys import box_key

AT_ONCE = 1_000


def mark_what_stands(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """In the order of the keys, which for papers is that of their hashes."""
    names, alias = ("SealedBallot", "SealedPaper"), schema_editor.connection.alias
    ballots, papers = (apps.get_model("panels", name).objects.using(alias) for name in names)
    cast = ballots.filter(version__gte=1).select_related("roll_entry__round").order_by("pk")
    entered = papers.select_related("round").order_by("pk")
    for rows, mark_of in ((cast, _ballot), (entered, _paper)):
        for row in rows.iterator(chunk_size=AT_ONCE):
            row.mark = mark_of(row)
            row.save(update_fields=["mark"])


def _ballot(row: Any) -> bytes:
    leaf = bytes(row.leaf) if row.state == "box" else None
    entry = row.roll_entry
    return Standing(entry.round.code.bytes, entry.user_id, row.version, leaf).mark(box_key())


def _paper(row: Any) -> bytes:
    return paper_mark(row.round.code.bytes, bytes(row.leaf), box_key())


class Migration(migrations.Migration):
    dependencies = [("panels", "0041_reviews_by_both_sides")]

    operations = [
        CreateTogether(
            [
                migrations.AddField(
                    model_name="sealedballot",
                    name="mark",
                    field=models.BinaryField(null=True),
                ),
                migrations.AddField(
                    model_name="sealedpaper",
                    name="mark",
                    field=models.BinaryField(null=True),
                ),
                migrations.AlterField(
                    model_name="setaside",
                    name="reason",
                    field=models.CharField(
                        choices=[
                            ("not_shown", "They did not show in time where they live"),
                            ("twice", "The same person is on the list twice"),
                            ("changed", "It is not what this site put there"),
                        ],
                        max_length=9,
                    ),
                ),
            ]
        ),
        migrations.RunPython(mark_what_stands, migrations.RunPython.noop),
        CreateTogether(
            [
                migrations.AddConstraint(
                    model_name="sealedpaper",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("mark__isnull", False)), name="panels_sealedpaper_marked"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sealedballot",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("mark", None), ("version", 0))
                        | models.Q(("mark__isnull", False), ("version__gte", 1)),
                        name="panels_sealedballot_marked",
                    ),
                ),
            ]
        ),
    ]
