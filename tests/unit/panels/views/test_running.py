"""A panel runs a vote from set-up to decision through its pages; residents and the public read along."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from panels.domain import pabulib
from panels.domain.bundle import recount
from panels.domain.disclosure import Disclosure
from panels.domain.equal_shares import Utility
from panels.domain.key_sheet import write_sheet
from panels.domain.tally import Completion, Method, Rule, count
from panels.domain.verifier.checking import verify
from panels.models import PanelMembership, Project, ProjectResult, Proposal, Resolution, Round, RoundResult
from panels.models.round import CHALLENGE_WINDOW
from panels.presenters import result_rows
from panels.services import (
    cast_ballot,
    close_resolution,
    end_membership,
    freeze_round,
    move_resolution,
    open_box,
    publish_result,
    receipt_for,
    register_organisation,
    vote_on_resolution,
)
from tests.unit.panels.builders import World, person
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def day_fields(name: str, days: int) -> dict[str, str]:
    day = localdate(core_now() + timedelta(days=days))
    return {f"{name}_day": str(day.day), f"{name}_month": str(day.month), f"{name}_year": str(day.year)}


def round_fields(**changes: str) -> dict[str, str]:
    dates: dict[str, str] = {}
    for name, days in (("ideas_open_on", 0), ("ideas_close_on", 2), ("voting_opens_on", 4), ("voting_closes_on", 9)):
        dates |= day_fields(name, days)
    return {
        "submission": str(uuid.uuid4()),
        "title": "Spring vote",
        "budget_pence": "100,000",
        "ballot_kind": "approval",
        "most_choices": "2",
        "rule": "equal-shares",
        **dates,
        **changes,
    }


def published(world: World) -> Round:
    round = freeze_round(by=world.chair, round=world.shaped_round())
    advance_clock(to=round.voting_opens_at)
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["2", "3"], seen_version=0)
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    return round


def test_a_panel_sets_up_works_out_fixes_opens_publishes_and_decides(world):
    chair = signed_in(world.chair)
    made = chair.post(f"/panels/{world.panel.pk}/rounds/new/", round_fields())
    round = Round.objects.get(title="Spring vote")
    assert made["Location"] == f"/rounds/{round.pk}/manage/"
    idea = world.idea(round, "Warm Halls")
    assert "Work out ideas: Spring vote" in text_of(chair.get("/home/"))
    assert "Work it out" in text_of(chair.get(f"/rounds/{round.pk}/shaping/"))
    assert f"/rounds/{round.pk}/polling/" not in text_of(chair.get(f"/rounds/{round.pk}/roll/"))
    costs = {"outcome": "accept", "capital_pence": "5,000", "yearly_pence": "0", "reason": "It can be done."}
    assert chair.post(f"/ideas/{idea.pk}/assess/", costs).status_code == 302
    advance_clock(to=round.ideas_close_at)
    assert "No key is made yet" in text_of(chair.get(f"/rounds/{round.pk}/manage/"))
    world.keep(round)
    assert "Fix the vote" in text_of(chair.get(f"/rounds/{round.pk}/manage/"))
    assert "The vote is fixed." in text_of(chair.post(f"/rounds/{round.pk}/freeze/", follow=True))
    fixed = text_of(chair.get(f"/rounds/{round.pk}/shaping/"))
    assert "what stands on the ballot no longer changes" in fixed
    assert f"/ideas/{idea.pk}/assess/" not in fixed
    assert f"/rounds/{round.pk}/polling/" in text_of(chair.get(f"/rounds/{round.pk}/roll/"))
    advance_clock(to=round.voting_opens_at)
    voter = signed_in(world.residents[0])
    voter.post(f"/rounds/{round.pk}/vote/cast/", {"project": ["1"], "seen": "0"})
    world.close(round)
    assert "Open the box: Spring vote" in text_of(chair.get("/home/"))
    assert "Sign which ballots" in text_of(chair.get(f"/rounds/{round.pk}/open-box/"))
    assert "Ballots to open" in text_of(chair.post(f"/rounds/{round.pk}/open-box/set/", follow=True))
    first, second = (write_sheet(world.keys.read(round.code, number).private).text for number in (1, 3))
    opened = chair.post(f"/rounds/{round.pk}/open-box/", {"first": first, "second": second}, follow=True)
    assert "ballots are counted" in text_of(opened)
    assert Client().get(f"/rounds/{round.pk}/result/").status_code == 404
    assert "Funded" in text_of(chair.post(f"/rounds/{round.pk}/publish/", follow=True))
    body = register_organisation(by=world.officer, name="Place Trust")
    moved = chair.post(f"/rounds/{round.pk}/decision/new/", {"accountable_body": body.pk, "term_years": "10"})
    decision = Resolution.objects.get()
    assert moved["Location"] == f"/decisions/{decision.pk}/"
    for member in world.members[:5]:
        signed_in(member).post(f"/decisions/{decision.pk}/vote/", {"vote": "for"})
    advance_clock(by=CHALLENGE_WINDOW)
    assert "5 for, 0 against." in text_of(chair.post(f"/decisions/{decision.pk}/close/", follow=True))
    news = {"state": "under_way", "owner": "Place Trust", "spent_pence": "100", "note": "Started."}
    project = round.projects.get()
    assert chair.post(f"/projects/{project.pk}/report/", news).status_code == 302
    assert "Started." in text_of(Client().get(f"/rounds/{round.pk}/"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"budget_pence": "500,001"}, "The money you can decide is £500,000. This vote needs £500,001."),
        ({"budget_pence": "lots"}, "Enter an amount in pounds"),
        ({"title": ""}, "Enter the name of the vote"),
        ({"most_choices": "0"}, "must be between 1 and 60"),
        ({"rule": "dice"}, "Choose one of the answers listed"),
        ({"ballot_kind": "dice"}, "Choose one of the answers listed"),
        ({"ballot_kind": "ranked"}, "This does not fit “Put projects in order”. Choose “Most votes first” or “Most"),
        ({"ballot_kind": "knapsack", "rule": "priority"}, "This does not fit “Choose projects that fit the money”"),
        ({"rule": "priority"}, "A poll shares out no money: leave this empty"),
        ({"budget_pence": ""}, "Enter money for this vote"),
        ({"ballot_kind": "points", "rule": "greedy"}, "Enter points of one voter"),
        (
            {"ballot_kind": "points", "rule": "greedy", "points": "3", "most_points": "4"},
            "This cannot be more than the points of one voter",
        ),
        ({"minimum_age": "9"}, "Lowest age to vote must be between 10 and 18"),
        ({"at_least": "0"}, "Fewest votes that a project needs must be between 1 and 10,000"),
        ({"at_least": "10,001"}, "must be between 1 and 10,000"),
        ({"rule": "priority", "budget_pence": "", "at_least": "2"}, "A poll finds what comes first: leave this empty"),
        ({"years_covered": "11"}, "Years of running costs in a price must be between 1 and 10"),
        ({"utility": "joy"}, "Choose one of the answers listed"),
        ({"completion": "dice"}, "Choose one of the answers listed"),
        ({"gives_parts": "parts", "completion": "add1"}, "This does not fit what happens with money that is left"),
        ({"gives_parts": "parts", "rule": "priority", "budget_pence": ""}, "A poll pays for nothing"),
        ({"voting_opens_on_year": "2001"}, "must not be before"),
        ({"ideas_open_on_day": "31", "ideas_open_on_month": "2"}, "must be a real date"),
    ],
)
def test_setting_up_a_vote_refuses_with_a_sentence(world, change, sentence):
    response = signed_in(world.chair).post(f"/panels/{world.panel.pk}/rounds/new/", round_fields(**change))

    assert response.status_code == 400
    assert sentence in text_of(response)
    assert not Round.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"outcome": "accept", "reason": "Yes."}, "Enter the cost to set it up"),
        ({"outcome": "merge", "reason": "Yes."}, "Choose the idea to join it with"),
        ({"outcome": "refuse", "reason": ""}, "Enter the reason"),
        ({"outcome": "accept", "capital_pence": "0", "yearly_pence": "0", "reason": "Yes."}, "not both nothing"),
        ({"outcome": "merge", "into": "999999", "reason": "Yes."}, "Choose one of the answers listed"),
    ],
)
def test_working_out_an_idea_refuses_with_a_sentence(world, data, sentence):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    response = signed_in(world.chair).post(f"/ideas/{idea.pk}/assess/", data)

    assert response.status_code == 400
    assert sentence in text_of(response)
    assert Proposal.objects.get().state == "submitted"


def test_ideas_are_joined_and_refused_with_reasons_for_everybody(world):
    round = world.round_for_ideas()
    first, second, third = (world.idea(round, title) for title in ("Warm Halls", "Cosy Halls", "Mend potholes"))
    chair = signed_in(world.chair)
    chair.post(f"/ideas/{second.pk}/assess/", {"outcome": "merge", "into": first.pk, "reason": "The same halls."})
    chair.post(f"/ideas/{third.pk}/assess/", {"outcome": "refuse", "reason": "It is the council's duty."})
    page = text_of(Client().get(f"/rounds/{round.pk}/ideas/"))

    assert "Joined with “Warm Halls”" in page
    assert "It is the council&#x27;s duty." in page


def test_public_pages_of_a_published_vote(world):
    round = published(world)
    anyone = Client()
    result = text_of(anyone.get(f"/rounds/{round.pk}/result/"))

    assert "Hall Repairs" in result
    assert "only the winners are published" in result
    assert "voters chose it" not in result
    assert "Funded" in text_of(anyone.get(f"/rounds/{round.pk}/result.csv"))
    assert anyone.get(f"/rounds/{round.pk}/result.pb").status_code == 404
    assert anyone.get(f"/rounds/{round.pk}/rules.json").content == bytes(round.rules)
    for page in (f"/rounds/{round.pk}/", f"/panels/{world.panel.pk}/", "/panels/", f"/rounds/{round.pk}/ballots/"):
        assert round.title in text_of(anyone.get(page))


def test_a_decision_page_shows_votes_and_conflicts_to_everybody(world):
    round = published(world)
    body = register_organisation(by=world.officer, name="Place Trust")
    decision = move_resolution(
        by=world.chair, panel=world.panel, kind="endorse_result", round=round, accountable_body=body, term_years=10
    )
    member = signed_in(world.members[1])
    assert "Vote on the decision" in text_of(member.get("/home/"))
    assert member.post(f"/decisions/{decision.pk}/vote/", {}).status_code == 400
    member.post(f"/decisions/{decision.pk}/vote/", {"vote": "for", "conflict": "I run the hall."})
    page = text_of(Client().get(f"/decisions/{decision.pk}/"))

    assert "not counted (I run the hall.)" in page
    assert "At least 5 of 8 members must vote" in page
    assert "Give your vote" not in text_of(member.get(f"/decisions/{decision.pk}/"))


@pytest.mark.parametrize("step", ["freeze/", "publish/"])
def test_steps_of_a_vote_are_for_members_and_by_post(world, step):
    round = world.round_for_ideas()

    assert signed_in(world.chair).get(f"/rounds/{round.pk}/{step}").status_code == 405
    assert signed_in(World().chair).post(f"/rounds/{round.pk}/{step}").status_code == 403
    assert signed_in(person()).post(f"/rounds/{round.pk}/{step}").status_code == 403
    assert Client().post(f"/rounds/{round.pk}/{step}").status_code == 302


def test_a_step_at_the_wrong_time_says_so(world):
    response = signed_in(world.chair).post(f"/rounds/{world.round_for_ideas().pk}/freeze/")

    assert response.status_code == 409
    assert "fixed after its ideas have closed" in text_of(response)


def test_members_run_only_their_own_panels_votes(world):
    other = World()
    stranger = signed_in(other.chair)
    round = world.round_for_ideas()

    assert stranger.get(f"/rounds/{round.pk}/manage/").status_code == 404
    assert stranger.get(f"/panels/{world.panel.pk}/rounds/new/").status_code == 404


def test_somebody_shows_where_they_live_with_two_people(world):
    newcomer: User = person()
    client = signed_in(newcomer)
    details = {
        "neighbourhood": world.place.code,
        "full_name": "Ada Newcomer",
        "address": "1 New Road",
        "born_on_day": "1",
        "born_on_month": "2",
        "born_on_year": "1990",
    }
    world.list_place()
    assert client.post("/living-here/", details)["Location"] == "/living-here/"
    status = text_of(client.get("/living-here/"))
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", status)[0]
    assert "0 of 2" in status
    for helper in (world.members[0], world.residents[0]):
        confirming = signed_in(helper)
        assert confirming.post("/living-here/confirm/", {"code": code}).status_code == 302
        assert "Ada Newcomer" in text_of(confirming.get(f"/living-here/confirm/{code}/"))
        confirming.post(f"/living-here/confirm/{code}/", {"have_met": "on"})
    assert "You have shown that you live here." in text_of(client.get("/living-here/"))


def test_a_code_is_nothing_to_somebody_from_elsewhere(world):
    stranger = signed_in(World().residents[0])
    response = stranger.post("/living-here/confirm/", {"code": "0000-0000"})

    assert response.status_code == 400
    assert "We do not know this code." in text_of(response)
    assert stranger.get("/living-here/confirm/ABCD-EFGH/").status_code == 404


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"neighbourhood": "E05000000"}, "Choose one of the answers listed"),
        ({"full_name": ""}, "Enter your full name"),
        ({"born_on_year": "1790"}, "This birth date cannot be right."),
        ({"born_on_day": "32"}, "must be a real date"),
        ({"address": "x"}, "Your full name and your address are needed."),
    ],
)
def test_saying_where_one_lives_refuses_with_a_sentence(world, change, sentence):
    world.list_place()
    details = {
        "neighbourhood": world.place.code,
        "full_name": "Ada Newcomer",
        "address": "1 New Road",
        "born_on_day": "1",
        "born_on_month": "2",
        "born_on_year": "1990",
    }
    response = signed_in(person()).post("/living-here/", details | change)

    assert response.status_code == 400
    assert sentence in text_of(response)


def test_an_officer_works_out_ideas_of_any_place(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    costs = {"outcome": "accept", "capital_pence": "5,000", "yearly_pence": "0", "reason": "It can be done."}
    response = signed_in(person(Role.GRANTS_OFFICER)).post(f"/ideas/{idea.pk}/assess/", costs)

    assert response.status_code == 302


def test_pages_take_few_queries(world, django_assert_max_num_queries):
    round = published(world)
    body = register_organisation(by=world.officer, name="Place Trust")
    decision = move_resolution(
        by=world.chair, panel=world.panel, kind="endorse_result", round=round, accountable_body=body, term_years=10
    )
    for member in world.members[:5]:
        vote_on_resolution(by=member, resolution=decision, vote="for")
    advance_clock(by=CHALLENGE_WINDOW)
    close_resolution(by=world.chair, resolution=decision)
    anyone = Client()
    for page in (f"/rounds/{round.pk}/", f"/rounds/{round.pk}/result/", f"/panels/{world.panel.pk}/", "/panels/"):
        with django_assert_max_num_queries(12):
            assert anyone.get(page).status_code == 200


def test_a_vote_of_a_hundred_is_published_in_full_and_counts_again_to_the_same(db):
    world = World(residents=100)
    method = Method(Rule.EQUAL_SHARES, Utility.CARDINALITY, Completion.ADD1, at_least=50)
    how = {"utility": method.utility, "completion": method.completion, "at_least": method.at_least}
    round = freeze_round(by=world.chair, round=world.shaped_round(rule=method.rule, **how))
    advance_clock(to=round.voting_opens_at)
    for number, voter in enumerate(world.residents):
        choices = (["1"], ["2", "3"], ["3"], ["1", "2"])[number % 4]
        cast_ballot(by=voter, round=round, choices=choices, seen_version=0)
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    anyone = Client()
    page = text_of(anyone.get(f"/rounds/{round.pk}/result/"))
    election = pabulib.read(anyone.get(f"/rounds/{round.pk}/result.pb").content)
    winners = {election.projects[place].id for place in count(election, method).winners}

    assert "50 of 100 voters chose it." in page
    assert election.votes == [50, 50, 50]
    funded = ProjectResult.objects.filter(is_decisive=True, order__isnull=False).values_list("project__code", flat=True)
    assert winners == set(funded)

    assert "Money behind each project" in page
    assert "Effective votes: 50." in page

    bundle = anyone.get(f"/rounds/{round.pk}/bundle.zip").content
    answer = anyone.get(f"/api/v1/rounds/{round.pk}/").json()
    assert answer["ballot_kind"] == round.ballot_kind

    assert "the portal's own, faster count gives the same result" in verify(bundle) + recount(bundle)
    assert verify(bundle, receipt=receipt_for(user=world.residents[0], round=round).code)
    assert bundle == anyone.get(answer["bundle"]).content
    assert set(answer["result"]["winners"]) == winners
    assert answer["result"]["votes"] == {"1": 50, "2": 50, "3": 50}


def test_totals_are_masked_at_both_ends_and_explained_without_votes():
    project = Project(title="Hall", price_pence=100)
    lines = [
        ProjectResult(
            project=project, votes=votes, order=None, reason="Not funded.", support="9 of 50 voters chose it."
        )
        for votes in (9, 10, 41)
    ]
    rows = result_rows(lines, RoundResult(disclosure=Disclosure.TOTALS, counted_count=50))

    assert [row.votes for row in rows] == ["fewer than 10", "10", "more than 40"]
    assert {row.support for row in rows} == {""}


def test_a_panel_that_cannot_decide_is_told_who_mends_it(world):
    membership = PanelMembership.objects.get(user=world.members[7])
    end_membership(by=world.officer, membership=membership)
    with acting("system:test", "their term ended yesterday"):
        PanelMembership.objects.filter(pk=membership.pk).update(starts_on="2000-01-01", ends_on="2000-01-02")
    mend = "ask the fund to seat them"

    assert mend in text_of(signed_in(world.chair).get("/home/"))
    page = f"/panels/{world.panel.pk}/"
    assert mend in text_of(signed_in(world.chair).get(page))
    assert "Seat members below." in text_of(signed_in(world.officer).get(page))
    assert mend not in text_of(Client().get(page))
