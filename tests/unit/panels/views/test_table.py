"""Putting somebody on the list at a polling place, in the browser."""

import pytest

from panels.models import PaperEnvelope, RollEntry
from panels.services import print_labels
from tests.unit.panels.services.test_places import KNOWN, give_postcode
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
COMER = {
    "full_name": "Cy Comer", "born_on_day": "27", "born_on_month": "3", "born_on_year": "1984",
    "address": "9 Far Lane", "postcode": KNOWN,
}  # fmt: skip


def test_somebody_not_on_the_list_is_entered_confirmed_by_two_and_handed_an_envelope(world, round):
    give_postcode(world)
    chair, second, neighbour = (signed_in(user) for user in (world.chair, world.members[1], world.residents[3]))
    polling = f"/rounds/{round.pk}/polling/"
    assert f"{polling}table/" in chair.get(polling).content.decode()
    assert neighbour.get(f"{polling}table/").status_code == 403
    assert "Enter your full name" in text_of(chair.post(f"{polling}table/", COMER | {"full_name": ""}))
    page = chair.post(f"{polling}table/", COMER)["Location"]
    entry = RollEntry.objects.get(user__full_name="Cy Comer")
    assert page == f"{polling}table/{entry.pk}/"
    shown = chair.get(page)
    assert "0 of 2 have confirmed" in text_of(shown)
    confirm = next(part for part in shown.content.decode().split('"') if part.startswith("/living-here/confirm/"))
    serial = print_labels(by=world.chair, round=round, count=1)[0].serial
    offered = text_of(chair.get(f"{polling}envelopes/{serial}/", {"name": "Comer"}))
    assert "Cy Comer (stays closed until two people confirm it)" in offered
    for client in (second, neighbour):
        client.post(confirm, {"have_met": "on"})
    assert "Can vote" in text_of(chair.get(page))
    chair.post(f"{polling}envelopes/{serial}/?name=Comer", {"entry": entry.pk})
    assert PaperEnvelope.objects.get().roll_entry is None  # who enters hands nothing out
    second.post(f"{polling}envelopes/{serial}/?name=Comer", {"entry": entry.pk})
    assert PaperEnvelope.objects.get().roll_entry == entry
    listed = RollEntry.objects.get(round=round, user=world.residents[0])
    assert "Can vote" in text_of(chair.get(f"{polling}table/{listed.pk}/"))  # whoever was on it before
