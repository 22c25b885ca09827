"""Ranks and who acts for whom, in the browser."""

from datetime import timedelta
from typing import Any

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants.domain.authority import Rank
from grants.models import AuthorityChange, Delegation, OfficerAuthority
from grants.selectors.days import today
from grants.waiting.authority import waiting
from tests.unit.grants.conftest import give_rank, make_person
from tests.unit.grants.views.test_payments import signed_in

DAY = timedelta(days=1)


def waiting_titles(user: User) -> list[str]:
    return [item.title for item in waiting(User.objects.get(pk=user.pk))]


def on(name: str, day: Any) -> dict[str, int]:
    return {f"{name}_day": day.day, f"{name}_month": day.month, f"{name}_year": day.year}


def test_an_administrator_gives_a_rank_and_another_confirms_it(db: None) -> None:
    one, other = (make_person(name, Role.ADMINISTRATOR) for name in ("one", "other"))
    officer = make_person("officer", Role.SENIOR_OFFICER)
    form = {"email": officer.email, "rank": "2", "team": "North", **on("from_on", today() + DAY)}

    wrong = signed_in(one).post("/officers/ranks/new/", form | on("from_on", today()))
    assert wrong.status_code == 400
    assert "from tomorrow at the earliest" in wrong.content.decode()
    page = signed_in(one).post("/officers/ranks/new/", form, follow=True).content.decode()
    assert "A second administrator confirms it." in page
    change = AuthorityChange.objects.get()
    assert f"/officers/ranks/{change.pk}/confirm/" not in page
    assert "Confirm ranks" in waiting_titles(other)
    assert "Confirm ranks" not in waiting_titles(one)
    done = signed_in(other).post(f"/officers/ranks/{change.pk}/confirm/", {"sure": "on"}, follow=True)

    assert "Confirmed by two administrators." in done.content.decode()
    assert OfficerAuthority.objects.get(user=officer).team == "north"
    assert "Senior officer" in signed_in(make_person("auditor", Role.AUDITOR)).get("/officers/").content.decode()


def test_a_request_for_a_rank_is_taken_back(db: None) -> None:
    one, officer = make_person("one", Role.ADMINISTRATOR), make_person("officer", Role.SENIOR_OFFICER)
    form = {"email": officer.email, "rank": "2", "team": "North", **on("from_on", today() + DAY)}
    signed_in(one).post("/officers/ranks/new/", form)

    page = signed_in(one).post(f"/officers/ranks/{AuthorityChange.objects.get().pk}/withdraw/", follow=True)

    assert "The request is taken back." in page.content.decode()
    assert "Nothing waits." in page.content.decode()


def test_an_officer_hands_over_and_an_administrator_confirms(db: None) -> None:
    giver = give_rank(make_person("giver", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "north")
    taker = give_rank(make_person("taker", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "south")
    manager = give_rank(make_person("manager", Role.GRANTS_MANAGER), Rank.GRANTS_MANAGER, "south")
    administrator = make_person("administrator", Role.ADMINISTRATOR)
    offered = signed_in(giver).get("/acting-for/new/").content.decode()
    assert str(taker) in offered
    assert str(manager) not in offered
    form = {"taker": taker.pk, **on("from_on", today()), **on("to_on", today() + 40 * DAY), "reason": "On leave."}

    long = signed_in(giver).post("/acting-for/new/", form)
    assert (long.status_code, "at most 30 days" in long.content.decode()) == (400, True)
    signed_in(giver).post("/acting-for/new/", form | on("to_on", today() + 5 * DAY))
    delegation = Delegation.objects.get()
    assert "Confirm who acts for whom" in waiting_titles(administrator)
    done = signed_in(administrator).post(f"/acting-for/{delegation.pk}/confirm/", {"sure": "on"}, follow=True)
    assert "Confirmed" in done.content.decode()
    assert f"You act for {giver}" in waiting_titles(taker)

    ended = signed_in(taker).post(f"/acting-for/{delegation.pk}/end/", follow=True).content.decode()

    assert "Ended. Each acts for themselves again." in ended
    assert "Everybody acts for themselves." in ended
    assert "£1,500,000" in ended


def test_pages_are_for_whom_they_are(db: None) -> None:
    officer = signed_in(make_person("officer", Role.GRANTS_OFFICER))

    for address in ("/officers/", "/officers/ranks/new/", "/acting-for/", "/acting-for/new/"):
        assert officer.get(address).status_code == 403
