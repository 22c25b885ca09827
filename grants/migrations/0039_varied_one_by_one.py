"""A variation keeps whether its payments were set one by one: they follow from its terms otherwise."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

STANDS = """
CREATE TRIGGER grants_variation_amounts BEFORE UPDATE ON grants_variation
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('amounts');
ALTER TABLE grants_variation ENABLE ALWAYS TRIGGER grants_variation_amounts;
"""
CHANGES = "DROP TRIGGER grants_variation_amounts ON grants_variation;"


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0038_spending_rules"),
    ]

    operations = [
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="variation",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="variation",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="variation",
                    name="delete_delete",
                ),
                migrations.AddField(
                    model_name="variation",
                    name="amounts",
                    field=models.JSONField(null=True),
                ),
                migrations.AddField(
                    model_name="variationevent",
                    name="amounts",
                    field=models.JSONField(null=True),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="variation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_variationevent" ("agreement_id", "amount_pence", "amounts", "attempt", "cadence_months", "consent", "contribution_pence", "custom_weights", "decided_at", "decided_by_id", "ends_on", "id", "is_small", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "proposed_at", "proposed_by_id", "reason", "refusal", "standing", "status", "term_years", "uplift_cap_pence") VALUES (NEW."agreement_id", NEW."amount_pence", NEW."amounts", NEW."attempt", NEW."cadence_months", NEW."consent", NEW."contribution_pence", NEW."custom_weights", NEW."decided_at", NEW."decided_by_id", NEW."ends_on", NEW."id", NEW."is_small", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."profile", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."standing", NEW."status", NEW."term_years", NEW."uplift_cap_pence"); RETURN NULL;',
                            hash="de53bcd209c515c7d93f64fa5e5c9acf2277746e",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_b5913",
                            table="grants_variation",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="variation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_variationevent" ("agreement_id", "amount_pence", "amounts", "attempt", "cadence_months", "consent", "contribution_pence", "custom_weights", "decided_at", "decided_by_id", "ends_on", "id", "is_small", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "proposed_at", "proposed_by_id", "reason", "refusal", "standing", "status", "term_years", "uplift_cap_pence") VALUES (NEW."agreement_id", NEW."amount_pence", NEW."amounts", NEW."attempt", NEW."cadence_months", NEW."consent", NEW."contribution_pence", NEW."custom_weights", NEW."decided_at", NEW."decided_by_id", NEW."ends_on", NEW."id", NEW."is_small", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."profile", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."standing", NEW."status", NEW."term_years", NEW."uplift_cap_pence"); RETURN NULL;',
                            hash="c8f860c8043cd30972fbf41a7829a04db49756e3",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_d8eb6",
                            table="grants_variation",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="variation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_variationevent" ("agreement_id", "amount_pence", "amounts", "attempt", "cadence_months", "consent", "contribution_pence", "custom_weights", "decided_at", "decided_by_id", "ends_on", "id", "is_small", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "proposed_at", "proposed_by_id", "reason", "refusal", "standing", "status", "term_years", "uplift_cap_pence") VALUES (OLD."agreement_id", OLD."amount_pence", OLD."amounts", OLD."attempt", OLD."cadence_months", OLD."consent", OLD."contribution_pence", OLD."custom_weights", OLD."decided_at", OLD."decided_by_id", OLD."ends_on", OLD."id", OLD."is_small", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."profile", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."refusal", OLD."standing", OLD."status", OLD."term_years", OLD."uplift_cap_pence"); RETURN NULL;',
                            hash="52262bff851e75aec0ee7536ad677f1e98d36cdd",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_1a6dc",
                            table="grants_variation",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
        migrations.RunSQL(STANDS, CHANGES),
    ]
