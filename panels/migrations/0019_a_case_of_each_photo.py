from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    """One case at a time of each photo too. It permits more than the rule it replaces, so no row can stand against it."""

    dependencies = [
        ("panels", "0018_photos"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.RemoveConstraint(
                    model_name="moderationcase",
                    name="panels_moderationcase_one_at_a_time",
                ),
                migrations.AddConstraint(
                    model_name="moderationcase",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(
                            ("outcome", ""),
                            models.Q(("answer__in", ("", "upheld")), ("outcome", "hidden")),
                            _connector="OR",
                        ),
                        fields=("proposal", "comment", "photo"),
                        name="panels_moderationcase_one_at_a_time",
                        nulls_distinct=False,
                    ),
                ),
            ]
        ),
    ]
