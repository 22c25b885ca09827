"""The payments desk: who may open and do what, and what the pages say."""

from collections.abc import Callable

import pytest
from django.test import Client

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants import services
from grants.errors import in_pounds
from grants.models import Hold, Payment, PaymentRun, PaymentStatus, RunStatus
from grants.services.retries import request_retry
from grants.services.runs import check_run, stop_run
from grants.waiting.payments import waiting
from tests.support.sessions import sign_in
from tests.unit.grants.conftest import make_person
from tests.unit.grants.payment_world import World

PAGES = ("/payments/", "/payments/runs/", "/payments/held/", "/bank/", "/bank/lines/")


def signed_in(user: User) -> Client:
    return sign_in(Client(), user)


@pytest.fixture
def run(claimed: World) -> PaymentRun:
    return PaymentRun.objects.get()


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_for_officers_and_for_nobody_else(world: World, page: str) -> None:
    assert Client().get(page).status_code == 302
    assert signed_in(make_person("treasurer-2", Role.TREASURER)).get(page).status_code == 403
    for role in (Role.PAYMENTS_OFFICER, Role.FINANCE_MANAGER, Role.AUDITOR, Role.GRANTS_OFFICER):
        assert signed_in(make_person(f"a-{role.value}", role)).get(page).status_code == 200


def test_desk_names_the_run_and_what_it_waits_for(world: World, run: PaymentRun) -> None:
    page = signed_in(world.checker).get("/payments/").content.decode()

    assert f'<a class="govuk-link" href="/payments/runs/{run.pk}/">Run {run.pk}</a>' in page
    assert "To check" in page
    assert "The books say the same, to the penny" in page


def test_run_page_shows_payee_amount_sources_and_the_next_step(world: World, run: PaymentRun) -> None:
    page = signed_in(world.checker).get(f"/payments/runs/{run.pk}/").content.decode()

    assert "Trust 0 &amp; Friends" in page
    assert "10-20-30 11110000" in page
    assert "Forgotten accounts" in page
    assert "Lottery match" in page
    assert "I have checked this run" in page
    assert "Release this run to the bank" not in page


def test_run_is_checked_and_released_by_two_people(world: World, run: PaymentRun) -> None:
    checked = signed_in(world.checker).post(f"/payments/runs/{run.pk}/check/", follow=True)
    released = signed_in(world.releaser).post(f"/payments/runs/{run.pk}/release/", follow=True)

    assert "is checked. Somebody else releases it." in checked.content.decode()
    assert "It goes to the bank now." in released.content.decode()
    run.refresh_from_db()
    assert run.status == RunStatus.RELEASED


def test_checker_sees_no_release_button_and_is_refused(world: World, run: PaymentRun) -> None:
    both = make_person("both", Role.PAYMENTS_OFFICER, Role.FINANCE_DIRECTOR)
    check_run(by=both, run=run)
    client = signed_in(both)

    assert "Release this run" not in client.get(f"/payments/runs/{run.pk}/").content.decode()
    refused = client.post(f"/payments/runs/{run.pk}/release/")

    assert refused.status_code == 403
    assert "You checked this run." in refused.content.decode()


@pytest.mark.parametrize("step", ["check", "release", "withdraw"])
def test_nothing_is_done_by_opening_an_address(world: World, run: PaymentRun, step: str) -> None:
    user = make_person("both", Role.PAYMENTS_OFFICER, Role.FINANCE_DIRECTOR)

    assert signed_in(user).get(f"/payments/runs/{run.pk}/{step}/").status_code == 405


@pytest.mark.parametrize("step", ["check", "release", "stop", "withdraw"])
def test_auditor_reads_and_writes_nothing(world: World, run: PaymentRun, step: str) -> None:
    client = signed_in(make_person("auditor", Role.AUDITOR))

    response = client.post(f"/payments/runs/{run.pk}/{step}/", {"reason": "I would rather not."})

    assert response.status_code == 403
    run.refresh_from_db()
    assert run.status == RunStatus.PREPARED


