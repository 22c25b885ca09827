"""Pages of the fund: investments, decisions, policies, scenarios, and what waits about them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.investments import AssetClass
from grants.models import FundDecision, FundOrder, Holding, Programme, SavedScenario, Source, SpendingPolicy, Valuation
from grants.selectors.days import today
from grants.waiting.endowment import waiting
from tests.support import sessions
from tests.unit.grants.conftest import MILLION, People, Story, allocate, make_person
from tests.unit.grants.services.test_investments import buy, open_holding, value

SCENARIO = {
    "source": "dormant",
    "returns": "-1.5",
    "inflation": "2.7",
    "prices": "L522",
    "cap": "3",
    "wave": "1,000,000.00",
    "areas": "3",
    "spent_day": "1",
    "spent_month": "6",
    "spent_year": "2041",
    "seed": "7",
}


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        return sessions.sign_in(client, user)

    return sign_in


def text(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def titles(user: User) -> list[str]:
    return [item.title for item in waiting(User.objects.get(pk=user.pk))]


@pytest.fixture
def holding(people: People, programme: Programme) -> Holding:
    return open_holding(people, programme, AssetClass.EQUITIES)


def test_a_holding_is_named_bought_and_valued_by_two(people: People, programme: Programme, as_user: Callable) -> None:
    manager = as_user(people.finance_manager)
    source = Source.objects.get(code="dormant")
    named = {"source": source.pk, "programme": programme.pk, "asset_class": "gilts", "name": "Gilts 2035"}
    assert manager.post(reverse("grants:holding-new"), named).status_code == 302
    holding = Holding.objects.get()
    order = {"bank_reference": "BUY-1", "purpose": "Note 1", "amount_pence": "1,000,000"}
    assert manager.post(reverse("grants:purchase-propose", args=[holding.pk]), order).status_code == 302
    assert "Withdraw" in text(manager, reverse("grants:investments"))
    assert titles(people.finance_manager) == []
    assert titles(people.finance_director) == ["Confirm orders of finance"]
    confirm = reverse("grants:order-confirm", args=[FundOrder.objects.get().pk])
    assert manager.post(confirm, {"sure": "on"}).status_code == 403

    director = as_user(people.finance_director)
    assert "£1,000,000" in text(director, confirm)
    assert director.post(confirm, {"sure": "on"}).status_code == 302

    assert FundOrder.objects.awaited().count() == 1
    assert "BUY-1" in text(director, reverse("grants:investments"))


def test_a_valuation_is_proposed_and_confirmed_on_pages(people: People, holding: Holding, as_user: Callable) -> None:
    buy(people, holding)
    day = today()
    said = {
        "valued_on_day": day.day,
        "valued_on_month": day.month,
        "valued_on_year": day.year,
        "value_pence": "9,000,000",
    }
    propose = reverse("grants:valuation-propose", args=[holding.pk])
    manager = as_user(people.finance_manager)
    assert manager.post(propose, said).status_code == 400
    assert manager.post(propose, said | {"statement_reference": "S 7"}).status_code == 302
    valuation = Valuation.objects.get()
    assert titles(people.finance_director) == ["Confirm valuations"]

    director = as_user(people.finance_director)
    confirm = reverse("grants:valuation-confirm", args=[valuation.pk])
    assert "£10,000,000" in text(director, confirm)
    assert director.post(confirm, {"sure": "on"}).status_code == 302

    assert "\u2212£1,000,000" in text(director, reverse("grants:investments"))
    assert director.get(confirm).status_code == 404


def test_sales_costs_and_interest_are_proposed_and_withdrawn(
    people: People, holding: Holding, as_user: Callable
) -> None:
    buy(people, holding)
    manager = as_user(people.finance_manager)
    line = {"purpose": "Note 2", "amount_pence": "5"}
    whose = {"source": holding.source_id, "programme": holding.programme_id}
    sale = line | {"bank_reference": "S", "part_pct": "50"}
    assert manager.post(reverse("grants:sale-propose", args=[holding.pk]), sale).status_code == 302
    cost = line | whose | {"bank_reference": "C"}
    assert manager.post(reverse("grants:running-cost-propose"), cost).status_code == 302
    interest = whose | {"bank_reference": "I", "purpose": "Interest"}
    assert manager.post(reverse("grants:interest-propose"), interest).status_code == 302
    assert FundOrder.objects.proposed().count() == 3

    for order in FundOrder.objects.proposed():
        assert manager.post(reverse("grants:order-withdraw", args=[order.pk])).status_code == 302
    valuation = services.propose_valuation(
        by=people.finance_manager, holding=holding, valued_on=today(), value_pence=1, statement_reference="S"
    )
    assert manager.post(reverse("grants:valuation-withdraw", args=[valuation.pk])).status_code == 302

    assert FundOrder.objects.proposed().count() == Valuation.objects.proposed().count() == 0


def test_the_auditor_reads_and_changes_nothing(people: People, holding: Holding, as_user: Callable) -> None:
    auditor = as_user(make_person("auditor", Role.AUDITOR))

    assert "Name a holding" not in text(auditor, reverse("grants:investments"))
    assert "Keep this scenario" not in text(auditor, reverse("grants:scenarios"), **SCENARIO)
    for name in ("holding-new", "running-cost-propose", "interest-propose", "transfer-propose", "policy-propose"):
        assert auditor.get(reverse(f"grants:{name}")).status_code == 403


def test_the_fund_page_spells_its_arithmetic_out(story: Story, as_user: Callable) -> None:
    people = story.people
    story.accept()
    buy(people, open_holding(people, story.programme, AssetClass.EQUITIES))
    policy = services.propose_policy(
        by=people.director, programme=story.programme, spend_down_on=today() + timedelta(days=5600), reason="The plan."
    )
    officer = as_user(people.officer)
    assert "everything is spent by" in text(officer, reverse("grants:endowment"))
    services.confirm_policy(by=people.finance_director, policy=policy)

    page = text(officer, reverse("grants:endowment"))

    for said in (
        "Headroom: free less that",
        "Shares (equities), margin 20%",
        "£10,000,000",
        "A year may spend",
        "Next 13 weeks",
        "Can pay by then",
    ):
        assert said in page


def test_a_frozen_source_is_shown_to_every_officer(people: People, holding: Holding, as_user: Callable) -> None:
    allocate(people, holding.programme, places=6)
    buy(people, holding, 55 * MILLION)
    value(people, holding, MILLION)

    assert titles(people.officer) == ["Nothing new is promised from Forgotten accounts"]
    assert "Nothing new is promised from this source" in text(as_user(people.officer), reverse("grants:endowment"))


def test_everyone_reads_decisions_and_directors_take_them(
    people: People, programme: Programme, as_user: Callable, client: Client
) -> None:
    director = as_user(people.director)
    said = {
        "source": Source.objects.get(code="dormant").pk,
        "giver": "contingency",
        "taker": "running",
        "amount_pence": "1,000",
        "reason": "Rents have risen.",
    }
    assert director.post(reverse("grants:transfer-propose"), said).status_code == 302
    decision = FundDecision.objects.get()
    assert titles(people.finance_director) == ["Confirm decisions about the fund"]
    other = as_user(people.finance_director)
    confirm = reverse("grants:decision-confirm", args=[decision.pk])
    assert "Rents have risen." in text(other, reverse("grants:decision-list"))
    assert other.post(confirm, {"sure": "on"}).status_code == 302
    client.logout()

    page = text(client, reverse("grants:decision-list"))

    assert "Rents have risen." in page
    assert "£1,000" in page


def test_money_set_aside_is_returned_and_proposals_are_withdrawn(
    people: People, programme: Programme, as_user: Callable
) -> None:
    allocate(people, programme)
    director = as_user(people.director)
    said = {
        "source": Source.objects.get(code="dormant").pk,
        "allocation": programme.allocations.get().pk,
        "amount_pence": "10",
        "reason": "Asked for.",
    }
    assert director.post(reverse("grants:return-propose"), said).status_code == 302
    decision = FundDecision.objects.get()
    assert director.post(reverse("grants:decision-withdraw", args=[decision.pk])).status_code == 302
    day = {"spend_down_on_day": "1", "spend_down_on_month": "6", "spend_down_on_year": "2044"}
    by_rule = {"kind": "hybrid", "smoothing": "70", "inflation": "2.0", "rate": "5", "cap": "6.5"}
    policy = {"programme": programme.pk, "reason": "The plan."} | by_rule
    for wrong, said in (({"kind": "spend_down"}, "Enter all is spent by"), ({"cap": ""}, "Enter at most, of what")):
        answer = director.post(reverse("grants:policy-propose"), policy | wrong)
        assert (answer.status_code, said in answer.content.decode()) == (400, True)
    assert director.post(reverse("grants:policy-propose"), policy).status_code == 302
    rule = "70% of the year before, raised by 2%, and 30% of 5% of what remains, at most 6.5% of it"
    assert rule in text(director, reverse("grants:endowment"))
    services.withdraw_policy(by=people.director, policy=SpendingPolicy.objects.get())
    policy = {"programme": programme.pk, "reason": "The plan.", "kind": "spend_down"} | day
    assert director.post(reverse("grants:policy-propose"), policy).status_code == 302
    proposed = SpendingPolicy.objects.proposed().get()
    assert director.get(reverse("grants:policy-confirm", args=[proposed.pk])).status_code == 200
    assert director.post(reverse("grants:policy-withdraw", args=[proposed.pk])).status_code == 302
    assert director.post(reverse("grants:policy-propose"), policy).status_code == 302
    other = as_user(people.finance_director)
    confirm = reverse("grants:policy-confirm", args=[SpendingPolicy.objects.proposed().get().pk])
    assert other.post(confirm, {"sure": "on"}).status_code == 302

    assert FundDecision.objects.proposed().count() == SpendingPolicy.objects.proposed().count() == 0


def test_a_scenario_says_what_it_finds_and_can_be_taken_away(
    people: People, programme: Programme, as_user: Callable
) -> None:
    allocate(people, programme, places=2)
    officer = as_user(people.officer)
    assert "15 years" not in text(officer, reverse("grants:scenarios"))

    page = text(officer, reverse("grants:scenarios"), **SCENARIO)
    table = officer.get(reverse("grants:scenario-csv"), SCENARIO).content.decode()
    picture = officer.get(reverse("grants:scenario-svg", args=["real"]), SCENARIO)

    assert "of 10,000 paths" in page
    assert "Value in the money of today" in page
    assert "-1.5 percentage points on the assumptions" in page
    assert table.startswith('\ufeffYear,"5 of 100 below, pence"')
    assert picture["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert picture.content.lstrip().startswith(b"<svg")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"returns": "much"}, "must be a number like 2.5"),
        ({"returns": "99"}, "must be between -20 and 20"),
        ({"inflation": "２"}, "must be a number like 2.5"),
        ({"wave": "-5"}, "must not be negative"),
        ({"areas": "1"}, "Money is set aside for 2 areas already"),
        ({"spent_year": "2020"}, "must lie more than a year ahead"),
        ({"source": "gold"}, "There is a problem"),
    ],
)
def test_what_cannot_be_supposed_is_said_in_a_sentence(
    people: People, programme: Programme, as_user: Callable, changes: dict[str, str], said: str
) -> None:
    allocate(people, programme, places=2)
    officer = as_user(people.officer)

    answer = officer.get(reverse("grants:scenarios"), SCENARIO | changes)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert officer.get(reverse("grants:scenario-csv"), SCENARIO | changes).status_code == 400
    assert officer.get(reverse("grants:scenario-svg", args=["nominal"]), SCENARIO | changes).status_code == 400


def test_a_scenario_is_kept_and_run_again(people: People, programme: Programme, as_user: Callable) -> None:
    officer = as_user(people.officer)
    query = "&".join(f"{name}={said}" for name, said in SCENARIO.items())
    keep = f"{reverse('grants:scenario-save')}?{query}"
    assert officer.post(keep, {"name": ""}).status_code == 302
    assert officer.post(keep, {"name": "Bad years"}).status_code == 302
    scenario = SavedScenario.objects.get()

    page = text(officer, reverse("grants:scenario-detail", args=[scenario.pk]))

    assert "the same result, to the penny" in page
    assert "Bad years" in text(officer, reverse("grants:scenarios"))
