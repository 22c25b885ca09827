"""The bank's pages by eye and on a phone: the red switch, a line that two people explain, a letter about a doubt."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grants.bank import BankSilentError
from grants.models import LineClearing, Payment, PaymentStatus, StatementLine
from grants.services.handover import send_files
from tests.browser.visitor import Visitor
from tests.unit.grants.payment_world import World, its_bank_goes_on, teller
from tests.unit.grants.services.test_handover import ScriptedBank


def have_a_doubt(world: World) -> None:
    """Two payments made, money nobody knows, and a second run of which nobody knows whether the bank took it."""
    world.bank.credit(reference="GROSS INTEREST", amount_pence=12_345, on=world.tranche().process_on)
    for number in (1, 2):
        world.go_to(max(world.tranche(number, of=place).process_on for place in (0, 1)))
        run = world.sweep()
        assert run is not None
        world.release(run)
        if number == 1:
            world.send()
            world.let_bank_live(max(world.tranche(of=place).due_on for place in (0, 1)))
    send_files(bank=ScriptedBank([BankSilentError("no answer")], dedupes=False))


@pytest.fixture
def begun(committed_beginning: Callable[..., World]) -> World:
    """Two agreements, paid once, then in doubt."""
    return committed_beginning("doubting", teller("doubting", places=2, then=have_a_doubt))


@pytest.fixture
def doubting(begun: World, portal: object, tmp_path: Path) -> Iterator[World]:
    """The same with its bank."""
    with its_bank_goes_on(begun, "doubting", tmp_path) as world:
        yield world


def test_line_nobody_knows_is_explained_by_two_on_a_phone(visitor: Visitor, doubting: World) -> None:
    visitor.is_signed_in_as(doubting.checker)
    visitor.goes_to("/bank/reconciliation/?from_on_day=1&from_on_month=1&from_on_year=2020")
    visitor.sees("Every line of them stands in exactly one group", "Opening balance by the bank", "GROSS INTEREST")
    visitor.follows(f"Say what it is ({StatementLine.objects.in_suspense().get()})")
    visitor.presses("Propose")
    visitor.sees("There is a problem", "Choose what the line is", "Say how you know")
    visitor.chooses("Interest")
    visitor.page.get_by_label("Whose money is it?").select_option(label="Forgotten accounts")
    visitor.types("How do you know?", "The bank's letter of May.")
    visitor.presses("Propose")
    visitor.sees("Somebody else confirms this.")

    visitor.is_signed_in_as(doubting.people.finance_manager)
    visitor.goes_to("/bank/reconciliation/")
    visitor.follows(f"Confirm {LineClearing.objects.get()}")
    visitor.chooses("I have checked this")
    visitor.presses("Confirm and post")
    visitor.sees("Posted. The line is explained.")


def test_bank_letter_settles_a_doubt(visitor_at_a_desk: Visitor, doubting: World) -> None:
    visitor = visitor_at_a_desk
    run = Payment.objects.filter(status=PaymentStatus.IN_DOUBT)[0].run
    visitor.is_signed_in_as(doubting.checker)
    visitor.goes_to(f"/payments/runs/{run.pk}/")
    visitor.follows("Enter what the bank wrote about them")
    visitor.chooses("The bank did not make it, and will not")
    visitor.types("Reference of the letter", "L-2027-14")
    visitor.presses("Enter the letter")

    visitor.is_signed_in_as(doubting.people.finance_manager)
    visitor.goes_to("/bank/reconciliation/")
    visitor.sees("The bank’s letter L-2027-14")
    visitor.follows("Confirm letter L-2027-14")
    visitor.chooses("I have checked this")
    visitor.presses("Confirm")
    visitor.sees("Confirmed by two people.", "Rejected by the bank")


def test_everything_is_paused_by_one_and_goes_on_by_two(visitor: Visitor, doubting: World) -> None:
    visitor.is_signed_in_as(doubting.checker)
    visitor.goes_to("/payments/")
    visitor.follows("Pause payments, and what was paused")
    visitor.presses("Pause payments")
    visitor.chooses("Every payment")
    visitor.types("Why?", "A stranger rang about our account.")
    visitor.presses("Pause now")
    visitor.sees("Payments are paused", "A stranger rang about our account.")
    visitor.goes_to("/home/")
    visitor.sees("Paused: every payment")
    visitor.follows("See and act (Paused: every payment)")
    visitor.follows("Ask to let them go on (Every payment)")
    visitor.types("Reason", "It was the auditor.")
    visitor.presses("Ask to let them go on")

    visitor.is_signed_in_as(doubting.people.finance_manager)
    visitor.goes_to("/payments/pauses/")
    visitor.presses("Let them go on")
    visitor.chooses("I have checked this")
    visitor.presses("Let them go on")
    visitor.sees("No payment is paused", "It was the auditor.")
