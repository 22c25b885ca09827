"""Two administrators open the home page of a constituency to a Member, and one ends it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, today
from cwf_portal.core.errors import ConflictError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import revoke_role
from cwf_portal.core.waiting import waiting_for
from neighbourhoods import selectors
from neighbourhoods.models import Area, AreaKind, ConstituencyAccess
from neighbourhoods.services import confirm_access, end_access, request_access
from tests.support.sessions import sign_in

pytestmark = pytest.mark.django_db
LIST = "neighbourhoods:access-list"


@pytest.fixture
def easington(db) -> Area:
    return Area.objects.get(kind=AreaKind.CONSTITUENCY_2024, name="Easington")


@pytest.fixture
def administrators(person: Callable[..., User]) -> tuple[User, User]:
    return person("one@example.com", Role.ADMINISTRATOR), person("two@example.com", Role.ADMINISTRATOR)


@pytest.fixture
def member(person: Callable[..., User]) -> User:
    return person("member@example.com", Role.MP)


def sees(user: User) -> list[str]:
    return [area.name for area in selectors.constituencies_of(user)]


def press(client: Client, by: User, name: str, access: ConstituencyAccess) -> str:
    sign_in(client, by)
    answer = client.post(reverse(f"neighbourhoods:access-{name}", args=[access.pk]), follow=True)
    return answer.content.decode()


def test_member_sees_a_constituency_once_two_administrators_agree(
    client: Client, administrators: tuple[User, User], member: User, easington: Area
) -> None:
    one, two = administrators
    client.force_login(one)
    asked = {"email": member.email, "constituency": easington.code}
    page = client.post(reverse("neighbourhoods:access-request"), asked, follow=True).content.decode()
    assert "Another administrator confirms this" in page
    access = ConstituencyAccess.objects.get()
    assert sees(member) == []
    assert [item.count for item in waiting_for(two)["do"] if item.url == reverse(LIST)] == [1]
    assert not [item for item in waiting_for(one)["do"] if item.url == reverse(LIST)]

    assert "Confirmed: Easington." in press(client, two, "confirm", access)
    assert sees(member) == ["Easington"]

    assert "Ended with today: Easington." in press(client, one, "end", access)
    assert sees(member) == ["Easington"]
    advance_clock(by=timedelta(days=1, hours=1))
    assert sees(member) == []


def test_asking_and_confirming_twice_change_nothing(
    administrators: tuple[User, User], member: User, easington: Area
) -> None:
    one, two = administrators
    access = request_access(by=one, user=member, area=easington)
    assert request_access(by=two, user=member, area=easington) == access
    confirmed = confirm_access(by=two, access=access)
    assert confirm_access(by=two, access=access).confirmed_at == confirmed.confirmed_at


def test_what_somebody_asked_for_who_is_no_administrator_any_more_is_not_confirmed(
    administrators: tuple[User, User], member: User, easington: Area
) -> None:
    one, two = administrators
    access = request_access(by=one, user=member, area=easington)
    revoke_role(by=two, grant=one.role_grants.get())
    with pytest.raises(ConflictError, match="may no longer ask"):
        confirm_access(by=two, access=access)
    assert sees(member) == []


def test_whoever_asked_or_would_see_it_does_not_confirm(
    administrators: tuple[User, User], person: Callable[..., User], member: User, easington: Area
) -> None:
    one, two = administrators
    both = person("both@example.com", Role.MP, Role.ADMINISTRATOR)
    with pytest.raises(NotAllowedError, match="second person"):
        confirm_access(by=one, access=request_access(by=one, user=member, area=easington))
    with pytest.raises(NotAllowedError, match="second person"):
        confirm_access(by=both, access=request_access(by=two, user=both, area=easington))
    with pytest.raises(NotAllowedError, match="for themselves"):
        request_access(by=both, user=both, area=easington)
    with pytest.raises(NotAllowedError, match="Give and confirm roles|give and confirm roles"):
        request_access(by=member, user=both, area=easington)


def test_only_a_constituency_of_today_is_opened_and_only_to_who_holds_the_role(
    administrators: tuple[User, User], person: Callable[..., User], member: User, easington: Area
) -> None:
    one, two = administrators
    with pytest.raises(ConflictError, match="no constituency of today"):
        request_access(by=one, user=member, area=Area.objects.of_kind(AreaKind.REGION)[0])
    with pytest.raises(ConflictError, match="does not hold the role"):
        request_access(by=one, user=person("resident@example.com"), area=easington)
    taken_back = end_access(by=one, access=request_access(by=one, user=member, area=easington))
    with pytest.raises(ConflictError, match="was ended"):
        confirm_access(by=two, access=taken_back)
    assert sees(member) == []


@pytest.mark.parametrize(
    ("rule", "who"), [("two_people", "requested_by"), ("not_for_oneself", "user"), ("two_people", "")]
)
def test_database_itself_wants_two_people_who_are_not_the_member(
    administrators: tuple[User, User], member: User, easington: Area, rule: str, who: str
) -> None:
    access = request_access(by=administrators[0], user=member, area=easington)
    access.confirmed_by = getattr(access, who) if who else administrators[1]
    access.confirmed_at = access.user.joined_at if who else None
    with pytest.raises(IntegrityError, match=rule), acting("system:test", "forced"), transaction.atomic():
        access.save()


def test_day_begins_in_london_also_where_utc_is_still_at_yesterday(
    administrators: tuple[User, User], member: User, easington: Area
) -> None:
    """Half past midnight in summer: what ended yesterday is closed."""
    one, two = administrators
    access = confirm_access(by=two, access=request_access(by=one, user=member, area=easington))
    advance_clock(to=datetime(2099, 7, 1, 20, 0, tzinfo=UTC))
    end_access(by=one, access=access)
    advance_clock(to=datetime(2099, 7, 1, 23, 30, tzinfo=UTC))

    assert today() == date(2099, 7, 2)
    assert sees(member) == []
