"""The tables of the bank's store, and what it asks of them."""

from typing import Literal

SCHEMA = """
CREATE TABLE IF NOT EXISTS bank_day (only INTEGER PRIMARY KEY CHECK (only = 1), on_date TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS file (
    message_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, payment_count INTEGER NOT NULL, total_pence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS instruction (
    id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, batch_id TEXT NOT NULL, end_to_end_id TEXT NOT NULL,
    amount_pence INTEGER NOT NULL CHECK (amount_pence > 0), sort_code TEXT NOT NULL, account_number TEXT NOT NULL,
    payee_name TEXT NOT NULL, reference TEXT NOT NULL, execute_on TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'paid', 'rejected', 'returned')),
    return_on TEXT, return_reason TEXT);
CREATE TABLE IF NOT EXISTS taking_back (instruction INTEGER PRIMARY KEY REFERENCES instruction, on_date TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS instruction_by_end_to_end_id ON instruction (end_to_end_id);
CREATE INDEX IF NOT EXISTS instruction_by_day ON instruction (state, execute_on);
CREATE INDEX IF NOT EXISTS instruction_by_return ON instruction (state, return_on);
CREATE TABLE IF NOT EXISTS credit (
    reference TEXT NOT NULL, amount_pence INTEGER NOT NULL CHECK (amount_pence > 0), on_date TEXT NOT NULL,
    booked INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (reference, on_date));
CREATE INDEX IF NOT EXISTS credit_by_day ON credit (booked, on_date);
CREATE TABLE IF NOT EXISTS debit (
    reference TEXT NOT NULL, amount_pence INTEGER NOT NULL CHECK (amount_pence > 0), on_date TEXT NOT NULL,
    booked INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (reference, on_date));
CREATE INDEX IF NOT EXISTS debit_by_day ON debit (booked, on_date);
CREATE TABLE IF NOT EXISTS statement (
    sequence INTEGER PRIMARY KEY, on_date TEXT NOT NULL, closing_pence INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entry (
    entry_reference TEXT PRIMARY KEY, sequence INTEGER NOT NULL REFERENCES statement,
    kind TEXT NOT NULL CHECK (kind IN ('credit', 'debit', 'payment', 'return')), amount_pence INTEGER NOT NULL,
    end_to_end_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entry_by_end_to_end_id ON entry (end_to_end_id, kind);
CREATE TABLE IF NOT EXISTS report (sequence INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notice (sequence INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, account_number TEXT NOT NULL, reason TEXT NOT NULL,
    days INTEGER NOT NULL, times INTEGER NOT NULL);
"""
Movement = Literal["credit", "debit"]
MOVEMENT: dict[Movement, dict[str, str]] = {
    "credit": {
        "find": "SELECT * FROM credit WHERE reference = ? AND on_date = ?",
        "add": "INSERT INTO credit (reference, amount_pence, on_date) VALUES (?, ?, ?)",
        "due": "SELECT * FROM credit WHERE booked = 0 AND on_date <= ? ORDER BY reference",
        "book": "UPDATE credit SET booked = 1 WHERE reference = ? AND on_date = ?",
    },
    "debit": {
        "find": "SELECT * FROM debit WHERE reference = ? AND on_date = ?",
        "add": "INSERT INTO debit (reference, amount_pence, on_date) VALUES (?, ?, ?)",
        "due": "SELECT * FROM debit WHERE booked = 0 AND on_date <= ? ORDER BY reference",
        "book": "UPDATE debit SET booked = 1 WHERE reference = ? AND on_date = ?",
    },
}
LAST_SEQUENCE = {
    "statement": "SELECT coalesce(max(sequence), 0) FROM statement",
    "report": "SELECT coalesce(max(sequence), 0) FROM report",
    "notice": "SELECT coalesce(max(sequence), 0) FROM notice",
}
# Fifty in one answer: the caller asks again after the last one.
DOCUMENTS_AFTER = {
    "statement": "SELECT sequence, document FROM statement WHERE sequence > ? ORDER BY sequence LIMIT 50",
    "report": "SELECT sequence, document FROM report WHERE sequence > ? ORDER BY sequence LIMIT 50",
    "notice": "SELECT sequence, document FROM notice WHERE sequence > ? ORDER BY sequence LIMIT 50",
}
TO_PAY = "SELECT * FROM instruction WHERE state = 'waiting' AND execute_on <= ? ORDER BY end_to_end_id, id"
TO_RETURN = "SELECT * FROM instruction WHERE state = 'paid' AND return_on <= ? ORDER BY end_to_end_id, id"
TO_TAKE_BACK = (
    "SELECT instruction.* FROM taking_back JOIN instruction ON instruction.id = taking_back.instruction"
    " WHERE state = 'returned' AND on_date <= ? ORDER BY end_to_end_id, id"
)
