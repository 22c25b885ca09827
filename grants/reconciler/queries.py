"""The questions to the database, in plain SQL. Each answers with differences only, however long the history is.

A row is: kind, subject, expected pence, found pence, day, detail. What a line of a statement is about follows from its
EndToEndId, never from what the portal matched it with; where it has none of ours, from what two people said of it.
"""

# Lines with the payment that they are about. A line that paid for many counts for each once, as `bulk` worked it out.
NAMED = """
named AS MATERIALIZED (
    SELECT end_to_end_id, amount_pence, value_on FROM grants_statementline WHERE end_to_end_id <> ''
    UNION ALL
    SELECT * FROM unnest(%(bulk_ids)s::text[], %(bulk_pence)s::bigint[], %(bulk_days)s::date[])
    UNION ALL
    SELECT p.end_to_end_id, l.amount_pence, l.value_on
      FROM grants_lineclearing AS c
      JOIN grants_statementline AS l ON l.id = c.line_id
      JOIN grants_payment AS p ON p.id = c.payment_id
     WHERE c.status = 'confirmed' AND l.end_to_end_id <> p.end_to_end_id
    UNION ALL
    SELECT k.end_to_end_id, l.amount_pence, l.value_on
      FROM grants_lineclearing AS c
      JOIN grants_statementline AS l ON l.id IN (c.line_id, c.counter_line_id) AND l.end_to_end_id = ''
      JOIN grants_statementline AS k ON k.id IN (c.line_id, c.counter_line_id) AND k.end_to_end_id <> ''
     WHERE c.status = 'confirmed' AND c.kind = 'cancels'
)
"""

# What the bank's lines show of each payment in the schedule. `net_count` is 1 when it was paid and did not come back.
SCHEDULE = """
{named},
evidence AS MATERIALIZED (
    SELECT p.tranche_id,
           count(*) FILTER (WHERE l.amount_pence < 0) - count(*) FILTER (WHERE l.amount_pence > 0) AS net_count,
           -sum(l.amount_pence)::bigint AS net_pence,
           min(l.value_on) FILTER (WHERE l.amount_pence < 0) AS first_on
      FROM named AS l JOIN grants_payment AS p ON p.end_to_end_id = l.end_to_end_id
     GROUP BY p.tranche_id
),
funded AS MATERIALIZED (
    SELECT tranche_id, sum(amount_pence + uplift_pence + contribution_pence)::bigint AS pence
      FROM grants_tranchefunding GROUP BY tranche_id
),
schedule AS MATERIALIZED (
    SELECT t.id, t.agreement_id, a.reference || ' payment ' || t.number AS subject, t.status, t.process_on, t.due_on,
           t.amount_pence + t.uplift_pence + t.contribution_pence AS scheduled_pence, f.pence,
           coalesce(e.net_count, 0) AS net_count, coalesce(e.net_pence, 0) AS net_pence, e.first_on,
           a.accepted_at IS NOT NULL AND t.status <> 'cancelled' AS is_promised
      FROM grants_tranche AS t
      JOIN grants_agreement AS a ON a.id = t.agreement_id
      JOIN funded AS f ON f.tranche_id = t.id
      LEFT JOIN evidence AS e ON e.tranche_id = t.id
)
""".replace("{named}", NAMED)

