"""Refused reports and notices that two people go on without, signs in reports, and days of arrival that never lie in the past."""

import cwf_portal.core.clock
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_history

GUARDS = """
CREATE FUNCTION grants_check_passed_over() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM grants_bankmessage
                    WHERE id = NEW.message_id AND outcome = 'refused' AND kind IN ('report', 'notice'))
    THEN
        RAISE EXCEPTION 'message % is no refused report or notice', NEW.message_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_passedover_of_refused';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.status <> 'proposed' THEN
        RAISE EXCEPTION 'a message is passed over by two people, one after the other'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_passedover_begins_proposed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_passedover_steps BEFORE INSERT OR UPDATE ON grants_passedover
    FOR EACH ROW EXECUTE FUNCTION grants_check_passed_over();
CREATE TRIGGER grants_passedover_asked BEFORE UPDATE OR DELETE ON grants_passedover
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('message_id', 'reason', 'proposed_by_id', 'proposed_at');
CREATE TRIGGER grants_passedover_decided BEFORE UPDATE ON grants_passedover
    FOR EACH ROW EXECUTE FUNCTION grants_keep_decision('decided_by_id', 'decided_at');
CREATE TRIGGER grants_passedover_two_persons BEFORE INSERT OR UPDATE ON grants_passedover
    FOR EACH ROW EXECUTE FUNCTION grants_check_one_person('proposed_by_id', 'decided_by_id');
ALTER TABLE grants_passedover ENABLE ALWAYS TRIGGER grants_passedover_steps;
ALTER TABLE grants_passedover ENABLE ALWAYS TRIGGER grants_passedover_asked;
ALTER TABLE grants_passedover ENABLE ALWAYS TRIGGER grants_passedover_decided;
ALTER TABLE grants_passedover ENABLE ALWAYS TRIGGER grants_passedover_two_persons;
"""
NO_GUARDS = """
DROP TRIGGER grants_passedover_two_persons ON grants_passedover;
DROP TRIGGER grants_passedover_decided ON grants_passedover;
DROP TRIGGER grants_passedover_asked ON grants_passedover;
DROP TRIGGER grants_passedover_steps ON grants_passedover;
DROP FUNCTION grants_check_passed_over();
"""

# When the money arrives may only move later, and only as the payment leaves: the day asked for has passed by then.
COLUMNS = """run_id, tranche_id, attempt, end_to_end_id, bank_account_id, payee_name, sort_code, account_number,
    amount_pence, uplift_pence, contribution_pence"""


def snapshot(columns: str) -> str:
    """The trigger by which a payment keeps what it says in these columns."""
    names = [name.strip() for name in columns.split(",")]
    new, old = (", ".join(f"{row}.{name}" for name in names) for row in ("NEW", "OLD"))
    return f"""
DROP TRIGGER grants_payment_snapshot ON grants_payment;
CREATE TRIGGER grants_payment_snapshot BEFORE UPDATE ON grants_payment
    FOR EACH ROW WHEN (({new}) IS DISTINCT FROM ({old}))
    EXECUTE FUNCTION grants_keep_columns({", ".join(f"'{name}'" for name in names)});
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_snapshot;
"""


