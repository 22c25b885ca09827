"""Correcting confirmed details in the browser: asked by the person, looked at by two."""

import pytest

from panels.models import Correction, Residence
from tests.unit.panels.services.test_places import KNOWN, give_postcode
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
TYPED = {
    "postcode": KNOWN,
    "full_name": "Res Ident",
    "born_on_day": "1",
    "born_on_month": "2",
    "born_on_year": "1990",
    "address": "1 New Road",
    "why": "My name was mistyped.",
}


def test_a_correction_from_the_own_page_to_the_two_who_look_at_it(world):
    give_postcode(world)
    voter = signed_in(world.residents[2])
    own, ask = "/living-here/", "/living-here/corrected/"
    assert ask in voter.get(own).content.decode()
    assert voter.get("/living-here/change/").url == ask
    assert "Until both have said yes, nothing changes." in text_of(voter.get(ask))
    refused = voter.post(ask, TYPED | {"why": ""})
    assert (refused.status_code, Correction.objects.count()) == (400, 0)
    assert "have noted it" in text_of(voter.post(ask, TYPED, follow=True))
    correction = Correction.objects.get()
    page = f"/living-here/corrections/{correction.pk}/"
    assert voter.get(page).status_code == 403
    for user, finds in ((world.members[2], "right"), (world.officer, "right")):
        client = signed_in(user)
        assert "Look at 1 person" in text_of(client.get("/home/"))
        assert "Res Ident, not" in text_of(client.get(page))
        assert "Another birth date" in text_of(client.get(page))
        assert "A reason is needed" in text_of(client.post(page, {"finds": finds, "how": "?"}))
        assert client.post(page, {"finds": finds, "how": "I saw her passport."}).status_code == 302
        assert client.get(page).status_code == 404
        assert "Nobody waits for you" in text_of(client.get("/living-here/corrections/"))
    assert Residence.objects.get(user=world.residents[2]).proved_by == "corrected"
    assert "corrected your details" not in text_of(voter.get(own))