def test_run_is_stopped_with_a_reason_and_withdrawn_by_another(world: World, run: PaymentRun) -> None:
    checker, address = signed_in(world.checker), f"/payments/runs/{run.pk}/stop/"
    empty = checker.post(address, {"reason": ""})
    stopped = checker.post(address, {"reason": "The amount looks wrong."}, follow=True)
    withdrawn = signed_in(world.releaser).post(f"/payments/runs/{run.pk}/withdraw/", follow=True)

    assert empty.status_code == 400
    assert "<title>Error: Stop Run" in empty.content.decode()
    assert "The amount looks wrong." in stopped.content.decode()
    assert "Its payments are held until somebody lifts the holds." in withdrawn.content.decode()


def test_payment_held_since_the_claim_is_shown_before_release(world: World, run: PaymentRun) -> None:
    services.place_hold(by=world.people.officer, agreement=world.agreement, detail="Complaint received.")

    page = signed_in(world.releaser).get(f"/payments/runs/{run.pk}/").content.decode()

    assert "1 of these payments is held by now and will be left out" in page
    assert "Complaint received." in page


def test_file_is_given_byte_for_byte_to_who_reads_the_ledger(world: World, run: PaymentRun) -> None:
    auditor = signed_in(make_person("auditor", Role.AUDITOR))
    address = f"/payments/runs/{run.pk}/file.xml"
    before = auditor.get(address).status_code
    file = world.release(run).file

    response = auditor.get(address)

    assert before == 404
    assert response.content == bytes(file.content)
    assert response["Content-Disposition"] == f'attachment; filename="{run.message_id}.xml"'
    assert signed_in(world.checker).get(address).status_code == 403
    assert file.sha256 in auditor.get(f"/payments/runs/{run.pk}/").content.decode()


def test_table_of_a_run_holds_no_account_number(world: World, run: PaymentRun) -> None:
    text = signed_in(world.checker).get(f"/payments/runs/{run.pk}/payments.csv").content.decode("utf-8-sig")

    assert run.payments.get().end_to_end_id in text
    assert "11110000" not in text


def test_held_page_says_why_and_how_to_mend(world: World) -> None:
    world.go_to_due()
    services.propose_bank_account(
        by=world.people.treasurer,
        body=world.agreement.body,
        account_name="Trust",
        sort_code="112233",
        account_number="87654321",
    )
    world.sweep()

    page = signed_in(world.checker).get("/payments/held/").content.decode()

    assert "Bank details are not confirmed." in page
    assert "Confirm them after calling back, and wait two working days." in page
    assert "Held by the portal" in page


def test_held_page_warns_four_weeks_before(world: World) -> None:
    page = signed_in(world.checker).get("/payments/held/").content.decode()

    assert "Coming up in 20 working days" in page
    assert "has no bank details that are confirmed" in page  # their waiting time is not over on the day of acceptance


def test_failed_payment_is_asked_for_and_agreed_on_the_held_page(world: World) -> None:
    world.bank.misbehave(kind="reject")
    world.pay()
    payment = Payment.objects.get()
    checker = signed_in(world.checker)

    assert "the account is closed" in checker.get("/payments/held/").content.decode()
    assert checker.post(f"/payments/{payment.pk}/again/", {"reason": " "}).status_code == 400
    asked = checker.post(f"/payments/{payment.pk}/again/", {"reason": "A new account was confirmed."}, follow=True)
    assert "Somebody else who releases runs agrees to this." in asked.content.decode()
    agreed = signed_in(world.releaser).post(f"/payments/again/{payment.retries.get().pk}/agree/", follow=True)

    assert "goes into the next run under a new reference" in agreed.content.decode()
    assert not Hold.objects.open().exists()


def test_a_request_to_pay_again_is_refused_with_a_reason_and_asked_anew(world: World) -> None:
    world.bank.misbehave(kind="reject")
    world.pay()
    asked = request_retry(by=world.checker, payment=Payment.objects.get(), reason="Mended.")
    page, releaser = f"/payments/again/{asked.pk}/refuse/", signed_in(world.releaser)

    assert "Refuse" in releaser.get("/payments/held/").content.decode()
    assert "Mended." in releaser.get(page).content.decode()
    assert releaser.post(page, {"reason": ""}).status_code == 400
    done = releaser.post(page, {"reason": "The account is not theirs."}, follow=True).content.decode()
    assert "Refused. The payment stays held" in done
    assert f"{world.releaser} said no on" in done
    assert "The account is not theirs." in done
    assert releaser.post(page, {"reason": "Twice."}).status_code == 404
    assert releaser.post(f"/payments/again/{asked.pk}/agree/").status_code == 404
    assert "Ask to pay it again" in signed_in(world.checker).get("/payments/held/").content.decode()


