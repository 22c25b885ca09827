"""What becomes of a payment that was taken out of its file: shown as it is, never forgotten, and let go on by two."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.core.waiting import waiting_for
from cwf_portal.sandbox_bank.messages import Entry
from grants.domain.authority import Rank
from grants.errors import WrongStateError
from grants.models import (
    Hold,
    LineClearing,
    Payment,
    PaymentStatus,
    StatementLine,
    Tranche,
    TrancheStatus,
)
from grants.selectors.payment_pages import holds_now
from grants.selectors.payments import attempts
from grants.selectors.retries import payments_to_retry, retries_to_confirm
from grants.services.claim import claim_due
from grants.services.clearing import confirm_clearing, propose_clearing
from grants.services.clearing_checks import Explanation
from grants.services.holds import lift_hold
from grants.services.posting import constraint_of
from grants.services.rejections import reject_payments
from grants.services.removals import confirm_removal, propose_removal, refuse_removal
from grants.services.retries import confirm_retry, request_retry
from grants.services.runs import stop_run, withdraw_run
from neighbourhoods.models import Event
from tests.unit.grants.conftest import give_rank, hand_over, make_person, sealed
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_returns_taken_back import agree_to_retry, back, differences, taken_back, tell
from tests.unit.grants.views.test_payments import signed_in

COURT = "A court has stopped it, order 12 of 3 May."


def take_out(world: World, *, by: User) -> Payment:
    payment = Payment.objects.get(status=PaymentStatus.INSTRUCTED)
    removal = propose_removal(by=by, payment=payment, reason=COURT)
    other = world.releaser if by != world.releaser else world.people.finance_manager
    confirm_removal(by=other, removal=removal)
    return Payment.objects.get(pk=payment.pk)


def release_again(world: World) -> None:
    run = claim_due(at=core_now())
    assert run is not None
    world.release(run)


@pytest.fixture
def first(world: World, released: World) -> Payment:
    """A payment that the bank rejected; its second attempt is with a file that waits."""
    reject_payments(by="system:test", payments={attempts(Payment.objects.all())[0]: "AC04"})
    payment = Payment.objects.get()
    agree_to_retry(world, payment)
    release_again(world)
    return payment


def debit(payment: Payment) -> StatementLine:
    """The bank's line that takes money for a payment which counts as not made."""
    tell(Entry("LATE", -payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="late"))
    return StatementLine.objects.get(bank_reference="LATE")


def explain(line: StatementLine, payment: Payment, *, by: User, agreed_by: User) -> None:
    said = Explanation(LineClearing.Kind.PAYMENT, payment=payment)
    clearing = propose_clearing(by=by, line=line, explanation=said, note="The bank's letter of 3 May.")
    with sealed():
        confirm_clearing(by=agreed_by, clearing=clearing)


def refused(change: Callable[[], object]) -> str | None:
    with acting("system:test", "tried"), pytest.raises(IntegrityError) as caught, transaction.atomic():
        change()
    return constraint_of(caught.value)


def stand_in(giver: User) -> User:
    """Another fund director who acts for that one."""
    other = give_rank(make_person("stand-in", Role.FUND_DIRECTOR), Rank.FUND_DIRECTOR, "south")
    hand_over(giver, other)
    return other


def test_whoever_acts_for_the_person_who_asked_lets_nothing_go_on(world: World, released: World) -> None:
    payment = take_out(world, by=world.people.fund_director)
    other = stand_in(world.people.fund_director)

    with pytest.raises(NotAllowedError, match="act for one another"):
        request_retry(by=other, payment=payment, reason="It should go.")
    request = request_retry(by=world.checker, payment=payment, reason="The order is void.")
    with pytest.raises(NotAllowedError, match="act for one another"):
        confirm_retry(by=other, request=request)
    confirm_retry(by=world.people.finance_manager, request=request)


def test_whoever_acts_for_a_releaser_does_not_wave_an_alarm_off(world: World, released: World) -> None:
    releaser = give_rank(world.releaser, Rank.FUND_DIRECTOR, "board office")
    removal = propose_removal(by=world.checker, payment=Payment.objects.get(), reason=COURT)

    with pytest.raises(NotAllowedError, match="act for one another"):
        refuse_removal(by=stand_in(releaser), removal=removal, reason="It is fine.")
    assert refuse_removal(by=world.checker, removal=removal, reason="My mistake.").status == "refused"


def said_in_public(world: World) -> str:
    return str(Event.objects.get(key=f"grants:payment:{world.tranche().pk}").params["reason"])


