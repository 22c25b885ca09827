import re
import uuid
from datetime import timedelta

import pytest
from django.conf import settings

from cwf_portal.core.clock import core_now
from panels.domain.confirm_code import write_code
from panels.letter_presenters import letter_notes
from panels.models import CardBatch, DocumentCheck, Residence
from tests.unit.panels.services.test_routes import ADDRESS, home
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
CODE = re.compile(r'<strong class="cwf-code">([0-9A-Z]{4}-[0-9A-Z]{4})</strong>')
__all__ = ["home"]


def test_letter_from_the_form_to_the_code(world, home):
    resident, officer = signed_in(home.user), signed_in(world.officer)
    assert "Any one of these ways is enough" in text_of(resident.get("/living-here/"))
    assert "not the address you told us" in text_of(resident.post("/living-here/letter/", {"address": "2 New Road"}))
    assert resident.post("/living-here/letter/", {"address": ADDRESS})["Location"] == "/living-here/"
    assert "Your letter is being printed" in text_of(resident.get("/living-here/"))
    assert "Post 1 letter" in text_of(officer.get("/home/"))
    assert "1 letter waits to be printed and posted. That costs about £1." in text_of(
        officer.get("/living-here/letters/")
    )
    printed = text_of(officer.post("/living-here/letters/print/"))
    letter = re.search(r'name="letter" value="(\d+)"', printed)[1]
    assert officer.post("/living-here/letters/posted/", {"letter": [letter, "x", "²", "9" * 5_000]}).status_code == 302
    assert "No letter waits" in text_of(officer.get("/living-here/letters/"))
    assert "We posted your letter" in text_of(resident.get("/living-here/"))
    assert "Check each letter" in text_of(resident.post("/living-here/code/", {"code": "AAAA-AAAA"}))
    resident.post("/living-here/code/", {"code": CODE.search(printed)[1]})
    assert "You have shown that you live here." in text_of(resident.get("/living-here/"))


def test_pages_say_by_when_a_letter_is_in_time_for_the_vote(world, home, voting):
    resident = signed_in(home.user)
    for page in ("/living-here/", "/living-here/letter/"):
        assert f"“{voting.title}”, which closes on" in text_of(resident.get(page))
        assert "a letter may come too late: choose another way." in text_of(resident.get(page))
    early = letter_notes([voting], voting.voting_closes_at - timedelta(days=15))
    assert ", ask for it by " in early[0]


def test_cards_from_the_order_to_the_event(world, home):
    world.list_place()
    officer, member = signed_in(world.officer), signed_in(world.members[0])
    year = core_now().year + 1
    sent = {
        "neighbourhood": world.place.code,
        "event": "Fair",
        "count": "2",
        "last_on_day": "1",
        "last_on_month": "1",
        "last_on_year": str(year),
        "submission": str(uuid.uuid4()),
    }
    assert officer.post("/living-here/cards/", sent | {"count": "201"}).status_code == 400
    assert "has passed" in text_of(officer.post("/living-here/cards/", sent | {"last_on_year": str(year - 3)}))
    page = officer.post("/living-here/cards/", sent)["Location"]
    codes = CODE.findall(text_of(officer.post(f"{page}print/")))
    assert len(codes) == 2
    assert officer.post(f"{page}release/").status_code == 403
    assert "I have all these cards in my hands" in text_of(member.get(page))
    assert member.post(f"{page}release/")["Location"] == page
    assert "cannot be printed again" in text_of(officer.post(f"{page}print/"))
    signed_in(home.user).post("/living-here/code/", {"code": codes[1]})
    assert Residence.objects.get(pk=home.pk).level == "shown"
    assert "1 of 2 used" in text_of(officer.get("/living-here/cards/"))
    assert signed_in(world.residents[0]).get(page).status_code == 403
    assert CardBatch.objects.count() == 1


def test_document_by_the_code_read_out(world, home):
    officer = signed_in(world.officer)
    code = write_code(home.pk, settings.PERSON_HMAC_KEY.encode())
    assert "reads out the code" in text_of(officer.get("/living-here/documents/"))
    assert "We do not know this code" in text_of(officer.post("/living-here/documents/", {"code": "AAAA-AAAA"}))
    assert "Does this document show" in text_of(officer.post("/living-here/documents/", {"code": code}))
    wrong = officer.post("/living-here/documents/", {"code": code, "kind": ""})
    assert wrong.status_code == 400
    sent = {"code": code, "kind": "bill", "is_enough": "yes"}
    assert officer.post("/living-here/documents/", sent).status_code == 302
    assert DocumentCheck.objects.get().is_enough
    assert signed_in(world.members[0]).get("/living-here/documents/").status_code == 403
