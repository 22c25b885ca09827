"""Messages and files as they came or went, beside the rows that were made of them."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

from grants.reconciler.differences import Difference, Kind
from grants.reconciler.messages import RawLine, RawTransfer, read_rejected, read_statement, read_transfers

Rows = Iterator[tuple[Any, ...]]


def compare_statements(statements: Rows, lines: Rows) -> Iterator[Difference]:
    """Every statement as the bank wrote it beside the lines that were stored; both ordered by statement."""
    for (pk, sequence, content, opening_pence, closing_pence), stored in _together(statements, lines):
        subject = f"Statement {sequence}"
        try:
            raw = read_statement(content)
        except ValueError as error:
            yield _unreadable(subject, error)
            continue
        if pk is None or (raw.sequence, raw.opening_pence, raw.closing_pence) != (
            sequence,
            opening_pence,
            closing_pence,
        ):
            yield Difference(
                Kind.LINE_DIFFERS,
                subject,
                raw.closing_pence,
                closing_pence,
                detail="number or balances are not those of the message.",
            )
        yield from _compare_lines(subject, raw.lines, [_stored_line(row) for row in stored])


def _compare_lines(subject: str, raw: tuple[RawLine, ...], stored: list[RawLine]) -> Iterator[Difference]:
    if len(raw) != len(stored):
        yield Difference(
            Kind.LINE_DIFFERS, subject, detail=f"the message has {len(raw)} lines, {len(stored)} are stored."
        )
    for came, kept in zip(raw, stored, strict=False):
        if came != kept:
            yield Difference(
                Kind.LINE_DIFFERS,
                f"{subject}, line {came.bank_reference}",
                came.amount_pence,
                kept.amount_pence,
                came.value_on,
                "it is not stored as the bank wrote it.",
            )


def _stored_line(row: tuple[Any, ...]) -> RawLine:
    reference, amount_pence, end_to_end_id, value_on = row
    return RawLine(reference, amount_pence, end_to_end_id, value_on if isinstance(value_on, date) else date.min)


def compare_files(files: Rows, payments: Rows) -> Iterator[Difference]:
    """Every file as the bank got it beside the payments that were claimed for it; both ordered by run."""
    for (run, content), claimed in _together(files, payments):
        try:
            in_file = {one.end_to_end_id: one for one in read_transfers(content)}
        except ValueError as error:
            yield _unreadable(f"The file of run {run}", error)
            continue
        wanted = {row[0]: RawTransfer(*row) for row in claimed}
        for end_to_end_id in sorted(in_file.keys() | wanted.keys()):
            yield from _compare_transfer(run, in_file.get(end_to_end_id), wanted.get(end_to_end_id))


def _compare_transfer(run: int, sent: RawTransfer | None, wanted: RawTransfer | None) -> Iterator[Difference]:
    either = sent or wanted
    subject = f"{either.end_to_end_id if either else ''} in the file of run {run}"
    if sent is None or wanted is None:
        where = "the file, not among its payments." if wanted is None else "the run, not in its file."
        yield Difference(Kind.STATE_DIFFERS, subject, detail=f"it stands in {where}")
        return
    if sent.amount_pence != wanted.amount_pence:
        yield Difference(
            Kind.AMOUNT_DIFFERS, subject, wanted.amount_pence, sent.amount_pence, detail="the file sent to the bank"
        )
    if (sent.sort_code, sent.account_number) != (wanted.sort_code, wanted.account_number):
        yield Difference(
            Kind.ACCOUNT_DIFFERS,
            subject,
            detail=f"the file pays to sort code {sent.sort_code}, account ending {sent.account_number[-3:]}; "
            f"claimed was {wanted.sort_code}, ending {wanted.account_number[-3:]}.",
        )


def rejected_by(reports: Rows) -> tuple[list[str], list[Difference]]:
    """The EndToEndIds that the bank's reports reject, and the reports that cannot be read."""
    rejected: set[str] = set()
    unreadable = []
    for sequence, content in reports:
        try:
            rejected |= read_rejected(content)
        except ValueError as error:
            unreadable.append(_unreadable(f"Report {sequence}", error))
    return sorted(rejected), unreadable


def _unreadable(subject: str, error: ValueError) -> Difference:
    return Difference(Kind.LINE_DIFFERS, subject, detail=f"its message cannot be read again: {error}")


def _together(parents: Rows, children: Rows) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Each parent with its children, whose first column is the parent's first; nothing is held in memory for long."""
    groups = ((key, [row[1:] for row in rows]) for key, rows in groupby(children, key=lambda row: row[0]))
    current = next(groups, None)
    for parent in parents:
        mine: list[tuple[Any, ...]] = []
        if current is not None and current[0] == parent[0]:
            mine = current[1]
            current = next(groups, None)
        yield parent, mine
