"""A vote begins from a template or a past one, and the panel sees its ballot before anybody votes."""

import re

import pytest
from django.test import Client

from panels.domain.ballot_paper import Kind
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Rule
from panels.models import Proposal, Round, SealedBallot
from panels.services import Costs, assess_proposal, freeze_round
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_kinds import KNAPSACK, POINTS, POLL, RANKED
from tests.unit.panels.views.test_running import round_fields
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def filled_in(page: str) -> dict[str, str]:
    """What the form of a new vote begins with."""
    texts = dict(re.findall(r'<input type="text" name="(\w+)" value="([^"]*)"', page))
    chosen = dict(
        re.findall(r'name="(ballot_kind|rule|gives_parts|utility|completion)" value="([\w+-]+)"[^>]* checked', page)
    )
    return texts | chosen


def token_of(page: str) -> dict[str, str]:
    """Drawn with the form, so that sending it twice sets one vote up."""
    return dict(re.findall(r'<input type="hidden" name="(submission)" value="([^"]*)"', page))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("priority-poll", {"ballot_kind": "ranked", "rule": "priority", "most_choices": "5"}),
        ("small-grants", {"ballot_kind": "approval", "rule": "greedy", "budget_pence": "10,000"}),
        (
            "yearly-budget",
            {"ballot_kind": "approval", "rule": "equal-shares", "budget_pence": "500,000", "most_choices": "5"},
        ),
    ],
)
def test_a_template_fills_in_what_can_be_set_up_at_once(world, template, expected):
    chair, address = signed_in(world.chair), f"/panels/{world.panel.pk}/rounds/new/"
    page = text_of(chair.get(f"{address}?from={template}"))
    values = filled_in(page)

    assert f'href="?from={template}"' in page
    assert {name: values[name] for name in expected} == expected
    assert ("budget_pence" in values, "most_choices" in values) == (
        "budget_pence" in expected,
        "most_choices" in expected,
    )
    chair.post(address, values | token_of(page) | {"title": "From a template"})
    round = Round.objects.get()
    assert (round.ballot_kind, round.rule) == (expected["ballot_kind"], expected["rule"])
    assert round.most_choices == int(expected.get("most_choices", 60))


def test_a_past_vote_is_begun_again_with_its_ballot_and_days(world):
    how = {
        "minimum_age": 12,
        "at_least": 5,
        "years_covered": 2,
        "utility": Utility.CARDINALITY,
        "completion": Completion.ADD1,
        "gives_parts": True,
    }
    past = world.round_for_ideas(**POINTS, rule=Rule.GREEDY_PER_COST, **how)
    chair, address = signed_in(world.chair), f"/panels/{world.panel.pk}/rounds/new/"
    assert f"Like “{past.title}”" in text_of(chair.get(address))
    page = text_of(chair.get(f"{address}?from={past.pk}"))
    values = filled_in(page)
    assert "title" not in values
    chair.post(address, values | token_of(page) | {"title": "Again"})
    again = Round.objects.get(title="Again")

    same = ("ballot_kind", "rule", "points", "most_points", "most_choices", "budget_pence", *how)
    assert [getattr(again, name) for name in same] == [getattr(past, name) for name in same]
    assert again.ideas_open_at > past.ideas_open_at
    assert not again.proposals.exists()


@pytest.mark.parametrize(("most", "again"), [(60, None), (2, "2")])
def test_a_past_vote_without_a_limit_begins_again_without_one(world, most, again):
    past = freeze_round(by=world.chair, round=world.shaped_round(most_choices=most))
    page = text_of(signed_in(world.chair).get(f"/panels/{world.panel.pk}/rounds/new/?from={past.pk}"))

    assert filled_in(page).get("most_choices") == again


@pytest.mark.parametrize("named", ["", "nothing", "999999", "9" * 30, "-1", "²"])
def test_an_unknown_beginning_is_an_empty_form(world, named):
    response = signed_in(world.chair).get(f"/panels/{world.panel.pk}/rounds/new/", {"from": named})

    usual = {"ballot_kind": "approval", "gives_parts": "whole", "utility": "cost", "completion": "add1+greedy"}
    assert (response.status_code, filled_in(text_of(response))) == (200, usual)


def test_the_vote_of_another_panel_is_no_beginning(world):
    theirs = World().round_for_ideas()
    page = text_of(signed_in(world.chair).get(f"/panels/{world.panel.pk}/rounds/new/?from={theirs.pk}"))

    assert theirs.title not in page
    assert "rule" not in filled_in(page)


