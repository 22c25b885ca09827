"""What the bank remembers, in one SQLite file: every method is one transaction, durable before it answers."""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from . import messages
from .messages import Account, Entry, Instruction, RefusedError, Rejection, StatementOfDay
from .schema import (
    DOCUMENTS_AFTER,
    LAST_SEQUENCE,
    MOVEMENT,
    SCHEMA,
    TO_PAY,
    TO_RETURN,
    TO_TAKE_BACK,
    Movement,
)

FAULTS = {
    "reject",
    "return",
    "reverse",
    "delay",
    "silence",
    "duplicate",
    "half_upload",
    "half_answer",
    "early",
    "forget",
}
UNTIL_OFF = 1_000_000_000  # times
RETURNED_IN_ERROR = "AM05"
NOT_ENOUGH_MONEY = "AM04"
CLOSED_ACCOUNT = "AC04"


class Bank:
    """One account of one customer. `dedupe=False` makes a bank that pays whatever it is sent, however often."""

    def __init__(self, path: str | Path, *, account: Account, dedupe: bool = True) -> None:
        self.account = account
        self.dedupe = dedupe
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file, after the request at work has finished."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def take_file(self, content: bytes) -> dict[str, Any]:
        """Accept a payment file once; the same bytes again are a duplicate, another file of that name is refused."""
        file = messages.read_payment_file(content, self.account)
        sha256 = hashlib.sha256(content).hexdigest()
        answer = {"message_id": file.message_id, "payments": len(file.instructions), "sha256": sha256}
        with self._transaction() as db:
            known = db.execute("SELECT sha256 FROM file WHERE message_id = ?", [file.message_id]).fetchone()
            if known and self.dedupe:
                if known["sha256"] != sha256:
                    raise RefusedError(f"MsgId {file.message_id} was used before for a different file")
                return {"outcome": "duplicate", **answer}
            if self.dedupe:
                _refuse_known_payments(db, file.instructions)
            total_pence = sum(one.amount_pence for one in file.instructions)
            db.execute(
                "INSERT OR IGNORE INTO file VALUES (?, ?, ?, ?)",
                [file.message_id, sha256, len(file.instructions), total_pence],
            )
            db.executemany(
                "INSERT INTO instruction (message_id, batch_id, end_to_end_id, amount_pence, sort_code,"
                " account_number, payee_name, reference, execute_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_instruction_row(file.message_id, one) for one in file.instructions],
            )
        return {"outcome": "accepted", **answer}

    def take_credit(self, *, reference: str, amount_pence: int, on: date) -> dict[str, Any]:
        """Money that will arrive on `on`; reference and day are its key, so that asking twice brings it once."""
        return self._take("credit", reference, amount_pence, on=on)

    def take_debit(self, *, reference: str, amount_pence: int, on: date) -> dict[str, Any]:
        """Money that will leave on `on` without a file, as when finance invests; once for a reference and day."""
        return self._take("debit", reference, amount_pence, on=on)

    def _take(self, kind: Movement, reference: str, amount_pence: int, *, on: date) -> dict[str, Any]:
        if amount_pence <= 0:
            raise RefusedError(f"a {kind} must be of at least one penny")
        with self._transaction() as db:
            known = db.execute(MOVEMENT[kind]["find"], [reference, on.isoformat()]).fetchone()
            if known is None:
                db.execute(MOVEMENT[kind]["add"], [reference, amount_pence, on.isoformat()])
            elif known["amount_pence"] != amount_pence:
                raise RefusedError(f"the reference {reference} was used before for another {kind} of that day")
        return {"outcome": "duplicate" if known else "accepted", "reference": reference}

    def set_fault(
        self, *, kind: str, account_number: str = "", reason: str = CLOSED_ACCOUNT, days: int = 2, times: int = 1
    ) -> None:
        """Misbehave `times` times.

        Args:
            kind: reject or return a payment, delay it by `days`, accept a file and never answer (silence), deliver
                every statement and report twice (duplicate), lose the second half of a file on its way
                (half_upload), break off in the middle of an answer (half_answer), accept a payment and never make it
                nor speak of it (forget), or say of a day what moved before the statement says it again (early; no
                fault, but banks differ).
            account_number: the payee whose payments it concerns; empty for any.
            reason: ISO reason code given for a rejection or return, AC04 (closed account) by default.
            days: from payment to return, or of the delay.
            times: how often before the bank behaves again.
        """
        if kind not in FAULTS:
            raise RefusedError(f"no such fault: {kind}; there are {', '.join(sorted(FAULTS))}")
        with self._transaction() as db:
            db.execute(
                "INSERT INTO fault (kind, account_number, reason, days, times) VALUES (?, ?, ?, ?, ?)",
                [kind, account_number, reason, days, times],
            )

    def clear_fault(self, kind: str) -> None:
        """Behave again."""
        with self._transaction() as db:
            db.execute("UPDATE fault SET times = 0 WHERE kind = ?", [kind])

    def faults(self) -> dict[str, int]:
        """How often each fault is still to come; 0 for those that are off."""
        with self._transaction() as db:
            rows = db.execute("SELECT kind, sum(times) AS times FROM fault GROUP BY kind").fetchall()
        return dict.fromkeys(sorted(FAULTS), 0) | {row["kind"]: row["times"] for row in rows}

    def use_fault(self, kind: str) -> bool:
        """True when the bank is to misbehave in this way now; it then has done so once more."""
        with self._transaction() as db:
            return _use_fault(db, kind, "") is not None

    def use_silence(self) -> bool:
        """True when the file just taken is to get no answer."""
        return self.use_fault("silence")

    def advance(self, to: date) -> dict[str, Any]:
        """Live through every day up to and including `to`, writing one statement for each day on which money moved.

        A file that arrives for a day already lived is paid on the day reached, by a further statement.
        """
        with self._transaction() as db:
            row = db.execute("SELECT on_date FROM bank_day").fetchone()
            reached = date.fromisoformat(row["on_date"]) if row else date.min
            if to < reached:
                raise RefusedError(f"the bank has reached {reached}; it cannot go back to {to}")
            while (day := _next_day_with_work(db, reached, to)) is not None:
                _Day(db, self.account, day).live()
                reached = day
            db.execute("INSERT OR REPLACE INTO bank_day VALUES (1, ?)", [to.isoformat()])
            return {
                "on": to.isoformat(),
                "statements": _last_sequence(db, "statement"),
                "reports": _last_sequence(db, "report"),
                "notices": _last_sequence(db, "notice"),
            }

    def statements_after(self, sequence: int) -> list[dict[str, Any]]:
        """The next statements after a sequence number, oldest first, at most fifty."""
        with self._transaction() as db:
            return _delivered(db, "statement", sequence)

    def reports_after(self, sequence: int) -> list[dict[str, Any]]:
        """The next rejection reports after a sequence number, oldest first, at most fifty."""
        with self._transaction() as db:
            return _delivered(db, "report", sequence)

    def notices_after(self, sequence: int) -> list[dict[str, Any]]:
        """The next early notices after a sequence number, oldest first, at most fifty."""
        with self._transaction() as db:
            return _delivered(db, "notice", sequence)

    def totals(self) -> dict[str, int]:
        """What truly happened here, counted from the entries: the independent witness of tests and `journey`."""
        with self._transaction() as db:
            paid = db.execute(
                "SELECT count(*) AS ids, coalesce(sum(times > 1), 0) AS twice, coalesce(sum(pence), 0) AS pence FROM"
                " (SELECT count(*) AS times, -sum(amount_pence) AS pence FROM entry WHERE kind = 'payment'"
                " GROUP BY end_to_end_id)"
            ).fetchone()
            returned = db.execute(
                "SELECT coalesce(sum(CASE WHEN amount_pence > 0 THEN 1 ELSE -1 END), 0) AS n,"
                " coalesce(sum(amount_pence), 0) AS pence FROM entry WHERE kind = 'return'"
            ).fetchone()
            return {
                "credited": paid["ids"],
                "credited_twice": paid["twice"],
                "paid_pence": paid["pence"],
                "returned": returned["n"],
                "returned_pence": returned["pence"],
                "balance_pence": _closing_pence(db),
            }


