"""Ways round two people and round limits are closed: withdrawn claims count, a refusal opens no second door, and whoever
acted for one another since the first of two steps is still one person."""

from importlib import import_module

from django.db import migrations

CLAIMS = import_module("grants.migrations.0024_claims_withdrawn")
STAND_IN_BEFORE = CLAIMS.function(
    "grants_check_stand_in", import_module("grants.migrations.0021_standing_in").DELEGATIONS
)
ONE_PERSON_BEFORE = CLAIMS.function("grants_check_one_person", import_module("grants.migrations.0025_one_person").CHECK)

# Whoever hands authority over holds the lock alone until commit (migration 0021): the question waits for it and then
# sees it. Without an instant to begin from it is asked of now alone.
ACT_FOR_ONE_ANOTHER = """
CREATE FUNCTION grants_act_for_one_another(one bigint, other bigint, since timestamptz)
RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
    begins timestamptz := coalesce(since, core_now());
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('grants.delegations'));
    RETURN EXISTS (
        SELECT 1 FROM grants_delegation AS d
         WHERE d.confirmed_at IS NOT NULL AND d.from_on <= today
           AND d.to_on >= least(today, (begins AT TIME ZONE 'Europe/London')::date)
           AND (d.ended_at IS NULL
                OR (d.ended_at > begins AND (d.ended_at AT TIME ZONE 'Europe/London')::date >= d.from_on))
           AND (d.giver_id, d.taker_id) IN ((one, other), (other, one)));
END
$$;
"""
# The instant of a pair's first step stands in the column beside it: proposed_by_id, proposed_at.
ONE_PERSON = """
CREATE OR REPLACE FUNCTION grants_check_one_person()
RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    after jsonb := to_jsonb(NEW);
    before jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    was_refused boolean := coalesce(before ->> 'status' = 'refused' OR before ->> 'is_agreed' = 'false', false);
    one text;
    other text;
BEGIN
    IF after ->> 'status' = 'refused' OR after ->> 'is_agreed' = 'false' THEN
        RETURN NEW;
    END IF;
    FOR place IN 0 .. TG_NARGS - 2 BY 2 LOOP
        one := after ->> TG_ARGV[place];
        other := after ->> TG_ARGV[place + 1];
        CONTINUE WHEN one IS NULL OR other IS NULL
            OR (NOT was_refused
                AND one IS NOT DISTINCT FROM before ->> TG_ARGV[place]
                AND other IS NOT DISTINCT FROM before ->> TG_ARGV[place + 1]);
        IF grants_act_for_one_another(
            one::bigint, other::bigint, (after ->> regexp_replace(TG_ARGV[place], '_by_id$', '_at'))::timestamptz)
        THEN
            RAISE EXCEPTION 'users % and % act for one another and count as one person', one, other
                USING ERRCODE = 'check_violation', CONSTRAINT = 'one_person';
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
"""
STAND_IN = """
CREATE OR REPLACE FUNCTION grants_check_stand_in()
RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('grants.delegations'));
    IF EXISTS (
        SELECT 1 FROM grants_delegation AS d
         WHERE d.confirmed_at IS NOT NULL AND d.ended_at IS NULL AND today BETWEEN d.from_on AND d.to_on
           AND d.giver_id = NEW.by_id)
    THEN
        RAISE EXCEPTION 'user % has handed over their authority', NEW.by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_handed_over';
    END IF;
    IF EXISTS (
        SELECT 1 FROM grants_approval AS done
         WHERE done.agreement_id = NEW.agreement_id AND done.attempt = NEW.attempt
           AND grants_act_for_one_another(NEW.by_id, done.by_id, done.decided_at))
    THEN
        RAISE EXCEPTION 'user % and whom they act for count as one person', NEW.by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_stand_in_apart';
    END IF;
    RETURN NEW;
END
$$;
"""
CLAIM = CLAIMS.changed(
    CLAIMS.CLAIM_NOW,
    (
        "    RETURN NEW;\nEND\n$$;",
        """    IF (SELECT kind FROM grants_journal WHERE id = NEW.journal_id) <> 'clawback_raised' THEN
        RAISE EXCEPTION 'the journal of claim % is of another event', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_clawback_journal_fits';
    END IF;
    RETURN NEW;
END
$$;""",
    ),
)
# What was asked in error posts the same lines as what is lost, and counts against the same limits with it; only a fund
# director may withdraw more, for money that the bank brought back stands behind some claims.
WRITE_OFF = CLAIMS.changed(
    CLAIMS.WRITE_OFF_NOW,
    (
        "        RETURN NEW;\n    END IF;\n    SELECT limit_pence",
        """        IF EXISTS (
            SELECT 1 FROM grants_clawback AS c
             WHERE c.id = NEW.clawback_id
               AND (c.decided_by_id = NEW.decided_by_id
                    OR grants_act_for_one_another(c.decided_by_id, NEW.decided_by_id, c.decided_at)))
        THEN
            RAISE EXCEPTION 'whoever raised a claim does not withdraw it'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_writeoff_apart_from_claim';
        END IF;
    END IF;
    SELECT limit_pence""",
    ),
    ("AND w.status = 'confirmed' AND w.kind = 'lost' AND w.id", "AND w.status = 'confirmed' AND w.id"),
    (
        "IF limit_here IS NULL OR whole > limit_here THEN",
        "IF (limit_here IS NULL OR whole > limit_here) AND NOT (NEW.kind = 'error' AND rank_today = 5) THEN",
    ),
    (
        "    RETURN NEW;\nEND\n$$;",
        """    IF (SELECT kind FROM grants_journal WHERE id = NEW.journal_id)
        <> (CASE NEW.kind WHEN 'error' THEN 'clawback_withdrawn' ELSE 'written_off' END)
    THEN
        RAISE EXCEPTION 'the journal of write-off % is of another event', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_writeoff_journal_fits';
    END IF;
    RETURN NEW;
END
$$;""",
    ),
)
# Steps, ranks and limits are looked at when a row moves on; so it begins at the beginning.
BEGINS = """
CREATE FUNCTION grants_begins_proposed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.status <> 'proposed' THEN
        RAISE EXCEPTION 'a row of % begins as a proposal', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_begins_proposed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_clawback_begins BEFORE INSERT ON grants_clawback
    FOR EACH ROW EXECUTE FUNCTION grants_begins_proposed();
CREATE TRIGGER grants_writeoff_begins BEFORE INSERT ON grants_writeoff
    FOR EACH ROW EXECUTE FUNCTION grants_begins_proposed();
ALTER TABLE grants_clawback ENABLE ALWAYS TRIGGER grants_clawback_begins;
ALTER TABLE grants_writeoff ENABLE ALWAYS TRIGGER grants_writeoff_begins;
"""
NOT_BEGINS = """
DROP TRIGGER grants_writeoff_begins ON grants_writeoff;
DROP TRIGGER grants_clawback_begins ON grants_clawback;
DROP FUNCTION grants_begins_proposed();
"""
NOW = ACT_FOR_ONE_ANOTHER + ONE_PERSON + STAND_IN + CLAIM + WRITE_OFF + BEGINS
# What takes the place of a function takes its settings too: the path that was pinned goes with it.
THEN = (
    NOT_BEGINS
    + CLAIMS.CLAIM_NOW
    + CLAIMS.WRITE_OFF_NOW
    + STAND_IN_BEFORE
    + ONE_PERSON_BEFORE
    + "DROP FUNCTION grants_act_for_one_another(bigint, bigint, timestamptz);\n"
)


class Migration(migrations.Migration):
    dependencies = (("grants", "0025_one_person"),)
    operations = (migrations.RunSQL(NOW, THEN),)
