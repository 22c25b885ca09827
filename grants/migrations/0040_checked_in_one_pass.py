"""Journals are held to the same law as before, in one pass over their lines and by plans that suit any size of the ledger.

A plan is kept for as long as a connection stands. One made while the ledger was small read all of it for each journal:
the functions say themselves that lines are found by index, and journals beside their lines by hash.
"""

from importlib import import_module

from django.db import migrations

STRAND_LAW = import_module("grants.migrations.0008_strand_law")
BEFORE = import_module("grants.migrations.0029_claims_overtaken").JOURNALS_NOW
SEAL_BEFORE = import_module("grants.migrations.0024_claims_withdrawn").function(
    "grants_check_seal", import_module("grants.migrations.0023_one_check_a_statement").CHECKS
)
JOURNALS = """
CREATE OR REPLACE FUNCTION grants_check_journals() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_nestloop = off AS $$
DECLARE
    first bigint := NEW.journals[1];
    last bigint := NEW.journals[cardinality(NEW.journals)];
    wrong record;
BEGIN
    SELECT j.id, j.line_count, coalesce(told.lines, 0) AS lines, coalesce(told.balanced, false) AS balanced INTO wrong
      FROM unnest(NEW.journals) AS this (id)
      JOIN grants_journal AS j ON j.id = this.id
      LEFT JOIN (
           SELECT by_source.journal_id, sum(by_source.lines) AS lines, bool_and(by_source.total = 0) AS balanced,
                  bool_and(by_source.stays) AS in_strand
             FROM (SELECT journal_id, count(*) AS lines, sum(amount_pence) AS total,
                   -- stays in strand --
                          AS stays
                     FROM grants_posting WHERE journal_id BETWEEN first AND last
                    GROUP BY journal_id, source_id) AS by_source
            GROUP BY by_source.journal_id) AS told ON told.journal_id = j.id
     WHERE j.id BETWEEN first AND last
       AND (told.lines IS DISTINCT FROM j.line_count OR NOT told.balanced
            OR (NOT told.in_strand AND j.kind NOT IN (
                'wave_received', 'interest', 'unknown_line', 'unknown_cleared', 'revalued', 'sold', 'strand_transfer',
                'clawback_raised', 'clawback_received', 'clawback_withdrawn', 'clawback_overtaken', 'written_off',
                'reversal')))
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
             WHERE p.journal_id BETWEEN first AND last AND p.amount_pence > 0
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
""".replace("-- stays in strand --", STRAND_LAW.STAYS)
SEAL = SEAL_BEFORE.replace(
    "SET search_path = public, pg_temp AS", "SET search_path = public, pg_temp SET enable_seqscan = off AS"
)


class Migration(migrations.Migration):
    dependencies = (("grants", "0039_varied_one_by_one"),)
    operations = (migrations.RunSQL(JOURNALS + SEAL, BEFORE + SEAL_BEFORE),)
