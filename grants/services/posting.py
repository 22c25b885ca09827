"""The only way into the ledger. Many journals go in with two statements; a key used before returns the first journal.

Headroom and floors are the callers' to check in words, under the lock they take on sources or agreements; the database
checks balance, seal and floors again at commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, connection

from cwf_portal.core.audit import Actor, acting
from cwf_portal.core.bulk import array_text, columns_of
from cwf_portal.core.errors import ConflictError, IdempotencyConflictError
from cwf_portal.core.models import User
from grants.domain.ledger import (
    BANK_KINDS,
    LONE_KINDS,
    JournalKind,
    LedgerError,
    Line,
    check,
    content_hash,
    why_not_reversed,
)
from grants.models import Journal, Posting
from grants.selectors.books import books_open_from
from grants.selectors.checks import as_line
from grants.services.books_lock import enter_books

ADD_JOURNALS = """
INSERT INTO grants_journal (idempotency_key, request_hash, kind, effective_on, value_on, source_reference,
                            reverses_id, actor_id, process, approver_id, line_count)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::date[], %s::text[],
                     %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::int[])
ON CONFLICT (idempotency_key) DO NOTHING
RETURNING idempotency_key, id
"""
ADDED = (
    "id",
    "idempotency_key",
    "request_hash",
    "kind",
    "effective_on",
    "value_on",
    "source_reference",
    "reverses_id",
    "actor_id",
    "process",
    "approver_id",
    "line_count",
)
ADD_POSTINGS = """
INSERT INTO grants_posting (journal_id, line, line_count, account, source_id, amount_pence, strand,
                            neighbourhood_id, agreement_id)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::text[], %s::bigint[], %s::bigint[], %s::text[],
                     %s::bigint[], %s::bigint[])
