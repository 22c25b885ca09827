"""What each event says in the ledger: the table of postings, one function an event.

Every function returns the lines of one journal or a part of one; amounts are pence above zero unless said otherwise.
Source: the fund's table of postings; debits are positive.
"""

from collections.abc import Mapping

from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, Line, Purse, merge

Movement = tuple[Account, Account]  # debit, credit
PAYMENT_STEPS: dict[JournalKind, tuple[Movement, ...]] = {
    JournalKind.RELEASED: ((Account.COMMITTED, Account.PAYABLE),),
    JournalKind.RELEASE_WITHDRAWN: ((Account.PAYABLE, Account.COMMITTED),),
    JournalKind.INSTRUCTED: ((Account.PAYABLE, Account.INSTRUCTED),),
    JournalKind.TAKEN_OUT: ((Account.INSTRUCTED, Account.COMMITTED),),
    JournalKind.CONFIRMED: ((Account.INSTRUCTED, Account.PAID), (Account.APPLIED, Account.CASH)),
    JournalKind.REJECTED: ((Account.INSTRUCTED, Account.PAYABLE),),
    JournalKind.RETURNED: ((Account.PAID, Account.PAYABLE), (Account.CASH, Account.APPLIED)),
    JournalKind.RETURN_REVERSED: ((Account.PAYABLE, Account.PAID), (Account.APPLIED, Account.CASH)),
}


def received(source: int, parts: Mapping[Strand, int]) -> list[Line]:
    """A wave or interest on the bank's line: cash against free money, by strand."""
    return _into_free(source, Account.CASH, parts)


def invested(source: int, pence: int) -> list[Line]:
    """Cash becomes investments; what is promised does not change."""
    return Purse(source).move(Account.INVESTMENTS, Account.CASH, pence)


def revalued(source: int, change_pence: int) -> list[Line]:
    """A valuation: a gain above zero, a loss below; never free money until sold."""
    return Purse(source).move(Account.INVESTMENTS, Account.REVALUATION, change_pence)


def sold(
    source: int, *, proceeds_pence: int, carrying_pence: int, unrealised_pence: int, parts: Mapping[Strand, int]
) -> list[Line]:
    """Investments become cash; what was gained or lost since they were bought becomes free.

    Args:
        source: Whose investments.
        proceeds_pence: What the bank credited.
        carrying_pence: What the books said they were worth.
        unrealised_pence: The part of that which valuations had added; negative where they had taken away.
        parts: The whole gain or loss since purchase by strand: proceeds less carrying value plus what was unrealised.

    Raises:
        ValueError: The parts do not make up the gain.
    """
    gain = proceeds_pence - carrying_pence + unrealised_pence
    if sum(parts.values()) != gain:
        raise ValueError(f"The parts must make up the gain of {gain} pence.")
    purse = Purse(source)
    return merge(
        [
            purse.debit(Account.CASH, proceeds_pence),
            purse.credit(Account.INVESTMENTS, carrying_pence),
            purse.debit(Account.REVALUATION, unrealised_pence),
            *(Purse(source, strand).credit(Account.FREE, part) for strand, part in parts.items()),
        ]
    )


def allocated(place: Purse, pence: int) -> list[Line]:
    """Free money of the strand is set aside for a place."""
    return place.move(Account.FREE, Account.ALLOCATED, pence)


def pledged(inside: Purse, pence: int) -> list[Line]:
    """Approval: what was set aside for the place, or free money for the body's contribution, becomes pledged."""
    return [_outside(inside).debit(home_account(inside), pence), inside.credit(Account.PLEDGED, pence)]


def committed(inside: Purse, pence: int) -> list[Line]:
    """Accepted, or a review says continue: what was pledged is legally promised."""
    return inside.move(Account.PLEDGED, Account.COMMITTED, pence)


def given_back(inside: Purse, pence: int, *, held: Account = Account.PLEDGED) -> list[Line]:
    """A lapse, a saving or an end: money returns to where it was promised from. `held` is pledged, then committed."""
    return [inside.debit(held, pence), _outside(inside).credit(home_account(inside), pence)]


def payment_step(kind: JournalKind, inside: Purse, pence: int) -> list[Line]:
    """One step of a payment, for one source and strand."""
    return [line for debit, credit in PAYMENT_STEPS[kind] for line in inside.move(debit, credit, pence)]


def reserved_for_uplift(inside: Purse, pence: int) -> list[Line]:
    """Approval: free money of the strand is kept for price rises, at the cap. `inside` names the agreement."""
    return [fund_purse(inside).debit(Account.FREE, pence), inside.credit(Account.INDEX_RESERVE, pence)]