ARRIVAL = f"""{snapshot(COLUMNS)}
CREATE TRIGGER grants_payment_arrival BEFORE UPDATE ON grants_payment
    FOR EACH ROW WHEN (
        NEW.arrive_on IS DISTINCT FROM OLD.arrive_on
        AND NOT (OLD.status = 'claimed' AND NEW.status = 'instructed' AND NEW.arrive_on > OLD.arrive_on))
    EXECUTE FUNCTION grants_keep_columns('arrive_on');
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_arrival;
"""
NO_ARRIVAL = f"""
DROP TRIGGER grants_payment_arrival ON grants_payment;
{snapshot(f"{COLUMNS}, arrive_on")}
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0035_bank_lines_never_stop"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="PassedOver",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("proposed", "Waits for a second person"),
                                    ("confirmed", "Confirmed by two"),
                                    ("refused", "Refused"),
                                    ("reversed", "Taken back as an error"),
                                ],
                                default="proposed",
                                max_length=9,
                            ),
                        ),
                        (
                            "proposed_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("decided_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name_plural": "messages passed over",
                    },
                ),
                migrations.CreateModel(
                    name="PassedOverEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_context", pghistory.utils.JSONField(null=True)),
                        ("pgh_context_id", models.UUIDField(null=True)),
                        ("id", models.BigIntegerField()),
                        ("reason", models.CharField(max_length=300)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("proposed", "Waits for a second person"),
                                    ("confirmed", "Confirmed by two"),
                                    ("refused", "Refused"),
                                    ("reversed", "Taken back as an error"),
                                ],
                                default="proposed",
                                max_length=9,
                            ),
                        ),
                        (
                            "proposed_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("decided_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.RemoveConstraint(
                    model_name="paymentnotice",
                    name="grants_paymentnotice_kind_known",
                ),
                migrations.AlterField(
                    model_name="paymentnotice",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("debited", "The bank says it has gone out"),
                            ("returned", "The bank says it is coming back"),
                            ("rejected", "The bank says it will not be made"),
                            ("accepted", "The bank says it has taken it in"),
                            ("pending", "The bank says it is looking at it"),
                        ],
                        max_length=8,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="paymentnotice",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("kind__in", ["debited", "returned", "rejected", "accepted", "pending"])),
                        name="grants_paymentnotice_kind_known",
                    ),
                ),
                migrations.AddField(
                    model_name="passedover",
                    name="decided_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="passedover",
                    name="message",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="passed_over", to="grants.bankmessage"
                    ),
                ),
                migrations.AddField(
                    model_name="passedover",
                    name="proposed_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                migrations.AddField(
                    model_name="passedoverevent",
                    name="decided_by",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="passedoverevent",
                    name="message",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.bankmessage",
                    ),
                ),
                migrations.AddField(
                    model_name="passedoverevent",
                    name="pgh_obj",
                    field=models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to="grants.passedover"
                    ),
                ),
                migrations.AddField(
                    model_name="passedoverevent",
                    name="proposed_by",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="passedover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="grants_passedover_reason_given"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="passedover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by", None), ("status", "proposed")),
                            models.Q(("decided_by__isnull", False), ("status__in", ["confirmed", "refused"])),
                            _connector="OR",
                        ),
                        name="grants_passedover_status_fits",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="passedover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="grants_passedover_decided_pair",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="passedover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("status", "refused"),
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="grants_passedover_two_people",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="passedover",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("status__in", ["proposed", "confirmed"])),
                        fields=("message",),
                        name="grants_passedover_one_standing",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="passedover",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_passedoverevent" ("decided_at", "decided_by_id", "id", "message_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."message_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."status"); RETURN NULL;',
                            hash="ac34553e7c006748485be0e77c77e8ab6d0a4eb5",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_ba856",
                            table="grants_passedover",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="passedover",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_passedoverevent" ("decided_at", "decided_by_id", "id", "message_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."message_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."status"); RETURN NULL;',
                            hash="67b974b5da828b565e9f8a2874f0b94e85e3eb9c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_efeb8",
                            table="grants_passedover",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="passedover",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_passedoverevent" ("decided_at", "decided_by_id", "id", "message_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (OLD."decided_at", OLD."decided_by_id", OLD."id", OLD."message_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."status"); RETURN NULL;',
                            hash="39c6f431dc6ae8767cc99e27b3c8dc8ce31fa099",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_cc1c8",
                            table="grants_passedover",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="passedoverevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="83eef74a22b6b4573a4486c7f5c86ca62c5a5ec8",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_c5b0e",
                            table="grants_passedoverevent",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.RunSQL(GUARDS + ARRIVAL, NO_ARRIVAL + NO_GUARDS),
            ]
        ),
        *protect_history("grants_passedoverevent"),
    ]
