"""Where people are signed in: a row that the database deletes with the session it is about."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import cwf_portal.core.clock
from cwf_portal.core.sql_operations import CreateTogether

# Sessions are deleted in many ways: signing out, a new key, lapsing. Django's own constraint would refuse them.
GOES_WITH_ITS_SESSION = """
ALTER TABLE core_signin ADD CONSTRAINT core_signin_session_fk
    FOREIGN KEY (session_id) REFERENCES django_session (session_key) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
STAYS = "ALTER TABLE core_signin DROP CONSTRAINT core_signin_session_fk;"


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0007_second_steps"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="SignIn",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("browser", models.CharField(blank=True, max_length=30)),
                        ("system", models.CharField(blank=True, max_length=30)),
                        (
                            "signed_in_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        (
                            "session",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sessions.session",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sign_ins",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                )
            ]
        ),
        migrations.RunSQL(GOES_WITH_ITS_SESSION, STAYS),
    ]
