"""Pages of a payment while money from before is not spent: what the organisation reads, and what officers decide."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import User
from grants import services
from grants.models import UnspentDecision
from grants.waiting.agreements import waiting
from tests.support import sessions
from tests.unit.grants.conftest import Story
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_unspent import go_to_third, propose


@pytest.fixture
def slow(story: Story) -> World:
    story.accept()
    world = World(story.people, None, [story], story.people.head, story.people.head)
    go_to_third(world, 0.5)
    return world


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    return lambda user: sessions.sign_in(client, user)


def titles(user: User) -> list[str]:
    return [item.title for item in waiting(User.objects.get(pk=user.pk)) if "is paid now" in item.title]


def test_unspent_money_goes_from_the_hold_to_two_decisions_and_the_file(slow: World, as_user: Callable) -> None:
    people, agreement = slow.people, slow.agreement
    form = reverse("grants:unspent-propose", args=[agreement.reference, 3])
    case = reverse("grants:agreement-detail", args=[agreement.reference])
    place = agreement.allocation.neighbourhood
    assert titles(people.officer) == [f"Decide what {place} is paid now"]
    client = as_user(people.officer)
    assert f'href="{form}"' in client.get(case).content.decode()
    assert f'href="{form}"' in client.get("/payments/held/").content.decode()
    page = client.get(form).content.decode()
    assert "Slow spending ends no grant" in page
    assert "10%" in page
    wrong = client.post(form, {"plan_pence": "1,000.005", "later_on": "", "reason": ""})
    assert wrong.status_code == 400
    later_on = slow.tranche(5).due_on.isoformat()
    assert f'value="{later_on}" selected' in page
    said = {"plan_pence": f"{slow.tranche(3).grant_pence / 100:.2f}", "reason": "Plan of May."}
    assert "Choose one of the days listed" in client.post(form, said | {"later_on": ""}).content.decode()
    assert client.post(form, said | {"later_on": later_on}).status_code == 302

    decision = UnspentDecision.objects.get()
    confirm = reverse("grants:unspent-confirm", args=[decision.pk])
    assert client.get(form).url == confirm
    assert titles(people.officer) == []
    assert titles(people.senior) == [f"Confirm what {place} is paid now"]
    client = as_user(people.senior)
    assert "Plan of May." in client.get(confirm).content.decode()
    assert client.post(confirm, {"sure": "on"}).status_code == 302
    page = client.get(case).content.decode()
    assert "Payment 3 beside unspent money" in page
    assert client.get(reverse("grants:unspent-refuse", args=[decision.pk])).status_code == 404


def test_proposal_is_refused_with_a_reason(slow: World, as_user: Callable) -> None:
    refuse = reverse("grants:unspent-refuse", args=[propose(slow).pk])
    client = as_user(slow.people.officer)

    assert client.post(refuse, {"reason": ""}).status_code == 400
    assert client.post(refuse, {"reason": "The plan is older."}).status_code == 302
    assert UnspentDecision.objects.get().refusal == "The plan is older."


def test_organisation_reads_why_its_payment_waits(slow: World, as_user: Callable) -> None:
    client = as_user(slow.people.treasurer)

    page = client.get(reverse("grants:own-agreement", args=[slow.agreement.reference])).content.decode()

    assert "Money from before is not spent yet" in page
    assert "the rest comes later and stays promised" in page
    assert client.get(reverse("grants:unspent-propose", args=[slow.agreement.reference, 3])).status_code == 403


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize(("share", "words"), [(0.05, "in full once"), (0.5, "two officers decide")])
def test_reader_of_a_report_sees_what_follows(story: Story, as_user: Callable, share: float, words: str) -> None:
    world = World(story.people, None, [story], story.people.head, story.people.head)
    report = world.agreement.reports.get(year=1)
    world.go_to(report.due_on)
    unspent = int(world.tranche(3).grant_pence * share)
    services.submit_report(
        by=story.people.treasurer, report=report, spent_pence=5, unspent_pence=unspent, summary="Slow."
    )

    page = as_user(story.people.officer).get(reverse("grants:report-detail", args=[world.agreement.reference, 1]))

    assert words in page.content.decode()
