"""Postings with a mistake in them, which the identities must find."""

from grants.domain import postings
from grants.domain.ledger import Account, JournalKind, Line, Purse


def money_goes_unseen(kind: JournalKind, inside: Purse, pence: int) -> list[Line]:
    """A confirmed payment that forgets the bank."""
    if kind is JournalKind.CONFIRMED:
        return inside.move(Account.INSTRUCTED, Account.PAID, pence)
    return postings.payment_step(kind, inside, pence)


def claim_is_forgotten(inside: Purse, pence: int) -> list[Line]:
    """Money asked back that comes, and is still asked for."""
    return [
        line
        for line in postings.clawback_received(inside, pence)
        if line.account not in (Account.RECOVERY_DUE, Account.RECOVERABLE)
    ]


def what_came_counts_twice(inside: Purse, pence: int) -> list[Line]:
    """A claim that a returned payment overtakes: twice what had come of it counts as paid once more."""
    return postings.clawback_overtaken(inside, 2 * pence)
