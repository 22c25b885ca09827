"""Naming keepers, making a key on the page, and two keepers at one device opening the box."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from cwf_portal.core.clock import advance_clock, core_now
from panels.domain.key_sheet import read_sheet, write_sheet
from panels.domain.sealing import new_key, public_bytes
from panels.models import BoxOpening, Keeper, Round
from panels.services import cast_ballot, open_box, publish_result
from tests.unit.panels.builders import World, person
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def sheet_of(world: World, round: Round, number: int) -> str:
    return write_sheet(world.keys.read(round.code, number).private).text


@pytest.fixture
def closed(world: World) -> Round:
    """Six ballots are in the box, voting has closed a minute ago."""
    round = world.open_round()
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    world.close(round)
    return round


def test_the_panel_and_the_fund_name_the_keepers(world):
    round = world.round_for_ideas()
    chair, officer = signed_in(world.chair), signed_in(world.officer)
    address = f"/rounds/{round.pk}/keepers/"
    chair.post(address, {"body1-email": world.members[1].email})
    chair.post(address, {"body3-email": world.keepers[2].email})
    page = officer.post(address, {"body2-email": world.officer.email}, follow=True)

    assert "The keeper is named" in text_of(page)
    assert round.keepers.count() == 3
    assert "Make your key" in text_of(signed_in(world.keepers[2]).get("/home/"))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("body1-email", "", "Enter the email address of the account"),
        ("body1-email", "nobody@sample.example", "Nobody has an account"),
        ("body3-email", "member", "must neither sit on the panel nor work for the fund"),
    ],
)
def test_naming_a_keeper_refuses_with_a_sentence(world, field, value, sentence):
    round = world.round_for_ideas()
    email = world.members[3].email if value == "member" else value
    response = signed_in(world.chair).post(f"/rounds/{round.pk}/keepers/", {field: email})

    assert response.status_code == 400
    assert sentence in text_of(response)
    assert not Keeper.objects.exists()


def test_a_keeper_makes_a_key_types_line_2_back_and_nothing_of_it_is_kept(world):
    round = world.round_for_ideas()
    signed_in(world.chair).post(f"/rounds/{round.pk}/keepers/", {"body3-email": world.keepers[2].email})
    keeper = signed_in(world.keepers[2])
    page = keeper.post(f"/rounds/{round.pk}/my-key/make/")
    lines = re.findall(r"<code>([0-9A-Z ]{17})</code>", text_of(page))
    note = unescape(re.search(r'name="note" value="([^"]+)"', text_of(page))[1])
    confirm = f"/rounds/{round.pk}/my-key/confirm/"
    wrong = keeper.post(confirm, {"line": lines[2], "note": note})
    empty = keeper.post(confirm, {"line": "", "note": note})
    done = keeper.post(confirm, {"line": lines[1], "note": note}, follow=True)

    assert page["Cache-Control"] == "no-store, private"
    assert "<svg" in text_of(page)
    assert (wrong.status_code, "Line 2 is mistyped" in text_of(wrong)) == (400, True)
    assert (empty.status_code, "Type line 2 of your paper" in text_of(empty)) == (400, True)
    assert "Your key is noted" in text_of(done)
    assert not any(line in text_of(answer) for answer in (wrong, done) for line in (*lines[:2], lines[3]))
    kept = Keeper.objects.get(round=round)
    assert kept.public_key == public_bytes(read_sheet("\n".join(lines))).hex()
    assert not any(lines[1].replace(" ", "") in str(session.get_decoded()) for session in Session.objects.all())


def test_a_keeper_sends_the_public_half_of_a_key_made_elsewhere(world):
    round = world.round_for_ideas()
    signed_in(world.chair).post(f"/rounds/{round.pk}/keepers/", {"body3-email": world.keepers[2].email})
    keeper, key = signed_in(world.keepers[2]), new_key()
    address = f"/rounds/{round.pk}/my-key/public/"
    refused = keeper.post(address, {"public_key": write_sheet(key).text})
    done = keeper.post(address, {"public_key": public_bytes(key).hex()}, follow=True)

    assert (refused.status_code, "This is not a public key" in text_of(refused)) == (400, True)
    assert "Your public key is noted" in text_of(done)
    assert Keeper.objects.get(round=round).made_with == "tool"


def test_the_page_of_a_key_does_not_exist_for_anybody_else(world, round):
    for address in ("", "make/", "confirm/", "public/", "lost/"):
        client = signed_in(person())
        method = client.post if address else client.get
        assert method(f"/rounds/{round.pk}/my-key/{address}").status_code == 404


def test_a_keeper_says_that_the_key_is_lost_and_everybody_reads_it(world, round):
    keeper = signed_in(world.keepers[2])
    assert "I have lost my sheet" in text_of(keeper.get(f"/rounds/{round.pk}/my-key/"))
    assert keeper.post(f"/rounds/{round.pk}/my-key/lost/", {"lost_note": ""}).status_code == 400
    keeper.post(f"/rounds/{round.pk}/my-key/lost/", {"lost_note": "The cellar was flooded."})

    assert "The cellar was flooded." in text_of(Client().get(f"/rounds/{round.pk}/"))


def test_two_keepers_open_the_box_with_their_sheets(world, closed):
    keeper = signed_in(world.keepers[2])
    address = f"/rounds/{closed.pk}/open-box/"
    assert "Open the box" in text_of(keeper.get("/home/"))
    assert 'name="first"' not in text_of(keeper.get(address))
    keeper.post(address + "set/")
    sheets = {"first": sheet_of(world, closed, 3), "second": sheet_of(world, closed, 1).lower()}
    page = keeper.post(address, sheets, follow=True)

    assert "ballots are counted" in text_of(page)
    assert BoxOpening.objects.get().keepers == "1,3"


def test_sheets_sent_before_the_set_is_signed_are_not_read(world, closed):
    sheets = {"first": sheet_of(world, closed, 1), "second": sheet_of(world, closed, 2)}
    page = signed_in(world.chair).post(f"/rounds/{closed.pk}/open-box/", sheets)

    assert "Sign which ballots are in the box" in text_of(page)
    assert not BoxOpening.objects.exists()


def test_opening_names_the_line_that_is_mistyped_and_refuses_one_key_or_another_rounds(world, closed):
    chair = signed_in(world.chair)
    address = f"/rounds/{closed.pk}/open-box/"
    chair.post(address + "set/")
    good, other = sheet_of(world, closed, 1), sheet_of(world, closed, 2)
    lines = other.splitlines()
    lines[2] = lines[2][:-1] + ("0" if lines[2][-1] != "0" else "1")
    for first, second, sentence in (
        (good, "\n".join(lines), "Line 3 is mistyped: compare it with the sheet"),
        (good, good, "This is the same key again"),
        (good, "", "Enter the key sheet of the second keeper"),
        (good, write_sheet(new_key()).text, "of another vote"),
    ):
        response = chair.post(address, {"first": first, "second": second})
        assert (response.status_code, sentence in text_of(response)) == (400, True), sentence
    assert not BoxOpening.objects.exists()


def test_the_opening_page_is_for_keepers_and_the_panel(world, closed):
    assert signed_in(world.residents[0]).get(f"/rounds/{closed.pk}/open-box/").status_code == 404
    assert signed_in(world.members[5]).get(f"/rounds/{closed.pk}/open-box/").status_code == 200


def test_fingerprints_of_the_keys_stand_beside_the_rules(world, round):
    page = text_of(Client().get(f"/rounds/{round.pk}/"))

    assert len(re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\. The one-file tool", page)) == 3


def test_after_the_opening_keepers_check_it_and_two_people_certify(world, closed):
    open_box(by=world.chair, round=closed, keys=world.keys)
    publish_result(by=world.chair, round=closed)
    keeper, chair, officer = (signed_in(user) for user in (world.keepers[0], world.chair, world.officer))
    address = f"/rounds/{closed.pk}/"
    assert "Check the box yourself" in text_of(keeper.get(address + "my-key/"))
    assert len(keeper.get(address + "box.json").json()["sealed"]) == 6
    assert keeper.post(address + "my-key/found/", {"digest": "short"}).status_code == 400
    found = Round.objects.get(pk=closed.pk).opening.contents_digest
    keeper.post(address + "my-key/found/", {"digest": found})
    assert "The same ballots" in text_of(Client().get(address))
    assert "Ask for certification" not in text_of(chair.get(address + "certify/"))
    advance_clock(to=core_now() + timedelta(days=14))
    page = text_of(chair.get(address + "certify/"))
    assert "Ask for certification" in page
    assert f"{world.keepers[1]}: not yet" in page
    assert "Check the box:" in text_of(officer.get("/home/"))
    officer.post(address + "my-key/found/", {"digest": found})
    assert "A second person now certifies" in text_of(chair.post(address + "certify/", follow=True))
    page = text_of(officer.post(address + "certify/", follow=True))
    assert "The vote is certified." in page
    assert "Gone from backups by" in page


def test_a_copy_of_the_box_is_for_its_keepers_only(world, closed):
    open_box(by=world.chair, round=closed, keys=world.keys)

    assert signed_in(world.chair).get(f"/rounds/{closed.pk}/box.json").status_code == 404
    assert Client().get(f"/rounds/{closed.pk}/box.json").status_code == 302


def test_a_receipt_is_mailed_when_asked_for(world, round):
    cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    page = signed_in(world.residents[0]).post(f"/rounds/{round.pk}/vote/receipt/mail/", follow=True)

    assert "The receipt is on its way" in text_of(page)
