"""What was agreed, in plain SQL: the terms of each schedule, what sources give, and whether the ledger follows."""

# One row per payment of the version in force, ordered by agreement. What was put off from a payment since that version
# began is counted with it.
SCHEDULES = """
WITH RECURSIVE moved AS (
    SELECT d.tranche_id, d.later_id, d.decided_at, d.later_on, d.pay_pence
      FROM grants_unspentdecision AS d WHERE d.status = 'confirmed' AND d.later_on IS NOT NULL
),
belongs (line_id, version_id, tranche_id) AS (
    SELECT l.id, l.version_id, l.tranche_id FROM grants_scheduleline AS l
      JOIN grants_agreementversion AS v ON v.id = l.version_id
      JOIN grants_agreement AS a ON a.id = v.agreement_id AND a.version = v.number
    UNION ALL
    SELECT b.line_id, b.version_id, m.later_id
      FROM belongs AS b JOIN moved AS m ON m.tranche_id = b.tranche_id AND m.later_id IS NOT NULL
      JOIN grants_agreementversion AS v ON v.id = b.version_id AND m.decided_at > v.made_at
),
stands AS (
    SELECT b.line_id, sum(t.amount_pence)::bigint AS pence, sum(t.contribution_pence)::bigint AS contribution_pence
      FROM belongs AS b JOIN grants_tranche AS t ON t.id = b.tranche_id GROUP BY b.line_id
)
SELECT a.id, a.reference, v.number, v.amount_pence, v.contribution_pence, v.term_years, v.cadence_months, v.profile,
       v.custom_weights, a.anchor_on,
       l.number, l.due_on, p.id IS NOT NULL, coalesce(p.amount_pence, l.amount_pence),
       coalesce(p.contribution_pence, l.contribution_pence), t.status = 'cancelled' AND a.status = 'discontinued',
       s.pence, s.contribution_pence, t.due_on, t.process_on,
       (SELECT m.later_on FROM moved AS m WHERE m.tranche_id = t.id AND m.pay_pence = 0 AND m.decided_at > v.made_at
         ORDER BY m.decided_at DESC LIMIT 1)
  FROM grants_agreement AS a
  JOIN grants_agreementversion AS v ON v.agreement_id = a.id AND v.number = a.version
  JOIN grants_scheduleline AS l ON l.version_id = v.id
  JOIN grants_tranche AS t ON t.id = l.tranche_id
  JOIN stands AS s ON s.line_id = l.id
  LEFT JOIN grants_variationline AS p ON p.variation_id = v.variation_id AND p.number = l.number
 ORDER BY a.id, l.number
"""

AGREED = """
WITH agreed AS MATERIALIZED (
    SELECT a.id, f.source_id, sum(f.amount_pence)::bigint AS place, sum(f.contribution_pence)::bigint AS body
      FROM grants_agreement AS a JOIN grants_agreementfunding AS f ON f.agreement_id = a.id AND f.version <= a.version
     WHERE a.accepted_at IS NOT NULL GROUP BY a.id, f.source_id
),
stands AS MATERIALIZED (
    SELECT t.agreement_id AS id, f.source_id, sum(f.amount_pence)::bigint AS place,
           sum(f.contribution_pence)::bigint AS body
      FROM grants_tranche AS t JOIN grants_tranchefunding AS f ON f.tranche_id = t.id
     WHERE t.status <> 'cancelled' GROUP BY t.agreement_id, f.source_id
),
compared AS MATERIALIZED (
    SELECT a.reference || ' from ' || s.name AS subject, a.status, coalesce(agreed.place, 0) AS place,
           coalesce(agreed.body, 0) AS body,
           coalesce(stands.place, 0) AS place_now, coalesce(stands.body, 0) AS body_now
      FROM agreed FULL JOIN stands USING (id, source_id)
      JOIN grants_agreement AS a USING (id) JOIN grants_source AS s ON s.id = source_id
)
SELECT 'agreement_differs', subject, place, place_now, NULL::date, 'That is the grant.' FROM compared
 WHERE CASE WHEN status = 'discontinued' THEN place_now > place ELSE place_now <> place END
UNION ALL
SELECT 'agreement_differs', subject, body, body_now, NULL, 'That is the contribution.' FROM compared
 WHERE CASE WHEN status = 'discontinued' THEN body_now > body ELSE body_now <> body END
UNION ALL
SELECT 'agreement_differs', a.reference, v.amount_pence + v.contribution_pence,
       coalesce((SELECT sum(place + body) FROM agreed WHERE agreed.id = a.id), 0)::bigint, NULL,
       'That is what its sources give.'
  FROM grants_agreement AS a JOIN grants_agreementversion AS v ON v.agreement_id = a.id AND v.number = a.version
 WHERE v.amount_pence + v.contribution_pence
       <> coalesce((SELECT sum(place + body) FROM agreed WHERE agreed.id = a.id), 0)
UNION ALL
SELECT 'agreement_differs', a.reference, v.amount_pence + v.contribution_pence, a.amount_pence + a.contribution_pence,
       NULL, 'Its terms are not those of the version in force.'
  FROM grants_agreement AS a JOIN grants_agreementversion AS v ON v.agreement_id = a.id AND v.number = a.version
 WHERE (a.amount_pence, a.contribution_pence, a.term_years, a.cadence_months, a.profile, a.ends_on)
       IS DISTINCT FROM (v.amount_pence, v.contribution_pence, v.term_years, v.cadence_months, v.profile, v.ends_on)
UNION ALL
SELECT 'agreement_differs', a.reference || ' payment ' || t.number, 0, t.amount_pence + t.contribution_pence, t.due_on,
       'Neither its schedule nor a decision made this payment.'
  FROM grants_tranche AS t JOIN grants_agreement AS a ON a.id = t.agreement_id
 WHERE t.status <> 'cancelled'
   AND NOT EXISTS (SELECT 1 FROM grants_scheduleline AS l WHERE l.tranche_id = t.id)
   AND NOT EXISTS (SELECT 1 FROM grants_unspentdecision AS d WHERE d.later_id = t.id AND d.status = 'confirmed')
"""