@pytest.mark.parametrize(
    ("changes", "kind", "limits"),
    [
        (
            {"ballot_kind": "ranked", "rule": "priority", "budget_pence": "", "most_choices": "3"},
            Kind.RANKED,
            (3, 0, 0),
        ),
        ({"ballot_kind": "ranked", "rule": "greedy"}, Kind.RANKED, (2, 0, 0)),
        (
            {"ballot_kind": "points", "rule": "greedy", "points": "10", "most_points": "5", "most_choices": ""},
            Kind.POINTS,
            (60, 10, 5),
        ),
        ({"ballot_kind": "knapsack", "rule": "equal-shares", "points": "7"}, Kind.KNAPSACK, (2, 0, 0)),
    ],
)
def test_a_vote_with_any_kind_of_ballot_is_set_up(world, changes, kind, limits):
    signed_in(world.chair).post(f"/panels/{world.panel.pk}/rounds/new/", round_fields(**changes))
    round = Round.objects.get()

    assert (round.kind, (round.most_choices, round.points, round.most_points)) == (kind, limits)


@pytest.mark.parametrize(
    ("options", "typed", "said"),
    [
        (RANKED, {"project-2": "1"}, "You ranked 1 project:"),
        (POLL, {"project-2": "1"}, "You ranked 1 project:"),
        (POINTS, {"project-1": "2"}, "You gave 2 of 5 points to 1 project:"),
        (KNAPSACK, {"project": ["2"]}, "You chose 1 project, which together cost £40,000:"),
        ({}, {"project": ["2"]}, "You chose 1 project:"),
    ],
)
def test_the_panel_sees_the_ballot_before_it_is_fixed_and_casts_nothing(world, shaped, typed, said):
    chair, address = signed_in(world.chair), f"/rounds/{shaped.pk}/preview/"
    assert "Preview of the ballot" in text_of(chair.get(f"/rounds/{shaped.pk}/manage/"))
    page = text_of(chair.get(address))
    refused = chair.post(address, {"seen": "0"})
    check = text_of(chair.post(address, typed | {"seen": "0"}))

    assert "Nothing can be cast here." in page
    assert "Corner Hub" in page
    assert "/vote/" not in page.split("<main", 1)[1]
    assert "seal.js" not in page
    assert (refused.status_code, "There is a problem" in text_of(refused)) == (400, True)
    assert said in check
    assert "The preview ends here." in check
    assert "<form" not in check.split("<main", 1)[1]
    assert not SealedBallot.objects.exists()


@pytest.mark.parametrize("options", [KNAPSACK])
def test_what_is_left_is_reckoned_in_a_preview_too(world, shaped):
    page = signed_in(world.chair).post(
        f"/rounds/{shaped.pk}/preview/", {"project": ["2"], "reckon": "yes", "seen": "0"}
    )

    assert "£40,000 of £100,000 used, £60,000 left" in text_of(page)


@pytest.mark.parametrize("options", [RANKED])
def test_the_preview_of_a_fixed_vote_is_its_ballot(world, voting):
    page = text_of(signed_in(world.chair).get(f"/rounds/{voting.pk}/preview/"))

    assert page.count('class="cwf-numbers__item"') == 3


def test_a_preview_is_for_the_panel_and_needs_a_project(world):
    round = world.round_for_ideas()
    address = f"/rounds/{round.pk}/preview/"

    assert Client().get(address).status_code == 302
    assert signed_in(person()).get(address).status_code == 403
    assert signed_in(World().chair).get(address).status_code == 404
    empty = signed_in(world.chair).get(address, follow=True)
    assert "There is no project yet." in text_of(empty)


def test_an_idea_of_a_poll_is_accepted_without_a_price(world):
    round = world.round_for_ideas(**POLL)
    idea = world.idea(round, "Lit Path")
    chair, address = signed_in(world.chair), f"/ideas/{idea.pk}/assess/"
    assert "nothing has a price" in text_of(chair.get(address))
    assert 'name="capital_pence"' not in text_of(chair.get(address))
    assert chair.post(address, {"outcome": "accept", "reason": "It matters."}).status_code == 302
    idea.refresh_from_db()

    assert (idea.state, idea.capital_pence, idea.yearly_pence) == (Proposal.State.ACCEPTED, 0, 0)
    assert assess_proposal(by=world.chair, proposal=idea, costs=Costs(0, 0), reason="Still.").state == idea.state
