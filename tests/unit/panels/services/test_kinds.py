"""Votes with every kind of ballot, from the frozen rules to a bundle that a stranger counts again."""

import json

import pytest

from panels.domain import pabulib
from panels.domain.ballot_paper import Kind
from panels.domain.bundle import recount
from panels.domain.opening import open_box as open_in_process
from panels.domain.tally import Rule, count
from panels.domain.verifier.checking import verify
from panels.domain.verifier.reading import unpack
from panels.errors import BallotRefusedError, PanelError, ProposalError
from panels.models import CountedBallot, ProjectResult, Resolution, Round, SealedBallot
from panels.pabulib_presenters import pabulib_meta
from panels.selectors import counted_ballots
from panels.services import (
    Costs,
    assess_proposal,
    cast_ballot,
    freeze_round,
    move_resolution,
    open_box,
    publish_result,
    register_organisation,
    rules_sheet,
)
from panels.services.bundle import bundle_of
from panels.services.results import election_of
from panels.waiting import waiting
from tests.unit.panels.builders import World

pytestmark = pytest.mark.django_db

RANKED = {"kind": Kind.RANKED, "most_choices": 2}
POINTS = {"kind": Kind.POINTS, "most_choices": 3, "points": 5, "most_points": 4}
KNAPSACK = {"kind": Kind.KNAPSACK, "most_choices": 60}
POLL = RANKED | {"rule": Rule.PRIORITY}


def published(world: World, round: Round, choices: list) -> Round:
    for voter, choice in zip(world.residents, choices, strict=False):
        cast_ballot(by=voter, round=round, choices=choice, seen_version=0)
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys, opener=open_in_process)
    publish_result(by=world.chair, round=round)
    return Round.objects.in_full().get(pk=round.pk)


@pytest.mark.parametrize(
    ("options", "choices", "contents", "winners", "support"),
    [
        (RANKED, (["3", "1"], ["2", "3"], {"3": 1}), ["1,2", "2", "2,0"], ["3", "2"], {"1": 1, "2": 2, "3": 5}),
        (POLL, (["3", "1"], ["2", "3"], {"3": 1}), ["1,2", "2", "2,0"], ["3", "2"], {"1": 1, "2": 2, "3": 5}),
        (
            POINTS,
            ({"1": 4, "2": 1}, {"3": 2}, {"2": 3, "3": 2}),
            ["0,0,2", "0,3,2", "4,1,0"],
            ["3", "2"],
            {"1": 4, "2": 4, "3": 4},
        ),
        (KNAPSACK, (["2", "3"], ["1"], ["3"]), ["0", "1,2", "2"], ["3", "2"], {"1": None, "2": None, "3": None}),
    ],
)
def test_a_vote_with_ballots_of_this_kind(world, round, choices, contents, winners, support):
    round = published(world, round, list(choices))
    lines = ProjectResult.objects.filter(result__round=round, is_decisive=True).select_related("project")
    election = election_of(round, counted_ballots(round))
    order = [election.projects[place].id for place in count(election, round.method).winners]
    points = election.support if election.points else [None] * 3

    assert list(CountedBallot.objects.order_by("number").values_list("choices", flat=True)) == contents
    assert round.opening.invalid_count == 0
    assert (order, dict(zip(support, points, strict=True))) == (winners, support)
    assert [line.project.code for line in lines.exclude(order=None).order_by("order")] == sorted(winners)
    assert {line.points for line in lines} == {None}  # of few ballots neither order nor points are kept to be told
    assert json.loads(bytes(round.rules))["ballot"]["kind"] == round.kind.value
    assert not round.result.lines.filter(is_decisive=False).exists()
    asked = {item.title for item in waiting(world.chair)}
    assert (f"Put the decision to the panel: {round.title}" in asked) is not round.is_poll


