"""An agreement's page offers each hold to whoever may let the payment go on, and to nobody else."""

from django.db import transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.sandbox_bank.messages import Entry
from grants import services
from grants.models import Hold, Payment, Tranche, TrancheStatus
from grants.services.removals import confirm_removal
from grants.services.runs import stop_run, withdraw_run
from tests.unit.grants.conftest import make_person
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_removals import propose
from tests.unit.grants.services.test_returns_taken_back import tell
from tests.unit.grants.views.test_payments import signed_in


def page(world: World, user: User) -> str:
    return signed_in(user).get(f"/agreements/{world.agreement.reference}/").content.decode()


def lift(hold: Hold) -> str:
    return f"/holds/{hold.pk}/lift/"


def test_doubt_that_rests_on_the_bank_s_word_alone_is_lifted_by_an_officer(world: World, paid: World) -> None:
    """The bank reports that it rejects what counts as paid; asked, it says that it was mistaken."""
    with acting("system:bank", "a report"):
        doubt = Hold.objects.create(
            agreement=world.agreement, tranche=world.tranche(), reason="in_doubt", detail="It says that it rejects it."
        )

    assert lift(doubt) in page(world, world.people.officer)
    assert lift(doubt) not in page(world, make_person("auditor", Role.AUDITOR))
    answer = signed_in(world.people.officer).post(lift(doubt), {"reason": "The bank wrote that it was mistaken."})
    assert answer.status_code == 302
    assert not Hold.objects.open().exists()


def test_doubt_that_a_line_of_the_bank_raises_leads_to_that_line(world: World, claimed: World) -> None:
    payment = Payment.objects.get()
    withdraw_run(by=world.releaser, run=stop_run(by=world.checker, run=payment.run, reason="The amount is wrong."))
    tell(Entry("LATE", -payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="late"))
    doubt = Hold.objects.open().get(reason="in_doubt")

    text = page(world, world.people.officer)

    assert (lift(doubt) in text, "Two people explain the bank’s line" in text) == (False, True)


def test_whoever_placed_a_hold_reads_that_another_lifts_it(world: World) -> None:
    hold = services.place_hold(by=world.people.officer, agreement=world.agreement, detail="A complaint.")

    own, other = page(world, world.people.officer), page(world, world.people.senior)

    assert (lift(hold) in own, "You placed this hold. Another officer lifts it." in own) == (False, True)
    assert (lift(hold) in other, "You placed this hold." in other) == (True, False)


def test_what_was_taken_out_leads_to_the_held_payments_and_one_left_behind_is_lifted(
    world: World, released: World
) -> None:
    confirm_removal(by=world.people.finance_manager, removal=propose(world))
    hold = Hold.objects.open().get()
    text = page(world, world.people.officer)
    assert (lift(hold) in text, "Two people let it go on" in text) == (False, True)

    with transaction.atomic():
        with acting("system:test", "moved on"):
            Tranche.objects.filter(pk=hold.tranche_id).update(status=TrancheStatus.PAID)
        assert lift(hold) in page(world, world.people.officer)
        transaction.set_rollback(True)  # nothing paid it, and the books would not agree


def test_hold_of_a_cancelled_payment_is_on_nobody_s_page(world: World, released: World) -> None:
    confirm_removal(by=world.people.finance_manager, removal=propose(world))
    own = f"/your-agreements/{world.agreement.reference}/"
    treasurer = signed_in(world.people.treasurer)
    before = treasurer.get(own).content.decode()

    with transaction.atomic():
        with acting("system:test", "varied"):
            Tranche.objects.filter(pk=world.tranche().pk).update(status=TrancheStatus.CANCELLED)
        texts = page(world, world.people.officer), treasurer.get(own).content.decode()
        transaction.set_rollback(True)  # no variation made it so

    assert "Payments wait." in before
    assert not [text for text in texts if "Taken out of a payment file" in text]
