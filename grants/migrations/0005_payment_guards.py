"""What holds even against our own code: snapshots that never change, limits of release, and append-only bank lines."""

from datetime import date

from django.db import migrations

from cwf_portal.core.sql_operations import protect_append_only, protect_history

# A guarded row may change its state, never what it says; it is never deleted.
FROZEN = """
CREATE FUNCTION grants_keep_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
    before jsonb := to_jsonb(OLD);
    after jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% rows are never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    after := to_jsonb(NEW);
    FOREACH name IN ARRAY TG_ARGV LOOP
        IF after -> name IS DISTINCT FROM before -> name THEN
            RAISE EXCEPTION '%.% never changes', TG_TABLE_NAME, name USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
CREATE FUNCTION grants_keep_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.run_id, NEW.sha256, NEW.content) IS DISTINCT FROM (OLD.run_id, OLD.sha256, OLD.content)
    THEN
        RAISE EXCEPTION 'a payment file never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_payment_snapshot BEFORE UPDATE OR DELETE ON grants_payment
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'run_id', 'tranche_id', 'attempt', 'end_to_end_id', 'bank_account_id', 'payee_name', 'sort_code',
        'account_number', 'amount_pence', 'contribution_pence', 'arrive_on');
CREATE TRIGGER grants_paymentrun_snapshot BEFORE UPDATE OR DELETE ON grants_paymentrun
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('message_id', 'prepared_on', 'payment_count', 'total_pence');
CREATE TRIGGER grants_paymentfile_bytes BEFORE UPDATE OR DELETE ON grants_paymentfile
    FOR EACH ROW EXECUTE FUNCTION grants_keep_file();
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_snapshot;
ALTER TABLE grants_paymentrun ENABLE ALWAYS TRIGGER grants_paymentrun_snapshot;
ALTER TABLE grants_paymentfile ENABLE ALWAYS TRIGGER grants_paymentfile_bytes;
"""
THAWED = """
DROP TRIGGER grants_paymentfile_bytes ON grants_paymentfile;
DROP TRIGGER grants_paymentrun_snapshot ON grants_paymentrun;
DROP TRIGGER grants_payment_snapshot ON grants_payment;
DROP FUNCTION grants_keep_file();
DROP FUNCTION grants_keep_columns();
"""

# One live attempt is also a matter of order: what has failed stays failed.
STEPS = """
CREATE FUNCTION grants_check_payment_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('claimed', 'instructed'), ('claimed', 'withdrawn'),
        ('instructed', 'in_doubt'), ('instructed', 'confirmed'), ('instructed', 'rejected'),
        ('in_doubt', 'confirmed'), ('in_doubt', 'rejected'),
        ('instructed', 'returned'), ('in_doubt', 'returned'), ('confirmed', 'returned'))
    THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_payment_step_allowed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_payment_steps BEFORE UPDATE OF status ON grants_payment
    FOR EACH ROW EXECUTE FUNCTION grants_check_payment_step();
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_steps;
"""
NO_STEPS = """
DROP TRIGGER grants_payment_steps ON grants_payment;
DROP FUNCTION grants_check_payment_step();
"""

RELEASE = """
CREATE FUNCTION grants_holds_role(person bigint, wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM core_rolegrant
                    WHERE user_id = person AND role = wanted AND confirmed_by_id IS NOT NULL AND revoked_at IS NULL)
$$;
CREATE FUNCTION grants_check_release() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
    own bigint;
    highest bigint;
BEGIN
    IF NEW.status = OLD.status OR NEW.status <> 'released' THEN
        RETURN NEW;
    END IF;
    IF OLD.status <> 'checked' THEN
        RAISE EXCEPTION 'run % was not checked', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_paymentrun_checked_first';
    END IF;
    IF EXISTS (SELECT 1 FROM grants_payment AS p JOIN grants_bankaccount AS a ON a.id = p.bank_account_id
                WHERE p.run_id = NEW.id
                  AND a.decided_by_id IN (NEW.checked_by_id, NEW.released_by_id, NEW.co_released_by_id))
    THEN
        RAISE EXCEPTION 'run % pays to details confirmed by its checker or releaser', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_paymentrun_apart_from_details';
    END IF;
    SELECT max(l.limit_pence) FILTER (WHERE grants_holds_role(NEW.released_by_id, l.role)), max(l.limit_pence)
      INTO own, highest
      FROM (SELECT DISTINCT ON (role) role, limit_pence FROM grants_releaselimit
             WHERE from_on <= today ORDER BY role, from_on DESC) AS l;
    IF NEW.total_pence <= own THEN
        RETURN NEW;
    END IF;
    IF NEW.total_pence > highest AND NEW.co_released_by_id IS NOT NULL
       AND (grants_holds_role(NEW.released_by_id, 'finance_director')
            AND grants_holds_role(NEW.co_released_by_id, 'fund_director')
            OR grants_holds_role(NEW.released_by_id, 'fund_director')
            AND grants_holds_role(NEW.co_released_by_id, 'finance_director'))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'run % of % pence is above the limit of its releaser', NEW.id, NEW.total_pence
        USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_paymentrun_within_limit';
END
$$;
CREATE TRIGGER grants_paymentrun_limits BEFORE UPDATE OF status ON grants_paymentrun
    FOR EACH ROW EXECUTE FUNCTION grants_check_release();
ALTER TABLE grants_paymentrun ENABLE ALWAYS TRIGGER grants_paymentrun_limits;
"""
NO_RELEASE = """
DROP TRIGGER grants_paymentrun_limits ON grants_paymentrun;
DROP FUNCTION grants_check_release();
DROP FUNCTION grants_holds_role(bigint, text);
"""

APPEND_ONLY = ("grants_bankmessage", "grants_bankstatement", "grants_statementline", "grants_releaselimit")
TRACKED = (
    "grants_paymentrunevent",
    "grants_paymentevent",
    "grants_retryrequestevent",
    "grants_paymentfileevent",
)
LIMITS_PENCE = {"finance_manager": 500_000_000, "finance_director": 5_000_000_000}
IN_FORCE_FROM = date(2020, 1, 1)


def add_limits(apps, schema_editor):
    limit = apps.get_model("grants", "ReleaseLimit")
    limit.objects.using(schema_editor.connection.alias).bulk_create(
        limit(role=role, limit_pence=pence, from_on=IN_FORCE_FROM) for role, pence in LIMITS_PENCE.items()
    )


def keep_limits(apps, schema_editor):
    """Going back drops the table with the rows in it; limits may not be deleted one by one."""


class Migration(migrations.Migration):
    dependencies = (("grants", "0004_payments"), ("core", "0001_initial"))
    operations = (
        migrations.RunSQL(FROZEN, THAWED),
        migrations.RunSQL(STEPS, NO_STEPS),
        migrations.RunSQL(RELEASE, NO_RELEASE),
        migrations.RunPython(add_limits, keep_limits),
        *(operation for table in APPEND_ONLY for operation in protect_append_only(table)),
        *protect_history(*TRACKED),
    )
