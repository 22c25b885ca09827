"""How payments rise with prices: exact factors, a cap, and what must be kept for it.

A payment's uplift comes beside its base amount, never into it. Year 1 has the factor 1; each anniversary multiplies it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from grants.domain.award import BASIS_POINTS
from grants.domain.dates import add_months
from grants.domain.shares import round_half_up, running_shares, share_out

MONTHS_BACK = 4
HIGHEST_BASIS_POINTS = 1_000


class Indexation(StrEnum):
    """Whether and how payments rise with prices."""

    NONE = "none"
    FIXED = "fixed"
    CPIH = "cpih"


INDEXATION_LABELS = {
    Indexation.NONE: "Not at all",
    Indexation.FIXED: "By a fixed rate each year",
    Indexation.CPIH: "With consumer prices (CPIH), up to a cap",
}


@dataclass(frozen=True)
class IndexTerms:
    """How an agreement rises: `basis_points` is the fixed rate or the cap, in hundredths of one per cent a year."""

    kind: Indexation = Indexation.NONE
    basis_points: int = 0

    @property
    def cap(self) -> Fraction:
        """The most by which a year's payments may rise over the year before."""
        return Fraction(0) if self.kind is Indexation.NONE else Fraction(self.basis_points, BASIS_POINTS)


def rate_month(anniversary: date) -> date:
    """The first day of the month whose rate counts at an anniversary: the fourth month before it."""
    return add_months(anniversary.replace(day=1), -MONTHS_BACK)


def next_factor(factor: Fraction, *, cap: Fraction, rate: Fraction) -> Fraction:
    """Next year's factor: prices that fall leave it, prices that rise faster than the cap raise it by the cap."""
    return factor * (1 + min(cap, max(Fraction(0), rate)))


def factors(terms: IndexTerms, rates: Sequence[Fraction | None], years: int, *, unknown: Fraction) -> list[Fraction]:
    """The factor of every year of the term, the first year's 1 first.

    Args:
        terms: How the agreement rises.
        rates: The rate at each anniversary that has come; None where its figure is still missing.
        years: Years of the term.
        unknown: What to take for missing rates and for anniversaries to come: 0 for what is owed by now, the cap for
            the most that can come.
    """
    reached = [Fraction(1)]
    for index in range(years - 1):
        rate = rates[index] if index < len(rates) else None
        reached.append(next_factor(reached[-1], cap=terms.cap, rate=unknown if rate is None else rate))
    return reached


def uplift_pence(amount_pence: int, factor: Fraction) -> int:
    """What a factor adds to a payment's base; halves of a penny go up."""
    return round_half_up(amount_pence * (factor - 1))


def uplift_by_source(parts: Sequence[int], factor: Fraction) -> list[int]:
    """What each source adds to a payment, given what each gives of its base."""
    return running_shares(uplift_pence(sum(parts), factor), parts)


@dataclass(frozen=True)
class IndexedTranche:
    """A payment as indexation sees it: base and uplift so far by source, and whether its amount can still change."""

    year: int
    parts: tuple[int, ...]
    given: tuple[int, ...]
    is_open: bool = True


def reserve_at_cap(
    terms: IndexTerms, tranches: Sequence[IndexedTranche], *, rates: Sequence[Fraction | None] = ()
) -> list[int]:
    """The most that may still be added, by source: every rate not known yet is taken to be the cap."""
    return _still_to_give(tranches, factors(terms, rates, _last_year(tranches), unknown=terms.cap))


def spread_reserve(
    terms: IndexTerms,
    tranches: Sequence[IndexedTranche],
    kept: Sequence[int],
    *,
    rates: Sequence[Fraction | None] = (),
) -> list[list[int]]:
    """When what is kept for rising prices falls due at the latest: one row per payment, one amount per source.

    Each payment that can still change takes in proportion to what it may still rise by, every rate not known yet being
    the cap; where none may, the first takes all. Without a payment that can change nothing falls due.
    """
    by_year = factors(terms, rates, _last_year(tranches), unknown=terms.cap)
    weights = [
        [max(0, most - given) for most, given in zip(_target(tranche, by_year), tranche.given, strict=True)]
        if tranche.is_open
        else [0] * len(kept)
        for tranche in tranches
    ]
    first = next((index for index, tranche in enumerate(tranches) if tranche.is_open), None)
    if first is None:
        return weights
    columns = []
    for source, pence in enumerate(kept):
        column = [row[source] for row in weights]
        if not any(column):
            column[first] = 1
        columns.append(share_out(max(0, pence), column))
    return [list(row) for row in zip(*columns, strict=True)]


def _target(tranche: IndexedTranche, by_year: Sequence[Fraction]) -> list[int]:
    """What a payment rises by at these factors, by source."""
    return uplift_by_source(tranche.parts, by_year[tranche.year - 1])


def rise(
    terms: IndexTerms,
    tranches: Sequence[IndexedTranche],
    rates: Sequence[Fraction | None],
    *,
    within: Sequence[int] | None = None,
) -> list[list[int]]:
    """What an anniversary adds to each payment, by source.

    Every payment of the years that have begun is owed its uplift at the factors known now. What is owed for a payment
    that can no longer change, because its figure came late, goes on the first that can.

    Args:
        terms: How the agreement rises.
        tranches: All payments in order; those not to be paid are left out.
        rates: The rate at each anniversary that has come, this one last; None where its figure is missing.
        within: What is kept for it, by source; nothing is added beyond.

    Returns:
        One row per payment, one amount per source, none below zero.
    """
    begun = [tranche for tranche in tranches if tranche.year <= len(rates) + 1]
    known = factors(terms, rates, _last_year(tranches), unknown=Fraction(0))
    owed = _still_to_give(begun, known) if begun else [0] * len(within or ())
    left = [max(0, min(pence, most)) for pence, most in zip(owed, within or owed, strict=True)]
    added = [[0] * len(left) for _ in tranches]
    for row, tranche in zip(added, tranches, strict=True):
        if tranche.is_open and tranche.year <= len(rates) + 1:
            target = _target(tranche, known)
            for source, given in enumerate(tranche.given):
                row[source] = min(left[source], max(0, target[source] - given))
                left[source] -= row[source]
    first = next((index for index, tranche in enumerate(tranches) if tranche.is_open), None)
    if first is not None:
        added[first] = [mine + late for mine, late in zip(added[first], left, strict=True)]
    return added


def _last_year(tranches: Sequence[IndexedTranche]) -> int:
    return max((tranche.year for tranche in tranches), default=1)


def _still_to_give(tranches: Sequence[IndexedTranche], by_year: Sequence[Fraction]) -> list[int]:
    """What the payments come to at these factors, less what was given already, by source."""
    sources = len(tranches[0].parts) if tranches else 0
    totals = [0] * sources
    for tranche in tranches:
        target = _target(tranche, by_year)
        totals = [total + most - given for total, most, given in zip(totals, target, tranche.given, strict=True)]
    return totals
