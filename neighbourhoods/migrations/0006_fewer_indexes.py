"""History of figures and events is asked by the row: indexes by what a row refers to are written and never read."""

import django.db.models.deletion
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = [
        ("neighbourhoods", "0005_who_sees_a_constituency"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.AlterField(
                    model_name="eventevent",
                    name="neighbourhood",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="neighbourhoods.neighbourhood",
                    ),
                ),
                migrations.AlterField(
                    model_name="figureevent",
                    name="area",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="neighbourhoods.area",
                    ),
                ),
                migrations.AlterField(
                    model_name="figureevent",
                    name="edition",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="neighbourhoods.edition",
                    ),
                ),
                migrations.AlterField(
                    model_name="figureevent",
                    name="measure",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="neighbourhoods.measure",
                    ),
                ),
            ]
        ),
    ]
