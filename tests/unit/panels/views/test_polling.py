import re

import pytest

from cwf_portal.core.audit import acting
from panels.domain.disclosure import Disclosure
from panels.models import KeyedPaper, PaperBatch, PaperEnvelope, RoundResult, SealedBallot, SealedPaper
from panels.services import (
    cast_ballot,
    issue_envelope,
    key_paper,
    open_batch,
    open_box,
    publish_result,
)
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_keying import counted
from tests.unit.panels.services.test_keying import round as polled
from tests.unit.panels.services.test_kinds import POLL
from tests.unit.panels.services.test_paper import entry_of, handed_out, received
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
State = PaperEnvelope.State
__all__ = ["polled"]


def words_of(response) -> str:
    """The page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", text_of(response)).split())


def test_labels_are_printed_with_a_picture_each_and_refused_without_a_number(world, round):
    client = signed_in(world.chair)
    page = f"/rounds/{round.pk}/polling/labels/"
    assert "Enter how many envelopes" in text_of(client.post(page, {"count": ""}))
    printed = client.post(page, {"count": "2"})

    assert printed.content.decode().count("cwf-qr") == 2
    assert all(envelope.serial in text_of(printed) for envelope in PaperEnvelope.objects.all())


def test_the_paper_is_the_same_for_all_and_in_large_print(world, round):
    page = f"/rounds/{round.pk}/paper/"
    shown = signed_in(world.chair).get(page)
    large = signed_in(world.residents[0]).get(f"{page}?print=large")

    assert "You can choose up to 2." in text_of(shown)
    assert "cwf-ballot-paper--large" in large.content.decode()
    assert all(project.title in text_of(shown) for project in round.projects.all())


@pytest.mark.parametrize("asked", ["", "?language=ur", "?language=pl"])
def test_one_paper_says_what_to_do_in_every_language_whoever_prints_it(world, round, asked):
    """A paper in one language alone would tell, where few read it, whose it is."""
    page = f"/rounds/{round.pk}/paper/"
    plain, shown = (signed_in(world.chair).get(page + query).content.decode() for query in ("", asked))
    papers = [text[text.index('<div class="cwf-ballot-paper') : text.index("</main>")] for text in (plain, shown)]

    assert papers[0] == papers[1]
    assert re.findall(r'cwf-ballot-paper__said" lang="([\w-]+)" dir="(\w+)"', papers[0]) == 2 * [
        ("en-GB", "ltr"), ("pl", "ltr"), ("ur", "rtl"), ("bn", "ltr"),
    ]  # fmt: skip
    for said in ("Do podziału jest", "اپنا نام بھی نہیں", "আপনার নামও নয়"):
        assert said in papers[0]


@pytest.mark.parametrize("options", [POLL])
def test_the_paper_of_a_poll_names_no_money(world, round):
    assert "£" not in words_of(signed_in(world.chair).get(f"/rounds/{round.pk}/paper/"))


def test_an_envelope_is_found_handed_out_and_received_on_a_phone(world, round):
    client, voter = signed_in(world.chair), world.residents[0]
    client.post(f"/rounds/{round.pk}/polling/labels/", {"count": "1"})
    label = PaperEnvelope.objects.get()
    page = f"/rounds/{round.pk}/polling/envelopes/{label.serial}/"
    assert "No envelope of this vote has this number" in text_of(
        client.get(f"/rounds/{round.pk}/polling/", {"serial": "0000-0001"})
    )
    found = client.get(f"/rounds/{round.pk}/polling/", {"serial": label.serial.lower()})
    assert found["Location"] == page
    assert "Nobody on the list has such a name" in text_of(client.get(page, {"name": "Nobody"}))
    assert voter.full_name in text_of(client.get(page, {"name": voter.full_name}))
    search = f"{page}?name={voter.full_name}"
    assert "Choose the person who stands before you" in text_of(client.post(search, {"entry": ""}))
    assert client.post(search, {"entry": entry_of(round, voter).pk})["Location"] == page
    assert signed_in(world.officer).post(f"{page}received/")["Location"] == page
    assert "the list is marked" in text_of(client.get(page))

    assert PaperEnvelope.objects.get().state == State.RECEIVED
    assert "Your vote is on paper" in text_of(signed_in(voter).get(f"/rounds/{round.pk}/vote/"))


def test_the_roll_check_shows_who_handed_out_and_received_how_many(world, round):
    received(world, round, world.residents[0])
    handed_out(world, round, world.residents[1])
    shown = words_of(signed_in(world.chair).get(f"/rounds/{round.pk}/roll/"))
    assert f"{world.chair.full_name} (handed out 2, received 0)" in shown
    assert f"{world.officer.full_name} (handed out 0, received 1)" in shown


def test_a_refused_handing_out_says_why(world, round):
    handed_out(world, round, world.residents[0])
    client, name = signed_in(world.chair), world.residents[0].full_name
    client.post(f"/rounds/{round.pk}/polling/labels/", {"count": "1"})
    page = f"/rounds/{round.pk}/polling/envelopes/{PaperEnvelope.objects.get(state='blank').serial}/?name={name}"
    refused = client.post(page, {"entry": entry_of(round, world.residents[0]).pk})

    assert refused.status_code == 400
    assert "They have an envelope already" in text_of(refused)


def test_a_spoilt_envelope_is_noted(world, round):
    envelope = handed_out(world, round, world.residents[0])
    page = f"/rounds/{round.pk}/polling/envelopes/{envelope.serial}/"
    officer, other = signed_in(world.officer), signed_in(world.members[2])
    refused = officer.post(f"{page}spoilt/", {"reason": ""})
    assert (refused.status_code, "Error: " in refused.content.decode()) == (400, True)
    assert officer.post(f"{page}spoilt/", {"reason": "The dog ate it."})["Location"] == page
    noted = text_of(officer.get(page))
    assert ("Noted as spoilt or lost" in noted, "The dog ate it." in noted) == (True, True)
    assert officer.post(f"{page}restored/").status_code == 403
    assert other.post(f"{page}restored/")["Location"] == page
    assert "I have it, closed" in text_of(other.get(page))


def test_to_others_polling_does_not_exist(world, round):
    page = f"/rounds/{round.pk}/polling/"
    assert signed_in(world.residents[0]).get(page).status_code == 403
    assert signed_in(World().chair).get(page).status_code == 404
    assert signed_in(world.chair).get(f"{page}envelopes/0000-0001/").status_code == 404


def test_a_ballot_is_withdrawn_from_its_receipt(world, round):
    voter = world.residents[0]
    cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    client = signed_in(voter)
    assert "Withdraw my ballot" in text_of(client.get(f"/rounds/{round.pk}/vote/receipt/"))
    for broken in ("²", "9" * 5_000):
        assert client.post(f"/rounds/{round.pk}/vote/withdraw/", {"seen": broken}).status_code < 500
    assert SealedBallot.objects.get().state == "box"
    done = client.post(f"/rounds/{round.pk}/vote/withdraw/", {"seen": "1"}, follow=True)

    assert "You can vote again." in text_of(done)
    assert SealedBallot.objects.get().state == "withdrawn"
    ballot = client.post(f"/rounds/{round.pk}/vote/ballot/")
    assert 'name="seen" value="1"' in ballot.content.decode()


def test_papers_are_entered_by_two_compared_and_counted_in_the_open(world, polled):
    round, chair, officer = polled, signed_in(world.chair), signed_in(world.officer)
    page = f"/rounds/{round.pk}/polling/batches/1/"
    assert chair.post(f"/rounds/{round.pk}/polling/open/")["Location"] == page
    assert "make 11; 10 envelopes were opened" in text_of(chair.post(page, {"papers": "11", "empty": "0"}))
    chair.post(page, {"papers": "3", "empty": "7"})
    assert "You have counted. Now another person counts" in text_of(chair.get(page))
    shown = officer.post(page, {"papers": "2", "empty": "8"}, follow=True)
    assert "You and the other person counted differently" in text_of(shown)
    for client in (chair, officer):
        assert client.post(page, {"papers": "2", "empty": "8"})["Location"] == page
    for client in (chair, officer):
        assert "Paper 1 of 2" in text_of(client.get(f"{page}enter/"))
        wrong = client.post(f"{page}enter/", {"number": "1"})
        assert "Enter what is marked, or tick" in text_of(wrong)
        client.post(f"{page}enter/", {"number": "1", "project": ["1", "2"]})
        client.post(f"{page}enter/", {"number": "1", "project": ["3"]})  # sent twice: the first one stands
        client.post(
            f"{page}enter/",
            {"number": "2", "is_unreadable": "on"} if client is chair else {"number": "2", "project": "1"},
        )
    assert chair.get(f"{page}enter/")["Location"] == page
    assert "enters them again: paper 2." in text_of(officer.post(f"{page}compare/", follow=True))
    for client in (chair, officer):
        client.post(f"{page}enter/", {"number": "2", "is_unreadable": "on"})
    assert "sealed and in the box" in text_of(chair.post(f"{page}compare/", follow=True))
    assert (SealedPaper.objects.count(), KeyedPaper.objects.count()) == (2, 0)

    world.close(round)
    certify = f"/rounds/{round.pk}/certify/"
    open_box(by=world.chair, round=round, keys=world.keys)
    shown = text_of(chair.get(certify))
    assert "Opened, on paper 2" in words_of(chair.get(certify))
    assert "Of those, without one paper" in shown


def test_somebody_else_takes_over_from_who_stopped(world, polled):
    batch = counted(world, open_batch(by=world.chair, round=polled), papers=10, empty=0)
    key_paper(by=world.officer, batch=batch, number=1, choices=["1"])
    client, page = signed_in(world.chair), f"/rounds/{polled.pk}/polling/batches/1/"
    release = f"{page}release/{world.officer.pk}/"
    assert release in client.get(page).content.decode()
    assert "What" in text_of(client.get(release))
    assert client.post(release, {"reason": ""}).status_code == 400
    assert "yourself" in text_of(signed_in(world.officer).post(release, {"reason": "I stop."}))
    assert client.post(release, {"reason": "He fell ill."})["Location"] == page
    assert client.get(release)["Location"] == page
    assert not KeyedPaper.objects.exists()


def test_a_vote_with_paper_shows_how_it_adds_up(world, polled):
    for voter in world.residents[10:]:
        cast_ballot(by=voter, round=polled, choices=["1"], seen_version=0)
    batch = open_batch(by=world.chair, round=polled)
    counted(world, batch, papers=0, empty=10)
    world.close(polled)
    open_box(by=world.chair, round=polled, keys=world.keys)
    with acting("system:test", "told as of many ballots, so that three show it"):
        RoundResult.objects.filter(round=polled).update(disclosure=Disclosure.TOTALS)
    publish_result(by=world.chair, round=polled)
    shown = words_of(signed_in(world.residents[0]).get(f"/rounds/{polled.pk}/result/"))

    assert batch.number == PaperBatch.objects.get().number
    assert "On paper 0 0 0 0 0 On this site 3 3 0 0 0" in shown
    assert "Envelopes handed out 10" in shown


def test_issue_is_by_somebody_of_the_polling_place_only(world, round):
    handed_out(world, round, world.residents[0])
    label = PaperEnvelope.objects.get()
    stranger = signed_in(World().chair)
    assert stranger.post(f"/rounds/{round.pk}/polling/envelopes/{label.serial}/received/").status_code == 404
    assert (
        issue_envelope(
            by=world.chair, round=round, serial=label.serial, entry=entry_of(round, world.residents[0])
        ).state
        == State.ISSUED
    )
