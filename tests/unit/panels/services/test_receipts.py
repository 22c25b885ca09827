"""The code of a receipt by text message: to whom, how often, and nothing of the choice."""

import pytest

from cwf_portal.core.errors import ConflictError, DomainError
from cwf_portal.core.models import OutgoingMessage
from panels.services import cast_ballot, text_receipt

pytestmark = pytest.mark.django_db
NUMBER = "07700 900982"


def test_text_receipt_holds_the_code_and_neither_choice_nor_name(world, round):
    voter = world.residents[0]
    with pytest.raises(ConflictError, match="No ballot of yours"):
        text_receipt(by=voter, round=round, number=NUMBER)
    receipt = cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    message = text_receipt(by=voter, round=round, number=NUMBER)

    assert (message.channel, message.to, message.topic) == ("sms", "+447700900982", f"panels.receipt:{round.pk}")
    assert receipt.code in message.body
    assert not any(words in message.body for words in ("Corner Hub", voter.full_name, round.title))


def test_one_number_gets_three_messages_about_a_vote_whoever_asks(world, round):
    for voter in world.residents[:2]:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    for voter in (world.residents[0], world.residents[1], world.residents[0]):
        text_receipt(by=voter, round=round, number=NUMBER)
    with pytest.raises(ConflictError, match="has had three messages"):
        text_receipt(by=world.residents[1], round=round, number="+44 7700 900982")
    text_receipt(by=world.residents[1], round=round, number="07700 900983")
    assert OutgoingMessage.objects.filter(channel="sms").count() == 4


def test_text_receipt_to_what_is_no_mobile_is_refused(world, round):
    cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    with pytest.raises(DomainError, match="Enter a UK mobile number"):
        text_receipt(by=world.residents[0], round=round, number="020 7946 0018")
    assert not OutgoingMessage.objects.filter(channel="sms").exists()
