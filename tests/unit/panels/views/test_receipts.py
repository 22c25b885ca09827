import pytest
from django.core.cache import cache
from django.test import Client

from cwf_portal.core.models import OutgoingMessage
from panels.services import cast_ballot, open_box
from tests.unit.panels.views.test_polling import words_of
from tests.unit.panels.views.test_voting import address, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def voter(world, round) -> Client:
    cache.clear()  # other tests count in the same cache
    cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    yield signed_in(world.residents[0])
    cache.clear()


def test_code_by_text_message_from_the_receipt_page(voter, round):
    assert "Send me the code by text message" in words_of(voter.get(address(round, "receipt/")))
    wrong = voter.post(address(round, "receipt/text/"), {"number": "0770 09"})
    assert (wrong.status_code, wrong["Cache-Control"]) == (400, "no-store, private")
    page = wrong.content.decode()
    assert 'href="#id_number">Enter a UK mobile number, like 07700 900 982' in page
    assert 'value="0770 09"' in page
    sent = voter.post(address(round, "receipt/text/"), {"number": "+44 (0)7700 900982"}, follow=True)
    assert "The code is on its way to your phone." in words_of(sent)
    assert OutgoingMessage.objects.get(channel="sms").to == "+447700900982"


def test_the_receipt_page_asks_little_and_says_where_the_ballot_stands(voter, world, round, django_assert_num_queries):
    page = address(round, "receipt/")
    with django_assert_num_queries(5):  # session, person with roles, the vote, the ballot, the clock
        joins = words_of(voter.get(page))
    assert "will join the public list" in joins
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys)
    assert "Your ballot is in the public list" in words_of(voter.get(page))


def test_sixth_receipt_within_an_hour_waits_whichever_way_it_goes(voter, round):
    numbers = [f"07700 90098{last}" for last in range(3)]
    answers = [voter.post(address(round, "receipt/text/"), {"number": number}) for number in numbers]
    answers += [voter.post(address(round, "receipt/mail/")) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {302}
    refused = voter.post(address(round, "receipt/text/"), {"number": "07700 900988"})
    assert (refused.status_code, "Wait an hour" in words_of(refused)) == (429, True)
    assert "Wait an hour" in words_of(voter.post(address(round, "receipt/mail/"), follow=True))
    assert OutgoingMessage.objects.filter(topic=f"panels.receipt:{round.pk}").count() == 5


def test_a_number_that_had_its_messages_is_refused_on_the_page(voter, round):
    for _ in range(3):
        voter.post(address(round, "receipt/text/"), {"number": "07700 900982"})
    refused = voter.post(address(round, "receipt/text/"), {"number": "07700 900982"})
    assert (refused.status_code, "has had three messages" in words_of(refused)) == (409, True)


def test_where_no_text_messages_are_sent_none_is_offered(voter, round, settings):
    settings.SMS_OFFERED = False
    assert "text message" not in words_of(voter.get(address(round, "receipt/")))
    refused = voter.post(address(round, "receipt/text/"), {"number": "07700 900982"})
    assert (refused.status_code, "sends no text messages" in words_of(refused)) == (409, True)


def test_without_a_ballot_there_is_no_receipt_to_send(world, round):
    answer = signed_in(world.residents[1]).post(address(round, "receipt/text/"), {"number": "x"})
    assert answer["Location"] == address(round)
