"""A vote that pays for one project in part: from what it can start with to what the panel resolves and reports."""

import json
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from panels.domain import pabulib
from panels.domain.deciding import Vote
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Rule
from panels.domain.verifier.checking import verify
from panels.domain.verifier.reading import unpack
from panels.errors import PanelError, ProposalError
from panels.models import (
    CountedBallot,
    IdeaStep,
    Project,
    ProjectDelivery,
    ProjectResult,
    Proposal,
    Round,
    RoundResult,
)
from panels.models.round import CHALLENGE_WINDOW
from panels.pabulib_presenters import pabulib_meta
from panels.selectors.money import money_of
from panels.services import (
    Costs,
    DeliveryReport,
    assess_proposal,
    close_resolution,
    freeze_round,
    report_on_project,
    rules_sheet,
)
from panels.services.bundle import bundle_of
from panels.services.results import election_of
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_decisions import move, vote
from tests.unit.panels.services.test_kinds import POLL, published
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db

HUB = Costs(60_000_00, 10_000_00, 45_000_00)  # £90,000, of which £45,000 are enough to begin
CHOICES = [["2", "3"]] * 3 + [["2"], ["1"], ["1"]]


def shaped(world: World, **options: object) -> Round:
    """Hall and Garden cost £52,000 of £100,000 together; the Hub, £90,000, can start with half of it."""
    round = world.shaped_round(gives_parts=True, **options)
    hub = round.proposals.get(title="Corner Hub")
    assess_proposal(by=world.officer, proposal=hub, costs=HUB, reason="The ground floor comes first.")
    return round


def told(world: World, **options: object) -> Round:
    round = freeze_round(by=world.chair, round=shaped(world, **options))
    advance_clock(to=round.voting_opens_at)
    return published(world, round, CHOICES)


@pytest.mark.parametrize(
    ("least_pence", "sentence"),
    [(0, "more than nothing and no more than its price of £90,000"), (90_000_01, "no more than its price of £90,000")],
)
def test_what_it_can_start_with_is_a_part_of_the_price(world, least_pence, sentence):
    hub = world.idea(world.round_for_ideas(gives_parts=True), "Hub")
    with pytest.raises(ProposalError, match=sentence):
        assess_proposal(by=world.officer, proposal=hub, costs=replace(HUB, least_pence=least_pence), reason="A quote.")
    assess_proposal(by=world.officer, proposal=hub, costs=HUB, reason="A quote.")
    steps = text_of(Client().get(f"/ideas/{hub.pk}/"))
    assert "£60,000 to set up, £10,000 a year. It can start with £45,000." in steps
    assert IdeaStep.objects.get(proposal=hub, kind="costed").least_pence == 45_000_00

    whole = world.idea(world.round_for_ideas(), "Whole")
    with pytest.raises(ProposalError, match="This vote pays for no project in part"):
        assess_proposal(by=world.officer, proposal=whole, costs=HUB, reason="A quote.")


@pytest.mark.parametrize(
    "options",
    [
        POLL,
        {"rule": Rule.EQUAL_SHARES, "completion": Completion.ADD1},
        {"rule": Rule.EQUAL_SHARES, "completion": Completion.NONE},
    ],
)
def test_a_rule_that_leaves_money_or_shares_out_none_pays_for_no_part(world, options):
    with pytest.raises(PanelError, match="This way of counting pays for no project in part"):
        world.round_for_ideas(gives_parts=True, **options)
    kept = world.round_for_ideas(**options)
    with pytest.raises(IntegrityError, match="parts_of_what_is_left"), acting("system:test", "by hand"):
        Round.objects.filter(pk=kept.pk).update(gives_parts=True)


