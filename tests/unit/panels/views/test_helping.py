import pytest

from panels.models import HelpedVote, SealedBallot
from panels.services import name_opening_set
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
    assert "You can choose up to 2." in words_of(client.get(page))
    assert "Choose one or more projects" in words_of(client.post(page, {"seen": "0"}))
    read_back = client.post(page, {"seen": "0", "project": ["1", "3"]})
    assert "Corner Hub: £90,000 Chosen" in words_of(read_back)
    assert 'name="project" value="3"' in read_back.content.decode()
    done = client.post(f"{page}cast/", {"seen": "0", "project": ["1", "3"]})

    assert "A message about it is on its way to them." in words_of(done)
    assert (HelpedVote.objects.get().helper, SealedBallot.objects.get().roll_entry.user) == (world.chair, voter)
    assert f"{world.chair} (1)" in words_of(client.get(f"/rounds/{round.pk}/roll/"))


def test_a_helped_ballot_that_is_refused_says_why(world, round):
    client = signed_in(world.officer)
    page = f"/rounds/{round.pk}/polling/help/{entry_of(round, world.residents[0]).pk}/cast/"
    assert "This page is out of date" in words_of(client.post(page, {"seen": "x", "project": "1"}))
    too_many = client.post(page, {"seen": "0", "project": ["1", "2", "3"]})
    assert (too_many.status_code, "you can choose up to 2" in words_of(too_many)) == (409, True)
    world.close(round)
    name_opening_set(by=world.chair, round=round)
    assert "has closed" in words_of(client.post(page, {"seen": "0", "project": "1"}))


def test_to_others_helping_does_not_exist(world, round):
    page = f"/rounds/{round.pk}/polling/help/{entry_of(round, world.residents[0]).pk}/"
    assert signed_in(world.residents[0]).get(page).status_code == 403
    assert signed_in(world.chair).get(f"/rounds/{round.pk}/polling/help/0/").status_code == 404
