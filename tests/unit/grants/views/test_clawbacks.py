"""Pages of money asked back: from the agreement to the letter, and from the letter to the write-off."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.models import User
from grants import services
from grants.models import Clawback, WriteOff
from grants.waiting.agreements import waiting
from tests.support import sessions
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_clawbacks import ask_back, propose, receive


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    return lambda user: sessions.sign_in(client, user)


def titles(user: User) -> list[str]:
    return [item.title for item in waiting(User.objects.get(pk=user.pk))]


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


@pytest.mark.usefixtures("paid")
def test_claim_goes_from_the_agreement_to_the_letter_and_the_write_off(world: World, as_user: Callable) -> None:
    people, reference = world.people, world.agreement.reference
    form = reverse("grants:clawback-propose", args=[reference])
    client = as_user(people.officer)
    case = reverse("grants:agreement-detail", args=[reference])
    assert f'href="{form}"' in text(client, case)
    assert "Slow spending is no ground" in text(client, form)
    by = {"pay_by_on_day": "1", "pay_by_on_month": "12", "pay_by_on_year": "2040"}
    said = by | {"amount_pence": "1,000.005", "ground": "fraud", "reason": "The van was sold."}
    assert client.post(form, said).status_code == 400
    over = client.post(form, said | {"amount_pence": "99,000,000"})
    assert "Enter up to £" in over.content.decode()
    assert client.post(form, said | {"amount_pence": "1,000"}).status_code == 302

    claim = Clawback.objects.get()
    detail = reverse("grants:clawback-detail", args=[reference, 1])
    letter = reverse("grants:own-clawback", args=[reference, 1])
    assert f'href="{detail}"' in text(client, case)
    assert "Ask the money back" not in text(client, detail)
    assert as_user(people.treasurer).get(letter).status_code == 404
    client = as_user(people.head)
    assert any(title.startswith("Ask back £1,0") for title in titles(people.head))
    raise_it = reverse("grants:clawback-raise", args=[reference, 1])
    assert f'href="{raise_it}"' in text(client, detail)
    assert client.get(raise_it).status_code == 200
    assert client.post(raise_it, {"sure": "on"}).status_code == 302

    client = as_user(people.treasurer)
    assert any(title.startswith("Pay back £1,0") for title in titles(people.treasurer))
    assert f'href="{letter}"' in text(client, reverse("grants:own-agreement", args=[reference]))
    page = text(client, letter)
    assert claim.reference in page
    assert "sort code 00-01-00" in page
    assert client.get(detail).status_code == 403

    receive(Clawback.objects.get(), 100)
    client = as_user(people.officer)
    propose_off = reverse("grants:write-off-propose", args=[reference, 1])
    assert f'href="{propose_off}"' in text(client, detail)
    assert client.get(propose_off).status_code == 200
    assert client.post(propose_off, {"reason": "It is wound up."}).status_code == 302
    write_off = WriteOff.objects.get()
    confirm = reverse("grants:write-off-confirm", args=[write_off.pk])
    assert any(title.startswith("Agree to write off £1,0") for title in titles(people.head))
    assert not any(title.startswith("Agree") for title in titles(people.senior))
    assert f'href="{confirm}"' not in text(as_user(people.senior), detail)
    client = as_user(people.senior)
    assert "you may write off £0" in client.post(confirm, {"sure": "on"}).content.decode()
    client = as_user(people.head)
    assert client.get(confirm).status_code == 200
    assert client.post(confirm, {"sure": "on"}).status_code == 302
    assert "Settled" in text(client, detail)


@pytest.mark.usefixtures("paid")
def test_claims_and_write_offs_are_refused_with_a_reason(world: World, as_user: Callable) -> None:
    people, reference = world.people, world.agreement.reference
    propose(world, 500)
    client = as_user(people.officer)
    refuse = reverse("grants:clawback-refuse", args=[reference, 1])
    assert f'href="{refuse}"' in text(client, reverse("grants:clawback-detail", args=[reference, 1]))
    assert client.post(refuse, {"reason": ""}).status_code == 400
    assert client.post(refuse, {"reason": "They explained."}).status_code == 302
    assert "They explained." in text(client, reverse("grants:clawback-detail", args=[reference, 1]))

    claim = ask_back(world, 700)
    write_off = services.propose_write_off(by=people.head, clawback=claim, reason="Gone.")
    keep = reverse("grants:write-off-refuse", args=[write_off.pk])
    client = as_user(people.fund_director)
    assert f'href="{keep}"' in text(client, reverse("grants:clawback-detail", args=[reference, 2]))
    assert client.get(keep).status_code == 200
    assert client.post(keep, {"reason": "They pay."}).status_code == 302
    assert WriteOff.objects.get().refusal == "They pay."


@pytest.mark.usefixtures("paid")
def test_claim_made_in_error_is_withdrawn_by_two_on_pages(world: World, as_user: Callable) -> None:
    people, reference = world.people, world.agreement.reference
    ask_back(world, 900)
    detail = reverse("grants:clawback-detail", args=[reference, 1])
    form = reverse("grants:withdrawal-propose", args=[reference, 1])
    client = as_user(people.officer)
    assert f'href="{form}"' in text(client, detail)
    assert client.post(form, {"reason": ""}).status_code == 400
    assert client.post(form, {"reason": "It was another place."}).status_code == 302

    confirm = reverse("grants:withdrawal-confirm", args=[WriteOff.objects.get().pk])
    assert any(title.startswith("Agree to withdraw a claim of £9") for title in titles(people.fund_director))
    assert not any(title.startswith("Agree") for title in titles(people.head))  # the head raised this claim
    assert f'href="{confirm}"' not in text(as_user(people.head), detail)
    client = as_user(people.fund_director)
    assert f'href="{confirm}"' in text(client, detail)
    assert "It was another place." in text(client, confirm)
    assert client.post(confirm, {"sure": "on"}).status_code == 302
    assert "Withdrawn" in text(client, detail)
    letter = reverse("grants:own-clawback", args=[reference, 1])
    assert "You need not pay anything more" in text(as_user(people.treasurer), letter)


@pytest.mark.usefixtures("paid")
def test_debt_that_is_late_stands_on_the_officers_desk(world: World) -> None:
    claim = ask_back(world, 700)
    late = f"{world.agreement.body} has not paid back"
    assert late not in titles(world.people.officer)

    world.go_to(claim.pay_by_on + timedelta(days=1))

    assert late in titles(world.people.officer)
    assert f"Pay back £{claim.total_pence / 100:.2f}" in titles(world.people.signatory)
