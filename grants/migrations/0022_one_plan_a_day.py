"""Payments of one day have one plan; explanations reversed before the two had to agree are taken back."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


# A payment that was moved as a whole was decided for the day before: where an earlier decision had moved it to, else
# where it first was.
DAYS = """
SELECT set_config('pghistory.context_metadata',
    '{"actor": "system:migration", "reason": "each decision keeps the day for which it was made"}', true);
UPDATE grants_unspentdecision AS d
   SET due_on = coalesce(
       (SELECT p.later_on FROM grants_unspentdecision AS p
         WHERE p.tranche_id = d.tranche_id AND p.id < d.id AND p.status = 'confirmed' AND p.pay_pence = 0
         ORDER BY p.id DESC LIMIT 1),
       (SELECT e.due_on FROM grants_trancheevent AS e
         WHERE e.pgh_obj_id = d.tranche_id
           AND EXISTS (SELECT 1 FROM grants_unspentdecision AS m
                        WHERE m.tranche_id = d.tranche_id AND m.status = 'confirmed' AND m.pay_pence = 0)
         ORDER BY e.pgh_id LIMIT 1),
       t.due_on)
  FROM grants_tranche AS t WHERE t.id = d.tranche_id;
"""

# Migration 0017 made an explanation and its journal agree from then on, and left what was reversed before as it was.
TAKEN_BACK = """
SELECT set_config('pghistory.context_metadata',
    '{"actor": "system:migration", "reason": "its journal was reversed before"}', true);
UPDATE grants_lineclearing SET status = 'reversed'
 WHERE status = 'confirmed' AND kind = 'other_income'
   AND EXISTS (SELECT 1 FROM grants_journal AS j WHERE j.reverses_id = grants_lineclearing.journal_id);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0021_standing_in"),
    ]

    operations = [
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="unspentdecision",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="unspentdecision",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="unspentdecision",
                    name="delete_delete",
                ),
                migrations.AddField(
                    model_name="unspentdecision",
                    name="due_on",
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name="unspentdecisionevent",
                    name="due_on",
                    field=models.DateField(null=True),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="unspentdecision",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_unspentdecisionevent" ("decided_at", "decided_by_id", "due_on", "id", "later_id", "later_on", "margin_basis_points", "pay_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_pence", "proposed_at", "proposed_by_id", "reason", "refusal", "report_id", "scheduled_pence", "status", "tranche_id", "unspent_pence") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."due_on", NEW."id", NEW."later_id", NEW."later_on", NEW."margin_basis_points", NEW."pay_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."plan_pence", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."report_id", NEW."scheduled_pence", NEW."status", NEW."tranche_id", NEW."unspent_pence"); RETURN NULL;',
                            hash="7f6247f61ad340795b4a4d03c2b8ee9819769b4c",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_c7fbf",
                            table="grants_unspentdecision",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="unspentdecision",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_unspentdecisionevent" ("decided_at", "decided_by_id", "due_on", "id", "later_id", "later_on", "margin_basis_points", "pay_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_pence", "proposed_at", "proposed_by_id", "reason", "refusal", "report_id", "scheduled_pence", "status", "tranche_id", "unspent_pence") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."due_on", NEW."id", NEW."later_id", NEW."later_on", NEW."margin_basis_points", NEW."pay_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."plan_pence", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."report_id", NEW."scheduled_pence", NEW."status", NEW."tranche_id", NEW."unspent_pence"); RETURN NULL;',
                            hash="9864d2343be9e3c8910d900c02d5a8a8ff673964",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_afb66",
                            table="grants_unspentdecision",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="unspentdecision",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_unspentdecisionevent" ("decided_at", "decided_by_id", "due_on", "id", "later_id", "later_on", "margin_basis_points", "pay_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_pence", "proposed_at", "proposed_by_id", "reason", "refusal", "report_id", "scheduled_pence", "status", "tranche_id", "unspent_pence") VALUES (OLD."decided_at", OLD."decided_by_id", OLD."due_on", OLD."id", OLD."later_id", OLD."later_on", OLD."margin_basis_points", OLD."pay_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."plan_pence", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."refusal", OLD."report_id", OLD."scheduled_pence", OLD."status", OLD."tranche_id", OLD."unspent_pence"); RETURN NULL;',
                            hash="bacc1f13f1d2b2e79675d56d992ab503628a8bce",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_e13ec",
                            table="grants_unspentdecision",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.RunSQL(DAYS, migrations.RunSQL.noop),
                migrations.AddConstraint(
                    model_name="unspentdecision",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("due_on__isnull", False)), name="grants_unspentdecision_has_its_day"
                    ),
                ),
                migrations.RunSQL(TAKEN_BACK, migrations.RunSQL.noop),
            ]
        ),
    ]
