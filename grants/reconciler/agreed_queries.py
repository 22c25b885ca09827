"""What was agreed, in plain SQL: the terms of each schedule, what sources give, and whether the ledger follows."""

# What happened to each agreement since it was accepted, in order, and at the end its payments as they stand. A payment
# is closed while it is released: from the journal of its release on, until one takes that release back.
LIVES = """
WITH happened AS (
    SELECT v.agreement_id, v.made_at AS at, CASE v.number WHEN 1 THEN 'agreed' ELSE 'varied' END AS kind,
           jsonb_build_object(
               'reference', a.reference, 'starts_on', a.starts_on, 'anchor_on', a.anchor_on,
               'indexation', a.indexation, 'basis_points', a.index_basis_points, 'version', v.number,
               'amount_pence', v.amount_pence, 'contribution_pence', v.contribution_pence, 'years', v.term_years,
               'cadence_months', v.cadence_months, 'profile', v.profile, 'weights', v.custom_weights,
               'ends_on', v.ends_on, 'amounts', x.amounts,
               'proposed_on', (x.proposed_at AT TIME ZONE 'Europe/London')::date,
               'standing', (SELECT jsonb_agg(t.number) FROM grants_tranche AS t
                             WHERE t.id IN (SELECT one::bigint FROM jsonb_array_elements_text(x.standing) AS one)),
               'lines', (SELECT jsonb_agg(jsonb_build_array(l.number, l.due_on, l.amount_pence, l.contribution_pence))
                           FROM grants_variationline AS l WHERE l.variation_id = x.id),
               'funding', (SELECT jsonb_object_agg(f.source_id, jsonb_build_array(f.amount_pence, f.contribution_pence))
                             FROM grants_agreementfunding AS f
                            WHERE f.agreement_id = v.agreement_id AND f.version = v.number)) AS said
      FROM grants_agreementversion AS v
      JOIN grants_agreement AS a ON a.id = v.agreement_id
      LEFT JOIN grants_variation AS x ON x.id = v.variation_id
    UNION ALL
    SELECT t.agreement_id, d.decided_at, 'divided',
           jsonb_build_object('number', t.number, 'later', later.number, 'later_on', d.later_on,
                              'pay_pence', d.pay_pence)
      FROM grants_unspentdecision AS d
      JOIN grants_tranche AS t ON t.id = d.tranche_id
      LEFT JOIN grants_tranche AS later ON later.id = d.later_id
     WHERE d.status = 'confirmed' AND d.later_on IS NOT NULL
    UNION ALL
    SELECT t.agreement_id, j.recorded_at,
           CASE WHEN j.kind IN ('release_withdrawn', 'taken_out') THEN 'opened' ELSE 'closed' END,
           jsonb_build_object('numbers', jsonb_agg(t.number))
      FROM grants_journal AS j
      JOIN grants_payment AS p ON p.end_to_end_id = split_part(j.idempotency_key, ':', 2)
      JOIN grants_tranche AS t ON t.id = p.tranche_id
     WHERE j.kind IN ('released', 'release_withdrawn', 'taken_out', 'confirmed', 'return_reversed')
       AND j.idempotency_key LIKE 'payment:%'
     GROUP BY 1, 2, 3
    UNION ALL
    SELECT agreement_id, made_at, 'uplift', jsonb_build_object('year', year) FROM grants_uplift
    UNION ALL
    SELECT t.agreement_id, NULL, 'stands',
           jsonb_build_object(
               'number', t.number, 'status', t.status, 'due_on', t.due_on, 'process_on', t.process_on,
               'is_ended', a.status = 'discontinued',
               'pence', jsonb_build_array(t.amount_pence, t.uplift_pence, t.contribution_pence),
               'given', (SELECT jsonb_object_agg(f.source_id, f.parts)
                           FROM (SELECT source_id, jsonb_build_array(sum(amount_pence), sum(uplift_pence),
                                                                     sum(contribution_pence)) AS parts
                                   FROM grants_tranchefunding WHERE tranche_id = t.id GROUP BY source_id) AS f))
      FROM grants_tranche AS t JOIN grants_agreement AS a ON a.id = t.agreement_id
)
SELECT agreement_id, at, kind, said::text FROM happened ORDER BY agreement_id, at NULLS LAST, kind
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
