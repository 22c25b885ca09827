"""Least first: which places start when. Exact fractions throughout, so that anyone gets the same order.

Source: the fund's rule. Points = Σ wₖPₖ ÷ Σ wₖ, where Pₖ is a place's percentile on measure k among all places. A
measure counts only when every place has it; nothing is imputed. Ties: the measures in the order given, then more
residents, then the code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

METHOD = "least-first/1"
SHIFT_POINTS = 10  # how far each weight, as a share of 100, is moved to find close calls
HUNDRED = Fraction(100)


@dataclass(frozen=True)
class Candidate:
    """One place: code, residents, and its value on each measure (higher = greater need; None = unknown)."""

    code: str
    residents: int
    values: Mapping[str, Fraction | None]


@dataclass(frozen=True)
class RankedPlace:
    """Where a place came. `position` from 1; `cohort` from 1 = first start; `points` and percentiles 0–100."""

    code: str
    points: Fraction
    position: int
    cohort: int
    is_close_call: bool
    percentiles: Mapping[str, Fraction]


@dataclass(frozen=True)
class RankingResult:
    """The places in order, the weights used (sum 100), and the measures left out because a place lacks them."""

    places: tuple[RankedPlace, ...]
    weights: Mapping[str, Fraction]
    left_out: tuple[str, ...]


def percentiles(values: Sequence[Fraction]) -> list[Fraction]:
    """100 × (values strictly lower + ½(equal − 1)) ÷ (N − 1) for each value; one value alone has 0."""
    if len(values) < 2:
        return [Fraction(0)] * len(values)
    ordered = sorted(values)
    first: dict[Fraction, int] = {}
    last: dict[Fraction, int] = {}
    for index, value in enumerate(ordered):
        first.setdefault(value, index)
        last[value] = index
    return [HUNDRED * (first[value] + last[value]) / 2 / (len(values) - 1) for value in values]


def counted_weights(candidates: Sequence[Candidate], weights: Mapping[str, int]) -> dict[str, Fraction]:
    """The measures that every place has, with weights scaled to sum to 100.

    Raises:
        ValueError: no measure with a weight is known for every place.
    """
    known = {
        code: weight
        for code, weight in weights.items()
        if weight > 0 and all(candidate.values.get(code) is not None for candidate in candidates)
    }
    if not known:
        raise ValueError("no measure is known for every place")
    total = sum(known.values())
    return {code: HUNDRED * weight / total for code, weight in known.items()}


def shifted_weights(weights: Mapping[str, Fraction]) -> list[dict[str, Fraction]]:
    """Every way to move one weight by ten points up or down, the others taking up the change in proportion."""
    shifted = []
    for code, weight in weights.items():
        if weight == HUNDRED:
            continue
        for step in (-SHIFT_POINTS, SHIFT_POINTS):
            moved = min(max(weight + step, Fraction(0)), HUNDRED)
            scale = (HUNDRED - moved) / (HUNDRED - weight)
            shifted.append({other: moved if other == code else held * scale for other, held in weights.items()})
    return shifted


def cohort_of(position: int, cohort_sizes: Sequence[int]) -> int:
    """The cohort of a position, both from 1; places past the last cohort's end join the last one."""
    end = 0
    for number, size in enumerate(cohort_sizes, start=1):
        end += size
        if position <= end:
            return number
    return len(cohort_sizes)


def rank(candidates: Sequence[Candidate], weights: Mapping[str, int], *, cohort_sizes: Sequence[int]) -> RankingResult:
    """Rank the places and mark as a close call each one that another weighting would put in another cohort.

    Args:
        candidates: every place of the target list, once.
        weights: measure code to weight, in the order in which measures break ties.
        cohort_sizes: places per yearly start, first to last.

    Raises:
        ValueError: two places share a code, no cohort is given, or no measure is known for every place.
    """
    if len({candidate.code for candidate in candidates}) != len(candidates):
        raise ValueError("every place may stand in a ranking once")
    if not cohort_sizes:
        raise ValueError("a ranking needs at least one cohort")
    used = counted_weights(candidates, weights)
    table = _percentile_table(candidates, list(used))
    points = _points(table, used)
    order = _order(candidates, points, list(used))
    cohorts = _cohorts(order, cohort_sizes)
    moved = [
        _cohorts(_order(candidates, _points(table, other), list(used)), cohort_sizes) for other in shifted_weights(used)
    ]
    places = tuple(
        RankedPlace(
            code=code,
            points=points[code],
            position=position,
            cohort=cohorts[code],
            is_close_call=any(other[code] != cohorts[code] for other in moved),
            percentiles=table[code],
        )
        for position, code in enumerate(order, start=1)
    )
    return RankingResult(places, used, tuple(code for code in weights if code not in used))


def _percentile_table(candidates: Sequence[Candidate], measures: Sequence[str]) -> dict[str, dict[str, Fraction]]:
    """Place code to measure code to percentile."""
    table: dict[str, dict[str, Fraction]] = {candidate.code: {} for candidate in candidates}
    for measure in measures:
        values = [value for candidate in candidates if (value := candidate.values[measure]) is not None]
        for candidate, percentile in zip(candidates, percentiles(values), strict=True):
            table[candidate.code][measure] = percentile
    return table


def _points(table: Mapping[str, Mapping[str, Fraction]], weights: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return {
        code: sum((weight * row[measure] for measure, weight in weights.items()), Fraction(0)) / HUNDRED
        for code, row in table.items()
    }


def _order(candidates: Sequence[Candidate], points: Mapping[str, Fraction], tie_breakers: Sequence[str]) -> list[str]:
    """Codes from the first to start to the last."""

    def key(candidate: Candidate) -> tuple[Fraction | int | str, ...]:
        breakers = [-(candidate.values[measure] or 0) for measure in tie_breakers]
        return (-points[candidate.code], *breakers, -candidate.residents, candidate.code)

    return [candidate.code for candidate in sorted(candidates, key=key)]


def _cohorts(order: Sequence[str], cohort_sizes: Sequence[int]) -> dict[str, int]:
    return {code: cohort_of(position, cohort_sizes) for position, code in enumerate(order, start=1)}
