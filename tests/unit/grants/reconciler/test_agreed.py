"""What the reconciler derives by itself is what the portal plans: two ways to one schedule."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from grants.domain.schedule import CADENCES, Profile, Terms, build_schedule, running_contributions
from grants.domain.working_days import england_and_wales
from grants.reconciler.agreed import AgreedTerms, derived_amounts, derived_contributions, months_after
from grants.reconciler.calendar import OpenDays

CALENDAR = OpenDays()


@st.composite
def agreed(draw: st.DrawFn) -> AgreedTerms:
    years = draw(st.integers(1, 15))
    profile = draw(st.sampled_from(Profile))
    weights = draw(st.lists(st.integers(1, 1_000), min_size=years, max_size=years)) if profile is Profile.CUSTOM else []
    return AgreedTerms(
        reference="CWF-1",
        version=1,
        amount_pence=draw(st.integers(1_000_000, 10**10)),
        contribution_pence=draw(st.integers(0, 10**8)),
        years=years,
        cadence_months=draw(st.sampled_from(sorted(CADENCES))),
        profile=profile.value,
        weights=tuple(weights),
        anchor_on=draw(st.dates(date(2026, 1, 1), date(2060, 12, 31))),
    )


@given(agreed())
def test_both_ways_lead_to_the_same_schedule(terms: AgreedTerms) -> None:
    planned = build_schedule(
        Terms(
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

    amounts = derived_amounts(terms)

    assert amounts == [one.amount_pence for one in planned]
    assert derived_contributions(amounts, terms.contribution_pence) == running_contributions(
        amounts, terms.amount_pence, terms.contribution_pence
    )
    days = [
        CALENDAR.last_open(months_after(terms.anchor_on, index * terms.cadence_months)) for index in range(len(planned))
    ]
    assert days == [one.due_on for one in planned]
    assert CALENDAR.before(days[-1], 2) == planned[-1].process_on


@given(st.dates(date(2020, 1, 1), date(2120, 12, 31)))
def test_both_calendars_agree(day: date) -> None:
    week = [day + timedelta(days=index) for index in range(7)]

    assert [CALENDAR.is_open(one) for one in week] == [england_and_wales().is_working_day(one) for one in week]
