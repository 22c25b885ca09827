"""How payments rise with prices: worked examples to the penny, and what always holds."""

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from grants.domain.indexation import (
    Indexation,
    IndexedTranche,
    IndexTerms,
    factors,
    next_factor,
    rate_month,
    reserve_at_cap,
    rise,
    spread_reserve,
    uplift_by_source,
    uplift_pence,
)

CPIH = IndexTerms(Indexation.CPIH, 300)
CAP = Fraction(3, 100)
rates = st.one_of(st.none(), st.fractions(Fraction(-1, 10), Fraction(1, 10), max_denominator=1_000))


def test_the_rate_of_the_fourth_month_before_counts() -> None:
    assert rate_month(date(2026, 11, 22)) == date(2026, 7, 1)
    assert rate_month(date(2026, 3, 31)) == date(2025, 11, 1)
    assert rate_month(date(2028, 2, 29)) == date(2027, 10, 1)


def test_a_factor_rises_by_the_rate_up_to_the_cap_and_never_falls() -> None:
    assert next_factor(Fraction(1), cap=CAP, rate=Fraction(21, 1000)) == Fraction(1021, 1000)
    assert next_factor(Fraction(1021, 1000), cap=CAP, rate=Fraction(41, 1000)) == Fraction(1021 * 103, 100_000)
    assert next_factor(Fraction(1021, 1000), cap=CAP, rate=Fraction(-1, 100)) == Fraction(1021, 1000)


def test_factors_by_year_with_a_figure_missing() -> None:
    known = [Fraction(2, 100), None]

    assert factors(CPIH, known, 4, unknown=Fraction(0)) == [
        1,
        Fraction(102, 100),
        Fraction(102, 100),
        Fraction(102, 100),
    ]
    assert factors(CPIH, known, 4, unknown=CAP) == [
        1,
        Fraction(102, 100),
        Fraction(102 * 103, 10_000),
        Fraction(102 * 103 * 103, 1_000_000),
    ]
    assert factors(IndexTerms(), known, 3, unknown=CAP) == [1, 1, 1]


def test_halves_of_a_penny_go_up() -> None:
    assert uplift_pence(50, Fraction(101, 100)) == 1  # half a penny
    assert uplift_pence(49, Fraction(101, 100)) == 0
    assert uplift_pence(1_000_000, Fraction(1021, 1000)) == 21_000


def test_a_worked_agreement_of_three_years_and_two_sources() -> None:
    """£10,000 a year, 60/40; prices rise by 2.1% and then by 4.1%, which the cap makes 3%."""
    years = [IndexedTranche(year, (600_000, 400_000), (0, 0)) for year in (1, 2, 3)]
    # At the cap: £300 in the second year and £609 in the third.
    assert reserve_at_cap(CPIH, years) == [18_000 + 36_540, 12_000 + 24_360]

    first = rise(CPIH, years, [Fraction(21, 1000)])
    assert first == [[0, 0], [12_600, 8_400], [0, 0]]
    years = [years[0], IndexedTranche(2, (600_000, 400_000), (12_600, 8_400)), years[2]]
    # £10,000 x (1.021 x 1.03 - 1) = £516.30 is the most that the third year can ask for now.
    assert reserve_at_cap(CPIH, years, rates=[Fraction(21, 1000)]) == [30_978, 20_652]

    assert rise(CPIH, years, [Fraction(21, 1000), Fraction(41, 1000)])[2] == [30_978, 20_652]


def test_a_missing_figure_is_made_good_on_the_first_payment_that_can_change() -> None:
    """The second year went out at the old factor; a year later its figure is there and £210 come after it."""
    paid = IndexedTranche(2, (600_000, 400_000), (0, 0), is_open=False)
    years = [
        IndexedTranche(1, (600_000, 400_000), (0, 0), is_open=False),
        paid,
        IndexedTranche(3, (600_000, 400_000), (0, 0)),
    ]

    assert rise(CPIH, years, [None]) == [[0, 0]] * 3
    late = rise(CPIH, years, [Fraction(21, 1000), Fraction(0)])

    assert late[2] == [2 * 12_600, 2 * 8_400]
    assert late[:2] == [[0, 0], [0, 0]]