class _Day:
    """One day of the bank: money in, returns, payments, then the statement and the reports."""

    def __init__(self, db: sqlite3.Connection, account: Account, on: date) -> None:
        self.db = db
        self.account = account
        self.on = on
        self.sequence = _last_sequence(db, "statement") + 1
        self.opening_pence = self.balance_pence = _closing_pence(db)
        self.entries: list[tuple[str, Entry]] = []
        self.rejections: list[Rejection] = []

    def live(self) -> None:
        self._book_movements("credit", 1)
        self._book_movements("debit", -1)
        self._book_returns()
        self._take_returns_back()
        self._pay()
        if (self.entries or self.rejections) and _use_fault(self.db, "early", "") is not None:
            self._write_notice()
        if self.entries:
            self._write_statement()
        for message_id in sorted({one.message_id for one in self.rejections}):
            number = _last_sequence(self.db, "report") + 1
            mine = [one for one in self.rejections if one.message_id == message_id]
            self.db.execute(
                "INSERT INTO report VALUES (?, ?)", [number, messages.write_rejections(number, self.on, mine)]
            )

    def _book(self, kind: str, amount_pence: int, **details: str) -> None:
        reference = f"{self.sequence:08d}-{len(self.entries) + 1:06d}"
        self.entries.append((kind, Entry(reference, amount_pence, **details)))
        self.balance_pence += amount_pence

    def _book_movements(self, kind: Movement, sign: int) -> None:
        for row in self.db.execute(MOVEMENT[kind]["due"], [self.on.isoformat()]).fetchall():
            self._book(kind, sign * row["amount_pence"], reference=row["reference"])
            self.db.execute(MOVEMENT[kind]["book"], [row["reference"], row["on_date"]])

    def _book_returns(self) -> None:
        for row in self.db.execute(TO_RETURN, [self.on.isoformat()]).fetchall():
            self._book(
                "return",
                row["amount_pence"],
                end_to_end_id=row["end_to_end_id"],
                reference=row["reference"],
                reason=row["return_reason"],
            )
            self.db.execute("UPDATE instruction SET state = 'returned' WHERE id = ?", [row["id"]])

    def _take_returns_back(self) -> None:
        """Debit once more what was given back in error: the payment stands."""
        for row in self.db.execute(TO_TAKE_BACK, [self.on.isoformat()]).fetchall():
            self._book(
                "return",
                -row["amount_pence"],
                end_to_end_id=row["end_to_end_id"],
                reference=row["reference"],
                reason=RETURNED_IN_ERROR,
            )
            self.db.execute("UPDATE instruction SET state = 'paid', return_on = NULL WHERE id = ?", [row["id"]])
            self.db.execute("DELETE FROM taking_back WHERE instruction = ?", [row["id"]])

    def _pay(self) -> None:
        for row in self.db.execute(TO_PAY, [self.on.isoformat()]).fetchall():
            delay = _use_fault(self.db, "delay", row["account_number"])
            if delay is not None and delay["days"] > 0:
                later = self.on + timedelta(days=delay["days"])
                self._put_off(row, later)
                continue
            if _use_fault(self.db, "forget", row["account_number"]) is not None:
                self._put_off(row, date.max)
                continue
            fault = _use_fault(self.db, "reject", row["account_number"])
            if fault is not None or row["amount_pence"] > self.balance_pence:
                self._reject(row, fault["reason"] if fault else NOT_ENOUGH_MONEY)
            else:
                self._pay_one(row)

    def _put_off(self, row: sqlite3.Row, to: date) -> None:
        self.db.execute("UPDATE instruction SET execute_on = ? WHERE id = ?", [to.isoformat(), row["id"]])

    def _pay_one(self, row: sqlite3.Row) -> None:
        self._book("payment", -row["amount_pence"], end_to_end_id=row["end_to_end_id"], reference=row["reference"])
        in_error = _use_fault(self.db, "reverse", row["account_number"])
        fault = in_error or _use_fault(self.db, "return", row["account_number"])
        if fault is None:
            self.db.execute("UPDATE instruction SET state = 'paid' WHERE id = ?", [row["id"]])
            return
        days = timedelta(days=max(1, fault["days"]))
        self.db.execute(
            "UPDATE instruction SET state = 'paid', return_on = ?, return_reason = ? WHERE id = ?",
            [(self.on + days).isoformat(), fault["reason"], row["id"]],
        )
        if in_error is not None:
            self.db.execute("INSERT INTO taking_back VALUES (?, ?)", [row["id"], (self.on + days + days).isoformat()])

    def _reject(self, row: sqlite3.Row, reason: str) -> None:
        said = (row["message_id"], row["batch_id"], row["end_to_end_id"], reason, row["amount_pence"])
        self.rejections.append(Rejection(*said))
        self.db.execute("UPDATE instruction SET state = 'rejected' WHERE id = ?", [row["id"]])

    def _write_notice(self) -> None:
        number = _last_sequence(self.db, "notice") + 1
        day = StatementOfDay(number, self.on, self.opening_pence, [entry for _, entry in self.entries])
        document = messages.write_notification(day, self.rejections, self.account)
        self.db.execute("INSERT INTO notice VALUES (?, ?)", [number, document])

    def _write_statement(self) -> None:
        entries = tuple(entry for _, entry in self.entries)
        statement = StatementOfDay(self.sequence, self.on, self.opening_pence, entries)
        self.db.execute(
            "INSERT INTO statement VALUES (?, ?, ?, ?)",
            [
                self.sequence,
                self.on.isoformat(),
                statement.closing_pence,
                messages.write_statement(statement, self.account),
            ],
        )
        self.db.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?)",
            [
                [entry.entry_reference, self.sequence, kind, entry.amount_pence, entry.end_to_end_id]
                for kind, entry in self.entries
            ],
        )


