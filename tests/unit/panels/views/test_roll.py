import pytest

from panels.models import MatchVerdict, RollPrint
from panels.services import name_opening_set
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_holes_of_the_box import flooding
from tests.unit.panels.services.test_places import give_postcode
from tests.unit.panels.services.test_roll_check import many, pair, round
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
__all__ = ["pair", "round"]


def test_a_pair_is_judged_on_the_page(world, round, pair):
    page = f"/rounds/{round.pk}/roll/"
    for number, judge in enumerate((world.members[1], world.keepers[2])):
        client = signed_in(judge)
        assert "Ada Newcomer and Ada Jane Newcomer" in text_of(client.get(page))
        match = f"{page}{pair[0].pk}-{pair[1].pk}/"
        assert text_of(client.get(match)).count("I asked them.") == number
        assert client.post(match, {"is_same": "no"}).status_code == 400
        assert client.post(match, {"is_same": "no", "reason": "I asked them."})["Location"] == page
    assert "No pair waits to be judged" in text_of(client.get(page))
    assert MatchVerdict.objects.count() == 2
    assert client.get(f"{page}{pair[1].pk}-{pair[0].pk}/").status_code == 404


def test_numbers_are_shown_to_scrutineers_and_noted(world, round):
    many(world, round, 11)
    page = f"/rounds/{round.pk}/roll/"
    client = signed_in(world.keepers[2])
    shown = text_of(client.get(page))
    assert f"In person: {world.members[0]} and {world.members[7]}" in shown
    assert "Look at this" in shown
    assert "Show the list to print" not in shown
    assert client.post(page, {"note": ""}).status_code == 400
    assert client.post(page, {"note": "I rang them."})["Location"] == page
    assert "I rang them." in text_of(client.get(page))
    refused = signed_in(world.members[0]).post(page, {"note": "All is well."})
    assert "You stand for many of these people yourself" in text_of(refused)


def test_scrutineers_see_the_names_of_those_who_only_said_where_they_live():
    world = World(budget_pence=10_000_00)
    give_postcode(world)
    round = world.open_round()
    for number in range(11):
        flooding(world, round, number)
    shown = text_of(signed_in(world.keepers[2]).get(f"/rounds/{round.pk}/roll/"))

    assert "11 people have voted who only said where they live" in shown
    assert "Oak0 Oak" in shown
    assert "one of the panel and one of the fund can annul this vote" in shown


def test_list_is_printed_by_the_panel_and_nobody_else(world, round):
    page = f"/rounds/{round.pk}/roll/print/"
    printed = text_of(signed_in(world.members[1]).post(page))
    assert all(str(resident) in printed for resident in world.residents)
    assert RollPrint.objects.count() == 1
    assert signed_in(World().members[0]).post(page).status_code == 404
    assert signed_in(world.keepers[2]).post(page).status_code == 403


def test_to_others_the_check_does_not_exist(world, round):
    for stranger in (world.residents[0], World().members[0]):
        assert signed_in(stranger).get(f"/rounds/{round.pk}/roll/").status_code == 404


def test_after_naming_what_to_open_it_is_too_late(world, round, pair):
    for judge in (world.members[1], world.officer):
        signed_in(judge).post(
            f"/rounds/{round.pk}/roll/{pair[0].pk}-{pair[1].pk}/", {"is_same": "no", "reason": "Two."}
        )
    world.close(round)
    name_opening_set(by=world.chair, round=round)
    late = signed_in(world.members[3]).post(f"/rounds/{round.pk}/roll/", {"note": "I looked."})
    assert "It is fixed already which ballots are opened." in text_of(late)
