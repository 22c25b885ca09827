"""Claims that two people take back: asked in error, they are not due any more, and are no loss."""

from importlib import import_module

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


CHECKS = import_module("grants.migrations.0023_one_check_a_statement").CHECKS
BEFORE = import_module("grants.migrations.0020_clawbacks")


def function(name: str, sql: str) -> str:
    """The statement that makes a function, taken from what an earlier migration ran, so that it can be run again."""
    begins = sql.index(f"CREATE FUNCTION {name}()")
    return sql[begins : sql.index("\n$$;\n", begins) + 4].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def changed(sql: str, *changes: tuple[str, str]) -> str:
    """The statement with each text replaced, which must be there."""
    for old, new in changes:
        if old not in sql:
            raise ValueError(f"{old!r} is not in the statement")
        sql = sql.replace(old, new)
    return sql


JOURNALS = function("grants_check_journals", CHECKS)
JOURNALS_NOW = changed(JOURNALS, ("'clawback_received', ", "'clawback_received', 'clawback_withdrawn', "))
CLAIM = function("grants_check_clawback", BEFORE.CLAIMS)
# A claim is withdrawn by two people and never otherwise. What had come of it is not paid any more.
CLAIM_NOW = changed(
    CLAIM,
    ("('raised', 'settled')) THEN", "('raised', 'settled'), ('raised', 'revoked')) THEN"),
    (
        "    IF NEW.status <> 'raised' THEN",
        """    IF NEW.status = 'revoked' AND NOT EXISTS (
        SELECT 1 FROM grants_writeoff WHERE clawback_id = NEW.id AND kind = 'error' AND status = 'confirmed')
    THEN
        RAISE EXCEPTION 'claim % is withdrawn by two people', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_clawback_withdrawn_by_two';
    END IF;
    IF NEW.status <> 'raised' THEN""",
    ),
    (
        "AS paid\n      WHERE asked.place > paid.place OR asked.body > paid.body;",
        """AS paid,
            (SELECT coalesce(sum(r.amount_pence), 0) AS pence
               FROM grants_clawbackreceipt AS r JOIN grants_clawback AS c ON c.id = r.clawback_id
              WHERE c.agreement_id = NEW.agreement_id AND c.status = 'revoked') AS came
      WHERE asked.place > paid.place OR asked.body > paid.body
         OR asked.place + asked.body + came.pence > paid.place + paid.body;""",
    ),
)
WRITE_OFF = function("grants_check_write_off", BEFORE.WRITE_OFFS)
# Whoever may ask money back may agree that it was asked in error; what is written off counts against limits.
WRITE_OFF_NOW = changed(
    WRITE_OFF,
    (
        "    SELECT limit_pence INTO limit_here",
        """    IF NEW.kind = 'error' THEN
        IF coalesce(rank_today, 0) < 4 THEN
            RAISE EXCEPTION 'the head of grants or above withdraws claims'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_writeoff_rank_suffices';
        END IF;
        RETURN NEW;
    END IF;
    SELECT limit_pence INTO limit_here""",
    ),
    ("AND w.status = 'confirmed' AND w.id", "AND w.status = 'confirmed' AND w.kind = 'lost' AND w.id"),
)
KEPT = """
DROP TRIGGER grants_writeoff_asks ON grants_writeoff;
CREATE TRIGGER grants_writeoff_asks BEFORE UPDATE OR DELETE ON grants_writeoff
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'clawback_id', {kind}'amount_pence', 'reason', 'proposed_by_id', 'proposed_at');
ALTER TABLE grants_writeoff ENABLE ALWAYS TRIGGER grants_writeoff_asks;
"""
NOW = JOURNALS_NOW + CLAIM_NOW + WRITE_OFF_NOW + KEPT.format(kind="'kind', ")
# Without its kind a withdrawal would read as a write-off, of a debt that was none.
NONE_WITHDRAWN = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM grants_writeoff WHERE kind = 'error')
        OR EXISTS (SELECT 1 FROM grants_writeoffevent WHERE kind = 'error')
    THEN
        RAISE EXCEPTION 'withdrawals of claims are kept: there is no way back from here';
    END IF;