TRANCHES = """
WITH {schedule},
held AS (SELECT tranche_id, agreement_id FROM grants_hold WHERE lifted_at IS NULL),
with_bank AS (
    SELECT DISTINCT p.tranche_id FROM grants_payment AS p JOIN grants_paymentfile AS f ON f.run_id = p.run_id
     WHERE p.status NOT IN ('rejected', 'returned', 'withdrawn')
)
SELECT 'paid_twice', subject, pence, net_pence, first_on, '' FROM schedule WHERE net_count > 1
UNION ALL
SELECT 'paid_not_due', subject, 0, net_pence, first_on,
       CASE WHEN NOT is_promised THEN 'It was not promised.'
            ELSE 'It was to be processed on ' || to_char(process_on, 'FMDD FMMonth YYYY') || '.' END
  FROM schedule WHERE net_count > 0 AND (NOT is_promised OR status = 'pledged' OR first_on < process_on)
UNION ALL
SELECT 'not_instructed', subject, pence, NULL, process_on, ''
  FROM schedule AS s
 WHERE is_promised AND status <> 'pledged' AND net_count <= 0 AND process_on < %(instructed_by)s
   AND s.id NOT IN (SELECT tranche_id FROM with_bank)
   AND s.id NOT IN (SELECT tranche_id FROM held WHERE tranche_id IS NOT NULL)
   AND s.agreement_id NOT IN (SELECT agreement_id FROM held WHERE tranche_id IS NULL)
   AND NOT EXISTS (
       SELECT 1 FROM grants_pause AS p WHERE p.lifted_at IS NULL
          AND (p.scope = 'everything' OR p.agreement_id = s.agreement_id
               OR p.source_id IN (SELECT f.source_id FROM grants_tranchefunding AS f WHERE f.tranche_id = s.id)))
UNION ALL
SELECT 'state_differs', subject, NULL, NULL, NULL,
       CASE WHEN status = 'paid' THEN 'the portal says that it is paid, no statement shows it.'
            ELSE 'statements show that it is paid, the portal says “' || status || '”.' END
  FROM schedule WHERE (status = 'paid') <> (net_count > 0)
UNION ALL
SELECT 'amount_differs', subject, pence, scheduled_pence, NULL, 'its row'
  FROM schedule WHERE scheduled_pence <> pence
""".replace("{schedule}", SCHEDULE)

PAYMENTS = """
WITH {named},
funded AS MATERIALIZED (
    SELECT tranche_id, sum(amount_pence + uplift_pence + contribution_pence)::bigint AS pence
      FROM grants_tranchefunding GROUP BY tranche_id
),
approved AS MATERIALIZED (
    SELECT body_id, sort_code, account_number, active_from, decided_at AS since,
           lead(decided_at) OVER (PARTITION BY body_id ORDER BY decided_at, pgh_id) AS until
      FROM (SELECT DISTINCT ON (pgh_obj_id) * FROM grants_bankaccountevent
             WHERE status = 'approved' ORDER BY pgh_obj_id, pgh_id) AS first_approved
),
attempts AS MATERIALIZED (
    SELECT p.*, a.reference || ' payment ' || t.number || ' (' || p.end_to_end_id || ')' AS subject, a.body_id,
           f.pence, r.prepared_at, r.prepared_on, file.status AS file_status, file.id IS NOT NULL AS is_sent
      FROM grants_payment AS p
      JOIN grants_paymentrun AS r ON r.id = p.run_id
      JOIN grants_tranche AS t ON t.id = p.tranche_id
      JOIN grants_agreement AS a ON a.id = t.agreement_id
      JOIN funded AS f ON f.tranche_id = t.id
      LEFT JOIN grants_paymentfile AS file ON file.run_id = r.id
     WHERE p.status <> 'withdrawn'
),
told AS MATERIALIZED (
    SELECT end_to_end_id, count(*) FILTER (WHERE amount_pence < 0) AS out_count
      FROM named GROUP BY end_to_end_id
),
settled AS (
    SELECT p.end_to_end_id FROM grants_doubtsettlement AS d
      JOIN grants_payment AS p ON p.id = d.payment_id OR d.payment_id IS NULL AND p.run_id = d.run_id
     WHERE d.status = 'confirmed' AND d.outcome = 'not_paid'
    UNION ALL
    SELECT p.end_to_end_id FROM grants_paymentnotice AS n JOIN grants_payment AS p ON p.id = n.payment_id
     WHERE n.kind = 'rejected'
)
SELECT 'unanswered', p.subject, p.pence, NULL::bigint, p.arrive_on, ''
  FROM attempts AS p LEFT JOIN told ON told.end_to_end_id = p.end_to_end_id
 WHERE p.is_sent AND p.file_status <> 'refused' AND told.end_to_end_id IS NULL AND p.arrive_on < %(answered_by)s
   AND p.end_to_end_id <> ALL (%(rejected)s) AND p.end_to_end_id NOT IN (SELECT end_to_end_id FROM settled)
UNION ALL
SELECT 'state_differs', p.subject, NULL, NULL, NULL,
       'the portal says “' || p.status || '”, no message of the bank does.'
  FROM attempts AS p LEFT JOIN told ON told.end_to_end_id = p.end_to_end_id
 WHERE (p.status IN ('confirmed', 'returned') AND coalesce(told.out_count, 0) = 0)
    OR (p.status = 'rejected' AND p.file_status <> 'refused' AND p.end_to_end_id <> ALL (%(rejected)s)
        AND p.end_to_end_id NOT IN (SELECT end_to_end_id FROM settled))
UNION ALL
SELECT 'amount_differs', subject, pence, amount_pence + uplift_pence + contribution_pence, NULL, 'the payment'
  FROM attempts WHERE amount_pence + uplift_pence + contribution_pence <> pence
UNION ALL
SELECT 'amount_differs', p.subject, p.pence, abs(l.amount_pence), l.value_on, 'the bank'
  FROM attempts AS p JOIN named AS l ON l.end_to_end_id = p.end_to_end_id
 WHERE abs(l.amount_pence) <> p.pence
UNION ALL
SELECT 'account_differs', p.subject, NULL, NULL, NULL,
       'it goes to sort code ' || p.sort_code || ', account ending ' || right(p.account_number, 3) || '; approved was '
       || coalesce(approved.sort_code || ', ending ' || right(approved.account_number, 3), 'none') || '.'
  FROM attempts AS p
  LEFT JOIN approved ON approved.body_id = p.body_id AND approved.since <= p.prepared_at
        AND (approved.until IS NULL OR approved.until > p.prepared_at) AND approved.active_from <= p.prepared_on
 WHERE (approved.sort_code, approved.account_number) IS DISTINCT FROM (p.sort_code, p.account_number)
""".replace("{named}", NAMED)