def _instruction_row(message_id: str, one: Instruction) -> list[Any]:
    return [
        message_id,
        one.batch_id,
        one.end_to_end_id,
        one.amount_pence,
        one.payee.sort_code,
        one.payee.number,
        one.payee_name,
        one.reference,
        one.execute_on.isoformat(),
    ]


def _refuse_known_payments(db: sqlite3.Connection, instructions: tuple[Instruction, ...]) -> None:
    for one in instructions:
        row = db.execute("SELECT message_id FROM instruction WHERE end_to_end_id = ?", [one.end_to_end_id]).fetchone()
        if row:
            raise RefusedError(f"EndToEndId {one.end_to_end_id} was used before, in file {row['message_id']}")


def _next_day_with_work(db: sqlite3.Connection, reached: date, to: date) -> date | None:
    row = db.execute(
        "SELECT min(day) AS day FROM (SELECT min(execute_on) AS day FROM instruction WHERE state = 'waiting'"
        " UNION ALL SELECT min(return_on) FROM instruction WHERE state = 'paid' AND return_on IS NOT NULL"
        " UNION ALL SELECT min(on_date) FROM taking_back"
        " UNION ALL SELECT min(on_date) FROM credit WHERE booked = 0"
        " UNION ALL SELECT min(on_date) FROM debit WHERE booked = 0)"
    ).fetchone()
    if row["day"] is None:
        return None
    day = max(reached, date.fromisoformat(row["day"]))
    return day if day <= to else None


def _use_fault(db: sqlite3.Connection, kind: str, account_number: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM fault WHERE kind = ? AND account_number IN ('', ?) AND times > 0 ORDER BY id LIMIT 1",
        [kind, account_number],
    ).fetchone()
    if row is not None:
        db.execute("UPDATE fault SET times = times - 1 WHERE id = ?", [row["id"]])
    return row


def _last_sequence(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(LAST_SEQUENCE[table]).fetchone()[0])


def _closing_pence(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT closing_pence FROM statement ORDER BY sequence DESC LIMIT 1").fetchone()
    return int(row["closing_pence"]) if row else 0


def _delivered(db: sqlite3.Connection, table: str, sequence: int) -> list[dict[str, Any]]:
    """What follows `sequence`; under the fault called duplicate each twice, and the one before once more."""
    found = _documents_after(db, table, sequence)
    if found and _use_fault(db, "duplicate", "") is not None:
        before = _documents_after(db, table, sequence - 1)[:1] if sequence > 0 else []
        return [*before, *(document for one in found for document in (one, one))]
    return found


def _documents_after(db: sqlite3.Connection, table: str, sequence: int) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute(DOCUMENTS_AFTER[table], [sequence])]
