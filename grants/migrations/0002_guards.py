"""What holds even against our own code: the ledger's seal, floors, append-only tables, and the limits of approval."""

from django.db import migrations

from cwf_portal.core.sql_operations import protect_append_only, protect_history

SEAL = """
ALTER TABLE grants_posting ADD CONSTRAINT grants_posting_sealed
    FOREIGN KEY (journal_id, line_count) REFERENCES grants_journal (id, line_count);

CREATE FUNCTION grants_check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines bigint;
    balanced boolean;
    low text;
BEGIN
    SELECT coalesce(sum(by_source.lines), 0), coalesce(bool_and(by_source.total = 0), false)
      INTO lines, balanced
      FROM (SELECT count(*) AS lines, sum(amount_pence) AS total
              FROM grants_posting WHERE journal_id = NEW.id GROUP BY source_id) AS by_source;
    IF lines <> NEW.line_count THEN
        RAISE EXCEPTION 'journal % has % lines, not %', NEW.id, lines, NEW.line_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_whole';
    END IF;
    IF NOT balanced THEN
        RAISE EXCEPTION 'journal % does not balance for every source', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_balanced';
    END IF;
    -- Promises are credits, so an account that has gone below zero shows a positive sum.
    SELECT p.account INTO low
      FROM grants_posting AS p
     WHERE p.journal_id = NEW.id
       AND p.amount_pence > 0
       AND p.account IN ('allocated', 'index_reserve', 'pledged', 'committed', 'payable', 'instructed', 'paid')
       AND CASE WHEN p.agreement_id IS NOT NULL
                THEN (SELECT sum(q.amount_pence) FROM grants_posting AS q
                       WHERE q.agreement_id = p.agreement_id AND q.account = p.account
                         AND q.source_id = p.source_id AND q.strand = p.strand)
                ELSE (SELECT sum(q.amount_pence) FROM grants_posting AS q
                       WHERE q.agreement_id IS NULL AND q.account = p.account
                         AND q.source_id = p.source_id AND q.strand = p.strand
                         AND q.neighbourhood_id IS NOT DISTINCT FROM p.neighbourhood_id)
           END > 0
     LIMIT 1;
    IF low IS NOT NULL THEN
        RAISE EXCEPTION 'journal % would take % below zero', NEW.id, low
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_floor';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER grants_journal_sealed AFTER INSERT ON grants_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grants_check_journal();
ALTER TABLE grants_journal ENABLE ALWAYS TRIGGER grants_journal_sealed;
"""

UNSEAL = """
DROP TRIGGER grants_journal_sealed ON grants_journal;
DROP FUNCTION grants_check_journal();
ALTER TABLE grants_posting DROP CONSTRAINT grants_posting_sealed;
"""

# Splitting a grant into several gains nothing: the value under decision is everything approved for the same body or
# the same place within 24 months, and this agreement.
WHOLE_LIFE = """
CREATE FUNCTION grants_whole_life_pence(subject bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(other.amount_pence + other.contribution_pence), 0)::bigint
      FROM grants_agreement AS this
      JOIN grants_allocation AS own ON own.id = this.allocation_id
      JOIN grants_agreement AS other ON true
      JOIN grants_allocation AS theirs ON theirs.id = other.allocation_id
     WHERE this.id = subject
       AND (other.id = this.id
            OR ((other.body_id = this.body_id OR theirs.neighbourhood_id = own.neighbourhood_id)
                AND other.status NOT IN ('lapsed', 'discontinued')
                AND EXISTS (SELECT 1 FROM grants_approval AS done
                             WHERE done.agreement_id = other.id AND done.attempt = other.attempt
                               AND done.step = 'second' AND done.outcome = 'approved'
                               AND done.decided_at > core_now() - interval '24 months')))
$$;
"""

