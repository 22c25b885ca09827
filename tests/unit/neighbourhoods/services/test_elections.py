"""Before an election: who declares one, what counts as one, and what a dissolution of Parliament ends."""

import io
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now, today
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from neighbourhoods import selectors
from neighbourhoods.models import Area, AreaKind, ConstituencyAccess, Neighbourhood, Seat, SensitivePeriod
from neighbourhoods.services import (
    confirm_access,
    declare_period,
    end_pages_at_dissolution,
    request_access,
    require_no_election,
    take_period_back,
)
from neighbourhoods.services.elections import ElectionError
from neighbourhoods.services.loading import everything

DAY = timedelta(days=1)


@pytest.fixture
def director(person) -> User:
    return person("director@example.com", Role.FUND_DIRECTOR)


def area(kind: AreaKind, name: str = "England") -> Area:
    return Area.objects.get(kind=kind, name=name)


def declare(by: User, where: Area | None = None, **changes: object) -> SensitivePeriod:
    given: dict[str, object] = {"name": "Election of May", "starts_on": today(), "ends_on": today() + 40 * DAY}
    return declare_period(by=by, area=where or area(AreaKind.COUNTRY), **(given | changes))


def general_election(by: User) -> SensitivePeriod:
    return declare(by, name="General election", dissolves_on=today() + 5 * DAY)


def sitting() -> set[str]:
    found = selectors.constituencies(search="Easington")
    return {seat.member.name for one in found for seat in one.held_seats}


def test_nothing_new_begins_where_any_part_of_a_place_lies_from_the_first_day_to_the_last(trimdon, director):
    """Trimdon lies in two constituencies; Easington has the smaller part."""
    period = declare(director, area(AreaKind.CONSTITUENCY_2024, "Easington"))
    require_no_election(trimdon, today() - DAY)
    require_no_election(trimdon, period.ends_on + DAY)
    for day in (today(), period.ends_on):
        with pytest.raises(ElectionError, match=r"lies before an election \(Election of May\)"):
            require_no_election(trimdon, day)
    elsewhere = Neighbourhood.objects.exclude(area_shares__area=period.area)[0]
    require_no_election(elsewhere, today())


def test_taking_back_holds_back_nothing_any_more(trimdon, director):
    period = declare(director)
    taken = take_period_back(by=director, period=period)
    assert take_period_back(by=director, period=period).taken_back_at == taken.taken_back_at
    require_no_election(trimdon, today())
    assert declare(director).pk != period.pk


def test_the_same_again_is_the_first_and_anything_else_on_that_day_is_refused(director):
    first = declare(director)
    assert declare(director) == first
    with pytest.raises(ConflictError, match="“Election of May” begins on that day in England"):
        declare(director, ends_on=today() + 30 * DAY)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "  "}, "needs a name"),
        ({"ends_on": date(2020, 1, 1)}, "ends on its first day or up to 119 days later"),
        ({"ends_on": date(2999, 1, 1)}, "ends on its first day or up to 119 days later"),
        ({"starts_on": date(2020, 1, 1), "ends_on": date(2020, 2, 1)}, "is over"),
        ({"dissolves_on": date(2020, 1, 1)}, "within these days"),
        ({"dissolves_on": date(2999, 1, 1)}, "within these days"),
    ],
)
def test_a_date_that_is_out_of_order_is_refused_in_a_sentence(director, changes, sentence):
    with pytest.raises(DomainError, match=sentence):
        declare(director, **changes)
    assert SensitivePeriod.objects.count() == 0


def test_parliament_is_dissolved_for_the_country_only(director):
    with pytest.raises(DomainError, match="for the whole country"):
        declare(director, area(AreaKind.REGION, "North East"), dissolves_on=today())


