"""What is due is claimed once; what cannot be paid is held, with the reason, until the reason is gone."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from grants import services
from grants.domain.ledger import Account
from grants.domain.working_days import england_and_wales
from grants.models import Hold, Payment, PaymentRun, PaymentStatus, Tranche, TrancheStatus
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import held_on
from grants.selectors.payments import attempts
from grants.services.claim import claim_due, refresh_holds
from grants.services.rejections import reject_payments
from grants.services.retries import confirm_retry, request_retry
from neighbourhoods.models import Event
from tests.unit.grants.conftest import sealed
from tests.unit.grants.payment_world import World


def test_nothing_is_claimed_before_its_processing_day(world: World) -> None:
    world.go_to(world.tranche().process_on - timedelta(days=1))

    assert world.sweep() is None
    assert not PaymentRun.objects.exists()


def test_due_payment_is_claimed_into_a_run_with_a_snapshot(world: World) -> None:
    world.go_to_due()

    with sealed():
        run = world.sweep()

    assert run is not None
    payment = run.payments.get()
    assert (run.payment_count, run.total_pence) == (1, world.tranche().total_pence)
    assert (payment.payee_name, payment.sort_code, payment.account_number) == (
        "Trust 0 & Friends",
        "102030",
        "11110000",
    )
    assert payment.arrive_on == world.tranche().due_on
    assert world.tranche().status == TrancheStatus.PAYABLE
    assert held_on(Account.PAYABLE) == world.tranche().total_pence
    assert ledger_identities() == []


def test_second_sweep_finds_nothing(world: World) -> None:
    world.go_to_due()
    world.sweep()

    assert world.sweep() is None
    assert Payment.objects.count() == 1


def test_late_sweep_asks_for_the_money_on_the_next_working_day(world: World) -> None:
    due_on = world.tranche().due_on
    late_on = due_on + timedelta(days=(5 - due_on.weekday()) % 7 or 7)  # a Saturday
    world.go_to(late_on)

    run = world.sweep()

    assert run is not None
    assert run.payments.get().arrive_on == england_and_wales().shift(late_on, 1)


def test_all_due_payments_go_into_one_run_with_few_statements(
    wide_world: World, django_assert_max_num_queries: object
) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    refresh_holds(at=core_now())

    with django_assert_max_num_queries(32):
        run = claim_due(at=core_now())

    assert run is not None
    assert run.payment_count == 3


def public_reason(tranche: Tranche) -> str:
    """Why the payment waits, as everyone reads it on the place's page."""
    return str(Event.objects.get(key=f"grants:payment:{tranche.pk}").params["reason"])


def test_officers_hold_keeps_a_payment_back_until_another_lifts_it(world: World) -> None:
    world.go_to_due()
    hold = services.place_hold(
        by=world.people.officer, agreement=world.agreement, tranche=world.tranche(), detail="Complaint received."
    )

    while_held = world.sweep()
    said = public_reason(world.tranche())
    services.lift_hold(by=world.people.senior, hold=hold, reason="The complaint was withdrawn.")

    assert while_held is None
    assert said == "Held by an officer."
    assert public_reason(world.tranche()) == ""
    assert world.sweep() is not None


def test_payment_tried_again_that_something_keeps_back_is_held_and_said_to_be(world: World, released: World) -> None:
    """Two people agreed to pay it again; what it waits for now stands on no other list."""
    reject_payments(by="system:test", payments={attempts(Payment.objects.all())[0]: "AC04"})
    request = request_retry(by=world.checker, payment=Payment.objects.get(), reason="Another account.")
    confirm_retry(by=world.releaser, request=request)
    account = services.propose_bank_account(
        by=world.people.treasurer,
        body=world.agreement.body,
        account_name="Trust",
        sort_code="112233",
        account_number="87654321",
    )

    assert world.sweep() is None
    assert Hold.objects.open().get().reason == Hold.Reason.BANK_DETAILS
    assert public_reason(world.tranche()) == "Bank details are not confirmed."

    services.refuse_bank_account(by=world.people.finance_manager, account=account, reason="Nobody there asked.")
    assert world.sweep() is not None
    assert not Hold.objects.open().exists()


