"""History, references of lines and snapshots are kept as before, all rows of a statement together."""

from importlib import import_module

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

REFERRED = {
    "grants_source": "source_id",
    "neighbourhoods_neighbourhood": "neighbourhood_id",
    "grants_agreement": "agreement_id",
}
# Lines are never changed or deleted, so a line needs its source, place and agreement to be there when it is added, and
# to stay. Whoever adds lines holds each of the three until commit, as a foreign key would, but once for all lines; what
# is deleted, or would change its key, looks for lines when nobody can add one any more.
REFERENCES = """
CREATE FUNCTION grants_check_references() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted bigint[];
    missing text;
BEGIN
    wanted := ARRAY(SELECT DISTINCT source_id FROM added);
    PERFORM 1 FROM grants_source WHERE id = ANY (wanted) FOR KEY SHARE;
    IF (SELECT count(*) FROM grants_source WHERE id = ANY (wanted)) < cardinality(wanted) THEN
        missing := 'source';
    END IF;
    wanted := ARRAY(SELECT DISTINCT neighbourhood_id FROM added WHERE neighbourhood_id IS NOT NULL);
    PERFORM 1 FROM neighbourhoods_neighbourhood WHERE id = ANY (wanted) FOR KEY SHARE;
    IF (SELECT count(*) FROM neighbourhoods_neighbourhood WHERE id = ANY (wanted)) < cardinality(wanted) THEN
        missing := 'neighbourhood';
    END IF;
    wanted := ARRAY(SELECT DISTINCT agreement_id FROM added WHERE agreement_id IS NOT NULL);
    PERFORM 1 FROM grants_agreement WHERE id = ANY (wanted) FOR KEY SHARE;
    IF (SELECT count(*) FROM grants_agreement WHERE id = ANY (wanted)) < cardinality(wanted) THEN
        missing := 'agreement';
    END IF;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'a line names a % that is not there', missing
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'grants_posting_' || missing || '_there';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION grants_keep_referred() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM grants_posting WHERE %I = $1)', TG_ARGV[0]) INTO found USING OLD.id;
    IF found THEN
        RAISE EXCEPTION 'lines of the ledger name row % of %', OLD.id, TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'grants_posting_' || TG_ARGV[0] || '_stays';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER grants_posting_references AFTER INSERT ON grants_posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION grants_check_references();
ALTER TABLE grants_posting ENABLE ALWAYS TRIGGER grants_posting_references;
"""


def stays(table: str, column: str) -> str:
    """Triggers by which a row stays, with its key, while lines of the ledger name it."""
    return f"""
        CREATE TRIGGER {table}_referred AFTER DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION grants_keep_referred('{column}');
        CREATE TRIGGER {table}_renamed AFTER UPDATE OF id ON {table}
            FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION grants_keep_referred('{column}');
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_referred;
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_renamed;
    """


NO_REFERENCES = (
    "".join(
        f"DROP TRIGGER {table}_renamed ON {table}; DROP TRIGGER {table}_referred ON {table};\n" for table in REFERRED
    )
    + """
DROP TRIGGER grants_posting_references ON grants_posting;
DROP FUNCTION grants_keep_referred();
DROP FUNCTION grants_check_references();
"""
)

# The same rows are refused as before; those that keep what they say are let by without a call.
SNAPSHOTS = """
DROP TRIGGER grants_payment_snapshot ON grants_payment;
CREATE TRIGGER grants_payment_snapshot BEFORE UPDATE ON grants_payment
    FOR EACH ROW WHEN (
        (NEW.run_id, NEW.tranche_id, NEW.attempt, NEW.end_to_end_id, NEW.bank_account_id, NEW.payee_name,
         NEW.sort_code, NEW.account_number, NEW.amount_pence, NEW.uplift_pence, NEW.contribution_pence, NEW.arrive_on)
        IS DISTINCT FROM
        (OLD.run_id, OLD.tranche_id, OLD.attempt, OLD.end_to_end_id, OLD.bank_account_id, OLD.payee_name,
         OLD.sort_code, OLD.account_number, OLD.amount_pence, OLD.uplift_pence, OLD.contribution_pence, OLD.arrive_on))
    EXECUTE FUNCTION grants_keep_columns(
        'run_id', 'tranche_id', 'attempt', 'end_to_end_id', 'bank_account_id', 'payee_name', 'sort_code',
        'account_number', 'amount_pence', 'uplift_pence', 'contribution_pence', 'arrive_on');
CREATE TRIGGER grants_payment_kept BEFORE DELETE ON grants_payment
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns();
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_snapshot;
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_kept;
"""
SNAPSHOTS_BEFORE = (
    """
DROP TRIGGER grants_payment_kept ON grants_payment;
"""
    + import_module("grants.migrations.0014_schedules_that_rise").SNAPSHOT
)