"""
Added = tuple[Any, ...]  # a journal as plain values, in the order of `ADDED`
REQUEST_HASH = ADDED.index("request_hash")


@dataclass(frozen=True)
class Entry:
    """A journal to be posted: debits positive, credits negative, in pence.

    `key` names the event once and for all; `reference` says which document it comes from. Kinds that are not decided
    by the bank, the calendar or the other party need an `approver` who is not the actor. A line of the bank whose month
    is closed is posted on the first open day, and keeps `effective_on` as the bank's value date.
    """

    kind: JournalKind
    key: str
    lines: Sequence[Line]
    effective_on: date
    reference: str = ""
    approver: User | None = None
    reverses: Journal | None = None


def post_journal(*, by: Actor, entry: Entry) -> Journal:
    """Post one journal, or return the one already posted under the same key with the same content.

    Raises:
        LedgerError: The lines break the law of the ledger, or an approver is missing or is the actor.
        IdempotencyConflictError: The key was used for something else.
    """
    return Journal.from_db("default", ADDED, _posted(by, [entry])[0])


def post_journals(*, by: Actor, entries: Sequence[Entry]) -> list[int]:
    """Post many journals in a few statements; all or none. Returns their primary keys in the order of the entries.

    Raises:
        LedgerError: As for `post_journal`.
        IdempotencyConflictError: One key was used for something else.
    """
    return [added[0] for added in _posted(by, entries)] if entries else []


def _posted(by: Actor, entries: Sequence[Entry]) -> list[Added]:
    """Journals in the order of the entries: what is new with its lines, and those that stood under the same keys."""
    for entry in entries:
        check(entry.kind, entry.lines)
        _check_approver(by, entry)
    hashes = [_hash(entry) for entry in entries]
    first_of_key = {entry.key: (entry, said) for entry, said in reversed(list(zip(entries, hashes, strict=True)))}
    with acting(by, "posted to the ledger"):
        open_from = _open_from(entries)
        journals = _add_journals(by, list(first_of_key.values()), open_from)
        _add_postings([(journals[key][0], entry.lines) for key, (entry, _) in first_of_key.items() if key in journals])
        if len(journals) < len(first_of_key):
            known = Journal.objects.filter(idempotency_key__in=[key for key in first_of_key if key not in journals])
            journals |= {row[1]: row for row in known.values_list(*ADDED)}
        for entry, said in zip(entries, hashes, strict=True):
            if journals[entry.key][REQUEST_HASH] != said:
                raise IdempotencyConflictError(
                    f"The ledger already has a journal under {entry.key} with other content."
                )
    return [journals[entry.key] for entry in entries]


def reverse_journal(*, by: User, approver: User, journal: Journal, effective_on: date, reason: str) -> Journal:
    """Undo a clerical error: post the same lines with opposite signs. A journal is reversed at most once.

    Raises:
        LedgerError: The approver is the actor.
        ConflictError: A journal of this kind is never reversed.
    """
    refusal = why_not_reversed(JournalKind(journal.kind))
    if refusal:
        raise ConflictError("This journal cannot be reversed.", mend=refusal)
    entry = Entry(
        kind=JournalKind.REVERSAL,
        key=f"reversal:{journal.pk}",
        lines=opposite_lines(journal),
        effective_on=effective_on,
        reference=reason[:120],
        approver=approver,
        reverses=journal,
    )
    return post_journal(by=by, entry=entry)


def opposite_lines(journal: Journal) -> list[Line]:
    """What undoes a journal, line by line."""
    lines = [as_line(posting) for posting in Posting.objects.filter(journal=journal).order_by("line")]
    return [line._replace(amount_pence=-line.amount_pence) for line in lines]


def _check_approver(by: Actor, entry: Entry) -> None:
    if entry.approver is None and entry.kind not in LONE_KINDS:
        raise LedgerError(f"{entry.kind} needs an approver.")
    if isinstance(by, str):
        if entry.kind not in LONE_KINDS:
            raise LedgerError(f"{entry.kind} needs a person.")
    elif entry.approver is not None and entry.approver.pk == by.pk:
        raise LedgerError("The approver is never the actor.")


def _open_from(entries: Sequence[Entry]) -> date:
    """The first day that lines of the bank may be posted on; nobody closes it until this transaction ends."""
    if not any(entry.kind in BANK_KINDS for entry in entries):
        return date.min
    enter_books()
    return books_open_from()


def _hash(entry: Entry) -> str:
    return content_hash(entry.kind, entry.lines, effective_on=entry.effective_on.isoformat(), reference=entry.reference)


def _add_journals(by: Actor, entries: Sequence[tuple[Entry, str]], open_from: date) -> dict[str, Added]:
    """Insert what is new and return each new journal by its key; when it was recorded is asked for only if needed.

    Raises:
        ConflictError: The month of an entry is closed.
    """
    actor, process = (None, by) if isinstance(by, str) else (by.pk, "")
    rows = [
        (
            entry.key,
            said,
            entry.kind.value,
            max(entry.effective_on, open_from) if entry.kind in BANK_KINDS else entry.effective_on,
            entry.effective_on if entry.kind in BANK_KINDS and entry.effective_on < open_from else None,
            entry.reference,
            entry.reverses.pk if entry.reverses else None,
            actor,
            process,
            entry.approver.pk if entry.approver else None,
            len(entry.lines),
        )
        for entry, said in entries
    ]
    with connection.cursor() as cursor:
        try:
            cursor.execute(ADD_JOURNALS, columns_of(rows))
        except IntegrityError as error:
            if "grants_journal_month_open" not in constraint_of(error):
                raise
            raise ConflictError(
                "The month of this entry is closed.", mend="Enter a date in a month that is still open."
            ) from error
        added = dict(cursor.fetchall())
    return {row[0]: (added[row[0]], *row) for row in rows if row[0] in added}


def constraint_of(error: IntegrityError) -> str:
    """The name of the rule of the database that was broken; empty where it has none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


def _add_postings(journals: Sequence[tuple[int, Sequence[Line]]]) -> None:
    if not journals:
        return
    accounts, sources, amounts, strands, places, agreements = zip(
        *(line for _, lines in journals for line in lines), strict=True
    )
    columns = (
        [key for key, lines in journals for _ in lines],
        [number for _, lines in journals for number in range(1, len(lines) + 1)],
        [len(lines) for _, lines in journals for _ in lines],
        accounts,
        sources,
        amounts,
        [strand or "" for strand in strands],
        places,
        agreements,
    )
    with connection.cursor() as cursor:
        cursor.execute(ADD_POSTINGS, [array_text(column) for column in columns])
