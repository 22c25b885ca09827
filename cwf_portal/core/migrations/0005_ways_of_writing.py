import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = [("core", "0004_letters_tried_again")]

    operations = [
        CreateTogether(
            [
                migrations.AlterField("outgoingmessage", "to", models.TextField()),
                migrations.AddField(
                    "outgoingmessage",
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "Text message"), ("letter", "Letter")],
                        db_default="email",
                        default="email",
                        max_length=6,
                    ),
                ),
                migrations.AddField(
                    "outgoingmessage",
                    "kept_from",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddConstraint(
                    "outgoingmessage",
                    models.CheckConstraint(
                        condition=Q(channel="email", to__regex="@")
                        | Q(channel="sms", subject="", to__regex=r"^\+447[0-9]{9}$")
                        | Q(channel="letter", delivered_at=None, to__regex=".")
                        | Q(body="", channel="letter", delivered_at__isnull=False, to=""),
                        name="core_outgoingmessage_address_fits",
                    ),
                ),
            ]
        )
    ]