# Old and new rows are compared as sets: a plan made for one row would match thousands one by one.
RELEASE = """
CREATE OR REPLACE FUNCTION grants_check_pause_at_release() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    leaving bigint[] := ARRAY(
        SELECT tranche_id FROM (SELECT id, tranche_id FROM after WHERE status = 'instructed'
                                INTERSECT SELECT id, tranche_id FROM before WHERE status = 'claimed') AS left_now);
BEGIN
    IF leaving <> '{}' THEN
        PERFORM grants_check_pause(leaving, 'release');
    END IF;
    RETURN NULL;
END
$$;
"""
RELEASE_BEFORE = """
CREATE OR REPLACE FUNCTION grants_check_pause_at_release() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    leaving bigint[] := (SELECT array_agg(a.tranche_id) FROM after AS a JOIN before AS b USING (id)
                          WHERE a.status = 'instructed' AND b.status = 'claimed');
BEGIN
    IF leaving IS NOT NULL THEN
        PERFORM grants_check_pause(leaving, 'release');
    END IF;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0027_limits_by_two"),
        ("neighbourhoods", "0004_many_rows_at_once"),
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
                    model_name="tranche",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="tranche",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="tranche",
                    name="delete_delete",
                ),
                migrations.AlterField(
                    model_name="posting",
                    name="agreement",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="grants.agreement",
                    ),
                ),
                migrations.AlterField(
                    model_name="posting",
                    name="neighbourhood",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="neighbourhoods.neighbourhood",
                    ),
                ),
                migrations.AlterField(
                    model_name="posting",
                    name="source",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="grants.source",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "uplift_pence") SELECT new_values."account_number", new_values."amount_pence", new_values."arrive_on", new_values."attempt", new_values."bank_account_id", new_values."confirmed_on", new_values."contribution_pence", new_values."end_to_end_id", new_values."failed_on", new_values."id", new_values."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."reason_code", new_values."run_id", new_values."sort_code", new_values."status", new_values."tranche_id", new_values."uplift_pence" FROM ( SELECT new_values.* FROM new_values  ) AS new_values; RETURN NULL;',
                            hash="4d2076f56ee24a43933a30d57547eab1d14b431f",
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
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "uplift_pence") SELECT new_values."account_number", new_values."amount_pence", new_values."arrive_on", new_values."attempt", new_values."bank_account_id", new_values."confirmed_on", new_values."contribution_pence", new_values."end_to_end_id", new_values."failed_on", new_values."id", new_values."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."reason_code", new_values."run_id", new_values."sort_code", new_values."status", new_values."tranche_id", new_values."uplift_pence" FROM ( SELECT * FROM new_values EXCEPT SELECT * FROM old_values ) AS new_values; RETURN NULL;',
                            hash="c6548a9548bafdf54439c722821753f2ddd73186",
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
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "uplift_pence") SELECT old_values."account_number", old_values."amount_pence", old_values."arrive_on", old_values."attempt", old_values."bank_account_id", old_values."confirmed_on", old_values."contribution_pence", old_values."end_to_end_id", old_values."failed_on", old_values."id", old_values."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."reason_code", old_values."run_id", old_values."sort_code", old_values."status", old_values."tranche_id", old_values."uplift_pence" FROM ( SELECT old_values.* FROM old_values  ) AS old_values; RETURN NULL;',
                            hash="7593d348e2e198209d2125c90fe6cb4be0413db2",
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
                    model_name="tranche",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_trancheevent" ("agreement_id", "amount_pence", "contribution_pence", "due_on", "id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "process_on", "status", "uplift_pence", "year") SELECT new_values."agreement_id", new_values."amount_pence", new_values."contribution_pence", new_values."due_on", new_values."id", new_values."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."process_on", new_values."status", new_values."uplift_pence", new_values."year" FROM ( SELECT new_values.* FROM new_values  ) AS new_values; RETURN NULL;',
                            hash="82a7a33f9f36a5f1fd99eba421f8ebcdd9a14412",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_67ae0",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="grants_tranche",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tranche",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_trancheevent" ("agreement_id", "amount_pence", "contribution_pence", "due_on", "id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "process_on", "status", "uplift_pence", "year") SELECT new_values."agreement_id", new_values."amount_pence", new_values."contribution_pence", new_values."due_on", new_values."id", new_values."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."process_on", new_values."status", new_values."uplift_pence", new_values."year" FROM ( SELECT * FROM new_values EXCEPT SELECT * FROM old_values ) AS new_values; RETURN NULL;',
                            hash="ca7d1c08600e798d16f1f8456a526d5d1f7b1c50",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_2921f",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="grants_tranche",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tranche",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_trancheevent" ("agreement_id", "amount_pence", "contribution_pence", "due_on", "id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "process_on", "status", "uplift_pence", "year") SELECT old_values."agreement_id", old_values."amount_pence", old_values."contribution_pence", old_values."due_on", old_values."id", old_values."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."process_on", old_values."status", old_values."uplift_pence", old_values."year" FROM ( SELECT old_values.* FROM old_values  ) AS old_values; RETURN NULL;',
                            hash="94f0a78343545bd1930bc6a2dd47b93ab89cfe16",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_35f03",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="grants_tranche",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
        migrations.RunSQL("".join([REFERENCES, *(stays(*named) for named in REFERRED.items())]), NO_REFERENCES),
        migrations.RunSQL(SNAPSHOTS, SNAPSHOTS_BEFORE),
        migrations.RunSQL(RELEASE, RELEASE_BEFORE),
    ]