def test_hold_of_what_was_taken_out_goes_once_an_earlier_attempt_was_paid_after_all(
    world: World, first: Payment
) -> None:
    take_out(world, by=world.checker)
    line = debit(first)
    lifted = {"lifted_at": core_now(), "lifted_by": world.people.officer, "lift_reason": "All the same."}
    held = Hold.objects.open().filter(reason="taken_out")
    assert refused(lambda: held.update(**lifted)) == "grants_hold_removal_answered"
    with pytest.raises(DomainError, match="is not lifted by one person"):
        lift_hold(by=world.people.officer, hold=held.get(), reason="All the same.")

    explain(line, first, by=world.checker, agreed_by=world.people.finance_manager)

    assert not Hold.objects.open().exists()
    assert Hold.objects.get(reason="taken_out").lifted_by == world.people.finance_manager
    assert world.tranche().status == TrancheStatus.PAID
    assert claim_due(at=core_now()) is None
    assert "Nothing is held." in signed_in(world.checker).get("/payments/held/").content.decode()
    assert differences() == []


def test_whoever_asked_to_take_it_out_may_confirm_what_the_bank_s_line_is(world: World, first: Payment) -> None:
    """The hold is lifted in the name of the other one who explained the line: whoever placed it never lifts it."""
    take_out(world, by=world.people.finance_manager)

    explain(debit(first), first, by=world.checker, agreed_by=world.people.finance_manager)

    assert Hold.objects.get(reason="taken_out").lifted_by == world.checker


def test_hold_of_a_stopped_attempt_goes_once_an_earlier_one_was_paid_after_all(world: World, released: World) -> None:
    reject_payments(by="system:test", payments={attempts(Payment.objects.all())[0]: "AC04"})
    payment = Payment.objects.get()
    agree_to_retry(world, payment)
    run = claim_due(at=core_now())
    assert run is not None
    withdraw_run(by=world.releaser, run=stop_run(by=world.checker, run=run, reason="Paid after all."))

    explain(debit(payment), payment, by=world.people.finance_manager, agreed_by=world.checker)

    assert not Hold.objects.open().exists()


def test_nobody_is_asked_to_pay_what_turned_out_to_be_paid(world: World, first: Payment) -> None:
    second = take_out(world, by=world.checker)
    request = request_retry(by=world.people.finance_manager, payment=second, reason="The order is void.")
    assert retries_to_confirm().get() == request

    explain(debit(first), first, by=world.checker, agreed_by=world.people.finance_manager)

    assert not retries_to_confirm().exists()
    with pytest.raises(WrongStateError, match="needs no further attempt"):
        confirm_retry(by=world.releaser, request=request)


def test_one_officer_lifts_a_hold_that_was_left_behind_of_what_is_paid(world: World, paid: World) -> None:
    with acting("system:test", "left behind"):
        hold = Hold.objects.create(
            agreement=world.agreement,
            tranche=world.tranche(),
            reason="taken_out",
            detail=COURT,
            placed_by=world.checker,
        )

    assert lift_hold(by=world.people.officer, hold=hold, reason="It is paid.").lifted_at is not None


def test_what_comes_back_after_that_is_offered_to_be_paid_again(world: World, first: Payment) -> None:
    """An attempt that was taken out stands after it; its money waits for the one that came back."""
    take_out(world, by=world.checker)
    explain(debit(first), first, by=world.checker, agreed_by=world.people.finance_manager)

    tell(back(first))

    assert payments_to_retry().get() == first
    assert claim_due(at=core_now()) is None
    agree_to_retry(world, first)
    assert claim_due(at=core_now()) is not None
    assert differences() == []


def test_two_attempts_that_came_back_both_wait_for_two_people(world: World, paid: World) -> None:
    """The first came back, so did the second; the bank took the first return back and gave the money back once more."""
    first = Payment.objects.get()
    tell(back(first))
    agree_to_retry(world, first)
    release_again(world)
    world.send()
    second = Payment.objects.latest("pk")
    tell(Entry("OUT-2", -second.total_pence, end_to_end_id=second.end_to_end_id))
    tell(back(second, "BACK-2"))
    tell(taken_back(first))
    tell(back(first, "BACK-3"))

    assert set(payments_to_retry()) == {first, second}
    agree_to_retry(world, second)
    assert claim_due(at=core_now()) is None
    assert Hold.objects.open().get().reason == Hold.Reason.RETURNED
    agree_to_retry(world, first)

    assert not Hold.objects.open().exists()
    assert claim_due(at=core_now()) is not None
    assert differences() == []


def test_place_is_told_at_once_that_a_payment_is_held_no_longer(world: World, released: World) -> None:
    payment = take_out(world, by=world.checker)
    assert said_in_public(world) == "Taken out of a payment file."
    request = request_retry(by=world.releaser, payment=payment, reason="The order is void.")

    confirm_retry(by=world.people.finance_manager, request=request)

    assert said_in_public(world) == ""


