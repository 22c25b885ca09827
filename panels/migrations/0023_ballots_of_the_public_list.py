import panels.models.box
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0022_who_entered_hands_nothing_out"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.RemoveConstraint(
                    model_name="setaside",
                    name="panels_setaside_reason_known",
                ),
                migrations.AddField(
                    model_name="openingset",
                    name="salt",
                    field=models.BinaryField(
                        db_default=b"", help_text="Told to the keepers only: the log never says who voted again."
                    ),
                ),
                migrations.AlterField(
                    model_name="openingset",
                    name="hash",
                    field=models.BinaryField(help_text="SHA-256 over the salt and their sorted leaves."),
                ),
                migrations.AlterField(
                    model_name="setaside",
                    name="reason",
                    field=models.CharField(
                        choices=[
                            ("not_shown", "They did not show in time where they live"),
                            ("twice", "The same person is on the list twice"),
                            ("changed", "It is not a ballot of the public list"),
                        ],
                        max_length=9,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sealedballot",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("leaf", panels.models.box.LeafHash(models.F("sealed")))),
                        name="panels_sealedballot_leaf_fits",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sealedpaper",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("leaf", panels.models.box.LeafHash(models.F("sealed")))),
                        name="panels_sealedpaper_leaf_fits",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="setaside",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason__in", ("not_shown", "twice", "changed"))),
                        name="panels_setaside_reason_known",
                    ),
                ),
            ]
        )
    ]
