import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

# Whoever put somebody on the list at a table is not about to help them either.
ANOTHER = """
CREATE TRIGGER panels_helpintention_not_who_entered BEFORE INSERT ON panels_helpintention
    FOR EACH ROW EXECUTE FUNCTION panels_check_helped_by_another();
ALTER TABLE panels_helpintention ENABLE ALWAYS TRIGGER panels_helpintention_not_who_entered;
"""
SAME = "DROP TRIGGER panels_helpintention_not_who_entered ON panels_helpintention;"

SPOILT_BEFORE = """
UPDATE panels_paperenvelope SET spoilt_by_id = taken_by_id, spoilt_reason = 'Noted before reasons were asked for.'
WHERE state = 'spoilt';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0025_money_waits_for_objections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="HelpIntention",
                    fields=[
                        ("leaf", models.BinaryField(primary_key=True, serialize=False)),
                        ("letter_to", models.TextField(blank=True, help_text="Name and address, encrypted.")),
                        ("number", models.CharField(blank=True, max_length=13)),
                    ],
                ),
                migrations.AddField(
                    model_name="paperenvelope",
                    name="restored_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="paperenvelope",
                    name="spoilt_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="paperenvelope",
                    name="spoilt_reason",
                    field=models.CharField(blank=True, db_default="", max_length=200),
                ),
                migrations.AddField(
                    model_name="helpintention",
                    name="helper",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                migrations.AddField(
                    model_name="helpintention",
                    name="roll_entry",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="panels.rollentry"
                    ),
                ),
            ]
        ),
        migrations.RunSQL(ANOTHER, SAME),
        migrations.RunSQL(SPOILT_BEFORE, migrations.RunSQL.noop),
        CreateTogether(
            [
                migrations.AddConstraint(
                    model_name="paperenvelope",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "spoilt"), _negated=True),
                            models.Q(("spoilt_by__isnull", False), models.Q(("spoilt_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="panels_paperenvelope_spoilt_with_reason",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="paperenvelope",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("restored_by", None),
                            models.Q(
                                ("spoilt_by__isnull", False),
                                models.Q(("restored_by", models.F("spoilt_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="panels_paperenvelope_restored_by_another",
                    ),
                ),
            ]
        ),
    ]