def test_the_least_sum_is_fixed_with_the_rules_and_stands_on_every_ballot(world):
    round = shaped(world)
    note = "If too little is left for all of it, it can start with £45,000."
    chair, address = signed_in(world.chair), f"/rounds/{round.pk}/"
    assert note in text_of(chair.get(f"{address}preview/"))
    assert "It can start with £45,000." in text_of(chair.get(f"{address}shaping/"))
    round = freeze_round(by=world.chair, round=round)
    rules = json.loads(bytes(round.rules))
    assert rules["counting"]["part_funding"] is True
    assert [project.get("least_pence") for project in rules["projects"]] == [45_000_00, None, None]
    assert [project.least_pence for project in rules_sheet(round).projects] == [45_000_00, 0, 0]
    page = text_of(Client().get(address))
    assert note in page
    assert "goes to the first project, in the order of votes, that can start with it" in page
    assert "This one can start with less than its price: “Corner Hub” with £45,000" in page
    assert note in text_of(Client().get(f"{address}paper/"))
    advance_clock(to=round.voting_opens_at)
    assert note in text_of(signed_in(world.residents[0]).post(f"{address}vote/ballot/"))


def test_a_vote_without_the_option_is_fixed_as_it_always_was(world, shaped):
    round = freeze_round(by=world.chair, round=shaped)
    assert b"part_funding" not in bytes(round.rules)
    assert b"least_pence" not in bytes(round.rules)
    assert "If too little is left" not in text_of(Client().get(f"/rounds/{round.pk}/"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rule": Rule.GREEDY_PER_COST},
        {"rule": Rule.EQUAL_SHARES, "utility": Utility.CARDINALITY},
    ],
)
def test_the_part_is_what_was_left_in_the_result_its_pages_its_bundle_and_its_file(world, tmp_path, capsys, options):
    round = told(world, **options)
    hub = ProjectResult.objects.get(is_decisive=True, project__code="1")
    assert (hub.order, hub.part_pence, hub.granted_pence, round.result.spent_pence) == (
        3,
        48_000_00,
        48_000_00,
        100_000_00,
    )
    assert hub.reason == ("Funded 3rd with £48,000 of £90,000, because £48,000 was left and it can start with £45,000.")
    page = text_of(Client().get(f"/rounds/{round.pk}/result/"))
    assert ("Corner Hub: £48,000 of £90,000" in page, "Funded in part" in page) == (True, True)
    poster = text_of(Client().get(f"/rounds/{round.pk}/result/poster/"))
    assert "3 projects for £100,000 of the £100,000 there is" in poster
    assert "£48,000<br>of £90,000" in poster
    table = text_of(Client().get(f"/rounds/{round.pk}/result.csv"))
    assert "Gets" in table
    assert "4800000" in table

    data = bundle_of(round=round, meta=pabulib_meta(round))
    result = json.loads(unpack(data)["result.json"])
    assert (result["part_pence"], result["spent_pence"]) == ({"1": 48_000_00}, 100_000_00)
    assert verify(data)
    election = election_of(round, [tuple(map(int, row.choices.split(","))) for row in CountedBallot.objects.all()])
    path = tmp_path / "round.pb"
    path.write_text(pabulib.write(election, pabulib_meta(round)), encoding="utf-8")
    method = round.method
    call_command(
        "tally", str(path), f"--rule={method.rule}", f"--utility={method.utility}",
        f"--completion={method.completion}", "--json",
    )  # fmt: skip
    again = json.loads(capsys.readouterr().out)
    assert (again["winners"][2], again["spent"], again["part"]) == ("1", 100_000, 48_000)


