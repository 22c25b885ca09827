"""The red switch in the browser: pressed by one, lifted by two, seen by everybody who pays."""

from django.test import Client

from cwf_portal.core.permissions import Role
from grants.models import Pause
from grants.waiting.payments import waiting
from tests.unit.grants.conftest import make_person
from tests.unit.grants.payment_world import World
from tests.unit.grants.views.test_payments import signed_in


def press(client: Client, **answers: str) -> str:
    sent = {"scope": "everything", "source": "", "reference": "", "reason": "A stranger rang.", **answers}
    return client.post("/payments/pauses/new/", sent, follow=True).content.decode()


def test_pause_is_pressed_by_one_and_lifted_by_two(world: World) -> None:
    checker, releaser = signed_in(world.checker), signed_in(world.releaser)
    page = press(checker)
    pause = Pause.objects.get()

    assert "Payments are paused" in page
    asked = checker.post(f"/payments/pauses/{pause.pk}/ask/", {"reason": "Settled."}, follow=True).content.decode()
    assert "Somebody else agrees." in asked
    assert [item.title for item in waiting(world.releaser)] == ["Agree to let payments go on: every payment"]
    lifted = releaser.post(f"/payments/pauses/{pause.pk}/lift/", {"sure": "on"}, follow=True).content.decode()
    assert "No payment is paused" in lifted
    assert "Settled." in lifted


def test_page_says_how_many_payments_wait_with_the_one_that_is_paused(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    assert run is not None
    wide_world.release(run)
    page = press(signed_in(wide_world.checker), scope="agreement", reference=wide_world.agreement.reference)

    assert f"The file of run {run.pk}</a>: 1 payment paused, and 2 others wait with it" in page
    assert wide_world.send() == 0


def test_red_banner_stands_on_home_and_on_the_pages_of_payments(world: World) -> None:
    press(signed_in(world.checker))
    client = signed_in(make_person("officer-2", Role.GRANTS_OFFICER))

    for page in ("/home/", "/payments/", "/payments/held/", "/payments/runs/", "/bank/"):
        assert "Paused: every payment" in client.get(page).content.decode(), page
    assert "Paused" not in signed_in(world.people.treasurer).get("/home/").content.decode()


def test_one_source_or_one_agreement_is_named_or_the_form_says_what_is_missing(world: World) -> None:
    client = signed_in(world.checker)

    assert "Choose the source to pause" in press(client, scope="source")
    assert "Enter the reference of an agreement" in press(client, scope="agreement", reference="nonsense")
    assert "Say what is wrong" in press(client, reason="")
    assert not Pause.objects.exists()
    press(client, scope="agreement", reference=world.agreement.reference)
    assert Pause.objects.get().agreement == world.agreement


def test_only_those_who_may_press(world: World) -> None:
    auditor = signed_in(make_person("auditor", Role.AUDITOR))

    assert auditor.get("/payments/pauses/").status_code == 200
    assert auditor.get("/payments/pauses/new/").status_code == 403
    assert "/payments/pauses/new/" not in auditor.get("/payments/pauses/").content.decode()
