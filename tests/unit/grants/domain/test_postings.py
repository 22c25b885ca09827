"""Every row of the fund's table of postings, with its worked example: £40,000 from two sources 60/40, £2,000 on top."""

from collections.abc import Callable

import pytest

from grants.domain import postings
from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, Line, Purse, check

DORMANT, LOTTERY = 1, 2
PLACE, AGREEMENT = 7, 9
SHARES = {
    (DORMANT, Strand.PLACE): 2_400_000,
    (DORMANT, Strand.BODY_CONTRIBUTION): 120_000,
    (LOTTERY, Strand.PLACE): 1_600_000,
    (LOTTERY, Strand.BODY_CONTRIBUTION): 80_000,
}
A = Account
K = JournalKind


def inside(source: int, strand: Strand) -> Purse:
    return Purse(source, strand, PLACE, AGREEMENT)


def whole(says: Callable[[Purse, int], list[Line]]) -> list[Line]:
    """The event's lines for the worked example, every source and strand."""
    return [line for (source, strand), pence in SHARES.items() for line in says(inside(source, strand), pence)]


def summed(lines: list[Line], source: int = DORMANT) -> dict[tuple[Account, Strand | None], int]:
    """What one source's lines come to, by account and strand."""
    totals: dict[tuple[Account, Strand | None], int] = {}
    for line in lines:
        if line.source == source:
            totals[line.account, line.strand] = totals.get((line.account, line.strand), 0) + line.amount_pence
    return {key: total for key, total in totals.items() if total}


P, B = Strand.PLACE, Strand.BODY_CONTRIBUTION
CHAIN = [
    (K.ACCEPTED, A.PLEDGED, A.COMMITTED),
    (K.RELEASED, A.COMMITTED, A.PAYABLE),
    (K.RELEASE_WITHDRAWN, A.PAYABLE, A.COMMITTED),
    (K.INSTRUCTED, A.PAYABLE, A.INSTRUCTED),
    (K.REJECTED, A.INSTRUCTED, A.PAYABLE),
]


@pytest.mark.parametrize(("kind", "debit", "credit"), CHAIN)
def test_each_step_moves_the_worked_example_from_one_promise_to_the_next(
    kind: JournalKind, debit: Account, credit: Account
) -> None:
    says = postings.committed if kind is K.ACCEPTED else lambda purse, pence: postings.payment_step(kind, purse, pence)
    lines = whole(says)

    check(kind, lines)
    assert summed(lines, DORMANT) == {
        (debit, P): 2_400_000,
        (debit, B): 120_000,
        (credit, P): -2_400_000,
        (credit, B): -120_000,
    }
    assert summed(lines, LOTTERY)[credit, B] == -80_000


@pytest.mark.parametrize(("kind", "sign"), [(K.CONFIRMED, 1), (K.RETURNED, -1)])
def test_a_payment_confirmed_or_returned_moves_cash_and_promise_together(kind: JournalKind, sign: int) -> None:
    lines = whole(lambda purse, pence: postings.payment_step(kind, purse, pence))
    waiting = A.INSTRUCTED if kind is K.CONFIRMED else A.PAYABLE

    check(kind, lines)
    assert summed(lines, DORMANT) == {
        (waiting, P): sign * 2_400_000,
        (waiting, B): sign * 120_000,
        (A.PAID, P): -sign * 2_400_000,
        (A.PAID, B): -sign * 120_000,
        (A.APPLIED, P): sign * 2_400_000,
        (A.APPLIED, B): sign * 120_000,
        (A.CASH, None): -sign * 2_520_000,
    }
    assert summed(lines, LOTTERY)[A.CASH, None] == -sign * 1_680_000


def test_a_wave_is_free_money_by_strand_and_cash_once() -> None:
    lines = postings.received(DORMANT, {P: 80, Strand.RUNNING: 20, Strand.CAPACITY: 0})

    check(K.WAVE_RECEIVED, lines)
    assert summed(lines) == {(A.CASH, None): 100, (A.FREE, P): -80, (A.FREE, Strand.RUNNING): -20}
    assert len(lines) == 3


def test_allocation_and_its_return_by_published_decision() -> None:
    place = Purse(DORMANT, P, PLACE)

    check(K.ALLOCATION, postings.allocated(place, 5))
    check(K.ALLOCATION_RETURNED, postings.allocation_returned(place, 5))
    assert summed(postings.allocated(place, 5)) == {(A.FREE, P): 5, (A.ALLOCATED, P): -5}
    assert summed(postings.allocated(place, 5) + postings.allocation_returned(place, 5)) == {}


def test_approval_takes_from_the_place_and_the_contribution_from_free_money() -> None:
    lines = whole(postings.pledged)

    check(K.APPROVAL, lines)
    assert summed(lines) == {
        (A.ALLOCATED, P): 2_400_000,
        (A.FREE, B): 120_000,
        (A.PLEDGED, P): -2_400_000,
        (A.PLEDGED, B): -120_000,
    }
    assert {line.agreement for line in lines if line.account is A.ALLOCATED} == {None}
    assert {line.neighbourhood for line in lines} == {PLACE}


@pytest.mark.parametrize("held", [A.PLEDGED, A.COMMITTED])
def test_a_lapse_or_a_saving_goes_back_to_where_it_came_from(held: Account) -> None:
    lines = whole(lambda purse, pence: postings.given_back(purse, pence, held=held))

    check(K.LAPSED, lines)
    assert summed(lines, LOTTERY) == {
        (held, P): 1_600_000,
        (held, B): 80_000,
        (A.ALLOCATED, P): -1_600_000,
        (A.FREE, B): -80_000,
    }


