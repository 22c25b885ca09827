"""What the bank says, and what a treasurer sees of it."""

from collections.abc import Callable

import pytest
from django.test import Client

from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from grants.errors import in_pounds
from grants.models import Payment
from grants.services.statements import take_statement
from tests.unit.grants.conftest import make_person
from tests.unit.grants.payment_world import World
from tests.unit.grants.views.test_payments import signed_in, waiting_titles


def auditor() -> Client:
    return signed_in(make_person("auditor", Role.AUDITOR))


@pytest.mark.usefixtures("paid")
def test_bank_page_says_that_books_and_bank_agree(world: World) -> None:
    page = auditor().get("/bank/").content.decode()

    assert "The books and the bank say the same" in page
    assert "Statement 2" in page


def test_refused_message_stands_on_the_page_and_on_the_desk_until_a_right_one_comes(world: World) -> None:
    take_statement(sequence=2, content=b"<nonsense/>")

    page = auditor().get("/bank/").content.decode()

    assert "Messages that could not be taken in" in page
    assert "Line 1: The message is nonsense, expected was a document of" in page
    assert waiting_titles(world.checker) == ["A message of the bank could not be taken in"]
    world.pay()
    assert waiting_titles(world.checker) == []


def test_line_nobody_knows_can_be_found_and_is_waiting(world: World) -> None:
    world.bank.credit(reference="<b>LEGACY</b>", amount_pence=12_345, on=world.tranche().process_on)
    world.pay()
    client = auditor()

    suspense = client.get("/bank/lines/?match=suspense").content.decode()

    assert "&lt;b&gt;LEGACY&lt;/b&gt;" in suspense
    assert "£123.45" in suspense
    assert Payment.objects.get().end_to_end_id not in suspense
    assert Payment.objects.get().end_to_end_id in client.get("/bank/lines/?match=nonsense").content.decode()
    assert waiting_titles(world.checker) == ["Bank lines not yet explained"]


@pytest.mark.usefixtures("paid")
def test_statement_page_shows_each_line_with_its_match(world: World) -> None:
    page = auditor().get("/bank/statements/2/").content.decode()

    assert "A payment of ours went out" in page
    assert "payment 1" in page


def test_treasurer_sees_promised_and_sent_payments_with_the_split(world: World) -> None:
    client = signed_in(world.people.treasurer)
    before = client.get("/remittance/").content.decode()
    world.pay()
    payment = Payment.objects.get()

    after = client.get("/remittance/").content.decode()
    advice = client.get(f"/remittance/{payment.end_to_end_id}/").content.decode()

    assert "Nothing has been sent yet." in before
    assert "Promised next" in before
    assert f"/remittance/{payment.end_to_end_id}/" in after
    assert "Contribution to your own costs" in advice
    assert "ending 0000" in advice
    assert "11110000" not in advice


def test_treasurer_is_told_that_a_payment_is_late_and_where_to_read_why(
    world: World, pass_time: Callable[..., None]
) -> None:
    client = signed_in(world.people.treasurer)
    assert "to arrive by" in client.get("/remittance/").content.decode()
    pass_time(days=90)

    page = client.get("/remittance/").content.decode()

    assert "was to arrive by" in page
    assert f'href="/your-agreements/{world.agreement.reference}/">Why it waits' in page


@pytest.mark.usefixtures("paid")
def test_treasurer_is_told_of_a_payment_and_keeps_it_as_a_table(world: World) -> None:
    payment = Payment.objects.get()

    letter = OutgoingMessage.objects.get(topic="grants.remittance")
    table = signed_in(world.people.treasurer).get("/remittance/payments.csv").content.decode()

    assert letter.to == world.people.treasurer.email
    assert letter.subject.startswith(f"We have sent {in_pounds(payment.total_pence)} to Trust 0")
    for said in (
        f"Agreement: {world.agreement.reference}, payment 1",
        f"Grant for the place: {in_pounds(payment.amount_pence)}",
        f"Contribution to your own costs: {in_pounds(payment.contribution_pence)}",
        f"Reference on your statement: {payment.end_to_end_id}",
        f"/remittance/{payment.end_to_end_id}/",
    ):
        assert said in letter.body
    assert payment.account_number not in letter.body
    assert f"{payment.amount_pence},0,{payment.contribution_pence},{payment.total_pence}" in table
    assert payment.end_to_end_id in table


@pytest.mark.usefixtures("paid")
def test_treasurer_of_another_organisation_sees_nothing(world: World) -> None:
    client = signed_in(make_person("stranger", Role.TREASURER))

    assert "Nothing has been sent yet." in client.get("/remittance/").content.decode()
    assert client.get(f"/remittance/{Payment.objects.get().end_to_end_id}/").status_code == 404
    assert signed_in(world.checker).get("/remittance/").status_code == 403
