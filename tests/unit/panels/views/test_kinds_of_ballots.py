"""Ballots that are ranked, given points or fitted to the money, on pages without scripts."""

import re

import pytest
from django.test import Client

from cwf_portal.core.clock import advance_clock
from panels.domain.ballot_paper import decode
from panels.domain.sealing import KeeperKey, unseal
from panels.models import Round, SealedBallot
from panels.services import rules_sheet
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_kinds import KNAPSACK, POINTS, POLL, RANKED
from tests.unit.panels.services.test_places import KNOWN, give_postcode
from tests.unit.panels.views.test_placing import TYPED
from tests.unit.panels.views.test_voting import address, signed_in, text_of

pytestmark = pytest.mark.django_db
WHO = TYPED | {"postcode": KNOWN, "email": "ada@example.org", "card": ""}


def in_the_box(world: World, round: Round) -> tuple[int, ...]:
    """What was put into the box, opened by two keepers."""
    sheet = rules_sheet(round)
    keys: tuple[KeeperKey, KeeperKey] = (world.keys.read(round.code, 1), world.keys.read(round.code, 2))
    return decode(unseal(bytes(SealedBallot.objects.get().sealed), keys, sheet.context), sheet.ballot)


def numbers(**marks: object) -> dict[str, str]:
    return {f"project-{name[1:]}": str(mark) for name, mark in marks.items()} | {"seen": "0"}


@pytest.mark.parametrize(
    ("options", "typed", "said", "marks"),
    [
        (RANKED, numbers(p3=1, p1=2), ["You ranked 2 projects:", "1st", "Pocket Garden"], (2, 0, 1)),
        (POLL, numbers(p2=1), ["You ranked 1 project:", "1st", "Hall Repairs"], (0, 1, 0)),
        (
            POINTS,
            numbers(p1=4, p2="", p3=1),
            ["You gave 5 of 5 points to 2 projects:", "4 points", "1 point<"],
            (4, 0, 1),
        ),
        (
            KNAPSACK,
            {"project": ["2", "3"], "seen": "0"},
            ["You chose 2 projects, which together cost £52,000:"],
            (0, 1, 1),
        ),
    ],
)
def test_a_ballot_of_this_kind_goes_from_the_page_into_the_box(world, round, typed, said, marks):
    voter = signed_in(world.residents[0])
    assert "Your ballot" in text_of(voter.post(address(round, "ballot/")))
    check = text_of(voter.post(address(round, "check/"), typed))
    for words in said:
        assert words in check
    carried = dict(re.findall(r'name="(project-\d+)" value="([^"]*)"', check))
    assert carried == {name: value for name, value in typed.items() if name.startswith("project-") and value}
    back = text_of(voter.post(address(round, "ballot/"), typed))
    for name, value in carried.items():
        assert re.search(rf'name="{name}"[^>]*value="{value}"', back)

    assert voter.post(address(round, "cast/"), typed)["Location"] == address(round, "receipt/")
    assert voter.post(address(round, "cast/"), typed)["Location"] == address(round, "receipt/")
    assert in_the_box(world, round) == marks
    assert SealedBallot.objects.get().version == 1


@pytest.mark.parametrize("step", ["check/", "cast/"])
@pytest.mark.parametrize(
    ("options", "typed", "sentence"),
    [
        (RANKED, numbers(), "Write 1 beside the one that matters most to you"),
        (RANKED, numbers(p1=1, p2=2, p3=3), "You ranked 3 projects; you can rank up to 2. Take some away"),
        (RANKED, numbers(p1=2), "You gave 2nd place, but not 1st: Corner Hub: £90,000. Leave no place out"),
        (RANKED, numbers(p1="first"), "“first” beside Corner Hub: £90,000 is not a whole number like 1"),
        (RANKED, numbers(p1=-1), "“-1” beside Corner Hub"),
        (RANKED, numbers(p1="1" * 30), "…” beside Corner Hub"),
        (RANKED, numbers(p1=1, p9=2), "A project you chose is not part of this vote"),
        (RANKED, numbers(p1=70_000), "This is not a ballot of this vote"),
        (RANKED, {"project-1": ["1", "2"], "seen": "0"}, "“1, 2” beside Corner Hub"),
        (RANKED, {"project": ["1"], "seen": "0"}, "Write 1 beside"),
        (RANKED, {"project-1": "1"}, "out of date"),
        (POINTS, numbers(), "Give some to one project or more"),
        (POINTS, numbers(p2=5), "the most for one is 4: Hall Repairs: £40,000. Give it fewer"),
        (POINTS, numbers(p1=4, p2=2), "You gave 6 points; you have 5 to give. Take 1 away"),
        (KNAPSACK, {"project": ["1", "2"], "seen": "0"}, "cost £130,000, and there is £100,000. Take some away"),
    ],
)
def test_what_is_no_ballot_comes_back_with_a_sentence_and_nothing_lost(world, round, typed, sentence, step):
    response = signed_in(world.residents[0]).post(address(round, step), typed)
    page = text_of(response)

    assert response.status_code == 400
    assert sentence in page
    assert "<title>Error: " in page
    assert not SealedBallot.objects.exists()
    for name, value in typed.items():
        if isinstance(value, str) and value and name in {"project-1", "project-2", "project-3"}:
            assert re.search(rf'name="{name}"[^>]*value="{value}"', page)


