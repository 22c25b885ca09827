"""Correcting confirmed details in the browser: asked by the person, looked at by two."""

from datetime import timedelta

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from panels.models import Correction, Residence, RollEntry, SetAside
from panels.services import ask_for_correction, cast_ballot, declare_residence, judge_correction
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_places import KNOWN, details, give_postcode
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
PAPER = {name: TYPED[name] for name in ("born_on_day", "born_on_month", "born_on_year", "address")}


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
    first = "You said yes. It waits for an officer of the fund."
    both = f"{world.members[2]} and you said yes, and the details were corrected on"
    for user, finds, stands in ((world.members[2], "right", first), (world.officer, "right", both)):
        client = signed_in(user)
        assert "Look at 1 person" in text_of(client.get("/home/"))
        assert "Res Ident, not" in text_of(client.get(page))
        assert "Another birth date" in text_of(client.get(page))
        assert "that the paper says" in text_of(client.post(page, {"finds": finds, "how": "I saw her passport."}))
        said = {"finds": finds, "how": "I saw her passport.", **PAPER}
        assert "A reason is needed" in text_of(client.post(page, said | {"how": "?"}))
        assert client.post(page, said).status_code == 302
        again = client.post(page, said)
        assert (again.status_code, stands in text_of(again)) == (200, True)
        assert "Say what you found" not in text_of(again)
        assert stands in text_of(client.get(page))
        assert "Nobody waits for you" in text_of(client.get("/living-here/corrections/"))
    assert Residence.objects.get(user=world.residents[2]).proved_by == "corrected"
    assert "corrected your details" not in text_of(voter.get(own))


def test_who_may_not_judge_reads_who_may_and_who_comes_late_what_came_of_it(world, voting):
    """Whose idea is in the vote, and whoever sends the form after another has said no."""
    give_postcode(world)
    advance_clock(to=voting.show_by - timedelta(minutes=1))
    newcomer = person()
    declare_residence(by=newcomer, details=details(full_name="New Comer", postcode=KNOWN))
    asked = ask_for_correction(by=newcomer, details=details(full_name="New Comer", postcode=KNOWN), why="At the table.")
    page = f"/living-here/corrections/{asked.pk}/"
    with acting("system:test", "moved in"):
        declare_residence(by=world.members[5], details=details(full_name="M Ember", address="2 Road", postcode=KNOWN))
        Residence.objects.filter(user=world.members[5]).update(
            household_hmac=Residence.objects.get(user=world.residents[0]).household_hmac
        )
    near = signed_in(world.members[5])
    others = text_of(near.get("/living-here/corrections/"))
    assert "It waits for two others: an officer of the fund, and a member of the panel of" in others
    assert page not in near.get("/living-here/corrections/").content.decode()
    assert "There is nothing for you to do" in text_of(near.get(page))
    judge_correction(by=world.officer, correction=asked, is_right=False, how="Another person.")
    late = signed_in(world.members[2]).post(page, {"finds": "right", "how": "I met her.", **PAPER})
    assert (late.status_code, "said no on" in text_of(late)) == (200, True)
    advance_clock(to=voting.show_by + timedelta(days=8))
    assert near.get(page).status_code == 404


def test_the_receipt_of_who_is_on_the_list_twice_says_so_and_offers_no_way_out(world, voting):
    voter = world.residents[2]
    cast_ballot(by=voter, round=voting, choices=["1"], seen_version=0)
    page = f"/rounds/{voting.pk}/vote/receipt/"
    assert "Withdraw my ballot" in text_of(signed_in(voter).get(page))
    SetAside.objects.create(roll_entry=RollEntry.objects.get(round=voting, user=voter), reason="twice")
    receipt = text_of(signed_in(voter).get(page))
    assert "you are on the voters\u2019 list twice" in receipt
    assert not [one for one in ("not certain in time", "Withdraw my ballot", "vote again") if one in receipt]
