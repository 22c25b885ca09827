"""What was missing at an anniversary can be made good at any time: one more entry of the same year."""

from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = (("grants", "0032_held_by_two"),)
    operations = (
        CreateTogether(
            [
                migrations.AlterModelOptions(
                    name="uplift",
                    options={"ordering": ("agreement_id", "year", "entry")},
                ),
                migrations.RemoveConstraint(
                    model_name="uplift",
                    name="grants_uplift_once_a_year",
                ),
                migrations.RemoveConstraint(
                    model_name="uplift",
                    name="grants_uplift_not_negative",
                ),
                migrations.AddField(
                    model_name="uplift",
                    name="entry",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="uplift",
                    name="lacks_figure",
                    field=models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("rates"),
                            models.Value("$[*] ? (!exists(@.rate) && !exists(@.too_late))"),
                            function="jsonb_path_exists",
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                migrations.AddIndex(
                    model_name="uplift",
                    index=models.Index(
                        condition=models.Q(("lacks_figure", True)), fields=["agreement"], name="grants_uplift_lacks"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="uplift",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("entry__gte", 1)),
                        fields=("agreement", "year", "entry"),
                        name="grants_uplift_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="uplift",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("entry__gte", 1), ("unused_pence__gte", 0), ("used_pence__gte", 0), ("year__gte", 1)
                        ),
                        name="grants_uplift_not_negative",
                    ),
                ),
            ]
        ),
    )
