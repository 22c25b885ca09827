"""Officers who act for one another count as one person wherever two people must agree, whatever code writes the row."""

from django.db import migrations

# The first step of each pair, then the second: the trigger looks when either is set. What was refused needs no two.
PAIRS = {
    "grants_authoritychange": (("requested_by_id", "confirmed_by_id"),),
    "grants_bankaccount": (("proposed_by_id", "decided_by_id"),),
    "grants_clawback": (("proposed_by_id", "decided_by_id"),),
    "grants_cohort": (("proposed_by_id", "allocated_by_id"),),
    "grants_correction": (("asked_by_id", "decided_by_id"),),
    "grants_doubtsettlement": (("proposed_by_id", "decided_by_id"),),
    "grants_funddecision": (("proposed_by_id", "confirmed_by_id"),),
    "grants_fundorder": (("proposed_by_id", "confirmed_by_id"),),
    "grants_hold": (("placed_by_id", "lifted_by_id"),),
    "grants_lineclearing": (("proposed_by_id", "decided_by_id"),),
    "grants_monthclose": (("asked_by_id", "closed_by_id"),),
    "grants_pause": (("lift_asked_by_id", "lifted_by_id"),),
    "grants_paymentrun": (
        ("checked_by_id", "released_by_id"),
        ("checked_by_id", "co_released_by_id"),
        ("released_by_id", "co_released_by_id"),
        ("stopped_by_id", "withdrawn_by_id"),
    ),
    "grants_report": (("submitted_by_id", "accepted_by_id"),),
    "grants_retryrequest": (("requested_by_id", "confirmed_by_id"),),
    "grants_review": (("proposed_by_id", "confirmed_by_id"),),
    "grants_spendingpolicy": (("proposed_by_id", "confirmed_by_id"),),
    "grants_unspentdecision": (("proposed_by_id", "decided_by_id"),),
    "grants_valuation": (("proposed_by_id", "confirmed_by_id"),),
    "grants_variation": (("proposed_by_id", "decided_by_id"),),
    "grants_writeoff": (("proposed_by_id", "decided_by_id"),),
}
# Whoever hands authority over holds the lock alone until commit (migration 0021): a second person waits for it here
# and then sees it.
CHECK = """
CREATE FUNCTION grants_check_one_person() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
    after jsonb := to_jsonb(NEW);
    before jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    one text;
    other text;
BEGIN
    IF after ->> 'status' = 'refused' THEN
        RETURN NEW;
    END IF;
    FOR place IN 0 .. TG_NARGS - 2 BY 2 LOOP
        one := after ->> TG_ARGV[place];
        other := after ->> TG_ARGV[place + 1];
        CONTINUE WHEN one IS NULL OR other IS NULL
            OR (one IS NOT DISTINCT FROM before ->> TG_ARGV[place]
                AND other IS NOT DISTINCT FROM before ->> TG_ARGV[place + 1]);
        PERFORM pg_advisory_xact_lock_shared(hashtext('grants.delegations'));
        IF EXISTS (
            SELECT 1 FROM grants_delegation AS d
             WHERE d.confirmed_at IS NOT NULL AND d.ended_at IS NULL AND today BETWEEN d.from_on AND d.to_on
               AND (d.giver_id, d.taker_id) IN ((one::bigint, other::bigint), (other::bigint, one::bigint)))
        THEN
            RAISE EXCEPTION 'users % and % act for one another and count as one person', one, other
                USING ERRCODE = 'check_violation', CONSTRAINT = 'one_person';
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
"""


def guards() -> str:
    """One trigger a table; by its name it comes after those that lock what the row is about."""
    statements = []
    for table, pairs in PAIRS.items():
        columns = ", ".join(f"'{column}'" for pair in pairs for column in pair)
        statements.append(
            f"CREATE TRIGGER {table}_two_persons BEFORE INSERT OR UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION grants_check_one_person({columns});\n"
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_two_persons;"
        )
    return "\n".join(statements)


def no_guards() -> str:
    drops = [f"DROP TRIGGER {table}_two_persons ON {table};" for table in PAIRS]
    return "\n".join([*drops, "DROP FUNCTION grants_check_one_person();"])


class Migration(migrations.Migration):
    dependencies = (("grants", "0024_claims_withdrawn"),)
    operations = (migrations.RunSQL(CHECK + guards(), no_guards()),)
