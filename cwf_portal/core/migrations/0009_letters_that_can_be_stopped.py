"""Letters that somebody asked for name the address that ends them."""

from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = (("core", "0008_where_people_are_signed_in"),)

    operations = (
        CreateTogether(
            [
                migrations.AddField(
                    model_name="outgoingmessage",
                    name="stop_address",
                    field=models.CharField(blank=True, db_default="", max_length=300),
                ),
            ]
        ),
    )
