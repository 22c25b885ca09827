"""Reconciliation in the browser: what adds up, what one person says of a line, and what another confirms."""

import html
import re
from datetime import timedelta

import pytest

from cwf_portal.core.permissions import Role
from cwf_portal.sandbox_bank.messages import Entry
from grants.models import DoubtSettlement, LineClearing, PaymentStatus, Source, StatementLine
from grants.presenters.bank import PARTS
from grants.selectors.days import today
from grants.services.clearing import confirm_clearing
from grants.services.corrections import ask_correction
from grants.waiting.payments import waiting
from tests.unit.grants.conftest import make_person
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_clearing import unknown
from tests.unit.grants.services.test_doubts import run
from tests.unit.grants.views.test_payments import signed_in, waiting_titles

__all__ = ["run"]
PAGE = "/bank/reconciliation/"


@pytest.fixture
def line(world: World) -> StatementLine:
    return unknown(Entry("A", 900, reference="<b>INTEREST</b>"))[0]


def test_page_shows_groups_that_add_up_and_each_line_with_what_it_is(world: World, line: StatementLine) -> None:
    page = signed_in(make_person("auditor", Role.AUDITOR)).get(PAGE).content.decode()

    assert "Every line of them stands in exactly one group" in page
    assert "&lt;b&gt;INTEREST&lt;/b&gt;" in page
    assert "Something is broken" not in page
    assert "Announced money arrived" in page
    assert "Say what it is" not in page


def test_line_is_explained_by_one_and_confirmed_by_another(world: World, line: StatementLine) -> None:
    first, second = signed_in(world.checker), signed_in(world.people.finance_manager)
    source = str(Source.objects.get(code="dormant").pk)

    answers = {"what": "interest", "source": source, "note": "The bank's letter of May."}
    said = first.post(f"/bank/lines/{line.pk}/explain/", answers, follow=True).content.decode()
    clearing = LineClearing.objects.get()
    assert "Somebody else confirms this." in said
    assert "Confirm what the bank meant" in waiting_titles(world.people.finance_manager)
    assert "Confirm what the bank meant" not in waiting_titles(world.checker)
    confirmed = second.post(f"/bank/explained/{clearing.pk}/confirm/", {"sure": "on"}, follow=True).content.decode()

    assert "Posted. The line is explained." in confirmed
    assert "Explained by people" in confirmed
    assert waiting(world.checker) == []


def test_line_whose_explanation_was_taken_back_says_so_where_it_is_explained_again(
    world: World, line: StatementLine
) -> None:
    source = str(Source.objects.get(code="dormant").pk)
    answers = {"what": "other_income", "source": source, "note": "A guess."}
    signed_in(world.checker).post(f"/bank/lines/{line.pk}/explain/", answers)
    clearing = confirm_clearing(by=world.people.finance_manager, clearing=LineClearing.objects.get())
    correction = ask_correction(by=world.people.finance_manager, journal=clearing.journal, reason="Not ours.")
    signed_in(world.people.finance_director).post(f"/ledger/corrections/{correction.pk}/agree/", {"sure": "on"})

    page = signed_in(world.checker).get(f"/bank/lines/{line.pk}/explain/").content.decode()

    assert "Taken back as an error" in page
    assert f"journal {clearing.journal_id} is reversed" in page


def test_explanation_is_refused_with_a_reason(world: World, line: StatementLine) -> None:
    source = str(Source.objects.get(code="dormant").pk)
    answers = {"what": "other_income", "source": source, "note": "A guess."}
    signed_in(world.checker).post(f"/bank/lines/{line.pk}/explain/", answers)
    address = f"/bank/explained/{LineClearing.objects.get().pk}/refuse/"

    page = signed_in(world.people.finance_manager).post(address, {"reason": "It is interest."}, follow=True)

    assert "The line is not explained." in page.content.decode()


def test_form_says_what_is_missing(world: World, line: StatementLine) -> None:
    client = signed_in(world.checker)

    nothing = client.post(f"/bank/lines/{line.pk}/explain/", {}).content.decode()
    sourceless = client.post(f"/bank/lines/{line.pk}/explain/", {"what": "interest", "note": "x"}).content.decode()

    assert "Choose what the line is" in nothing
    assert "Say how you know" in nothing
    assert "Choose whose money it is" in sourceless


