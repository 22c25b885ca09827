"""A request to pay again can be refused, and asked anew; once refused it stays refused."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

STANDS = """
CREATE FUNCTION grants_keep_refusal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'request % was refused and stays so', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'grants_retryrequest_refusal_stands';
END
$$;
CREATE TRIGGER grants_retryrequest_refusal BEFORE UPDATE ON grants_retryrequest
    FOR EACH ROW WHEN (OLD.refused_at IS NOT NULL AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION grants_keep_refusal();
ALTER TABLE grants_retryrequest ENABLE ALWAYS TRIGGER grants_retryrequest_refusal;
"""
NOT_STANDS = """
DROP TRIGGER grants_retryrequest_refusal ON grants_retryrequest;
DROP FUNCTION grants_keep_refusal();
"""
# Who asks and who agrees are kept apart from whoever took the payment out; refusing needs no two (migrations 0043, 0045).
APART = """
DROP TRIGGER grants_retryrequest_apart ON grants_retryrequest;
CREATE TRIGGER grants_retryrequest_apart BEFORE INSERT OR UPDATE ON grants_retryrequest
    FOR EACH ROW WHEN (NEW.after = 'withdrawn'{also}) EXECUTE FUNCTION grants_check_after_removal();
ALTER TABLE grants_retryrequest ENABLE ALWAYS TRIGGER grants_retryrequest_apart;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0047_details_by_one_person"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                migrations.RemoveConstraint(
                    model_name="retryrequest",
                    name="grants_retryrequest_once",
                ),
                migrations.AddField(
                    model_name="retryrequest",
                    name="refusal",
                    field=models.CharField(blank=True, db_default="", max_length=300),
                ),
                migrations.AddField(
                    model_name="retryrequest",
                    name="refused_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="retryrequest",
                    name="refused_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="retryrequestevent",
                    name="refusal",
                    field=models.CharField(blank=True, db_default="", max_length=300),
                ),
                migrations.AddField(
                    model_name="retryrequestevent",
                    name="refused_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="retryrequestevent",
                    name="refused_by",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="retryrequest",
                    name="payment",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="retries", to="grants.payment"
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="retryrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refusal", "refused_at", "refused_by_id", "requested_at", "requested_by_id", "turn") VALUES (NEW."after", NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."reason", NEW."refusal", NEW."refused_at", NEW."refused_by_id", NEW."requested_at", NEW."requested_by_id", NEW."turn"); RETURN NULL;',
                            hash="438b87562f60770bfabf004453167587677a8c34",
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
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refusal", "refused_at", "refused_by_id", "requested_at", "requested_by_id", "turn") VALUES (NEW."after", NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."reason", NEW."refusal", NEW."refused_at", NEW."refused_by_id", NEW."requested_at", NEW."requested_by_id", NEW."turn"); RETURN NULL;',
                            hash="22539773aa5c6efa3332993a221b653d1c5ef856",
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
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refusal", "refused_at", "refused_by_id", "requested_at", "requested_by_id", "turn") VALUES (OLD."after", OLD."confirmed_at", OLD."confirmed_by_id", OLD."id", OLD."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."reason", OLD."refusal", OLD."refused_at", OLD."refused_by_id", OLD."requested_at", OLD."requested_by_id", OLD."turn"); RETURN NULL;',
                            hash="40778d447bf5df09554307f9e6ce9296b8543edc",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_7862e",
                            table="grants_retryrequest",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="retryrequest",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("refused_at", None)),
                        fields=("payment", "after", "turn"),
                        name="grants_retryrequest_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="retryrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("refusal", ""), ("refused_at", None), ("refused_by", None)),
                            models.Q(
                                ("refused_at__isnull", False),
                                ("refused_by__isnull", False),
                                models.Q(("refusal", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="grants_retryrequest_refused_whole",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="retryrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("confirmed_at", None), ("refused_at", None), _connector="OR"),
                        name="grants_retryrequest_one_answer",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(STANDS, NOT_STANDS),
        migrations.RunSQL(APART.format(also=" AND NEW.refused_at IS NULL"), APART.format(also="")),
    ]
