from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = (("core", "0003_no_tables_of_ones_own"),)

    operations = (
        CreateTogether(
            [
                migrations.AddField(
                    model_name="outgoingmessage",
                    name="attempts",
                    field=models.PositiveIntegerField(db_default=0),
                ),
                migrations.AddField(
                    model_name="outgoingmessage",
                    name="next_attempt_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="outgoingmessage",
                    name="last_error",
                    field=models.CharField(blank=True, db_default="", max_length=120),
                ),
            ]
        ),
    )