def test_the_panel_resolves_and_reports_the_part_and_never_the_price(world):
    round = told(world)
    named = money_of(world.panel, round.voting_closes_at).named_pence
    advance_clock(by=CHALLENGE_WINDOW)
    resolution = move(world, round)
    page = text_of(Client().get(f"/decisions/{resolution.pk}/"))
    assert "£100,000 in all" in page
    assert "Corner Hub: £48,000 of £90,000, all that was left" in page
    vote(world, resolution, *[Vote.FOR] * 5)
    close_resolution(by=world.chair, resolution=resolution)

    parts = dict(ProjectDelivery.objects.values_list("project__code", "part_pence"))
    assert parts == {"1": 48_000_00, "2": None, "3": None}
    assert money_of(world.panel, round.voting_closes_at).left_pence == named - 100_000_00
    hub = Project.objects.get(code="1")
    report = DeliveryReport(state="under_way", owner="Trust", note="", spent_pence=48_000_01)
    with pytest.raises(ProposalError, match="More was spent than the part of the price that it gets"):
        report_on_project(by=world.chair, project=hub, report=report)
    report_on_project(by=world.chair, project=hub, report=replace(report, spent_pence=40_000_00))
    page = text_of(Client().get(f"/projects/{hub.pk}/"))
    assert "£48,000 of it: what was left, and enough to start" in page
    assert "Left of what it gets" in page
    assert "£8,000" in page
    assert "Corner Hub</a>: £48,000 of £90,000" in text_of(Client().get(f"/rounds/{round.pk}/"))


def test_the_database_keeps_what_can_start_within_its_price_and_one_part_of_a_result(world):
    round = freeze_round(by=world.chair, round=shaped(world))
    proposal, project = round.proposals.first(), round.projects.first()
    with acting("system:test", "by hand"):
        result = RoundResult.objects.create(round=round, disclosure="full", counted_count=0, spent_pence=0)
    line = {"result": result, "rule": "greedy", "is_decisive": True, "votes": 0, "reason": "", "support": ""}
    ProjectResult.objects.create(**line, project=project, order=1, part_pence=1)
    second = {**line, "project": round.projects.last()}
    waiting = world.idea(world.round_for_ideas(gives_parts=True), "Waiting")
    another = {"round": round, "proposal": waiting, "place": 9, "code": "9", "title": "Waiting", "years_covered": 1}
    another |= {"capital_pence": 2, "yearly_pence": 0, "price_pence": 2}
    for act, rule in (
        (lambda: Proposal.objects.filter(pk=proposal.pk).update(least_pence=0), "least_of_a_price"),
        (lambda: Proposal.objects.filter(pk=waiting.pk).update(least_pence=1), "least_of_a_price"),
        (lambda: Project.objects.create(**another, least_pence=0), "least_of_its_price"),
        (lambda: Project.objects.create(**another, least_pence=3), "least_of_its_price"),
        (lambda: ProjectResult.objects.create(**second, order=2, part_pence=1), "one_part"),
        (lambda: ProjectResult.objects.create(**second, order=2, part_pence=0), "part_is_funded"),
        (lambda: ProjectResult.objects.create(**second, part_pence=1), "part_is_funded"),
        (lambda: ProjectDelivery.objects.create(project=project, part_pence=0), "delivery_part"),
    ):
        with pytest.raises(IntegrityError, match=rule), acting("system:test", "by hand"), transaction.atomic():
            act()


def test_the_panel_says_on_its_pages_that_it_pays_for_parts_and_with_how_much_a_project_can_start(world):
    round = world.round_for_ideas(gives_parts=True)
    hub = world.idea(round, "Hub")
    officer, address = signed_in(world.officer), f"/ideas/{hub.pk}/assess/"
    assert "Least sum with which it can start" in text_of(officer.get(address))
    sent = {"outcome": "accept", "capital_pence": "60,000", "yearly_pence": "10,000", "reason": "A quote."}
    refused = officer.post(address, sent | {"least_pence": "90,001"})
    assert (refused.status_code, Proposal.objects.get().least_pence) == (400, None)
    assert "This cannot be more than the price of £90,000" in text_of(refused)
    officer.post(address, sent | {"least_pence": "45,000"})
    assert Proposal.objects.get().least_pence == 45_000_00
    assert "£45,000" in text_of(Client().get(f"/ideas/{hub.pk}/"))
    assert 'value="45,000"' in text_of(officer.get(address))
    whole = world.idea(world.round_for_ideas(), "Whole")
    assert "Least sum" not in text_of(officer.get(f"/ideas/{whole.pk}/assess/"))