@pytest.mark.parametrize("role", [Role.GRANTS_OFFICER, Role.MP, Role.AUDITOR, Role.FINANCE_DIRECTOR])
def test_nobody_else_declares_one_or_takes_it_back(person, director, role):
    other, period = person(f"{role}@example.com", role), declare(director)
    with pytest.raises(NotAllowedError):
        declare(other, ends_on=today() + DAY)
    with pytest.raises(NotAllowedError):
        take_period_back(by=other, period=period)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("length", {"ends_on": date(2031, 1, 1)}),
        ("length", {"ends_on": date(2031, 12, 31)}),
        ("dissolves_within", {"dissolves_on": date(2031, 1, 31)}),
        ("dissolves_within", {"dissolves_on": date(2031, 4, 1)}),
        ("taken_back", {"taken_back_at": core_now}),
        ("once", {}),
    ],
)
def test_the_database_itself_keeps_periods_in_order(director, rule, changes):
    given = {"area": area(AreaKind.COUNTRY), "name": "One", "declared_by": director}
    days = {"starts_on": date(2031, 2, 1), "ends_on": date(2031, 3, 1)}
    with acting("system:test", "made for a test"):
        SensitivePeriod.objects.create(**given, **days)
        wrong = {name: value() if callable(value) else value for name, value in changes.items()}
        moved = {} if rule == "once" else {"starts_on": date(2031, 2, 2)}
        with pytest.raises(IntegrityError, match=f"sensitiveperiod_{rule}"), transaction.atomic():
            SensitivePeriod.objects.create(**given, **(days | moved | wrong))


def test_members_and_their_pages_are_gone_on_the_day_parliament_is_dissolved_though_no_worker_ran(mp, director):
    general_election(director)
    advance_clock(by=4 * DAY)
    assert (sitting(), [one.name for one in selectors.constituencies_of(mp)]) == ({"Grahame Morris"}, ["Easington"])
    advance_clock(by=DAY)
    assert (sitting(), list(selectors.constituencies_of(mp))) == (set(), [])


def test_what_ended_with_a_parliament_is_noted_once_and_begins_anew_by_two_administrators(mp, person, director):
    period = general_election(director)
    one, two = (person(f"{name}@example.com", Role.ADMINISTRATOR) for name in ("one", "two"))
    waiting = person("waiting@example.com", Role.MP)
    easington = area(AreaKind.CONSTITUENCY_2024, "Easington")
    unanswered = request_access(by=one, user=waiting, area=easington)
    advance_clock(by=5 * DAY)
    with pytest.raises(ConflictError, match="was ended"):
        confirm_access(by=two, access=unanswered)
    assert end_pages_at_dissolution(core_now()) == 0
    ended = {access.user: access.ends_on for access in ConstituencyAccess.objects.all()}
    assert ended == dict.fromkeys((mp, waiting), period.dissolves_on - DAY)

    advance_clock(by=20 * DAY)
    confirm_access(by=two, access=request_access(by=one, user=mp, area=easington))
    take_period_back(by=director, period=period)
    assert [one.name for one in selectors.constituencies_of(mp)] == ["Easington"]
    assert list(selectors.constituencies_of(waiting)) == []


def test_a_dissolution_taken_back_in_time_ends_nothing(mp, director):
    take_period_back(by=director, period=general_election(director))
    advance_clock(by=6 * DAY)
    assert end_pages_at_dissolution(core_now()) == 0
    assert [one.name for one in selectors.constituencies_of(mp)] == ["Easington"]
    assert sitting() == {"Grahame Morris"}


def load_members(as_of: date) -> None:
    call_command("load_members", str(everything.MEMBERS_FILE), as_of=as_of, stdout=io.StringIO())


def test_members_of_before_come_back_only_with_a_file_of_after(director):
    period = general_election(director)
    dissolved = period.dissolves_on
    load_members(dissolved - DAY)
    advance_clock(by=30 * DAY)
    assert sitting() == set()
    load_members(dissolved + 20 * DAY)
    assert sitting() == {"Grahame Morris"}
    seats = Seat.objects.filter(constituency__name="Easington").order_by("starts_on")
    assert [(seat.starts_on, seat.ends_on) for seat in seats] == [
        (date(2024, 7, 4), dissolved - DAY),
        (dissolved + 20 * DAY, None),
    ]
    count = Seat.objects.count()
    load_members(dissolved + 21 * DAY)
    assert Seat.objects.count() == count


def test_the_page_of_the_last_parliament_does_not_stand_in_for_a_new_one(mp, person, director):
    general_election(director)
    advance_clock(by=25 * DAY)
    administrator, easington = person("one@example.com", Role.ADMINISTRATOR), mp.constituency_accesses.get().area
    assert request_access(by=administrator, user=mp, area=easington).confirmed_by is None
    assert list(selectors.constituencies_of(mp)) == []