LINES = """
SELECT 'not_asked', 'Line ' || s.sequence || '/' || l.position, NULL::bigint, -l.amount_pence, l.value_on,
       l.end_to_end_id
  FROM grants_statementline AS l JOIN grants_bankstatement AS s ON s.id = l.statement_id
 WHERE l.amount_pence < 0 AND l.end_to_end_id <> ''
   AND NOT EXISTS (SELECT 1 FROM grants_payment AS p WHERE p.end_to_end_id = l.end_to_end_id)
UNION ALL
SELECT 'suspense_old', 'Line ' || s.sequence || '/' || l.position, NULL, l.amount_pence, l.value_on, l.finding
  FROM grants_statementline AS l JOIN grants_bankstatement AS s ON s.id = l.statement_id
 WHERE l.match = 'suspense' AND l.value_on < %(explained_by)s
   AND NOT EXISTS (SELECT 1 FROM grants_lineclearing AS c
                    WHERE c.status = 'confirmed' AND l.id IN (c.line_id, c.counter_line_id))
UNION ALL
SELECT 'line_differs', 'Line ' || s.sequence || '/' || l.position, l.amount_pence, posted.pence, l.value_on,
       'the bank moved ' || to_char(l.amount_pence / 100.0, {pounds}) || ', its journal moves '
       || to_char(posted.pence / 100.0, {pounds}) || ' of cash.'
  FROM grants_statementline AS l
  JOIN grants_bankstatement AS s ON s.id = l.statement_id
  JOIN (SELECT journal_id, sum(amount_pence)::bigint AS pence FROM grants_posting
         WHERE account = 'cash' GROUP BY journal_id) AS posted ON posted.journal_id = l.journal_id
 WHERE posted.pence <> l.amount_pence
UNION ALL
SELECT 'statement_gap', 'Statement ' || sequence, before_pence, opening_pence, closes_on,
       CASE WHEN sequence <> before_sequence + 1
            THEN 'the one before it is number ' || before_sequence || '.'
            ELSE 'it opens with ' || to_char(opening_pence / 100.0, {pounds}) || ', the one before closed with '
                 || to_char(before_pence / 100.0, {pounds}) || '.' END
  FROM (SELECT *, lag(sequence, 1, 0::bigint) OVER (ORDER BY sequence) AS before_sequence,
               lag(closing_pence) OVER (ORDER BY sequence) AS before_pence FROM grants_bankstatement) AS s
 WHERE sequence <> before_sequence + 1 OR opening_pence <> before_pence
""".replace("{pounds}", "'FM£999,999,999,990.00'")