def test_days_of_another_month_are_shown_by_address(world: World, line: StatementLine) -> None:
    early = {f"{name}_{part}": "1" for name in ("from_on", "to_on") for part in ("day", "month")}
    early |= {"from_on_year": "2020", "to_on_year": "2020"}

    assert "0 statements closing" in signed_in(world.checker).get(PAGE, early).content.decode()


def test_bank_without_statements_has_a_page_too(client: object, db: None) -> None:
    page = signed_in(make_person("auditor", Role.AUDITOR)).get(PAGE).content.decode()

    assert "The bank has sent no statement yet." in page


def test_letter_is_entered_by_one_and_confirmed_by_another(world: World, run: object) -> None:
    first, second = signed_in(world.checker), signed_in(world.people.finance_manager)
    assert "Enter what the bank wrote about them" in first.get(f"/payments/runs/{run.pk}/").content.decode()

    first.post(f"/payments/runs/{run.pk}/letter/", {"outcome": "not_paid", "letter": "L-14"})
    settlement = DoubtSettlement.objects.get()
    assert "The bank’s letter L-14" in second.get(PAGE).content.decode()
    second.post(f"/bank/letters/{settlement.pk}/confirm/", {"sure": "on"})

    assert run.payments.get().status == PaymentStatus.REJECTED


def test_letter_about_one_payment_can_be_refused(world: World, run: object) -> None:
    payment = run.payments.get()
    address = f"/payments/runs/{run.pk}/letter/{payment.pk}/"
    signed_in(world.checker).post(address, {"outcome": "paid", "letter": "L-15"})

    signed_in(world.people.finance_manager).post(
        f"/bank/letters/{DoubtSettlement.objects.get().pk}/refuse/", {"sure": "on"}
    )

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.IN_DOUBT
    assert DoubtSettlement.objects.get().status == "refused"


def references_on(page: str) -> list[str]:
    return re.findall(r"LOST [0-9]{3}", page)


@pytest.fixture
def many(world: World) -> list[str]:
    """More lines nobody knows than fit on a page, and one of another day; what the bank wrote, in order."""
    lines = unknown(*[Entry(f"M-{number}", 100 + number, reference=f"LOST {number:03d}") for number in range(60)])
    world.go_to(today() + timedelta(days=1))
    unknown(Entry("LATER", -7, reference="FEE OF ANOTHER DAY"))
    return [line.reference for line in lines]


def test_every_line_of_a_group_is_on_one_of_its_pages_and_the_address_says_which(world: World, many: list[str]) -> None:
    client = signed_in(world.checker)
    first = client.get(PAGE).content.decode()
    all_days = html.unescape(re.search(r'href="(\?group=unexplained[^"]+)">see those', first)[1])

    pages = [client.get(f"{PAGE}{all_days}&page={number}").content.decode() for number in (1, 2)]

    assert [*references_on(pages[0]), *references_on(pages[1])] == many
    assert "1 to 50 of 61" in pages[0]
    assert "51 to 61 of 61" in pages[1]
    assert "FEE OF ANOTHER DAY" in pages[1]
    assert "Matched by the portal</h2>" not in pages[1]


def test_a_group_too_long_for_the_first_view_says_how_long_and_leads_to_the_whole(
    world: World, many: list[str]
) -> None:
    client = signed_in(world.checker)
    day = {
        f"{name}_{part}": getattr(today() - timedelta(days=1), part) for name in ("from_on", "to_on") for part in PARTS
    }

    page = client.get(PAGE, day).content.decode()

    assert references_on(page) == many[:25]
    assert "1 to 25 of 60" in page
    assert re.search(r'href="[^"]*group=unexplained[^"]*">All 60 lines', page)
    found = client.get(PAGE, day | {"text": "lost 059"}).content.decode()
    assert references_on(found.split("Not explained:")[1]) == ["LOST 059"]
    assert "Not explained: 1" in found


def test_a_group_that_there_is_not_is_refused_in_words(world: World, line: StatementLine) -> None:
    answer = signed_in(world.checker).get(PAGE, {"group": "lost"})

    assert answer.status_code == 400
    assert "Choose one of the answers listed" in answer.content.decode()
    assert "&lt;b&gt;INTEREST&lt;/b&gt;" in answer.content.decode()
