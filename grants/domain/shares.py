"""Dividing whole pence so that nothing is lost or made."""

from collections.abc import Sequence
from fractions import Fraction


def share_out(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Divide `total` in proportion to `weights` by largest remainder.

    Args:
        total: A whole amount, at least 0.
        weights: One non-negative weight per share; not all zero unless `total` is zero.

    Returns:
        One whole share per weight, summing exactly to `total`. Equal remainders favour the earlier share.

    Raises:
        ValueError: A negative total or weight, or nothing to divide by.
    """
    whole = sum(weights, Fraction(0))
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("Totals and weights must not be negative.")
    if whole == 0:
        if total:
            raise ValueError("An amount cannot be shared among weights that are all zero.")
        return [0] * len(weights)
    exact = [total * Fraction(weight) / whole for weight in weights]
    shares = [value.numerator // value.denominator for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares


def round_half_up(value: Fraction) -> int:
    """The nearest whole number, halves upwards; `value` is not negative."""
    return (value.numerator * 2 + value.denominator) // (value.denominator * 2)


def split_cumulatively(amounts: Sequence[int], totals: Sequence[int]) -> list[list[int]]:
    """Split a run of payments among sources so that every running total stays within rounding of its share.

    The first source takes its rounded share of the running total, the next its share of what is left, and the last
    the rest. Each running total only grows, so no single share can be negative, and the last row is exact.

    Args:
        amounts: Payments in order, in pence.
        totals: What each source gives over all payments, in pence; the sum equals the sum of `amounts`.

    Returns:
        One row per payment, one share per source; each row sums to its payment, each column to its total.

    Raises:
        ValueError: The two sums differ or an amount is negative.
    """
    if sum(amounts) != sum(totals):
        raise ValueError("What the sources give must equal what is paid.")
    if min([*amounts, *totals], default=0) < 0:
        raise ValueError("Amounts must not be negative.")
    rows: list[list[int]] = []
    given = [0] * len(totals)
    running = 0
    for amount in amounts:
        running += amount
        reached = running_shares(running, totals)
        rows.append([now - before for now, before in zip(reached, given, strict=True)])
        given = reached
    return rows


def running_shares(running: int, totals: Sequence[int]) -> list[int]:
    """Divide an amount in proportion to `totals`: each source its rounded share of what the earlier ones left.

    No share falls when the amount grows, which dividing by largest remainder would not hold for three or more.
    """
    shares: list[int] = []
    left_to_share, left_of_totals = running, sum(totals)
    for total in totals:
        share = round_half_up(Fraction(left_to_share * total, left_of_totals)) if left_of_totals else 0
        shares.append(share)
        left_to_share -= share
        left_of_totals -= total
    return shares