BALANCES = """
WITH {schedule},
bank AS (SELECT coalesce((SELECT closing_pence FROM grants_bankstatement ORDER BY sequence DESC LIMIT 1), 0) AS pence),
cash AS (SELECT coalesce(sum(amount_pence), 0)::bigint AS pence FROM grants_posting WHERE account = 'cash'),
shown AS (
    SELECT f.source_id, sum(f.amount_pence + f.uplift_pence + f.contribution_pence)::bigint AS pence
      FROM schedule AS s JOIN grants_tranchefunding AS f ON f.tranche_id = s.id
     WHERE s.net_count > 0 GROUP BY f.source_id
),
posted AS (
    SELECT p.source_id, -sum(p.amount_pence)::bigint AS pence
      FROM grants_posting AS p JOIN grants_journal AS j ON j.id = p.journal_id
      LEFT JOIN grants_journal AS undone ON undone.id = j.reverses_id
     WHERE p.account = 'paid' AND coalesce(undone.kind, j.kind) IN ('confirmed', 'returned', 'return_reversed')
     GROUP BY p.source_id
)
SELECT 'cash_differs', 'The account', bank.pence, cash.pence, NULL::date, '' FROM bank, cash
 WHERE bank.pence <> cash.pence
UNION ALL
SELECT 'paid_differs', s.name, coalesce(shown.pence, 0), coalesce(posted.pence, 0), NULL, ''
  FROM grants_source AS s LEFT JOIN shown ON shown.source_id = s.id LEFT JOIN posted ON posted.source_id = s.id
 WHERE coalesce(shown.pence, 0) <> coalesce(posted.pence, 0)
""".replace("{schedule}", SCHEDULE)

# What should have been paid by now, and what was, per source: the figures of the report.
TOTALS = """
WITH {schedule}
SELECT src.name,
       coalesce(sum(f.amount_pence + f.uplift_pence + f.contribution_pence)
                FILTER (WHERE s.due_on <= %(day)s), 0)::bigint,
       coalesce(sum(f.amount_pence + f.uplift_pence + f.contribution_pence)
                FILTER (WHERE s.net_count > 0), 0)::bigint,
       count(DISTINCT s.id) FILTER (WHERE s.due_on <= %(day)s), count(DISTINCT s.id) FILTER (WHERE s.net_count > 0)
  FROM schedule AS s JOIN grants_tranchefunding AS f ON f.tranche_id = s.id JOIN grants_source AS src
    ON src.id = f.source_id
 WHERE s.is_promised AND (s.due_on <= %(day)s OR s.net_count > 0)
 GROUP BY src.id, src.name ORDER BY src.id
""".replace("{schedule}", SCHEDULE)
STANDING = """
SELECT coalesce((SELECT sequence FROM grants_bankstatement ORDER BY sequence DESC LIMIT 1), 0),
       coalesce((SELECT closing_pence FROM grants_bankstatement ORDER BY sequence DESC LIMIT 1), 0),
       coalesce((SELECT sum(amount_pence) FROM grants_posting WHERE account = 'cash'), 0)::bigint,
       coalesce((SELECT max(id) FROM grants_journal), 0)
"""

# Raw messages beside what was taken from them; both in the same order, to be read side by side.
REPORTS = (
    "SELECT sequence, content FROM grants_bankmessage WHERE kind = 'report' AND outcome = 'applied' ORDER BY sequence"
)
STATEMENTS = """
SELECT s.id, m.sequence, m.content, s.opening_pence, s.closing_pence
  FROM grants_bankmessage AS m LEFT JOIN grants_bankstatement AS s ON s.message_id = m.id
 WHERE m.kind = 'statement' AND m.outcome = 'applied' ORDER BY s.id
"""
STATEMENT_LINES = """
SELECT statement_id, bank_reference, amount_pence, end_to_end_id, value_on
  FROM grants_statementline ORDER BY statement_id, position
"""
FILES = "SELECT run_id, content FROM grants_paymentfile WHERE run_id IS NOT NULL ORDER BY run_id"
FILE_PAYMENTS = """
SELECT p.run_id, p.end_to_end_id, p.amount_pence + p.uplift_pence + p.contribution_pence, p.sort_code, p.account_number
  FROM grants_payment AS p JOIN grants_paymentfile AS f ON f.run_id = p.run_id
 WHERE p.status <> 'withdrawn' ORDER BY p.run_id, p.end_to_end_id
"""
