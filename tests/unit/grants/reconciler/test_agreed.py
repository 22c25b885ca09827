"""What the reconciler derives by itself is what the portal plans: two ways to one schedule."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from grants.domain.indexation import Indexation, IndexedTranche, IndexTerms, rise
from grants.domain.prices import yearly_rate
from grants.domain.schedule import CADENCES, Profile, build_schedule, running_contributions
from grants.domain.schedule import Terms as PortalTerms
from grants.domain.shares import split_cumulatively
from grants.domain.working_days import england_and_wales
from grants.reconciler.calendar import OpenDays
from grants.reconciler.life import Life, Terms
from grants.reconciler.prices import Prices

CALENDAR = OpenDays()
LOADED = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def agreed(draw: st.DrawFn) -> Terms:
    years = draw(st.integers(1, 15))
    profile = draw(st.sampled_from(Profile))
    weights = draw(st.lists(st.integers(1, 1_000), min_size=years, max_size=years)) if profile is Profile.CUSTOM else []
    return Terms(
        amount_pence=draw(st.integers(1_000_000, 10**10)),
        contribution_pence=draw(st.integers(0, 10**8)),
        years=years,
        cadence_months=draw(st.sampled_from(sorted(CADENCES))),
        profile=profile.value,
        weights=tuple(weights),
        anchor_on=draw(st.dates(date(2026, 1, 1), date(2060, 12, 31))),
        ends_on=date(2100, 1, 1),
    )


def born(terms: Terms, basis_points: int = 0) -> Life:
    """An agreement of two sources, three fifths and two fifths."""
    life = Life("CWF-1", terms.anchor_on, Fraction(basis_points, 10_000), is_fixed=True, sources=[1, 2])
    first, body = terms.amount_pence * 3 // 5, terms.contribution_pence * 3 // 5
    life.begin(terms, {1: (first, body), 2: (terms.amount_pence - first, terms.contribution_pence - body)}, CALENDAR)
    return life


@given(agreed())
def test_both_ways_lead_to_the_same_schedule(terms: Terms) -> None:
    planned = build_schedule(
        PortalTerms(
            total_pence=terms.amount_pence,
            starts_on=terms.anchor_on,
            anchor_on=terms.anchor_on,
            term_years=terms.years,
            cadence_months=terms.cadence_months,
            profile=Profile(terms.profile),
            weights=terms.weights,
        ),
        england_and_wales(),
    )

    lived = born(terms).standing()

    amounts = [one.amount_pence for one in planned]
    assert [sum(one.amounts) for one in lived] == amounts
    first = terms.amount_pence * 3 // 5
    assert [one.amounts for one in lived] == split_cumulatively(amounts, [first, terms.amount_pence - first])
    assert [sum(one.contributions) for one in lived] == running_contributions(
        amounts, terms.amount_pence, terms.contribution_pence
    )
    assert [(one.number, one.year, one.due_on) for one in lived] == [
        (one.number, one.year, one.due_on) for one in planned
    ]
    assert CALENDAR.before(lived[-1].due_on, 2) == planned[-1].process_on


@settings(max_examples=15)
@given(agreed(), st.integers(1, 1_000), st.data())
def test_both_ways_add_the_same_where_payments_were_released_early(
    terms: Terms, basis_points: int, data: st.DataObject
) -> None:
    life = born(terms, basis_points)
    for one in life.standing():
        one.is_open = data.draw(st.booleans())
    year = data.draw(st.integers(1, terms.years))
    before = [
        IndexedTranche(one.year, tuple(one.amounts), tuple(one.uplifts), is_open=one.is_open) for one in life.standing()
    ]
    known = [Fraction(basis_points, 10_000)] * min(year, terms.years - 1)

    life.pass_anniversary(year, at=LOADED, prices=Prices())

    wanted = rise(IndexTerms(Indexation.FIXED, basis_points), before, known)
    assert [one.uplifts for one in life.standing()] == wanted


@given(
    st.decimals("1", "999", places=1), st.decimals("1", "999", places=1), st.sampled_from(["rate", "index", "later"])
)
def test_both_ways_read_the_published_table_alike(now: Decimal, before: Decimal, held: str) -> None:
    rows = [
        ("L522", date(2025, 5, 1), 1, before + 1, "2015=100", date(2025, 6, 18), LOADED),
        ("L522", date(2025, 5, 1), 2, before, "2015=100", date(2025, 7, 18), LOADED),
        ("L522", date(2026, 5, 1), 1, now, "2015=100", date(2026, 6, 17), LOADED),
        ("L522", date(2026, 5, 1), 2, now + 3, "2015=100", date(2026, 7, 17), LOADED),
    ]
    if held == "rate":
        rows.append(("L55O", date(2026, 5, 1), 1, Decimal("4.1"), "%", date(2026, 6, 17), LOADED))
    known_at = LOADED - timedelta(seconds=1) if held == "later" else LOADED

    found = Prices(rows).rise(date(2026, 9, 30), known_at=known_at)

    wanted = {"rate": Fraction(41, 1000), "index": yearly_rate(now, before), "later": None}
    assert found == wanted[held]


@given(st.dates(date(2020, 1, 1), date(2120, 12, 31)))
def test_both_calendars_agree(day: date) -> None:
    week = [day + timedelta(days=index) for index in range(7)]

    assert [CALENDAR.is_open(one) for one in week] == [england_and_wales().is_working_day(one) for one in week]
