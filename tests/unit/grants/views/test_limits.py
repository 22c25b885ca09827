"""Limits of authority in the browser: everybody who works by them reads them, two directors change one."""

from datetime import timedelta
from typing import Any

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants.models import LimitChange
from grants.selectors.days import today
from grants.waiting.endowment import waiting
from tests.unit.grants.conftest import make_person, to_next_noon
from tests.unit.grants.views.test_payments import signed_in

LIST, NEW = "/officers/limits/", "/officers/limits/new/"


def titles(user: User) -> list[str]:
    return [item.title for item in waiting(User.objects.get(pk=user.pk))]


def test_a_proposal_whose_day_has_come_is_offered_to_nobody(db: None) -> None:
    one, other = make_person("one", Role.FUND_DIRECTOR), make_person("other", Role.FINANCE_DIRECTOR)
    signed_in(one).post(NEW, said())
    to_next_noon()

    page = signed_in(other).get(LIST).content.decode()

    assert "Withdraw it, then propose it afresh." in page
    assert "/confirm/" not in page
    assert "Confirm a limit of authority" not in titles(other)


def said(**changes: Any) -> dict[str, Any]:
    day = today() + timedelta(days=1)
    on = {"from_on_day": day.day, "from_on_month": day.month, "from_on_year": day.year}
    return {"cell": "approve-2-low", "limit_pence": "120,000", "reason": "Prices rose.", **on} | changes


def test_one_director_proposes_a_limit_and_another_confirms_it(db: None) -> None:
    one, other = make_person("one", Role.FUND_DIRECTOR), make_person("other", Role.FINANCE_DIRECTOR)
    assert "Senior officer (now £100,000)" in signed_in(one).get(NEW).content.decode()
    for wrong in ({"limit_pence": "1,000.005"}, {"cell": "approve-1-low"}, {"reason": ""}, {"limit_pence": "100,000"}):
        assert signed_in(one).post(NEW, said(**wrong)).status_code == 400

    page = signed_in(one).post(NEW, said(), follow=True).content.decode()
    change = LimitChange.objects.get()
    confirm = f"{LIST}{change.pk}/confirm/"
    assert "The other director confirms it." in page
    assert confirm not in page
    assert "Confirm a limit of authority" in titles(other)
    assert "Confirm a limit of authority" not in titles(one)
    asked = signed_in(other).get(confirm).content.decode()
    assert "£100,000" in asked
    assert "£120,000" in asked
    done = signed_in(other).post(confirm, {"sure": "on"}, follow=True).content.decode()

    assert "Confirmed by two directors." in done
    auditor = signed_in(make_person("auditor", Role.AUDITOR)).get(LIST).content.decode()
    assert "Agreed, and yet to begin" in auditor
    assert "£120,000, from" in auditor
    assert "Prices rose." in auditor
    assert NEW not in auditor


def test_a_proposal_is_withdrawn_and_stays_in_the_history(db: None) -> None:
    one, officer = make_person("one", Role.FUND_DIRECTOR), make_person("officer", Role.GRANTS_OFFICER)
    signed_in(one).post(NEW, said())
    withdraw = f"{LIST}{LimitChange.objects.get().pk}/withdraw/"
    assert signed_in(officer).post(withdraw).status_code == 403

    page = signed_in(one).post(withdraw, follow=True).content.decode()

    assert "The limit stays as it is." in page
    assert "Withdrawn by" in page