END
$$;
"""
THEN = NONE_WITHDRAWN + JOURNALS + CLAIM + WRITE_OFF + KEPT.format(kind="")


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0023_one_check_a_statement"),
    ]

    operations = [
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="writeoff",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="writeoff",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="writeoff",
                    name="delete_delete",
                ),
                migrations.RemoveConstraint(
                    model_name="clawback",
                    name="grants_clawback_status_fits",
                ),
                migrations.RemoveConstraint(
                    model_name="journal",
                    name="grants_journal_kind_known",
                ),
                migrations.RemoveConstraint(
                    model_name="writeoff",
                    name="grants_writeoff_says_something",
                ),
                migrations.AddField(
                    model_name="writeoff",
                    name="kind",
                    field=models.CharField(
                        choices=[("lost", "It will not come"), ("error", "It was asked back in error")],
                        db_default="lost",
                        default="lost",
                        max_length=5,
                    ),
                ),
                migrations.AddField(
                    model_name="writeoffevent",
                    name="kind",
                    field=models.CharField(
                        choices=[("lost", "It will not come"), ("error", "It was asked back in error")],
                        db_default="lost",
                        default="lost",
                        max_length=5,
                    ),
                ),
                migrations.AlterField(
                    model_name="clawback",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("raised", "Asked back"),
                            ("refused", "Not to be"),
                            ("settled", "Settled"),
                            ("revoked", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=8,
                    ),
                ),
                migrations.AlterField(
                    model_name="clawbackevent",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("raised", "Asked back"),
                            ("refused", "Not to be"),
                            ("settled", "Settled"),
                            ("revoked", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=8,
                    ),
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
                            ("written_off", "Debt written off"),
                            ("reversal", "Correction of a clerical error"),
                        ],
                        max_length=20,
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="writeoff",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_writeoffevent" ("amount_pence", "clawback_id", "decided_at", "decided_by_id", "id", "journal_id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "refusal", "status") VALUES (NEW."amount_pence", NEW."clawback_id", NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."journal_id", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."status"); RETURN NULL;',
                            hash="0cb078c0eb7e6eb357209c8e632765f1a26b199a",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_d409b",
                            table="grants_writeoff",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="writeoff",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_writeoffevent" ("amount_pence", "clawback_id", "decided_at", "decided_by_id", "id", "journal_id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "refusal", "status") VALUES (NEW."amount_pence", NEW."clawback_id", NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."journal_id", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."status"); RETURN NULL;',
                            hash="07016bafa80a993209db2e53a6f51c1879249d25",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_8d513",
                            table="grants_writeoff",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="writeoff",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_writeoffevent" ("amount_pence", "clawback_id", "decided_at", "decided_by_id", "id", "journal_id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "refusal", "status") VALUES (OLD."amount_pence", OLD."clawback_id", OLD."decided_at", OLD."decided_by_id", OLD."id", OLD."journal_id", OLD."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."refusal", OLD."status"); RETURN NULL;',
                            hash="717c8e5594aa991b250ac54f726ccb73c94b62e3",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_24a99",
                            table="grants_writeoff",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="clawback",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by", None), ("journal", None), ("refusal", ""), ("status", "proposed")),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("journal__isnull", False),
                                ("refusal", ""),
                                ("status__in", ["raised", "settled", "revoked"]),
                            ),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("journal", None),
                                ("status", "refused"),
                                models.Q(("refusal", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="grants_clawback_status_fits",
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
                    model_name="writeoff",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("amount_pence__gt", 0),
                            ("kind__in", ["lost", "error"]),
                            models.Q(("reason", ""), _negated=True),
                        ),
                        name="grants_writeoff_says_something",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(NOW, THEN),
    ]
