"""Objecting to a result in the browser: read by everybody, made by voters, answered by two."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.test import Client

from panels.models import Objection, Withholding
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_objecting import WHY, published
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_an_objection_from_the_page_of_the_vote_to_its_published_answer(world, box):
    anyone, voter = Client(), signed_in(world.residents[2])
    address = f"/rounds/{box.pk}/objections/"
    assert "has 14 days to say" in text_of(anyone.get(address))
    assert "no published result yet" in text_of(voter.get(address + "new/"))
    published(world, box)
    assert address in anyone.get(f"/rounds/{box.pk}/").content.decode()
    assert "You are not on it" in text_of(signed_in(person()).get(address + "new/"))
    assert "Say why" in text_of(voter.post(address + "new/", {"text": "Bad"}))
    said = voter.post(address + "new/", {"text": WHY}, follow=True)
    assert "Your objection is noted." in text_of(said)
    assert WHY in text_of(voter.get(address + "new/"))
    assert WHY not in text_of(anyone.get(address))

    answer = f"/objections/{Objection.objects.get().pk}/"
    assert voter.get(answer).status_code == 403
    found = {"finds": "stands", "reason": "The library had the right day."}
    for user in (world.chair, world.officer):
        client = signed_in(user)
        assert "Answer an objection" in text_of(client.get("/home/"))
        assert WHY in text_of(client.get(answer))
        assert "reason is missing" in text_of(client.post(answer, found | {"reason": "No"}))
        client.post(answer, found)
        assert client.get(answer).status_code == 404
    shown = text_of(anyone.get(address))
    assert WHY in shown
    assert shown.count("The library had the right day.") == 2
    assert "1 made, 1 answered" in text_of(signed_in(world.chair).get(f"/rounds/{box.pk}/certify/"))


def test_a_text_is_withheld_on_pages_and_two_objections_are_answered_with_one_form(world, result):
    said = [f"{who.full_name} was told the wrong day." for who in world.residents[1:3]]
    made = [
        Objection.objects.create(round=result, objector=who, text=text)
        for who, text in zip(world.residents[1:3], said, strict=True)
    ]
    chair, officer, anyone = signed_in(world.chair), signed_in(world.officer), Client()
    page, address = f"/objections/{made[0].pk}/withhold/", f"/rounds/{result.pk}/objections/"
    assert page in chair.get(address).content.decode()
    assert page not in anyone.get(address).content.decode()
    assert chair.post(page, {"reason": "It names somebody."}).status_code == 400
    chair.post(page, {"why": "personal", "reason": "It names somebody."})
    assert "Must an objection not be published?" in text_of(officer.get("/home/"))
    assert "Your side has asked" in text_of(chair.post(page, {"agrees": "yes"}))
    assert said[0] in text_of(officer.get(page))
    officer.post(page, {"agrees": "yes"})
    answer = {"finds": "stands", "reason": "The library had the right day.", "alike": [str(made[1].pk)]}
    for client in (chair, officer):
        assert said[1] in text_of(client.get(f"/objections/{made[0].pk}/"))
        assert client.post(f"/objections/{made[0].pk}/", answer).status_code == 302
    shown = text_of(anyone.get(address))
    assert [text in shown for text in said] == [False, True]
    assert "It says something private about somebody. It names somebody." in shown
    assert shown.count("The library had the right day.") == 4
    assert said[0] in text_of(signed_in(world.residents[1]).get(address + "new/"))
    bundle = anyone.get(f"/rounds/{result.pk}/bundle.zip")
    assert not [name for name in ZipFile(BytesIO(bundle.getvalue())).namelist() if "objection" in name]


def test_asking_while_the_other_side_asks_is_no_refusal_and_twice_is_no_error(world, result):
    made = Objection.objects.create(round=result, objector=world.residents[1], text=WHY)
    chair, officer, page = signed_in(world.chair), signed_in(world.officer), f"/objections/{made.pk}/withhold/"
    asks = {"why": "personal", "reason": "It names somebody."}
    assert [chair.post(page, asks).status_code for _ in range(2)] == [302, 302]

    crossed = officer.post(page, asks)

    assert "Somebody has asked for this meanwhile." in text_of(crossed)
    assert "Do not publish it" in text_of(crossed)
    assert Withholding.objects.get().asked_by == world.chair
    assert [officer.post(page, {"agrees": "no"}).status_code for _ in range(2)] == [302, 302]
    assert not Withholding.objects.exists()
