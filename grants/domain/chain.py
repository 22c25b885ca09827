"""The chain of days: each day's journals digested on the digest of the day before.

A journal's own digest (a leaf) covers every column of it and of its lines, written as text: columns divided by `|` or
`,`, lines by `;`, free text with its length in characters before it, what is missing as nothing. A day's digest is
SHA-256 over the digest of the last day that had journals (nothing for the first), the day, and for each journal in
order of time and id its id (8 bytes, big-endian) and its leaf. PostgreSQL seals with the same recipe
(`grants.services.ledger_days`); two programs that share nothing must come to the same digests.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID_BYTES = 8
LEAF_BYTES = 32
ENTRY_BYTES = ID_BYTES + LEAF_BYTES
JOURNAL_COLUMNS = (
    "id",
    "idempotency_key",
    "request_hash",
    "kind",
    "effective_on",
    "value_on",
    "recorded_at",
    "source_reference",
    "reverses_id",
    "actor_id",
    "process",
    "approver_id",
    "line_count",
)
LINE_COLUMNS = ("line", "account", "source_id", "strand", "neighbourhood_id", "agreement_id", "amount_pence")
SECONDS_A_DAY = 86_400


def leaf(journal: Sequence[object], lines: Iterable[Sequence[object]]) -> bytes:
    """The digest of one journal; values in the order of `JOURNAL_COLUMNS`, each line in that of `LINE_COLUMNS`."""
    pk, key, request_hash, kind, effective_on, value_on, at, reference, reverses, actor, process, approver, n = journal
    said = ";".join(
        [
            f"{line},{account},{source},{strand},{_text(place)},{_text(agreement)},{pence}"
            for line, account, source, strand, place, agreement, pence in lines
        ]
    )
    return sha256(
        f"{pk}|{_free(key)}|{request_hash}|{kind}|{effective_on}|{_text(value_on)}|{_microseconds(at)}|"
        f"{_free(reference)}|{_text(reverses)}|{_text(actor)}|{_free(process)}|{_text(approver)}|{n}|{said}".encode()
    ).digest()


def _text(value: object) -> str:
    return "" if value is None else str(value)  # a date in ISO form, a number


def _free(text: object) -> str:
    return f"{len(str(text))}:{text}"


def _microseconds(at: object) -> int:
    if not isinstance(at, datetime):
        raise TypeError(f"A moment is wanted, not {at!r}.")
    since = at - EPOCH
    return (since.days * SECONDS_A_DAY + since.seconds) * 1_000_000 + since.microseconds


def entry(journal_id: int, leaf_digest: bytes) -> bytes:
    """How one journal stands among the leaves of its day."""
    return journal_id.to_bytes(ID_BYTES, "big") + leaf_digest


def day_digest(previous: str, day: date, leaves: bytes) -> str:
    """The digest of a day as 64 hexadecimal digits; `previous` is "" for the first day of the chain."""
    return sha256(f"{previous}{day.isoformat()}".encode() + leaves).hexdigest()


def entries_of(leaves: bytes) -> Iterator[tuple[int, bytes]]:
    """Each journal's id and digest, as they were sealed."""
    for start in range(0, len(leaves), ENTRY_BYTES):
        one = leaves[start : start + ENTRY_BYTES]
        yield int.from_bytes(one[:ID_BYTES], "big"), bytes(one[ID_BYTES:])