def test_place_is_told_that_the_bank_rejected_a_payment_and_that_a_run_was_stopped(
    world: World, released: World
) -> None:
    reject_payments(by="system:test", payments={attempts(Payment.objects.all())[0]: "AC04"})
    assert said_in_public(world) == "The bank rejected the payment."
    agree_to_retry(world, Payment.objects.get())
    assert said_in_public(world) == ""
    run = claim_due(at=core_now())
    assert run is not None

    withdraw_run(by=world.releaser, run=stop_run(by=world.checker, run=run, reason="The amount looks wrong."))

    assert said_in_public(world) == "Its payment run was stopped."


def test_place_is_told_that_the_bank_took_money_for_what_counts_as_not_paid(world: World, claimed: World) -> None:
    payment = Payment.objects.get()
    run = stop_run(by=world.checker, run=payment.run, reason="The amount looks wrong.")
    withdraw_run(by=world.releaser, run=run)
    lift_hold(by=world.people.officer, hold=Hold.objects.open().get(), reason="It is right.")
    assert said_in_public(world) == ""

    debit(payment)

    assert said_in_public(world) == "The bank has not said whether it paid."


def test_cancelled_payment_is_held_by_nothing_and_nobody_is_asked_about_it(world: World, released: World) -> None:
    take_out(world, by=world.checker)
    with transaction.atomic():
        with acting("system:test", "varied"):
            Tranche.objects.filter(pk=world.tranche().pk).update(status=TrancheStatus.CANCELLED)

        assert not payments_to_retry().exists()
        assert not holds_now().exists()

        transaction.set_rollback(True)  # no variation made it so, and what was agreed would not add up


def titles(user: User) -> set[str]:
    return {item.title for items in waiting_for(User.objects.get(pk=user.pk)).values() for item in items}


def test_what_was_taken_out_stands_on_the_list_of_whoever_may_act_and_not_of_who_asked(
    world: World, released: World
) -> None:
    payment = take_out(world, by=world.people.finance_manager)
    ask, agree = "Payments were taken out of a file", "Agree to pay again"
    assert [ask in titles(one) for one in (world.checker, world.releaser, world.people.fund_director)] == [True] * 3
    assert not {ask, agree} & titles(world.people.finance_manager)

    request_retry(by=world.releaser, payment=payment, reason="The order is void.")

    assert not [one for one in (world.checker, world.releaser) if {ask, agree} & titles(one)]
    assert not {ask, agree} & titles(world.people.finance_manager)
    assert agree in titles(world.people.fund_director)


def test_held_page_offers_each_person_only_what_they_may_do(world: World, released: World) -> None:
    payment = take_out(world, by=world.people.finance_manager)
    held, again = "/payments/held/", f"/payments/{payment.pk}/again/"
    asker, other, officer = (
        signed_in(one) for one in (world.people.finance_manager, world.releaser, world.people.officer)
    )
    assert again in other.get(held).content.decode()
    for client, said in ((asker, "You asked to take it out. Two others"), (officer, "Two people who did not ask")):
        page = client.get(held).content.decode()
        assert (again in page, said in page) == (False, True)
    refused = asker.get(again)
    assert (refused.status_code, "You asked to take this payment out" in refused.content.decode()) == (403, True)
    assert officer.get(again).status_code == 403

    request = request_retry(by=world.checker, payment=payment, reason="The order is void.")

    agree = f"/payments/again/{request.pk}/agree/"
    assert agree in other.get(held).content.decode()
    page = asker.get(held).content.decode()
    assert (agree in page, "You asked to take this payment out of its file." in page) == (False, True)
    page = signed_in(world.checker).get(held).content.decode()
    assert (agree in page, "Somebody else who releases runs, and did not ask to take it out" in page) == (False, True)


def test_pages_of_a_removal_are_refused_before_anything_is_typed(world: World, released: World) -> None:
    payment = Payment.objects.get()
    officer = signed_in(world.people.officer).get(f"/payments/{payment.pk}/take-out/")
    assert (officer.status_code, "Your account may not do this" in officer.content.decode()) == (403, True)
    removal = propose_removal(by=world.releaser, payment=payment, reason=COURT)
    base = f"/payments/taken-out/{removal.pk}"

    own = signed_in(world.releaser).get(f"{base}/agree/")
    checked = signed_in(world.checker).get(f"{base}/refuse/")

    assert (own.status_code, "You asked for this." in own.content.decode()) == (403, True)
    assert (checked.status_code, "You checked or released this run." in checked.content.decode()) == (403, True)
    assert signed_in(world.people.officer).get(f"{base}/refuse/").status_code == 403
    assert signed_in(world.releaser).get(f"{base}/refuse/").status_code == 200