LIMITS = """
CREATE FUNCTION grants_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agreement grants_agreement;
    officer grants_officerauthority;
    first grants_approval;
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
    limit_here bigint;
BEGIN
    SELECT * INTO agreement FROM grants_agreement WHERE id = NEW.agreement_id FOR UPDATE;
    SELECT * INTO officer FROM grants_officerauthority
     WHERE user_id = NEW.by_id AND from_on <= today AND (to_on IS NULL OR to_on >= today)
     ORDER BY from_on DESC LIMIT 1;
    IF officer.id IS NULL OR officer.rank <> NEW.rank OR officer.team <> NEW.team THEN
        RAISE EXCEPTION 'approval by user % does not name their rank and team', NEW.by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_officer_stands';
    END IF;
    -- Two grants to one body or one place are decided one after the other, so that neither misses the other's value.
    PERFORM 1 FROM grants_accountablebody WHERE id = agreement.body_id FOR NO KEY UPDATE;
    PERFORM 1 FROM neighbourhoods_neighbourhood AS place JOIN grants_allocation AS own ON own.neighbourhood_id = place.id
     WHERE own.id = agreement.allocation_id FOR NO KEY UPDATE OF place;
    IF NEW.attempt <> agreement.attempt OR NEW.value_pence <> grants_whole_life_pence(agreement.id) THEN
        RAISE EXCEPTION 'approval of agreement % is of another attempt or value', agreement.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_value_current';
    END IF;
    IF NEW.outcome = 'refused' THEN
        RETURN NEW;
    END IF;
    IF NEW.step <> 'recommendation' AND NOT grants_has_step(agreement, 'recommendation')
       OR NEW.step = 'second' AND NOT grants_has_step(agreement, 'first')
       OR NEW.step IN ('first', 'second') AND (NEW.value_pence >= 100000000 OR agreement.risk = 'high')
          AND NOT grants_has_step(agreement, 'assurance')
    THEN
        RAISE EXCEPTION 'agreement % is not ready for step %', agreement.id, NEW.step
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_step_in_order';
    END IF;
    IF NEW.step = 'assurance' AND NEW.rank < 2 THEN
        RAISE EXCEPTION 'assurance needs a senior officer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_rank_suffices';
    END IF;
    IF NEW.step = 'first' AND NEW.minute_reference = '' THEN
        SELECT l.limit_pence INTO limit_here FROM grants_authoritylimit AS l
         WHERE l.rank = NEW.rank AND l.risk = agreement.risk AND l.from_on <= today
         ORDER BY l.from_on DESC LIMIT 1;
        IF limit_here IS NULL OR NEW.value_pence > limit_here THEN
            RAISE EXCEPTION 'agreement % is worth % pence, above the limit', agreement.id, NEW.value_pence
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_within_limit';
        END IF;
    END IF;
    IF NEW.step = 'second' THEN
        SELECT * INTO first FROM grants_approval
         WHERE agreement_id = agreement.id AND attempt = agreement.attempt AND step = 'first';
        IF NEW.value_pence > first.value_pence THEN
            RAISE EXCEPTION 'agreement % is worth more than its first approver saw', agreement.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_second_same_value';
        END IF;
        IF first.by_id = NEW.by_id OR first.team = NEW.team OR NEW.rank < first.rank - 1 THEN
            RAISE EXCEPTION 'second approval of agreement % must come from another team, at most one rank lower',
                agreement.id USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_second_apart';
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION grants_has_step(subject grants_agreement, wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM grants_approval AS done
                    WHERE done.agreement_id = subject.id AND done.attempt = subject.attempt
                      AND done.step = wanted AND done.outcome = 'approved')
$$;

CREATE TRIGGER grants_approval_limits BEFORE INSERT ON grants_approval
    FOR EACH ROW EXECUTE FUNCTION grants_check_approval();
ALTER TABLE grants_approval ENABLE ALWAYS TRIGGER grants_approval_limits;
"""

NO_LIMITS = """
DROP TRIGGER grants_approval_limits ON grants_approval;
DROP FUNCTION grants_has_step(grants_agreement, text);
DROP FUNCTION grants_check_approval();
"""

APPEND_ONLY = (
    "grants_journal",
    "grants_posting",
    "grants_approval",
    "grants_authoritylimit",
    "grants_allocationfunding",
    "grants_agreementfunding",
    "grants_tranchefunding",
)
TRACKED = (
    "grants_sourceevent",
    "grants_programmeevent",
    "grants_waveevent",
    "grants_cohortevent",
    "grants_allocationevent",
    "grants_accountablebodyevent",
    "grants_bodycontactevent",
    "grants_bankaccountevent",
    "grants_officerauthorityevent",
    "grants_agreementevent",
    "grants_trancheevent",
    "grants_holdevent",
    "grants_reportevent",
    "grants_reviewevent",
)


class Migration(migrations.Migration):
    dependencies = (("grants", "0001_initial"), ("core", "0001_initial"))
    operations = (
        migrations.RunSQL(SEAL, UNSEAL),
        migrations.RunSQL(WHOLE_LIFE, "DROP FUNCTION grants_whole_life_pence(bigint);"),
        migrations.RunSQL(LIMITS, NO_LIMITS),
        *(operation for table in APPEND_ONLY for operation in protect_append_only(table)),
        *protect_history(*TRACKED),
    )
