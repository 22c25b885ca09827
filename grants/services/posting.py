"""The only way into the ledger. Many journals go in with two statements; a key used before returns the first journal.

Headroom and floors are the callers' to check in words, under the lock they take on sources or agreements; the database
checks balance, seal and floors again at commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from cwf_portal.core.audit import Actor, acting
from cwf_portal.core.errors import IdempotencyConflictError
from cwf_portal.core.models import User
from grants.domain.ledger import LONE_KINDS, JournalKind, LedgerError, Line, check, content_hash
from grants.models import Journal
from grants.selectors.checks import as_line

ADD_JOURNALS = """
INSERT INTO grants_journal (idempotency_key, request_hash, kind, effective_on, source_reference,
                            reverses_id, actor_id, process, approver_id, line_count)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::text[],
                     %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::int[])
ON CONFLICT (idempotency_key) DO NOTHING
RETURNING idempotency_key, id
"""
ADD_POSTINGS = """
INSERT INTO grants_posting (journal_id, line, line_count, account, source_id, strand,
                            neighbourhood_id, agreement_id, amount_pence)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::text[], %s::bigint[], %s::text[],
                     %s::bigint[], %s::bigint[], %s::bigint[])
"""


@dataclass(frozen=True)
class Entry:
    """A journal to be posted: debits positive, credits negative, in pence.

    `key` names the event once and for all; `reference` says which document it comes from. Kinds that are not decided
    by the bank, the calendar or the other party need an `approver` who is not the actor.
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
    return post_journals(by=by, entries=[entry])[0]


def post_journals(*, by: Actor, entries: Sequence[Entry]) -> list[Journal]:
    """Post many journals in a few statements; all or none. Returned in the order of the entries.

    Raises:
        LedgerError: As for `post_journal`.
        IdempotencyConflictError: One key was used for something else.
    """
    if not entries:
        return []
    for entry in entries:
        check(entry.kind, entry.lines)
        _check_approver(by, entry)
    hashes = [_hash(entry) for entry in entries]
    first_of_key = {entry.key: (entry, said) for entry, said in reversed(list(zip(entries, hashes, strict=True)))}
    with acting(by, "posted to the ledger"):
        added = _add_journals(by, list(first_of_key.values()))
        _add_postings([(added[key], entry.lines) for key, (entry, _) in first_of_key.items() if key in added])
        journals = Journal.objects.in_bulk(list(first_of_key), field_name="idempotency_key")
        for entry, said in zip(entries, hashes, strict=True):
            if journals[entry.key].request_hash != said:
                raise IdempotencyConflictError(
                    f"The ledger already has a journal under {entry.key} with other content."
                )
    return [journals[entry.key] for entry in entries]


def reverse_journal(*, by: User, approver: User, journal: Journal, effective_on: date, reason: str) -> Journal:
    """Undo a clerical error: post the same lines with opposite signs. A journal is reversed at most once.

    Raises:
        LedgerError: The approver is the actor.
    """
    lines = [as_line(posting) for posting in journal.postings.order_by("line")]
    entry = Entry(
        kind=JournalKind.REVERSAL,
        key=f"reversal:{journal.pk}",
        lines=[_opposite(line) for line in lines],
        effective_on=effective_on,
        reference=reason[:120],
        approver=approver,
        reverses=journal,
    )
    return post_journal(by=by, entry=entry)


def _opposite(line: Line) -> Line:
    return Line(line.account, line.source, -line.amount_pence, line.strand, line.neighbourhood, line.agreement)


def _check_approver(by: Actor, entry: Entry) -> None:
    if entry.approver is None and entry.kind not in LONE_KINDS:
        raise LedgerError(f"{entry.kind} needs an approver.")
    if isinstance(by, str):
        if entry.kind not in LONE_KINDS:
            raise LedgerError(f"{entry.kind} needs a person.")
    elif entry.approver is not None and entry.approver.pk == by.pk:
        raise LedgerError("The approver is never the actor.")


def _hash(entry: Entry) -> str:
    return content_hash(entry.kind, entry.lines, effective_on=entry.effective_on.isoformat(), reference=entry.reference)


def _add_journals(by: Actor, entries: Sequence[tuple[Entry, str]]) -> dict[str, int]:
    """Insert what is new and return the id of each new journal by its key."""
    actor, process = (None, by) if isinstance(by, str) else (by.pk, "")
    rows = [
        (
            entry.key,
            said,
            entry.kind.value,
            entry.effective_on,
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
        cursor.execute(ADD_JOURNALS, _columns(rows))
        return dict(cursor.fetchall())


def _add_postings(journals: Sequence[tuple[int, Sequence[Line]]]) -> None:
    rows = [
        (
            journal,
            number,
            len(lines),
            line.account.value,
            line.source,
            line.strand.value if line.strand else "",
            line.neighbourhood,
            line.agreement,
            line.amount_pence,
        )
        for journal, lines in journals
        for number, line in enumerate(lines, start=1)
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(ADD_POSTINGS, _columns(rows))


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