@pytest.mark.parametrize(("options", "choice"), [(RANKED, ["3", "1"]), (POINTS, {"1": 4, "3": 1}), (POLL, ["3", "1"])])
def test_totals_of_thirty_ballots_are_counted_again_by_a_stranger(db, options, choice):
    world = World(residents=30)
    half = [choice] * 15 + [["2", "1"] if options["kind"] is Kind.RANKED else {"2": 3, "1": 2}] * 15
    round = published(world, world.open_round(**options), half)
    data = bundle_of(round=round, meta=pabulib_meta(round))
    result = json.loads(unpack(data)["result.json"])

    assert result["disclosure"] == "totals"
    assert result["votes"]["1"] == "more than 20"
    assert set(result["points"].values()) == {"not published"}  # what is left for a masked one would follow
    assert verify(data)
    election = election_of(round, [tuple(map(int, row.choices.split(","))) for row in CountedBallot.objects.all()])
    again = pabulib.read(pabulib.write(election, pabulib_meta(round)).encode())
    assert (again.ballots, again.points) == (election.ballots, election.points)
    assert recount(data) == []


@pytest.mark.parametrize(
    ("options", "choices", "sentence"),
    [
        (RANKED, ["1", "2", "3"], "You ranked 3 projects; you can rank up to 2. Take some away."),
        (RANKED, {"1": 1, "2": 1}, "You gave 1st place to 2 projects. Give each place once."),
        (RANKED, {"1": 2}, "You gave 2nd place, but not 1st. Leave no place out."),
        (RANKED, {"9": 1}, "A project you chose is not part of this vote."),
        (RANKED, ["1", "1"], "A project was chosen twice."),
        (RANKED, {}, "You have not ranked a project."),
        (POINTS, {"1": 5}, "the most for one is 4"),
        (POINTS, {"1": 4, "2": 2}, "You gave 6 points; you have 5 to give. Take 1 away."),
        (POINTS, {"1": -1}, "This is not a ballot of this vote."),
        (KNAPSACK, ["1", "2"], "Together the projects you chose cost £130,000, and there is £100,000."),
    ],
)
def test_what_the_rules_do_not_allow_is_refused_and_stores_nothing(world, round, choices, sentence):
    with pytest.raises(BallotRefusedError) as refused:
        cast_ballot(by=world.residents[0], round=round, choices=choices, seen_version=0)

    assert sentence in str(refused.value)
    assert not SealedBallot.objects.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (RANKED | {"rule": Rule.EQUAL_SHARES}, "does not fit this kind of ballot"),
        (KNAPSACK | {"rule": Rule.PRIORITY}, "does not fit this kind of ballot"),
        (POINTS | {"points": 0}, "A voter needs between 1 and 1000 points"),
        (POINTS | {"most_points": 6}, "A voter needs between 1 and 1000 points"),
        (POINTS | {"points": 1001}, "A voter needs between 1 and 1000 points"),
        ({"minimum_age": 19}, "The lowest age can be between 10 and 18"),
        ({"at_least": 0}, "A project can need between 1 and 10,000 votes"),
        ({"years_covered": 0}, "A price covers between 1 and 10 years"),
        (POLL | {"at_least": 2}, "A poll finds what comes first"),
    ],
)
def test_a_round_whose_parts_do_not_fit_is_refused(world, options, sentence):
    with pytest.raises(PanelError, match=sentence):
        world.round_for_ideas(**options)


def test_a_vote_that_fits_the_money_is_not_fixed_when_no_project_does(world):
    world.budget_pence = 100_00
    round = world.shaped_round(**KNAPSACK)
    with pytest.raises(PanelError, match="Every project costs more"):
        freeze_round(by=world.chair, round=round)


def test_freezing_says_no_more_choices_than_there_are_projects(world):
    round = world.open_round(most_choices=60)

    assert (round.most_choices, rules_sheet(round).ballot.most_choices) == (3, 3)


def test_an_idea_of_a_poll_has_no_costs(world):
    round = world.round_for_ideas(**POLL)
    with pytest.raises(ProposalError, match="A poll shares out no money"):
        assess_proposal(by=world.chair, proposal=world.idea(round, "Lit Path"), costs=Costs(1_00, 0), reason="Why not.")


@pytest.mark.parametrize("options", [POLL])
def test_a_poll_leads_to_no_decision_about_money(world, round):
    round = published(world, round, [["1"]])
    with pytest.raises(PanelError, match="A poll shares out no money"):
        move_resolution(
            by=world.chair,
            panel=world.panel,
            kind=Resolution.Kind.ENDORSE_RESULT,
            round=round,
            accountable_body=register_organisation(by=world.officer, name="Trust"),
            term_years=10,
        )
