from django.db import migrations, models
from django.db.models import Q

import cwf_portal.core.clock
from cwf_portal.core.sql_operations import CreateTogether, protect_append_only


class Migration(migrations.Migration):
    dependencies = [("core", "0005_ways_of_writing")]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="PersonKey",
                    fields=[
                        (
                            "id",
                            models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                        ),
                        ("fingerprint", models.CharField(max_length=64)),
                        (
                            "kept_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(condition=Q(id=1), name="core_personkey_one_row"),
                        ]
                    },
                ),
            ]
        ),
        *protect_append_only("core_personkey"),
    ]