def test_what_nobody_can_be_paid_any_more_is_not_added() -> None:
    closed = [IndexedTranche(year, (100,), (0,), is_open=False) for year in (1, 2)]

    assert rise(CPIH, closed, [CAP]) == [[0], [0]]
    assert rise(CPIH, [], [CAP]) == []
    assert reserve_at_cap(CPIH, []) == []


@given(
    parts=st.lists(st.integers(0, 10**9), min_size=1, max_size=4), one=st.integers(0, 5_000), more=st.integers(0, 5_000)
)
def test_a_higher_factor_takes_no_less_from_any_source(parts: list[int], one: int, more: int) -> None:
    low, high = 1 + Fraction(one, 10_000), 1 + Fraction(one + more, 10_000)

    less, most = uplift_by_source(parts, low), uplift_by_source(parts, high)

    assert sum(most) == uplift_pence(sum(parts), high)
    assert all(0 <= small <= large for small, large in zip(less, most, strict=True))


@given(
    bases=st.lists(st.tuples(st.integers(1, 10**8), st.integers(0, 10**8)), min_size=2, max_size=12),
    found=st.lists(rates, min_size=1, max_size=12),
    paid_after=st.integers(0, 3),
)
def test_the_reserve_at_the_cap_always_suffices_and_is_given_back(
    bases: list[tuple[int, int]], found: list[Fraction | None], paid_after: int
) -> None:
    """Year by year, with figures missing and payments going out: what is added never exceeds what was kept."""
    tranches = [IndexedTranche(year, parts, (0, 0)) for year, parts in enumerate(bases, start=1)]
    reserve = reserve_at_cap(CPIH, tranches)
    for anniversary in range(1, min(len(found), len(bases) - 1) + 1):
        known = found[:anniversary]
        added = rise(CPIH, tranches, known)
        tranches = [
            IndexedTranche(
                tranche.year,
                tranche.parts,
                tuple(before + more for before, more in zip(tranche.given, row, strict=True)),
                is_open=tranche.year > anniversary + 1 - paid_after,
            )
            for tranche, row in zip(tranches, added, strict=True)
        ]
        after = reserve_at_cap(CPIH, tranches, rates=known)
        used = [sum(column) for column in zip(*added, strict=True)]

        assert all(amount >= 0 for row in added for amount in row)
        assert all(kept - spent - rest >= 0 for kept, spent, rest in zip(reserve, used, after, strict=True))
        assert all(rest >= 0 for rest in after)
        reserve = after


@given(st.lists(st.lists(st.integers(1, 10**9), min_size=2, max_size=2), min_size=1, max_size=12), st.booleans())
def test_what_is_kept_falls_due_whole_with_the_payments_that_rise(parts: list[list[int]], first_is_open: bool) -> None:
    tranches = [
        IndexedTranche(1 + index, tuple(row), (0, 0), is_open=first_is_open or index > 0)
        for index, row in enumerate(parts)
    ]
    kept = reserve_at_cap(CPIH, tranches)

    rows = spread_reserve(CPIH, tranches, kept)

    target = factors(CPIH, (), len(tranches), unknown=CAP)
    is_open = any(one.is_open for one in tranches)
    expected = [uplift_by_source(one.parts, target[one.year - 1]) for one in tranches]
    assert rows == (expected if is_open else [[0, 0]] * len(tranches))


def test_what_no_open_payment_rises_by_falls_due_with_the_first() -> None:
    late = [
        IndexedTranche(1, (100,), (0,), is_open=False),
        IndexedTranche(2, (100,), (3,)),
        IndexedTranche(2, (9,), (1,)),
    ]

    assert spread_reserve(CPIH, late, [7], rates=[CAP]) == [[0], [7], [0]]
