"""A debit of the bank that pays for a payment file, or for a day of it, names the run."""

import django.db.models.deletion
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0036_messages_passed_over"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.RemoveConstraint(
                    model_name="statementline",
                    name="grants_statementline_match_fits",
                ),
                migrations.AddField(
                    model_name="statementline",
                    name="run",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_lines",
                        to="grants.paymentrun",
                    ),
                ),
                migrations.AlterField(
                    model_name="statementline",
                    name="match",
                    field=models.CharField(
                        choices=[
                            ("confirmed", "A payment of ours went out"),
                            ("returned", "A payment of ours came back"),
                            ("wave", "Announced money arrived"),
                            ("order", "Finance ordered or expected it"),
                            ("clawback", "Money that was asked back arrived"),
                            ("file", "A payment file of ours went out in one sum"),
                            ("suspense", "Not yet explained"),
                        ],
                        max_length=10,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="statementline",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    models.Q(
                                        ("amount_pence__lt", 0),
                                        ("match", "file"),
                                        ("order", None),
                                        ("payment", None),
                                        ("run__isnull", False),
                                        ("wave", None),
                                    ),
                                    models.Q(
                                        ("amount_pence__lt", 0),
                                        ("match", "confirmed"),
                                        ("order", None),
                                        ("payment__isnull", False),
                                        ("wave", None),
                                    ),
                                    models.Q(
                                        ("amount_pence__gt", 0),
                                        ("match", "returned"),
                                        ("order", None),
                                        ("payment__isnull", False),
                                        ("wave", None),
                                    ),
                                    models.Q(
                                        ("amount_pence__gt", 0),
                                        ("match", "wave"),
                                        ("order", None),
                                        ("payment", None),
                                        ("wave__isnull", False),
                                    ),
                                    models.Q(
                                        ("match", "order"), ("order__isnull", False), ("payment", None), ("wave", None)
                                    ),
                                    models.Q(
                                        ("match", "suspense"),
                                        ("order", None),
                                        ("payment", None),
                                        ("wave", None),
                                        models.Q(("finding", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                ("clawback", None),
                                models.Q(("run", None), ("match", "file"), _connector="OR"),
                            ),
                            models.Q(
                                ("amount_pence__gt", 0),
                                ("clawback__isnull", False),
                                ("match", "clawback"),
                                ("order", None),
                                ("payment", None),
                                ("run", None),
                                ("wave", None),
                            ),
                            _connector="OR",
                        ),
                        name="grants_statementline_match_fits",
                    ),
                ),
            ]
        ),
    ]
