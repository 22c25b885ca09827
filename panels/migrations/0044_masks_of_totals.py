"""From how few votes on a total is masked, as one result needs it: sometimes more is, so that no mask is seen through."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0042_marks_of_ballots"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="roundresult",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="roundresult",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="roundresult",
                    name="delete_delete",
                ),
                migrations.AddField(
                    model_name="roundresult",
                    name="masked_below",
                    field=models.PositiveIntegerField(
                        default=10,
                        db_default=10,
                        help_text="Totals below this, or above all less this, are not told as numbers.",
                    ),
                ),
                migrations.AddField(
                    model_name="roundresultevent",
                    name="masked_below",
                    field=models.PositiveIntegerField(
                        default=10,
                        db_default=10,
                        help_text="Totals below this, or above all less this, are not told as numbers.",
                    ),
                ),
                migrations.AlterField(
                    model_name="projectresult",
                    name="order",
                    field=models.PositiveSmallIntegerField(
                        help_text="1 for the first funded, as far as that may be told.", null=True
                    ),
                ),
                migrations.AlterField(
                    model_name="projectresult",
                    name="points",
                    field=models.PositiveIntegerField(
                        help_text="Where ballots give any, and they may be told.", null=True
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="roundresult",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "panels_roundresultevent" ("computed_at", "counted_count", "disclosure", "id", "masked_below", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "round_id", "spent_pence") VALUES (NEW."computed_at", NEW."counted_count", NEW."disclosure", NEW."id", NEW."masked_below", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."published_at", NEW."published_by_id", NEW."round_id", NEW."spent_pence"); RETURN NULL;',
                            hash="dbbee523a10ff0b88b2200b34127affb8acd6e09",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_7e5c9",
                            table="panels_roundresult",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="roundresult",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "panels_roundresultevent" ("computed_at", "counted_count", "disclosure", "id", "masked_below", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "round_id", "spent_pence") VALUES (NEW."computed_at", NEW."counted_count", NEW."disclosure", NEW."id", NEW."masked_below", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."published_at", NEW."published_by_id", NEW."round_id", NEW."spent_pence"); RETURN NULL;',
                            hash="a7e4ba8890c51ee2e40d8f0f178d335218030a46",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_2e77b",
                            table="panels_roundresult",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="roundresult",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "panels_roundresultevent" ("computed_at", "counted_count", "disclosure", "id", "masked_below", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "round_id", "spent_pence") VALUES (OLD."computed_at", OLD."counted_count", OLD."disclosure", OLD."id", OLD."masked_below", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."published_at", OLD."published_by_id", OLD."round_id", OLD."spent_pence"); RETURN NULL;',
                            hash="04302dd03b38f133b4c6170d20d5f60f353e963f",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_826ce",
                            table="panels_roundresult",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="roundresult",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("masked_below__gte", 1)), name="panels_roundresult_masked"
                    ),
                ),
            ]
        ),
    ]
