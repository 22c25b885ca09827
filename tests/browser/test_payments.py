"""Officers send a payment with four eyes and the treasurer sees it come; every page and state on a phone too."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grants import services
from grants.models import PaymentRun, PaymentStatus
from grants.services.removals import confirm_removal, propose_removal
from grants.services.statements import take_statement
from tests.browser.visitor import Visitor
from tests.unit.grants.payment_world import World, its_bank_goes_on, teller


def have_a_run_to_check(world: World) -> None:
    """A run to check, one of its payments held since, and money nobody knows."""
    world.bank.credit(reference="LEGACY OF A STRANGER", amount_pence=12_345, on=world.tranche().process_on)
    world.go_to(max(world.tranche(of=number).process_on for number in range(3)))
    world.sweep()
    services.place_hold(
        by=world.people.officer, agreement=world.stories[2].agreement, detail="A question about the lease."
    )


@pytest.fixture
def begun(committed_beginning: Callable[..., World]) -> World:
    """Three agreements on the day on which the first payments are to be checked."""
    return committed_beginning("paying", teller("paying", places=3, then=have_a_run_to_check))


@pytest.fixture
def paying(begun: World, portal: object, tmp_path: Path) -> Iterator[World]:
    """The same with its bank."""
    with its_bank_goes_on(begun, "paying", tmp_path) as world:
        yield world


def test_officers_check_release_and_follow_a_run(visitor_at_a_desk: Visitor, paying: World) -> None:
    visitor, run = visitor_at_a_desk, PaymentRun.objects.get()

    visitor.is_signed_in_as(paying.checker)
    visitor.goes_to("/home/")
    visitor.sees(f"Check run {run.pk}: 3 payments")
    visitor.goes_to("/payments/")
    visitor.follows(f"Run {run.pk}")
    visitor.sees("1 of these payments is held by now and will be left out", "A question about the lease.")
    visitor.presses("I have checked this run")
    visitor.sees(f"Run {run.pk} is checked. Somebody else releases it.")
    visitor.does_not_see("Release this run to the bank")

    visitor.is_signed_in_as(paying.releaser)
    visitor.goes_to(f"/payments/runs/{run.pk}/")
    visitor.presses("Release this run to the bank")
    visitor.sees("It goes to the bank now.", "SHA-256")

    paying.send()
    paying.let_bank_live(max(payment.arrive_on for payment in run.payments.all()))
    visitor.goes_to(f"/payments/runs/{run.pk}/")
    visitor.sees("Paid", "Left out")
    for page in ("/payments/", "/payments/runs/", "/payments/held/", "/bank/", "/bank/lines/?match=suspense"):
        visitor.goes_to(page)
    visitor.sees("LEGACY OF A STRANGER", "Not yet explained")


def test_run_that_is_wrong_is_stopped_on_a_phone(visitor: Visitor, paying: World) -> None:
    run = PaymentRun.objects.get()
    visitor.is_signed_in_as(paying.checker)

    visitor.goes_to(f"/payments/runs/{run.pk}/")
    visitor.follows("Stop this run")
    visitor.presses("Stop this run")
    visitor.sees("There is a problem", "Say what is wrong with this run")
    visitor.types("What is wrong with this run?", "The second amount looks wrong.")
    visitor.presses("Stop this run")
    visitor.sees(f"Run {run.pk} is stopped.", "The second amount looks wrong.")

    visitor.is_signed_in_as(paying.releaser)
    visitor.goes_to(f"/payments/runs/{run.pk}/")
    visitor.presses("Withdraw this run")
    visitor.sees("is withdrawn")
    visitor.goes_to("/payments/held/")
    visitor.sees(f"Run {run.pk} was stopped: The second amount looks wrong.")


def test_failed_payment_is_sent_again_by_two(visitor_at_a_desk: Visitor, paying: World) -> None:
    visitor, run = visitor_at_a_desk, PaymentRun.objects.get()
    paying.bank.misbehave(kind="reject")
    paying.release(run)
    paying.send()
    paying.let_bank_live(max(payment.arrive_on for payment in run.payments.all()))
    take_statement(sequence=99, content=b"<nonsense/>")

    visitor.is_signed_in_as(paying.checker)
    visitor.goes_to("/bank/")
    visitor.sees("Messages that could not be taken in")
    visitor.goes_to("/payments/held/")
    visitor.page.get_by_role("link", name="Ask to pay it again").first.click()
    visitor.types("Why did it fail, and what was mended?", "The account was opened again.")
    visitor.presses("Ask to pay it")
    visitor.sees("Somebody else who releases runs agrees to this.")

    visitor.is_signed_in_as(paying.releaser)
    visitor.goes_to("/payments/held/")
    visitor.page.get_by_role("button", name="Agree").click()
    visitor.sees("The payment goes into the next run under a new reference.")


def test_held_page_says_on_a_phone_who_lets_what_was_taken_out_go_on(visitor: Visitor, paying: World) -> None:
    run = paying.release(PaymentRun.objects.get())
    taken, waits = run.payments.filter(status=PaymentStatus.INSTRUCTED).order_by("pk")
    confirm_removal(
        by=paying.people.finance_manager,
        removal=propose_removal(by=paying.releaser, payment=taken, reason="A court has stopped it."),
    )
    services.propose_bank_account(
        by=paying.people.treasurer,
        body=waits.tranche.agreement.body,
        account_name=waits.payee_name,
        sort_code="10-20-30",
        account_number="99990000",
    )

    visitor.is_signed_in_as(paying.releaser)
    visitor.goes_to("/payments/held/")
    visitor.sees("You asked to take it out.", "Files that wait for bank details", "No other payment waits with it.")
    visitor.does_not_see("Ask to pay it after all")

    visitor.is_signed_in_as(paying.checker)
    visitor.goes_to("/payments/held/")
    visitor.page.get_by_role("link", name="Ask to pay it after all").click()
    visitor.presses("Ask to pay it")
    visitor.sees("There is a problem", "Say why it failed and what was mended")


def test_treasurer_reads_a_remittance_advice_on_a_phone(visitor: Visitor, paying: World) -> None:
    run = PaymentRun.objects.get()
    paying.release(run)
    paying.send()
    paying.let_bank_live(max(payment.arrive_on for payment in run.payments.all()))

    visitor.is_signed_in_as(paying.people.treasurer)
    visitor.goes_to("/remittance/")
    visitor.sees("Promised next")
    visitor.page.locator("tbody a").first.click()
    visitor.finds_nothing_wrong()
    visitor.sees("Remittance advice", "Contribution to your own costs", "Reference on your statement")