def test_the_reserve_for_prices_is_kept_at_the_cap_and_what_is_unused_is_free_again() -> None:
    purse = inside(DORMANT, P)
    kept, used = postings.reserved_for_uplift(purse, 100), postings.uplifted(purse, used_pence=70, unused_pence=30)

    check(K.APPROVAL, kept)
    check(K.UPLIFT, used)
    assert summed(kept) == {(A.FREE, P): 100, (A.INDEX_RESERVE, P): -100}
    assert summed(used) == {(A.INDEX_RESERVE, P): 100, (A.COMMITTED, P): -70, (A.FREE, P): -30}
    assert postings.uplifted(purse, used_pence=70, unused_pence=0)[0].amount_pence == 70


def test_investing_and_valuing_never_make_free_money() -> None:
    check(K.INVESTED, postings.invested(DORMANT, 10))
    check(K.REVALUED, postings.revalued(DORMANT, -3))
    assert summed(postings.invested(DORMANT, 10)) == {(A.INVESTMENTS, None): 10, (A.CASH, None): -10}
    assert summed(postings.revalued(DORMANT, 3)) == {(A.INVESTMENTS, None): 3, (A.REVALUATION, None): -3}
    assert summed(postings.revalued(DORMANT, -3)) == {(A.INVESTMENTS, None): -3, (A.REVALUATION, None): 3}


def test_a_sale_makes_the_whole_gain_free_and_clears_the_valuation() -> None:
    """Bought for 100, valued at 120, sold for 125: 25 become free, 20 of them were unrealised."""
    lines = postings.sold(DORMANT, proceeds_pence=125, carrying_pence=120, unrealised_pence=20, parts={P: 20, B: 5})

    check(K.SOLD, lines)
    assert summed(lines) == {
        (A.CASH, None): 125,
        (A.INVESTMENTS, None): -120,
        (A.REVALUATION, None): 20,
        (A.FREE, P): -20,
        (A.FREE, B): -5,
    }


def test_a_sale_at_a_loss_takes_from_free_money() -> None:
    """Bought for 100, valued at 70, sold for 90: 10 are lost for good, 30 unrealised are gone."""
    lines = postings.sold(DORMANT, proceeds_pence=90, carrying_pence=70, unrealised_pence=-30, parts={P: -10})

    check(K.SOLD, lines)
    assert summed(lines)[A.REVALUATION, None] == -30
    assert summed(lines)[A.FREE, P] == 10
    with pytest.raises(ValueError, match="gain of -10 pence"):
        postings.sold(DORMANT, proceeds_pence=90, carrying_pence=70, unrealised_pence=-30, parts={P: -9})


def test_a_sale_at_the_price_paid_leaves_free_money_alone() -> None:
    lines = postings.sold(DORMANT, proceeds_pence=9, carrying_pence=9, unrealised_pence=0, parts={P: 0})

    assert summed(lines) == {(A.CASH, None): 9, (A.INVESTMENTS, None): -9}
    assert len(lines) == 2


@pytest.mark.parametrize(("strand", "home"), [(P, A.ALLOCATED), (B, A.FREE), (Strand.CAPACITY, A.ALLOCATED)])
def test_a_clawback_comes_back_to_the_place_or_to_free_money(strand: Strand, home: Account) -> None:
    purse = inside(DORMANT, strand)
    raised, here = postings.clawback_raised(purse, 40), postings.clawback_received(purse, 40)

    check(K.CLAWBACK_RAISED, raised)
    check(K.CLAWBACK_RECEIVED, here)
    assert summed(raised) == {(A.RECOVERABLE, None): 40, (A.RECOVERY_DUE, strand): -40}
    assert summed(here) == {
        (A.CASH, None): 40,
        (A.APPLIED, strand): -40,
        (A.PAID, strand): 40,
        (home, strand): -40,
        (A.RECOVERY_DUE, strand): 40,
        (A.RECOVERABLE, None): -40,
    }
    assert next(line for line in here if line.account is home).agreement is None


def test_a_write_off_undoes_the_claim() -> None:
    purse = inside(DORMANT, P)

    for kind, lines in ((K.WRITTEN_OFF, postings.written_off), (K.CLAWBACK_WITHDRAWN, postings.clawback_withdrawn)):
        check(kind, lines(purse, 40))
        assert summed(postings.clawback_raised(purse, 40) + lines(purse, 40)) == {}


@pytest.mark.parametrize("kind", [K.RUNNING_COST, K.BANK_FEE])
def test_a_running_cost_is_paid_from_free_money_of_its_strand(kind: JournalKind) -> None:
    lines = postings.spent_on_running(DORMANT, 12)

    check(kind, lines)
    assert summed(lines) == {
        (A.FREE, Strand.RUNNING): 12,
        (A.PAID, Strand.RUNNING): -12,
        (A.APPLIED, Strand.RUNNING): 12,
        (A.CASH, None): -12,
    }


@pytest.mark.parametrize("pence", [15, -15])
def test_an_unknown_line_stands_in_suspense_whichever_way_it_goes(pence: int) -> None:
    lines = postings.unexplained(3, pence)

    check(K.UNKNOWN_LINE, lines)
    assert summed(lines, 3) == {(A.CASH, None): pence, (A.SUSPENSE, None): -pence}


def test_money_changes_its_purpose_only_as_a_transfer_between_strands() -> None:
    lines = postings.strand_transfer(DORMANT, giver=Strand.CONTINGENCY, taker=P, pence=8)

    check(K.STRAND_TRANSFER, lines)
    assert summed(lines) == {(A.FREE, Strand.CONTINGENCY): 8, (A.FREE, P): -8}
    with pytest.raises(ValueError, match="Promises must stay in their strand"):
        check(K.ALLOCATION, lines)
