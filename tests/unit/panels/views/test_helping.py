import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Role
from panels.models import HelpedVote, SealedBallot
from panels.services import cast_ballot, name_opening_set, receipt_for
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_paper import entry_of
from tests.unit.panels.views.test_polling import words_of
from tests.unit.panels.views.test_voting import signed_in

pytestmark = pytest.mark.django_db


def test_somebody_is_found_and_helped_to_vote(world, round):
    client, voter = signed_in(world.chair), world.residents[0]
    start = f"/rounds/{round.pk}/polling/help/"
    page = f"{start}{entry_of(round, voter).pk}/"
    assert "Nobody on the list has such a name" in words_of(client.get(start, {"name": "Nobody"}))
    assert page in client.get(start, {"name": voter.full_name}).content.decode()
    empty = client.get(page)
    assert ("You can choose up to 2." in words_of(empty), 'name="seen"' in empty.content.decode()) == (True, False)
    assert "Choose one or more projects" in words_of(client.post(page, {}))
    read_back = client.post(page, {"project": ["1", "3"]})
    assert "Corner Hub: £90,000 Chosen" in words_of(read_back)
    assert 'name="project" value="3"' in read_back.content.decode()
    assert read_back["Cache-Control"] == "no-store, private"
    done = client.post(f"{page}cast/", {"project": ["1", "3"]})

    assert "A message about it is on its way to them." in words_of(done)
    assert receipt_for(user=voter, round=round).code in words_of(done)
    assert (HelpedVote.objects.get().helper, SealedBallot.objects.get().roll_entry.user) == (world.chair, voter)
    assert f"{world.chair} (1)" in words_of(client.get(f"/rounds/{round.pk}/roll/"))


def test_a_helped_ballot_that_is_refused_says_why(world, round):
    client = signed_in(world.officer)
    page = f"/rounds/{round.pk}/polling/help/{entry_of(round, world.residents[0]).pk}/cast/"
    too_many = client.post(page, {"project": ["1", "2", "3"]})
    assert (too_many.status_code, "you can choose up to 2" in words_of(too_many)) == (409, True)
    assert not HelpedVote.objects.exists()
    world.close(round)
    name_opening_set(by=world.chair, round=round)
    assert "has closed" in words_of(client.post(page, {"project": "1"}))


def test_once_somebody_has_voted_no_page_of_helping_shows_anything(world, round):
    client, voter = signed_in(world.chair), world.residents[0]
    page = f"/rounds/{round.pk}/polling/help/{entry_of(round, voter).pk}/"
    code = cast_ballot(by=voter, round=round, choices=["2"], seen_version=0).code
    for answer in (
        client.get(page),
        client.post(page, {"project": ["1"]}),
        client.post(f"{page}cast/", {"project": ["1"]}),
    ):
        words = words_of(answer)
        assert (answer.status_code, answer["Cache-Control"]) == (409, "no-store, private")
        assert "Nothing was changed, and nothing chosen here was kept." in words
        assert (code in words, "Corner Hub" in words) == (False, False)


def test_without_an_address_the_last_page_promises_nothing(world, round):
    voter = world.residents[0]
    with acting("system:test", "registered with a card"):
        User.objects.filter(pk=voter.pk).update(email="card-1@card.invalid")
    page = f"/rounds/{round.pk}/polling/help/{entry_of(round, voter).pk}/"
    helper, sent = signed_in(world.officer), {"project": ["1"]}
    assert "How are they told who helped them?" in words_of(helper.post(page, sent))
    home = f"{voter.full_name.removeprefix('Resident ')} High Street"
    for contact, says in (
        ({"address": "1 Other Street"}, "not the address they told us"),
        ({"number": "0770", "address": home}, "Enter a UK mobile number"),
    ):
        refused = helper.post(f"{page}cast/", sent | contact)
        assert (refused.status_code, says in words_of(refused)) == (400, True)
        assert 'name="project" value="1"' in refused.content.decode()
        assert "<title>Error: " in refused.content.decode()
    words = words_of(helper.post(f"{page}cast/", sent | {"number": "07700 900982", "address": home}))
    assert "A letter and a text message with your name and the receipt code are on their way to them." in words
    assert "can no longer be changed or withdrawn, not even with help" in words
    assert "vote again" not in words


def test_letter_to_who_was_helped_is_printed_by_another_officer(world, round):
    voter = world.residents[0]
    with acting("system:test", "registered with a card"):
        User.objects.filter(pk=voter.pk).update(email="card-1@card.invalid")
    page = f"/rounds/{round.pk}/polling/help/{entry_of(round, voter).pk}/cast/"
    home = f"{voter.full_name.removeprefix('Resident ')} High Street"
    helper, other = signed_in(world.officer), signed_in(person(Role.GRANTS_OFFICER))
    done = helper.post(page, {"project": ["1"], "number": "", "address": home})
    assert "A letter with your name and the receipt code is on its way to them." in words_of(done)
    assert "No letter waits" in words_of(helper.get("/living-here/letters/"))
    assert ("Post 1 letter" in words_of(helper.get("/home/")), "Post 1 letter" in words_of(other.get("/home/"))) == (
        False,
        True,
    )
    printed = words_of(other.post("/living-here/letters/print/"))
    assert home in printed
    assert f"With the help of {world.officer}" in printed
    notice = OutgoingMessage.objects.get(channel="letter")
    assert other.post("/living-here/letters/posted/", {"notice": [notice.pk, "x"]}).status_code == 302
    assert "No letter waits" in words_of(other.get("/living-here/letters/"))


def test_before_and_after_voting_nothing_can_be_filled_in(world, round):
    page = f"/rounds/{round.pk}/polling/help/{entry_of(round, world.residents[0]).pk}/"
    world.close(round)
    answer = signed_in(world.chair).get(page)
    assert (answer.status_code, "has closed" in words_of(answer)) == (409, True)


def test_to_others_helping_does_not_exist(world, round):
    page = f"/rounds/{round.pk}/polling/help/{entry_of(round, world.residents[0]).pk}/"
    assert signed_in(world.residents[0]).get(page).status_code == 403
    assert signed_in(world.chair).get(f"/rounds/{round.pk}/polling/help/0/").status_code == 404
