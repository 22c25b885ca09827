"""Promises stay in their strand even against our own code, except where the fund itself grows, shrinks or decides so."""

from django.db import migrations

STRANDS = ("place", "body_contribution", "capacity", "running", "contingency", "")
ASSETS = "('cash', 'investments', 'applied', 'recoverable')"
# One filtered sum a strand: grouping by strand as well costs half as much again at every commit.
STAYS = "\n                   AND ".join(
    f"coalesce(sum(amount_pence) FILTER (WHERE strand = '{strand}' AND account NOT IN {ASSETS}), 0) = 0"
    for strand in STRANDS
)
CHECK_JOURNAL = """
CREATE OR REPLACE FUNCTION grants_check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines bigint;
    balanced boolean;
    in_strand boolean;
    low text;
BEGIN
    SELECT coalesce(sum(by_source.lines), 0), coalesce(bool_and(by_source.total = 0), false),
           coalesce(bool_and(by_source.stays), false)
      INTO lines, balanced, in_strand
      FROM (SELECT count(*) AS lines, sum(amount_pence) AS total,
                   -- stays in strand --
                   AS stays
              FROM grants_posting WHERE journal_id = NEW.id GROUP BY source_id) AS by_source;
    IF lines <> NEW.line_count THEN
        RAISE EXCEPTION 'journal % has % lines, not %', NEW.id, lines, NEW.line_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_whole';
    END IF;
    IF NOT balanced THEN
        RAISE EXCEPTION 'journal % does not balance for every source', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_balanced';
    END IF;
    IF NOT in_strand AND NEW.kind NOT IN (
        'wave_received', 'interest', 'unknown_line', 'unknown_cleared', 'revalued', 'sold', 'strand_transfer',
        'clawback_raised', 'clawback_received', 'written_off', 'reversal')
    THEN
        RAISE EXCEPTION 'promises of journal % leave their strand', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_journal_in_strand';
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
""".replace("-- stays in strand --", STAYS)
WITHOUT_STRANDS = CHECK_JOURNAL.replace("IF NOT in_strand AND", "IF false AND")


class Migration(migrations.Migration):
    dependencies = (("grants", "0007_price_indices"),)
    operations = (migrations.RunSQL(CHECK_JOURNAL, WITHOUT_STRANDS),)