def uplifted(inside: Purse, *, used_pence: int, unused_pence: int, stands: Account = Account.COMMITTED) -> list[Line]:
    """A year’s uplift: what prices ask for stands beside its payment, what the cap no longer needs is free.

    Either may be 0. `stands` is committed, or pledged where the yearly review has not promised the payment yet.
    """
    return merge(
        [
            inside.debit(Account.INDEX_RESERVE, used_pence + unused_pence),
            inside.credit(stands, used_pence),
            fund_purse(inside).credit(Account.FREE, unused_pence),
        ]
    )


def varied(inside: Purse, by_account: Mapping[Account, int], *, base_pence: int) -> list[Line]:
    """A variation: what more stands on the agreement's accounts (less below zero) comes from where promises do.

    Args:
        inside: The agreement's purse.
        by_account: What more each promise account of the agreement holds: pledged, committed, the reserve for prices.
        base_pence: How much of that the place was promised or gives back; the rest of a place's change is free money.
    """
    more = sum(by_account.values())
    place_pence = base_pence if home_account(inside) is Account.ALLOCATED else 0
    return merge(
        [
            *(inside.credit(account, pence) for account, pence in by_account.items()),
            _outside(inside).debit(Account.ALLOCATED, place_pence),
            fund_purse(inside).debit(Account.FREE, more - place_pence),
        ]
    )


def allocation_returned(place: Purse, pence: int) -> list[Line]:
    """By published decision: what was set aside for a place is free again."""
    return [place.debit(Account.ALLOCATED, pence), fund_purse(place).credit(Account.FREE, pence)]


def strand_transfer(source: int, *, giver: Strand, taker: Strand, pence: int) -> list[Line]:
    """Free money changes its purpose: two directors, with a published reason."""
    return [Purse(source, giver).debit(Account.FREE, pence), Purse(source, taker).credit(Account.FREE, pence)]


def clawback_raised(inside: Purse, pence: int) -> list[Line]:
    """Money is asked back; it cannot be spent until it is here."""
    return inside.move(Account.RECOVERABLE, Account.RECOVERY_DUE, pence)


def clawback_received(inside: Purse, pence: int) -> list[Line]:
    """Money asked back has come: to the place's own allocation, the contribution to free money."""
    return [
        *inside.move(Account.CASH, Account.APPLIED, pence),
        inside.debit(Account.PAID, pence),
        _outside(inside).credit(home_account(inside), pence),
        *inside.move(Account.RECOVERY_DUE, Account.RECOVERABLE, pence),
    ]


def written_off(inside: Purse, pence: int) -> list[Line]:
    """Money asked back that will not come."""
    return inside.move(Account.RECOVERY_DUE, Account.RECOVERABLE, pence)


def clawback_withdrawn(inside: Purse, pence: int) -> list[Line]:
    """Money that was asked back in error: it is not due any more."""
    return inside.move(Account.RECOVERY_DUE, Account.RECOVERABLE, pence)


def clawback_overtaken(inside: Purse, pence: int) -> list[Line]:
    """What had come of a claim stays where it went; the payment that it was asked back of counts as paid in full."""
    return inside.move(Account.APPLIED, Account.PAID, pence)


def spent_on_running(source: int, pence: int) -> list[Line]:
    """A running cost or a bank's fee: paid from free money of the running strand."""
    purse = Purse(source, Strand.RUNNING)
    return [*purse.move(Account.FREE, Account.PAID, pence), *purse.move(Account.APPLIED, Account.CASH, pence)]


def unexplained(source: int, pence: int) -> list[Line]:
    """A line of the bank that nobody knows yet: a credit above zero, a debit below."""
    return Purse(source).move(Account.CASH, Account.SUSPENSE, pence)


def fund_purse(purse: Purse) -> Purse:
    """The fund's own purse of the same source and strand: of no place and no agreement."""
    return Purse(purse.source, purse.strand)


def home_account(inside: Purse) -> Account:
    """Where a promise comes from and goes back to: the contribution is free money, all else the place's own."""
    return Account.FREE if inside.strand is Strand.BODY_CONTRIBUTION else Account.ALLOCATED


def _outside(inside: Purse) -> Purse:
    """The same place's purse, outside any agreement."""
    return inside._replace(agreement=None)


def _into_free(source: int, asset: Account, parts: Mapping[Strand, int]) -> list[Line]:
    moves = [Purse(source, strand).move(asset, Account.FREE, part) for strand, part in parts.items() if part]
    return merge(line for lines in moves for line in lines)