def test_new_bank_details_freeze_payment_and_the_freeze_thaws_by_itself(world: World) -> None:
    world.go_to_due()
    body = world.agreement.body
    account = services.propose_bank_account(
        by=world.people.treasurer, body=body, account_name="Trust", sort_code="112233", account_number="87654321"
    )

    assert world.sweep() is None
    hold = Hold.objects.open().get()
    assert hold.reason == Hold.Reason.BANK_DETAILS
    assert hold.detail.startswith("The organisation has no bank details that are confirmed")

    services.refuse_bank_account(by=world.people.finance_manager, account=account, reason="Nobody there knew of it.")
    assert world.sweep() is not None
    hold.refresh_from_db()
    assert hold.lift_reason == "The cause is gone."
    assert public_reason(world.tranche()) == ""


def test_hold_is_placed_once_however_often_the_sweep_comes(world: World) -> None:
    world.go_to_due()
    with acting("system:test", "let the checks run out"):
        body = world.agreement.body
        body.due_diligence_expires_on = world.tranche().process_on - timedelta(days=1)
        body.save()

    placed = [refresh_holds(at=core_now()) for _ in range(3)]

    assert placed == [1, 0, 0]
    assert "The checks on the organisation ran out on" in Hold.objects.open().get().detail


def test_unlawful_panel_is_named_with_what_it_lacks(world: World) -> None:
    world.go_to_due()
    panel = world.agreement.resolution.panel
    with acting("system:test", "four members leave"):
        for membership in panel.memberships.order_by("-pk")[:4]:
            membership.ends_on = date(2020, 1, 2)
            membership.save()

    assert world.sweep() is None
    assert Hold.objects.open().get().detail.startswith("The panel cannot decide now: ")


def test_missing_report_and_review_hold_next_years_payment(world: World) -> None:
    for number in (1, 2):
        world.pay(number)
    third = world.tranche(3)
    world.go_to(third.process_on)

    assert world.sweep() is None
    reasons = set(Hold.objects.open().filter(tranche=third).values_list("reason", flat=True))
    assert Hold.Reason.REPORT in reasons
    assert public_reason(third) in {"A yearly report is missing.", "The yearly review is not done."}


def test_second_live_attempt_is_refused_by_the_database(world: World) -> None:
    world.go_to_due()
    run = world.sweep()
    assert run is not None
    first = run.payments.get()

    with pytest.raises(IntegrityError, match="one_live_attempt"), transaction.atomic(), acting("system:test", "twice"):
        Payment.objects.create(
            run=run,
            tranche=first.tranche,
            attempt=2,
            end_to_end_id="A" * 16,
            bank_account=first.bank_account,
            payee_name=first.payee_name,
            sort_code=first.sort_code,
            account_number=first.account_number,
            amount_pence=first.amount_pence,
            contribution_pence=first.contribution_pence,
            arrive_on=first.arrive_on,
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount_pence", 1), ("account_number", "99999999"), ("payee_name", "Somebody else"), ("end_to_end_id", "B" * 16)],
)
def test_snapshot_of_payee_and_amount_never_changes(world: World, field: str, value: object) -> None:
    world.go_to_due()
    world.sweep()

    with (
        pytest.raises(IntegrityError, match=f"grants_payment.{field} never changes"),
        transaction.atomic(),
        acting("system:test", "tamper"),
    ):
        Payment.objects.update(**{field: value})


def test_failed_payment_never_comes_alive_again(world: World) -> None:
    world.bank.misbehave(kind="reject")
    world.pay()

    with (
        pytest.raises(IntegrityError, match="cannot go from rejected to instructed"),
        transaction.atomic(),
        acting("system:test", "resurrect"),
    ):
        Payment.objects.update(status=PaymentStatus.INSTRUCTED, failed_on=None, reason_code="")


def test_after_an_outage_of_months_everything_is_caught_up_in_order_and_nothing_is_skipped(wide_world: World) -> None:
    missed = Tranche.objects.filter(number__in=(1, 2)).order_by("process_on", "pk")
    wide_world.go_to(missed.last().process_on + timedelta(days=5))
    refresh_holds(at=core_now())

    runs = []
    while (run := claim_due(at=core_now(), largest=2)) is not None:
        runs.append(run)

    claimed = [sorted(run.payments.values_list("tranche__process_on", flat=True)) for run in runs]
    assert [len(days) for days in claimed] == [2, 2, 2]
    assert [day for days in claimed for day in days] == list(missed.values_list("process_on", flat=True))
    assert Payment.objects.values("tranche").distinct().count() == missed.count() == 6
    assert {payment.arrive_on for payment in Payment.objects.all()} == {
        england_and_wales().shift(today() - timedelta(days=1), 1)
    }
    assert ledger_identities() == []
