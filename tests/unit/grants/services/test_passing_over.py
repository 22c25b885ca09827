"""Two people go on without a report or notice that cannot be taken in; nothing of it is acted upon."""

import pytest
from django.db import DatabaseError, IntegrityError

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from grants.errors import WrongStateError
from grants.models import BankMessage, Opinion, PassedOver, Payment, PaymentStatus
from grants.services.notices import last_notice_sequence, take_notice
from grants.services.passing_over import confirm_passing_over, propose_passing_over, refuse_passing_over
from grants.services.rejections import last_report_sequence, take_report
from grants.services.statements import take_statement
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_rejections import report, whole
from tests.unit.grants.services.test_statements import payment
from tests.unit.grants.views.test_payments import signed_in, waiting_titles

__all__ = ["payment"]


@pytest.fixture
def refused(payment: Payment) -> BankMessage:
    """A report that names a file of somebody else; the bank says that it will send no other."""
    return take_report(sequence=1, content=whole(payment, message_id="NOBODYS"))


def ask(world: World, message: BankMessage) -> PassedOver:
    return propose_passing_over(by=world.checker, message=message, reason="The bank sent it in error.")


def agree(world: World, passed_over: PassedOver) -> PassedOver:
    return confirm_passing_over(by=world.people.finance_manager, passed_over=passed_over)


def test_two_people_pass_a_report_over_and_the_next_is_heard(
    world: World, payment: Payment, refused: BankMessage
) -> None:
    passed_over = ask(world, refused)
    assert (ask(world, refused), last_report_sequence()) == (passed_over, 0)

    agree(world, passed_over)
    agree(world, passed_over)

    assert last_report_sequence() == 1
    assert "or passed over" in take_report(sequence=1, content=report(payment)).problem
    assert take_report(sequence=2, content=report(payment, 2)).outcome == BankMessage.Outcome.APPLIED
    assert Payment.objects.get().status == PaymentStatus.REJECTED


def test_notice_can_be_passed_over_too_and_a_statement_never(world: World, payment: Payment) -> None:
    notice = take_notice(sequence=1, content=b"<nonsense/>")
    statement = take_statement(sequence=2, content=b"<nonsense/>")

    agree(world, ask(world, notice))

    assert last_notice_sequence() == 1
    with pytest.raises(DomainError, match="A statement is never passed over"):
        ask(world, statement)
    with pytest.raises(IntegrityError, match="no refused report or notice"), acting("system:test", "past the service"):
        PassedOver.objects.create(message=statement, reason="x", proposed_by=world.checker)


def test_who_may_and_what_it_needs(world: World, refused: BankMessage) -> None:
    with pytest.raises(DomainError, match="needs a reason"):
        propose_passing_over(by=world.checker, message=refused, reason=" ")
    with pytest.raises(NotAllowedError):
        propose_passing_over(by=world.people.officer, message=refused, reason="x")
    passed_over = ask(world, refused)
    with pytest.raises(WrongStateError, match="Somebody has asked"):
        propose_passing_over(by=world.people.finance_manager, message=refused, reason="x")
    with pytest.raises(NotAllowedError, match="You asked to pass this over"):
        confirm_passing_over(by=world.checker, passed_over=passed_over)

    refuse_passing_over(by=world.people.finance_manager, passed_over=passed_over)

    with pytest.raises(WrongStateError, match="is “refused” already"):
        agree(world, passed_over)
    assert ask(world, refused).status == Opinion.PROPOSED
    assert last_report_sequence() == 0


def test_right_report_that_comes_meanwhile_wins(world: World, payment: Payment, refused: BankMessage) -> None:
    passed_over = ask(world, refused)
    take_report(sequence=1, content=report(payment))

    with pytest.raises(WrongStateError, match="keeps nothing waiting"):
        agree(world, passed_over)


def test_database_holds_two_people_and_what_was_said(world: World, refused: BankMessage) -> None:
    passed_over = ask(world, refused)
    broken = [
        ({"decided_by": world.checker, "decided_at": core_now(), "status": "confirmed"}, "two_people"),
        ({"decided_by": world.people.officer, "status": "confirmed"}, "decided_pair"),
        ({"status": "confirmed"}, "status_fits"),
    ]
    for changes, rule in broken:
        with (
            pytest.raises(IntegrityError, match=f"passedover_{rule}"),
            acting("system:test", "past the service"),
        ):
            PassedOver.objects.update(**changes)
    with pytest.raises(IntegrityError, match="one_standing"), acting("system:test", "past the service"):
        PassedOver.objects.create(message=refused, reason="x", proposed_by=world.checker)
    with pytest.raises(IntegrityError, match="reason_given"), acting("system:test", "past the service"):
        PassedOver.objects.create(message=refused, reason="", proposed_by=world.checker)
    with pytest.raises(IntegrityError, match="one after the other"), acting("system:test", "past the service"):
        PassedOver.objects.create(message=refused, reason="x", proposed_by=world.checker, status="confirmed")
    agree(world, passed_over)
    with pytest.raises(DatabaseError, match="never changes"), acting("system:test", "past the service"):
        PassedOver.objects.update(reason="another")


def test_pages_of_both_people(world: World, refused: BankMessage) -> None:
    first, second = signed_in(world.checker), signed_in(world.people.finance_manager)
    address = f"/bank/messages/{refused.pk}/pass-over/"
    assert address in first.get("/bank/").content.decode()
    assert "which is none of ours" in first.get(address).content.decode()

    first.post(address, {"reason": "Sent in error."})
    passed_over = PassedOver.objects.get()
    assert "Somebody else confirms this." in first.get("/bank/").content.decode()
    assert "Go on without report of" in " ".join(waiting_titles(world.people.finance_manager))
    assert "Sent in error." in second.get(f"/bank/passed-over/{passed_over.pk}/confirm/").content.decode()
    second.post(f"/bank/passed-over/{passed_over.pk}/confirm/", {"sure": "on"})

    assert last_report_sequence() == 1
    assert "Messages that could not be taken in" not in second.get("/bank/").content.decode()


def test_page_to_wait_for_a_right_message(world: World, refused: BankMessage) -> None:
    passed_over = ask(world, refused)

    signed_in(world.people.finance_manager).post(f"/bank/passed-over/{passed_over.pk}/refuse/", {"sure": "on"})

    assert PassedOver.objects.get().status == Opinion.REFUSED
