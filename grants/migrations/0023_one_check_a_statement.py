"""Journals are checked at commit as before, but all that one statement added together, and each account once.

A line is held to its journal's seal by a trigger in place of a foreign key: journals are never changed or deleted, so
that the journal was there is enough, and it need not be locked for each of its lines.
"""

from importlib import import_module

from django.db import migrations

STRAND_LAW = import_module("grants.migrations.0008_strand_law")

# The functions act as their owner: nobody else can write down, or cross out, what is still to be checked. They name
# their schema, so that a temporary table of the same name deceives nobody.
CHECKS = """
CREATE UNLOGGED TABLE grants_journalcheck (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journals bigint[] CHECK (journals IS NOT NULL)
);
REVOKE INSERT, UPDATE, DELETE ON grants_journalcheck FROM cwf_app;

CREATE FUNCTION grants_note_journals() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO grants_journalcheck (journals) SELECT array_agg(id ORDER BY id) FROM added HAVING count(*) > 0;
    RETURN NULL;
END
$$;

CREATE FUNCTION grants_check_journals() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wrong record;
BEGIN
    SELECT j.id, j.line_count, told.lines, told.balanced INTO wrong
      FROM unnest(NEW.journals) AS this (id)
      JOIN grants_journal AS j ON j.id = this.id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(by_source.lines), 0) AS lines, coalesce(bool_and(by_source.total = 0), false) AS balanced,
                  coalesce(bool_and(by_source.stays), false) AS in_strand
             FROM (SELECT count(*) AS lines, sum(amount_pence) AS total,
                   -- stays in strand --
                          AS stays
                     FROM grants_posting WHERE journal_id = j.id GROUP BY source_id) AS by_source) AS told
     WHERE told.lines <> j.line_count OR NOT told.balanced
        OR (NOT told.in_strand AND j.kind NOT IN (
            'wave_received', 'interest', 'unknown_line', 'unknown_cleared', 'revalued', 'sold', 'strand_transfer',
            'clawback_raised', 'clawback_received', 'written_off', 'reversal'))
     LIMIT 1;
    IF wrong.lines <> wrong.line_count THEN
        RAISE EXCEPTION 'journal % has % lines, not %', wrong.id, wrong.lines, wrong.line_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_whole';
    END IF;
    IF NOT wrong.balanced THEN
        RAISE EXCEPTION 'journal % does not balance for every source', wrong.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_balanced';
    END IF;
    IF wrong.id IS NOT NULL THEN
        RAISE EXCEPTION 'promises of journal % leave their strand', wrong.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_in_strand';
    END IF;
    -- Promises are credits, so an account that has gone below zero shows a positive sum.
    SELECT touched.journal, touched.account INTO wrong
      FROM (SELECT min(p.journal_id) AS journal, p.agreement_id, p.account, p.source_id, p.strand,
                   CASE WHEN p.agreement_id IS NULL THEN p.neighbourhood_id END AS place
              FROM unnest(NEW.journals) AS this (id)
              JOIN grants_posting AS p ON p.journal_id = this.id
             WHERE p.amount_pence > 0
               AND p.account IN ('allocated', 'index_reserve', 'pledged', 'committed', 'payable', 'instructed', 'paid')
             GROUP BY p.agreement_id, p.account, p.source_id, p.strand, place) AS touched
     WHERE CASE WHEN touched.agreement_id IS NOT NULL
                THEN (SELECT sum(q.amount_pence) FROM grants_posting AS q
                       WHERE q.agreement_id = touched.agreement_id AND q.account = touched.account
                         AND q.source_id = touched.source_id AND q.strand = touched.strand)
                ELSE (SELECT sum(q.amount_pence) FROM grants_posting AS q
                       WHERE q.agreement_id IS NULL AND q.account = touched.account
                         AND q.source_id = touched.source_id AND q.strand = touched.strand
                         AND q.neighbourhood_id IS NOT DISTINCT FROM touched.place)
           END > 0
     ORDER BY touched.journal LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal % would take % below zero', wrong.journal, wrong.account
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_floor';
    END IF;
    DELETE FROM grants_journalcheck WHERE id = NEW.id;
    RETURN NULL;
END
$$;

CREATE FUNCTION grants_check_seal() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    strange bigint;
BEGIN
    SELECT lines.journal_id INTO strange
      FROM (SELECT DISTINCT journal_id, line_count FROM added) AS lines
     WHERE (SELECT j.line_count FROM grants_journal AS j WHERE j.id = lines.journal_id)
           IS DISTINCT FROM lines.line_count
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a line breaks the seal of journal % (grants_posting_sealed)', strange
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'grants_posting_sealed';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER grants_journal_sealed ON grants_journal;
DROP FUNCTION grants_check_journal();
ALTER TABLE grants_posting DROP CONSTRAINT grants_posting_sealed;
CREATE TRIGGER grants_journal_sealed AFTER INSERT ON grants_journal
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION grants_note_journals();
CREATE CONSTRAINT TRIGGER grants_journal_sealed AFTER INSERT ON grants_journalcheck
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grants_check_journals();
CREATE TRIGGER grants_posting_sealed AFTER INSERT ON grants_posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION grants_check_seal();
ALTER TABLE grants_journal ENABLE ALWAYS TRIGGER grants_journal_sealed;
ALTER TABLE grants_journalcheck ENABLE ALWAYS TRIGGER grants_journal_sealed;
ALTER TABLE grants_posting ENABLE ALWAYS TRIGGER grants_posting_sealed;
""".replace("-- stays in strand --", STRAND_LAW.STAYS)

ONE_BY_ONE = f"""
DROP TRIGGER grants_posting_sealed ON grants_posting;
DROP TRIGGER grants_journal_sealed ON grants_journal;
DROP TABLE grants_journalcheck;
DROP FUNCTION grants_check_seal();
DROP FUNCTION grants_check_journals();
DROP FUNCTION grants_note_journals();
{STRAND_LAW.CHECK_JOURNAL}
CREATE CONSTRAINT TRIGGER grants_journal_sealed AFTER INSERT ON grants_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grants_check_journal();
ALTER TABLE grants_journal ENABLE ALWAYS TRIGGER grants_journal_sealed;
ALTER TABLE grants_posting ADD CONSTRAINT grants_posting_sealed
    FOREIGN KEY (journal_id, line_count) REFERENCES grants_journal (id, line_count);
"""


class Migration(migrations.Migration):
    dependencies = (("grants", "0022_one_plan_a_day"),)
    operations = (migrations.RunSQL(CHECKS, ONE_BY_ONE),)
