"""A return that the bank takes back: the payment stands, and what comes back after that came back anew."""

from importlib import import_module

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

LIFTS = import_module("grants.migrations.0032_held_by_two").HOLDS.partition("CREATE TRIGGER")[0]
OF_ITS_TURN = LIFTS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(
    "r.after = p.status AND", "r.after = p.status AND r.turn = p.turn AND"
)
ANY_TURN = LIFTS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
BEFORE = import_module("grants.migrations.0015_two_people_explain").WITH_TWO_PEOPLE
STEPS = BEFORE.replace("('confirmed', 'returned'))", "('confirmed', 'returned'), ('returned', 'confirmed'))")
# A turn ends when the bank takes a return back, as the ledger says, and only then.
TURNS = """
CREATE FUNCTION grants_check_payment_turn() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.turn <> OLD.turn OR (OLD.status = 'returned' AND NEW.status = 'confirmed'))
       AND (NEW.turn <= OLD.turn OR NEW.turn <> 1 + (
           SELECT count(*) FROM grants_journal
            WHERE idempotency_key LIKE 'payment:' || NEW.end_to_end_id || ':return_reversed:%'))
    THEN
        RAISE EXCEPTION 'payment % cannot go from turn % to %', OLD.id, OLD.turn, NEW.turn
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_payment_turn_follows';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_payment_turns BEFORE UPDATE OF status, turn ON grants_payment
    FOR EACH ROW EXECUTE FUNCTION grants_check_payment_turn();
CREATE TRIGGER grants_retryrequest_turn BEFORE UPDATE ON grants_retryrequest
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('turn');
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_turns;
ALTER TABLE grants_retryrequest ENABLE ALWAYS TRIGGER grants_retryrequest_turn;
"""
NO_TURNS = """
DROP TRIGGER grants_retryrequest_turn ON grants_retryrequest;
DROP TRIGGER grants_payment_turns ON grants_payment;
DROP FUNCTION grants_check_payment_turn();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0040_checked_in_one_pass"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="payment",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="payment",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="payment",
                    name="delete_delete",
                ),
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
                    model_name="journal",
                    name="grants_journal_approver_named",
                ),
                migrations.RemoveConstraint(
                    model_name="journal",
                    name="grants_journal_value_before",
                ),
                migrations.RemoveConstraint(
                    model_name="journal",
                    name="grants_journal_kind_known",
                ),
                migrations.RemoveConstraint(
                    model_name="retryrequest",
                    name="grants_retryrequest_once",
                ),
                migrations.RemoveConstraint(
                    model_name="statementline",
                    name="grants_statementline_match_once",
                ),
                migrations.RemoveConstraint(
                    model_name="statementline",
                    name="grants_statementline_match_fits",
                ),
                migrations.AddField(
                    model_name="payment",
                    name="turn",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="paymentevent",
                    name="turn",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="retryrequest",
                    name="turn",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="retryrequestevent",
                    name="turn",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="statementline",
                    name="turn",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AlterField(
                    model_name="journal",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("wave_received", "Wave received"),
                            ("interest", "Interest received"),
                            ("allocation", "Set aside for a place"),
                            ("approval", "Agreement approved"),
                            ("accepted", "Agreement accepted"),
                            ("review_continued", "Yearly review: continue"),
                            ("released", "Payment released"),
                            ("release_withdrawn", "Release withdrawn"),
                            ("instructed", "Payment sent to the bank"),
                            ("confirmed", "Payment confirmed by the bank"),
                            ("rejected", "Payment rejected by the bank"),
                            ("returned", "Payment returned"),
                            ("return_reversed", "Return taken back by the bank"),
                            ("lapsed", "Offer lapsed"),
                            ("discontinued", "Agreement discontinued"),
                            ("unknown_line", "Bank line not yet explained"),
                            ("unknown_cleared", "Bank line explained"),
                            ("bank_fee", "Bank fee"),
                            ("running_cost", "Cost of running the fund"),
                            ("invested", "Money invested"),
                            ("revalued", "Investments valued"),
                            ("sold", "Investments sold"),
                            ("uplift", "Raised with prices"),
                            ("varied", "Agreement varied"),
                            ("allocation_returned", "Money set aside returned to the fund"),
                            ("strand_transfer", "Moved to another purpose"),
                            ("clawback_raised", "Money asked back"),
                            ("clawback_received", "Money came back"),
                            ("clawback_withdrawn", "Claim withdrawn"),
                            ("clawback_overtaken", "Claim overtaken by a returned payment"),
                            ("written_off", "Debt written off"),
                            ("reversal", "Correction of a clerical error"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AlterField(
                    model_name="statementline",
                    name="match",
                    field=models.CharField(
                        choices=[
                            ("confirmed", "A payment of ours went out"),
                            ("returned", "A payment of ours came back"),
                            ("stands", "The bank took a return back: our payment stands"),
                            ("wave", "Announced money arrived"),
                            ("order", "Finance ordered or expected it"),
                            ("clawback", "Money that was asked back arrived"),
                            ("file", "A payment file of ours went out in one sum"),
                            ("suspense", "Not yet explained"),
                        ],
                        max_length=10,
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "turn", "uplift_pence") SELECT new_values."account_number", new_values."amount_pence", new_values."arrive_on", new_values."attempt", new_values."bank_account_id", new_values."confirmed_on", new_values."contribution_pence", new_values."end_to_end_id", new_values."failed_on", new_values."id", new_values."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."reason_code", new_values."run_id", new_values."sort_code", new_values."status", new_values."tranche_id", new_values."turn", new_values."uplift_pence" FROM ( SELECT new_values.* FROM new_values  ) AS new_values; RETURN NULL;',
                            hash="d584d58a49b7db2a15c98bb258a9bef66b83932f",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_505b5",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="grants_payment",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "turn", "uplift_pence") SELECT new_values."account_number", new_values."amount_pence", new_values."arrive_on", new_values."attempt", new_values."bank_account_id", new_values."confirmed_on", new_values."contribution_pence", new_values."end_to_end_id", new_values."failed_on", new_values."id", new_values."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."reason_code", new_values."run_id", new_values."sort_code", new_values."status", new_values."tranche_id", new_values."turn", new_values."uplift_pence" FROM ( SELECT * FROM new_values EXCEPT SELECT * FROM old_values ) AS new_values; RETURN NULL;',
                            hash="9b6a404366ddea7819d2bf5dfd501df58b2dec3b",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_afef1",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="grants_payment",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "turn", "uplift_pence") SELECT old_values."account_number", old_values."amount_pence", old_values."arrive_on", old_values."attempt", old_values."bank_account_id", old_values."confirmed_on", old_values."contribution_pence", old_values."end_to_end_id", old_values."failed_on", old_values."id", old_values."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."reason_code", old_values."run_id", old_values."sort_code", old_values."status", old_values."tranche_id", old_values."turn", old_values."uplift_pence" FROM ( SELECT old_values.* FROM old_values  ) AS old_values; RETURN NULL;',
                            hash="497e9a579231526640e87cecbe8b0a8e1b45d668",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_616a0",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="grants_payment",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="retryrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "requested_at", "requested_by_id", "turn") VALUES (NEW."after", NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."reason", NEW."requested_at", NEW."requested_by_id", NEW."turn"); RETURN NULL;',
                            hash="ae0750ac1b780becefb5f5348e473236b28aa0f3",
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
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "requested_at", "requested_by_id", "turn") VALUES (NEW."after", NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."reason", NEW."requested_at", NEW."requested_by_id", NEW."turn"); RETURN NULL;',
                            hash="3e37b70363d7ce3b45996073b39bef1540ca7122",
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
                            func='INSERT INTO "grants_retryrequestevent" ("after", "confirmed_at", "confirmed_by_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "requested_at", "requested_by_id", "turn") VALUES (OLD."after", OLD."confirmed_at", OLD."confirmed_by_id", OLD."id", OLD."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."reason", OLD."requested_at", OLD."requested_by_id", OLD."turn"); RETURN NULL;',
                            hash="6bdf23ad0e96cfc004a54401c8f5829573948907",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_7862e",
                            table="grants_retryrequest",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="journal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "accepted",
                                    "allocation",
                                    "allocation_returned",
                                    "approval",
                                    "bank_fee",
                                    "clawback_overtaken",
                                    "clawback_raised",
                                    "clawback_received",
                                    "clawback_withdrawn",
                                    "confirmed",
                                    "discontinued",
                                    "instructed",
                                    "interest",
                                    "invested",
                                    "lapsed",
                                    "rejected",
                                    "release_withdrawn",
                                    "released",
                                    "return_reversed",
                                    "returned",
                                    "revalued",
                                    "reversal",
                                    "review_continued",
                                    "running_cost",
                                    "sold",
                                    "strand_transfer",
                                    "unknown_cleared",
                                    "unknown_line",
                                    "uplift",
                                    "varied",
                                    "wave_received",
                                    "written_off",
                                ],
                            )
                        ),
                        name="grants_journal_kind_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="journal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "accepted",
                                    "bank_fee",
                                    "clawback_received",
                                    "confirmed",
                                    "interest",
                                    "lapsed",
                                    "rejected",
                                    "released",
                                    "return_reversed",
                                    "returned",
                                    "unknown_line",
                                    "uplift",
                                    "wave_received",
                                ],
                            ),
                            models.Q(("actor__isnull", False), ("approver__isnull", False)),
                            _connector="OR",
                        ),
                        name="grants_journal_approver_named",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="journal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("value_on", None),
                            models.Q(
                                (
                                    "kind__in",
                                    [
                                        "bank_fee",
                                        "clawback_received",
                                        "confirmed",
                                        "interest",
                                        "invested",
                                        "return_reversed",
                                        "returned",
                                        "running_cost",
                                        "sold",
                                        "unknown_line",
                                        "wave_received",
                                    ],
                                ),
                                ("value_on__lt", models.F("effective_on")),
                            ),
                            _connector="OR",
                        ),
                        name="grants_journal_value_before",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="retryrequest",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("turn__gte", 1)),
                        fields=("payment", "after", "turn"),
                        name="grants_retryrequest_once",
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
                                        ("amount_pence__lt", 0),
                                        ("match", "stands"),
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
                migrations.AddConstraint(
                    model_name="statementline",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("payment__isnull", False)),
                        fields=("payment", "match", "turn"),
                        name="grants_statementline_match_once",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(OF_ITS_TURN, ANY_TURN),
        migrations.RunSQL(STEPS, BEFORE),
        migrations.RunSQL(TURNS, NO_TURNS),
    ]