@pytest.mark.parametrize("options", [RANKED])
def test_the_same_place_twice_shows_which_and_leads_to_the_first_of_them(world, round):
    page = text_of(signed_in(world.residents[0]).post(address(round, "check/"), numbers(p1=1, p3=1)))
    wrong = re.findall(r'id="(id_project_\d)" data-code="(\d)"[^>]*input--error"', page)

    assert "You gave 1st place to 2 projects: Corner Hub: £90,000; Pocket Garden: £12,000. Give each place once" in page
    assert {code for _, code in wrong} == {"1", "3"}
    assert f'href="#{wrong[0][0]}"' in page


@pytest.mark.parametrize(
    ("options", "typed", "left"),
    [
        (KNAPSACK, {"project": ["2"]}, "£40,000 of £100,000 used, £60,000 left"),
        (KNAPSACK, {"project": ["1", "2"]}, "£130,000 of £100,000 used, £30,000 too much"),
        (POINTS, {"project-1": "3", "project-2": "x"}, "3 of 5 points given, 2 left to give"),
        (POINTS, {"project-1": "9"}, "9 of 5 points given, 4 too many"),
    ],
)
def test_what_is_left_is_reckoned_without_scripts(world, round, typed, left):
    voter = signed_in(world.residents[0])
    assert " left" in text_of(voter.post(address(round, "ballot/")))
    page = text_of(voter.post(address(round, "ballot/"), typed | {"seen": "0", "reckon": "yes"}))

    assert left in page
    assert "Show what is left" in page
    assert "There is a problem" not in page


@pytest.mark.parametrize(
    ("options", "typed"),
    [(RANKED, numbers(p1=2, p3=2)), (POINTS, numbers(p2=9)), (KNAPSACK, {"project": ["1", "2"], "seen": "0"})],
)
def test_a_ballot_put_aside_comes_back_as_it_was_even_where_it_is_no_ballot_yet(world, round, typed, settings):
    settings.PLAIN_HTTP = False
    voter = Client()
    voter.force_login(world.residents[0])
    saved = voter.post(address(round, "check/"), typed | {"save": "yes"}, secure=True)
    assert saved["Location"] == address(round)
    page = text_of(voter.post(address(round, "ballot/"), secure=True))

    for name, value in typed.items():
        if name.startswith("project-"):
            assert re.search(rf'name="{name}"[^>]*value="{value}"', page)
    assert len(re.findall(r"<input[^>]* checked", page)) == len(typed.get("project", []))


@pytest.mark.parametrize(
    ("options", "typed"),
    [(RANKED, {"project-2": "1"}), (POINTS, {"project-2": "3"}), (KNAPSACK, {"project": ["2"]})],
)
def test_a_visitor_votes_first_with_this_kind_of_ballot(world, round, typed):
    give_postcode(world)
    visitor, start = Client(), f"/rounds/{round.pk}/vote/first/"
    drawn = re.search(r'name="seen" value="(\d+)"', text_of(visitor.post(start)))[1]
    chosen = typed | {"seen": drawn}
    carried = list(typed)[0]
    assert f'name="{carried}"' in text_of(visitor.post(f"{start}who/", chosen))
    check = text_of(visitor.post(f"{start}check/", chosen | WHO))
    assert "Hall Repairs" in check
    assert check.count(f'name="{carried}"') == 3
    assert visitor.post(f"{start}who/", {"seen": drawn}).status_code == 400
    assert "One more step" in text_of(visitor.post(f"{start}cast/", chosen | WHO))
    assert sum(in_the_box(world, round)) == sum(int(v) for v in typed.values() if isinstance(v, str)) or 1


@pytest.mark.parametrize("options", [RANKED])
def test_after_close_nothing_of_a_ranked_ballot_is_stored(world, round):
    advance_clock(to=round.voting_closes_at)
    refused = signed_in(world.residents[0]).post(address(round, "cast/"), numbers(p1=1))

    assert (refused.status_code, "has closed. Nothing was stored." in text_of(refused)) == (409, True)
    assert not SealedBallot.objects.exists()