# What came back of claims is no payment; its journals are left out, and so is what reversed them.
LEDGER = """
WITH lines AS MATERIALIZED (
    SELECT p.source_id, p.account, p.agreement_id, p.strand,
           coalesce(undone.kind, j.kind) LIKE 'clawback%%' AS of_claim, sum(p.amount_pence)::bigint AS pence
      FROM grants_posting AS p JOIN grants_journal AS j ON j.id = p.journal_id
      LEFT JOIN grants_journal AS undone ON undone.id = j.reverses_id
     GROUP BY 1, 2, 3, 4, 5
),
held AS (
    SELECT agreement_id AS id, source_id, strand, -sum(pence)::bigint AS pence FROM lines
     WHERE agreement_id IS NOT NULL AND NOT of_claim
       AND account IN ('pledged', 'committed', 'payable', 'instructed', 'paid')
     GROUP BY 1, 2, 3
),
funding AS (
    SELECT t.agreement_id AS id, f.source_id, f.amount_pence + f.uplift_pence AS place, f.contribution_pence AS body
      FROM grants_tranchefunding AS f JOIN grants_tranche AS t ON t.id = f.tranche_id WHERE t.status <> 'cancelled'
    UNION ALL
    SELECT a.id, f.source_id, f.amount_pence, f.contribution_pence
      FROM grants_agreementfunding AS f JOIN grants_agreement AS a ON a.id = f.agreement_id
     WHERE a.status IN ('approved', 'offered')
),
owed AS (
    SELECT id, source_id, 'place' AS strand, sum(place)::bigint AS pence FROM funding GROUP BY 1, 2
    UNION ALL
    SELECT id, source_id, 'body_contribution', sum(body)::bigint FROM funding GROUP BY 1, 2
)
SELECT 'ledger_differs', a.reference || ' from ' || s.name, coalesce(owed.pence, 0), coalesce(held.pence, 0),
       NULL::date, CASE strand WHEN 'place' THEN 'That is for the place.' ELSE 'That is the contribution.' END
  FROM held FULL JOIN owed USING (id, source_id, strand)
  JOIN grants_agreement AS a USING (id) JOIN grants_source AS s ON s.id = source_id
 WHERE coalesce(held.pence, 0) <> coalesce(owed.pence, 0)
UNION ALL
SELECT 'ledger_differs', s.name, 0, sum(pence)::bigint, NULL, 'Everything posted must cancel out.'
  FROM lines JOIN grants_source AS s ON s.id = source_id GROUP BY s.id, s.name HAVING sum(pence) <> 0
UNION ALL
SELECT 'ledger_differs', s.name, -coalesce(sum(pence) FILTER (WHERE account = pair.promise), 0)::bigint,
       coalesce(sum(pence) FILTER (WHERE account = pair.asset), 0)::bigint, NULL, pair.words
  FROM lines JOIN grants_source AS s ON s.id = source_id
  CROSS JOIN (VALUES ('applied', 'paid', 'Money gone must be money paid.'),
                     ('recoverable', 'recovery_due', 'What claims ask for must be what is due back.'))
             AS pair (asset, promise, words)
 GROUP BY s.id, s.name, pair.words
HAVING coalesce(sum(pence) FILTER (WHERE account IN (pair.asset, pair.promise)), 0) <> 0
"""
