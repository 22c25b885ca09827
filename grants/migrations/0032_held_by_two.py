"""A payment that failed, or that the bank took money for all the same, is let go on by two people; a request to pay again
counts for the failure that it was asked after."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

# Where a payment was rejected, paid after all and returned, nobody knows any more which failure was meant: ask again.
AFTER_WHICH = """
SELECT set_config('pghistory.context_metadata',
    '{"actor": "system:migration", "reason": "each request names the failure that it was asked after"}', true);
UPDATE grants_retryrequest AS r SET after = 'returned'
  FROM grants_payment AS p
 WHERE p.id = r.payment_id AND p.status = 'returned'
   AND NOT EXISTS (SELECT 1 FROM grants_paymentevent AS e WHERE e.pgh_obj_id = p.id AND e.status = 'rejected');
"""
HOLDS = """
CREATE FUNCTION grants_check_hold_lift() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.reason = 'in_doubt' AND EXISTS (
        SELECT 1 FROM grants_payment AS p JOIN grants_statementline AS l ON l.end_to_end_id = p.end_to_end_id
         WHERE p.tranche_id = OLD.tranche_id AND p.status IN ('rejected', 'returned', 'withdrawn')
           AND l.match = 'suspense' AND l.amount_pence < 0
           AND NOT EXISTS (SELECT 1 FROM grants_lineclearing AS c
                            WHERE c.status = 'confirmed' AND l.id IN (c.line_id, c.counter_line_id)))
    THEN
        RAISE EXCEPTION 'a line of the bank that nobody explained contradicts what hold % is about', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_hold_doubt_answered';
    END IF;
    IF OLD.reason IN ('rejected', 'returned')
       AND NOT EXISTS (SELECT 1 FROM grants_payment AS p WHERE p.tranche_id = OLD.tranche_id AND p.status = 'confirmed')
       AND EXISTS (
        SELECT 1 FROM grants_payment AS p
         WHERE p.tranche_id = OLD.tranche_id AND p.status = OLD.reason
           AND NOT EXISTS (SELECT 1 FROM grants_retryrequest AS r
                            WHERE r.payment_id = p.id AND r.after = p.status AND r.confirmed_by_id IS NOT NULL))
    THEN
        RAISE EXCEPTION 'nobody agreed to pay again what hold % is about', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_hold_failure_answered';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_hold_lifts BEFORE UPDATE OF lifted_at ON grants_hold
    FOR EACH ROW WHEN (OLD.lifted_at IS NULL AND NEW.lifted_at IS NOT NULL AND OLD.tranche_id IS NOT NULL)
    EXECUTE FUNCTION grants_check_hold_lift();
CREATE TRIGGER grants_hold_stands BEFORE UPDATE OR DELETE ON grants_hold
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('agreement_id', 'tranche_id', 'reason', 'detail', 'placed_by_id');
CREATE TRIGGER grants_retryrequest_stands BEFORE UPDATE OR DELETE ON grants_retryrequest
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('payment_id', 'after', 'reason', 'requested_by_id');
ALTER TABLE grants_hold ENABLE ALWAYS TRIGGER grants_hold_lifts;
ALTER TABLE grants_hold ENABLE ALWAYS TRIGGER grants_hold_stands;
ALTER TABLE grants_retryrequest ENABLE ALWAYS TRIGGER grants_retryrequest_stands;
"""
NOT_HOLDS = """
DROP TRIGGER grants_retryrequest_stands ON grants_retryrequest;
DROP TRIGGER grants_hold_stands ON grants_hold;
DROP TRIGGER grants_hold_lifts ON grants_hold;
DROP FUNCTION grants_check_hold_lift();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0031_overtaken_in_the_books"),
    ]

    operations = [
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="retryrequest",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="retryrequest",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="retryrequest",
                    name="delete_delete",
                ),
                migrations.AddField(
                    model_name="retryrequest",
                    name="after",
                    field=models.CharField(
                        choices=[
                            ("claimed", "In a run"),
                            ("instructed", "With the bank"),
                            ("in_doubt", "The bank has not said whether it paid"),
                            ("confirmed", "Paid"),
                            ("rejected", "Rejected by the bank"),
                            ("returned", "Came back"),
                            ("withdrawn", "Withdrawn before it was sent"),
                        ],
                        default="rejected",
                        max_length=10,
                    ),
                    preserve_default=False,
                ),
                migrations.AddField(
                    model_name="retryrequestevent",
                    name="after",
                    field=models.CharField(
                        choices=[
                            ("claimed", "In a run"),
                            ("instructed", "With the bank"),
                            ("in_doubt", "The bank has not said whether it paid"),
                            ("confirmed", "Paid"),
                            ("rejected", "Rejected by the bank"),
                            ("returned", "Came back"),
                            ("withdrawn", "Withdrawn before it was sent"),
                        ],
                        default="rejected",
                        max_length=10,
                    ),
                    preserve_default=False,
                ),
                migrations.AlterField(
                    model_name="retryrequest",
                    name="payment",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retries",
                        to="grants.payment",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="retryrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "requested_at", "requested_by_id") VALUES (NEW."after", NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."reason", NEW."requested_at", NEW."requested_by_id"); RETURN NULL;',
                            hash="fda979dd4a6d4e441aff154679977ab7534cbc7d",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_a8b46",
                            table="grants_retryrequest",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="retryrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "requested_at", "requested_by_id") VALUES (NEW."after", NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."reason", NEW."requested_at", NEW."requested_by_id"); RETURN NULL;',
                            hash="0fd8fd0015af3cf66ca0b560c779541fa225a461",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_21d70",
                            table="grants_retryrequest",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="retryrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "requested_at", "requested_by_id") VALUES (OLD."after", OLD."confirmed_at", OLD."confirmed_by_id", OLD."id", OLD."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."reason", OLD."requested_at", OLD."requested_by_id"); RETURN NULL;',
                            hash="b5a1a92894dd244ea02ce54d31dd033b8c7f4141",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_7862e",
                            table="grants_retryrequest",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.RunSQL(AFTER_WHICH, migrations.RunSQL.noop),
                migrations.AddConstraint(
                    model_name="retryrequest",
                    constraint=models.UniqueConstraint(fields=("payment", "after"), name="grants_retryrequest_once"),
                ),
                migrations.AddConstraint(
                    model_name="retryrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("after__in", ["rejected", "returned"])),
                        name="grants_retryrequest_after_failure",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(HOLDS, NOT_HOLDS),
    ]
