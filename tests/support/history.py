"""Years of payments in a moment: real agreements, multiplied by SQL as the owner, every journal sealed and balanced.

The database's own checks run at commit as for any journal. What stands there afterwards is past: paid, confirmed by
statements, told to nobody; the few payments that the agreements themselves still promise are what a tick looks for.
"""

from collections.abc import Sequence

from django.db import connections, transaction

FIRST_NUMBER = 1_000  # of the payments added; an agreement's own are far below

TRANCHES = """
INSERT INTO grants_tranche (agreement_id, number, year, due_on, process_on, amount_pence, contribution_pence, status)
SELECT a.id, %(first)s + n, 1, core_now()::date - 10 - n %% %(days)s, core_now()::date - 12 - n %% %(days)s,
       10000, 500, 'paid'
  FROM grants_agreement AS a, generate_series(1, %(each)s) AS n
 WHERE a.id = ANY (%(agreements)s)
"""
FUNDING = """
INSERT INTO grants_tranchefunding (tranche_id, source_id, amount_pence, contribution_pence)
SELECT t.id, (SELECT min(id) FROM grants_source), 10000, 500 FROM grants_tranche AS t WHERE t.number > %(first)s
"""
RUNS = """
INSERT INTO grants_paymentrun (message_id, status, prepared_on, payment_count, total_pence, checked_by_id, checked_at,
    released_by_id, released_at, stop_reason, is_sample)
SELECT translate(lpad(n::text, 16, 'A'), '0189', 'WXYZ'), 'released', core_now()::date + 10, %(run)s, %(run)s * 10500,
       people.one, core_now(), people.other, core_now(), '', true
  FROM generate_series(1, (SELECT count(*) / %(run)s + 1 FROM grants_tranche WHERE number > %(first)s)) AS n,
       (SELECT min(id) AS one, max(id) AS other FROM core_user) AS people
"""
PAYMENTS = """
INSERT INTO grants_payment (run_id, tranche_id, attempt, end_to_end_id, bank_account_id, payee_name, sort_code,
    account_number, amount_pence, contribution_pence, arrive_on, status, confirmed_on, reason_code)
SELECT (SELECT min(id) FROM grants_paymentrun WHERE message_id LIKE 'AAAAAAAA%%') + t.row / %(run)s, t.id, 1,
       translate(lpad(t.id::text, 16, 'B'), '0189', 'WXYZ'), account.id, account.account_name, account.sort_code,
       account.account_number, 10000, 500, t.due_on, 'confirmed', t.due_on, ''
  FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS row FROM grants_tranche WHERE number > %(first)s) AS t
  JOIN grants_agreement AS a ON a.id = t.agreement_id
  JOIN grants_bankaccount AS account ON account.body_id = a.body_id AND account.status = 'approved'
"""
FILES = """
INSERT INTO grants_paymentfile (run_id, content, sha256, status, tries, last_tried_at, answered_at, answer)
SELECT id, '', repeat('0', 64), 'accepted', 1, core_now(), core_now(), '' FROM grants_paymentrun
 WHERE message_id LIKE 'AAAAAAAA%%'
"""
JOURNALS = """
INSERT INTO grants_journal (idempotency_key, request_hash, kind, effective_on, recorded_at, source_reference, actor_id,
    process, approver_id, line_count)
SELECT 'payment:' || p.end_to_end_id || ':' || step.kind, repeat('0', 64), step.kind, p.arrive_on,
       (p.arrive_on + interval '12 hours') AT TIME ZONE 'UTC', p.end_to_end_id,
       CASE WHEN step.kind = 'instructed' THEN people.one END,
       CASE WHEN step.kind = 'instructed' THEN '' ELSE 'history' END,
       CASE WHEN step.kind = 'instructed' THEN people.other END, step.lines
  FROM grants_payment AS p,
       (VALUES (1, 'released', 2), (2, 'instructed', 2), (3, 'confirmed', 4)) AS step (n, kind, lines),
       (SELECT min(id) AS one, max(id) AS other FROM core_user) AS people
 WHERE p.end_to_end_id LIKE 'BBBBBBBB%%' ORDER BY p.id, step.n
"""
# A promise first has to be made: one journal that moves the sum of the history from free to committed.
PROMISE = """
WITH made AS (
    INSERT INTO grants_journal (idempotency_key, request_hash, kind, effective_on, source_reference, actor_id, process,
        approver_id, line_count)
    SELECT 'history:' || a.id, repeat('0', 64), 'approval', core_now()::date, '', people.one, '', people.other, 2
      FROM grants_agreement AS a, (SELECT min(id) AS one, max(id) AS other FROM core_user) AS people
     WHERE a.id = ANY (%(agreements)s) RETURNING id, split_part(idempotency_key, ':', 2)::bigint AS agreement_id
)
INSERT INTO grants_posting (journal_id, line, line_count, account, source_id, strand, neighbourhood_id, agreement_id,
    amount_pence)
SELECT made.id, line.n, 2, line.account, (SELECT min(id) FROM grants_source), 'place',
       CASE WHEN line.account = 'committed' THEN place.neighbourhood_id END,
       CASE WHEN line.account = 'committed' THEN a.id END, line.pence * %(each)s
  FROM made JOIN grants_agreement AS a ON a.id = made.agreement_id
  JOIN grants_allocation AS place ON place.id = a.allocation_id,
       (VALUES (1, 'free', 10500), (2, 'committed', -10500)) AS line (n, account, pence)
"""
POSTINGS = """
INSERT INTO grants_posting (journal_id, line, line_count, account, source_id, strand, neighbourhood_id, agreement_id,
    amount_pence)
SELECT j.id, line.n, j.line_count, line.account, (SELECT min(id) FROM grants_source), line.strand,
       CASE WHEN line.account <> 'cash' THEN place.neighbourhood_id END,
       CASE WHEN line.account <> 'cash' THEN t.agreement_id END, line.pence
  FROM grants_journal AS j
  JOIN grants_payment AS p ON p.end_to_end_id = j.source_reference
  JOIN grants_tranche AS t ON t.id = p.tranche_id
  JOIN grants_agreement AS a ON a.id = t.agreement_id
  JOIN grants_allocation AS place ON place.id = a.allocation_id
  JOIN (VALUES ('released', 1, 'committed', 'place', 10500), ('released', 2, 'payable', 'place', -10500),
               ('instructed', 1, 'payable', 'place', 10500), ('instructed', 2, 'instructed', 'place', -10500),
               ('confirmed', 1, 'instructed', 'place', 10500), ('confirmed', 2, 'paid', 'place', -10500),
               ('confirmed', 3, 'applied', 'place', 10500), ('confirmed', 4, 'cash', '', -10500))
       AS line (kind, n, account, strand, pence) ON line.kind = j.kind
 WHERE p.end_to_end_id LIKE 'BBBBBBBB%%'
"""
MESSAGES = """
INSERT INTO grants_bankmessage (kind, sequence, content, sha256, outcome, problem)
SELECT 'statement', 100000 + n, '', lpad(n::text, 64, '0'), 'applied', '' FROM generate_series(1, 3000) AS n
"""
STATEMENTS = """
INSERT INTO grants_bankstatement (message_id, sequence, closes_on, opening_pence, closing_pence, line_count)
SELECT m.id, m.sequence, core_now()::date - 10, last.closing_pence, last.closing_pence, 0
  FROM grants_bankmessage AS m,
       (SELECT closing_pence FROM grants_bankstatement ORDER BY sequence DESC LIMIT 1) AS last
 WHERE m.sequence > 100000
"""
LINES = """
INSERT INTO grants_statementline (statement_id, position, bank_reference, amount_pence, value_on, end_to_end_id,
    reference, reason_code, match, finding, payment_id, journal_id)
SELECT (SELECT min(id) FROM grants_bankstatement WHERE sequence > 100000) + p.row %% 3000, p.row / 3000 + 1,
       'H' || p.id, -10500, p.arrive_on, p.end_to_end_id, '', '', 'confirmed', '', p.id, j.id
  FROM (SELECT *, row_number() OVER (ORDER BY id) AS row FROM grants_payment WHERE end_to_end_id LIKE 'BBBBBBBB%%') AS p
  JOIN grants_journal AS j ON j.idempotency_key = 'payment:' || p.end_to_end_id || ':confirmed'
"""
TABLES = (
    "grants_tranche",
    "grants_tranchefunding",
    "grants_paymentrun",
    "grants_payment",
    "grants_paymentfile",
    "grants_journal",
    "grants_posting",
    "grants_bankmessage",
    "grants_bankstatement",
    "grants_statementline",
)
JOURNALS_A_PAYMENT = 3
LAST_SEQUENCE = 103_000  # of the statements added; the bank goes on from there


def add_history(*, journals: int, agreements: Sequence[int] = (), run_size: int = 500, days: int = 3_000) -> int:
    """Add about so many journals of payments long made; returns how many there are in all, analysed.

    Args:
        journals: three of them to a payment.
        agreements: whose payments they were; of all that are accepted unless named.
        run_size: payments in each run.
        days: over how many days they were made; the next tick seals each of them.
    """
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT array_agg(id) FROM grants_agreement WHERE accepted_at IS NOT NULL")
        chosen = list(agreements) or cursor.fetchone()[0]
        each = journals // JOURNALS_A_PAYMENT // len(chosen)
        values = {"each": each, "first": FIRST_NUMBER, "run": run_size, "agreements": chosen, "days": days}
        for table in TABLES:  # floors are summed anew for every journal: right for one, endless for a million
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # noqa: S608 - our own names
        for statement in (
            TRANCHES,
            FUNDING,
            RUNS,
            FILES,
            PAYMENTS,
            JOURNALS,
            POSTINGS,
            PROMISE,
            MESSAGES,
            STATEMENTS,
            LINES,
        ):
            cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")  # noqa: S608 - our own names
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM grants_journal")
        return int(cursor.fetchone()[0])