def test_whoever_asked_takes_it_back_and_nobody_else_without_the_right(world: World) -> None:
    world.bank.misbehave(kind="reject")
    world.pay()
    asked = request_retry(by=world.checker, payment=Payment.objects.get(), reason="Mended.")
    page = f"/payments/again/{asked.pk}/refuse/"

    assert signed_in(make_person("other", Role.PAYMENTS_OFFICER)).get(page).status_code == 403
    assert signed_in(world.people.treasurer).get(page).status_code == 403
    checker = signed_in(world.checker)
    assert "Take back what you asked" in checker.get("/payments/held/").content.decode()
    assert "Taken back." in checker.post(page, {"reason": "Too quick."}, follow=True).content.decode()


def test_retry_needs_the_right_role_and_a_failed_payment(world: World, run: PaymentRun) -> None:
    payment = run.payments.get()

    assert signed_in(world.checker).get(f"/payments/{payment.pk}/again/").status_code == 404
    assert signed_in(world.people.treasurer).get(f"/payments/{payment.pk}/again/").status_code == 403
    assert signed_in(world.releaser).post("/payments/again/999/agree/").status_code == 404


@pytest.mark.parametrize(
    "address", ["/payments/runs/999/", "/payments/runs/999/file.xml", "/bank/statements/999/", "/remittance/NOBODYS/"]
)
def test_unknown_numbers_are_not_found(world: World, address: str) -> None:
    user = make_person("all", Role.AUDITOR, Role.TREASURER)

    assert signed_in(user).get(address).status_code == 404


def waiting_titles(user: User) -> list[str]:
    return [item.title for item in waiting(User.objects.get(pk=user.pk))]


def test_home_says_what_waits_for_whom(world: World, run: PaymentRun) -> None:
    assert waiting_titles(world.checker) == [f"Check run {run.pk}: 1 payment, {_pounds(run)}"]
    assert waiting_titles(world.releaser) == []
    check_run(by=world.checker, run=run)
    assert waiting_titles(world.checker) == []
    assert waiting_titles(world.releaser) == [f"Release run {run.pk}: 1 payment, {_pounds(run)}"]
    stop_run(by=world.checker, run=run, reason="Wrong.")
    assert waiting_titles(world.releaser) == [f"Withdraw run {run.pk}: 1 payment, {_pounds(run)}"]
    assert waiting_titles(world.people.treasurer) == []


def test_whoever_confirmed_details_of_a_run_is_offered_no_step_of_it(world: World, run: PaymentRun) -> None:
    check_run(by=world.checker, run=run)
    manager = world.people.finance_manager  # confirmed where the organisation is paid

    page = signed_in(manager).get(f"/payments/runs/{run.pk}/").content.decode()

    assert waiting_titles(manager) == []
    assert (
        "You confirmed bank details that this run pays to, or you act for whoever did, so others check and release it."
        in page
    )
    assert "Release this run to the bank" not in page
    assert waiting_titles(world.releaser) == [f"Release run {run.pk}: 1 payment, {_pounds(run)}"]
    page = signed_in(world.releaser).get(f"/payments/runs/{run.pk}/").content.decode()
    assert ("You confirmed bank details" in page, "Release this run to the bank" in page) == (False, True)


def _pounds(run: PaymentRun) -> str:
    return in_pounds(run.total_pence)


def test_home_says_what_failed_and_what_is_to_agree(world: World) -> None:
    world.bank.misbehave(kind="reject")
    world.pay()
    assert waiting_titles(world.checker) == ["Payments failed at the bank", "Payments are held"]
    request_retry(by=world.checker, payment=Payment.objects.get(), reason="Mended.")
    assert waiting_titles(world.releaser) == ["Agree to pay again", "Payments are held"]


@pytest.mark.parametrize("address", ["/payments/", "/payments/held/", "/payments/runs/{run}/"])
def test_page_takes_as_many_queries_for_three_as_for_one(
    wide_world: World, django_assert_max_num_queries: Callable[[int], object], address: str
) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    client = signed_in(wide_world.checker)

    with django_assert_max_num_queries(24):
        response = client.get(address.format(run=run.pk if run else 0))

    assert response.status_code == 200
    assert Payment.objects.filter(status=PaymentStatus.CLAIMED).count() == 3
