"""Ideas of which only one can be paid for, from the panel's word to the bundle."""

import json

import pytest
from django.db import connection
from django.test import Client

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from panels.domain.verifier.checking import verify
from panels.domain.verifier.reading import unpack
from panels.errors import PhaseError, ProposalError
from panels.models import IdeaExclusion, IdeaStep, Project, ProjectResult, Proposal, Round
from panels.pabulib_presenters import pabulib_meta
from panels.selectors.ideas import exclusions
from panels.services import (
    Costs,
    assess_proposal,
    freeze_round,
    join_ideas,
    part_idea,
    refuse_proposal,
    rules_sheet,
)
from panels.services.bundle import bundle_of
from panels.services.ideas_excluding import exclude_each_other, stand_alone
from panels.services.rounds import _as_projects
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_kinds import POLL, published
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def ideas_of(world: World, titles: str = "abcd", **options: object) -> list[Proposal]:
    round = world.round_for_ideas(**options)
    return [world.idea(round, title) for title in titles]


def exclude(world: World, first: Proposal, *others: Proposal) -> list[Proposal]:
    return exclude_each_other(by=world.chair, proposal=first, others=others, reason="One hall, two uses.")


def said() -> list[str]:
    """Every two ideas of which somebody said it, as `ab`."""
    pairs = IdeaExclusion.objects.order_by("first", "second").values_list("first__title", "second__title")
    return ["".join(pair) for pair in pairs]


def test_ideas_exclude_each_other_together_with_what_they_excluded_before(world):
    a, b, c, d = ideas_of(world)
    exclude(world, a, b)
    exclude(world, c, d)
    assert excluding() == [{"a", "b"}, {"c", "d"}]
    assert exclude(world, b, a) == []
    assert [idea.pk for idea in exclude(world, d, b)] == [a.pk, b.pk, c.pk, d.pk]
    assert (excluding(), said()) == ([{"a", "b", "c", "d"}], ["ab", "bd", "cd"])

    stand_alone(by=world.chair, proposal=b, reason="There is a second hall.")
    assert (excluding(), said()) == ([{"c", "d"}], ["cd"])
    stand_alone(by=world.chair, proposal=c, reason="And a third.")
    assert (excluding(), said()) == ([], [])


def test_what_is_said_names_who_said_it_and_when(world):
    a, b, c, _ = ideas_of(world)
    began = core_now()
    exclude(world, a, b, c)
    for pair in IdeaExclusion.objects.all():
        assert (pair.said_by, began < pair.said_at <= core_now()) == (world.chair, True)
    stand_alone(by=world.chair, proposal=c, reason="There is a second hall.")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pgh_context ->> 'reason' FROM panels_ideaexclusionevent WHERE pgh_label = 'delete' ORDER BY 1"
        )
        assert [why for (why,) in cursor.fetchall()] == ["said that an idea excludes no other"] * 2


def test_what_was_known_for_the_sake_of_a_third_is_kept_when_it_is_said(world):
    """a and c exclude each other through b; once it is said of them too, they still do without b."""
    a, b, c, _ = ideas_of(world)
    exclude(world, a, b)
    exclude(world, b, c)
    before = last_step()
    assert [idea.pk for idea in exclude(world, a, c)] == [a.pk, c.pk]
    assert steps_after(before) == [("a", "excluding", "c"), ("c", "excluding", "a")]
    stand_alone(by=world.chair, proposal=b, reason="There is a second hall.")
    assert excluding() == [{"a", "c"}]


def test_every_step_is_noted_and_told_to_whoever_put_the_idea_forward(world):
    a, b, c, _ = ideas_of(world)
    exclude(world, a, b, c)
    stand_alone(by=world.chair, proposal=c, reason="There is a second hall.")
    steps = IdeaStep.objects.exclude(kind="put_forward").order_by("pk").values_list("proposal", "kind", "other")

    assert list(steps) == [
        (a.pk, "excluding", b.pk),
        (b.pk, "excluding", a.pk),
        (c.pk, "excluding", a.pk),
        (a.pk, "beside", c.pk),
        (b.pk, "beside", c.pk),
        (c.pk, "beside", a.pk),
    ]
    told = OutgoingMessage.objects.filter(subject="Your idea: a").order_by("pk").first().body
    assert "only one of this idea and others can be paid for" in told
    assert "The panel says: One hall, two uses." in told


def test_who_and_what_cannot_exclude_is_refused_with_a_sentence(world):
    a, b, c, _ = ideas_of(world)
    refuse_proposal(by=world.chair, proposal=c, reason="The council's duty.")
    for others in ([], [a], [c], ideas_of(world, "x")):
        with pytest.raises(ProposalError, match="Choose other ideas of the same vote that still stand"):
            exclude(world, a, *others)
    with pytest.raises(ProposalError, match="reason is missing"):
        exclude_each_other(by=world.chair, proposal=a, others=[b], reason=" ")
    with pytest.raises(ProposalError, match="does not exclude any other"):
        stand_alone(by=world.chair, proposal=a, reason="So.")
    with pytest.raises(ProposalError, match="A poll shares out no money"):
        exclude(world, *ideas_of(world, "pq", **POLL))
    rival = world.members[2]
    world.idea(a.round, "Mine", by=rival)
    exclude(world, a, b)
    for act, given in ((exclude_each_other, {"others": [b]}), (stand_alone, {})):
        with pytest.raises(NotAllowedError, match="have an idea in this vote"):
            act(by=rival, proposal=a, reason="Mine is better.", **given)


def excluding() -> list[set[str]]:
    """The sets of ideas that exclude each other now, as pages and the ballot read them."""
    return [set(titles.values()) for titles in exclusions([Round.objects.get().pk])]


def steps_after(first: int) -> list[tuple[str, str, str]]:
    steps = IdeaStep.objects.filter(pk__gt=first, kind__in=("excluding", "beside")).order_by("pk")
    return [(step.proposal.title, step.kind, step.other.title) for step in steps.select_related("proposal", "other")]


def last_step() -> int:
    return IdeaStep.objects.order_by("pk").last().pk


def test_what_is_joined_excludes_what_any_of_it_excludes_until_it_is_parted(world):
    """b brings c along and d brings e; each has its own again once it is parted, and everybody is told."""
    a, b, c, d, e = ideas_of(world, "abcde")
    exclude(world, b, c)
    exclude(world, d, e)
    before = last_step()
    join_ideas(by=world.chair, ideas=[b], into=a, reason="The same hall.")
    assert excluding() == [{"a", "c"}, {"d", "e"}]
    assert steps_after(before) == [("a", "excluding", "c"), ("c", "excluding", "a")]
    join_ideas(by=world.chair, ideas=[d], into=a, reason="The same hall.")
    assert excluding() == [{"a", "c", "e"}]
    assert [project.group for project in _as_projects(a.round, [a, c, e])] == [1, 1, 1]

    before = last_step()
    part_idea(by=world.chair, proposal=b, reason="Not the same after all.")
    assert excluding() == [{"a", "e"}, {"b", "c"}]
    assert steps_after(before) == [
        ("a", "beside", "c"),
        ("b", "excluding", "c"),
        ("c", "excluding", "b"),
        ("e", "beside", "c"),
    ]
    part_idea(by=world.chair, proposal=d, reason="Nor this one.")
    assert excluding() == [{"b", "c"}, {"d", "e"}]


def test_joined_ideas_that_excluded_each_other_do_so_again_once_parted(world):
    a, b, *_ = ideas_of(world)
    exclude(world, a, b)
    join_ideas(by=world.chair, ideas=[b], into=a, reason="One hall, one idea.")
    assert excluding() == []
    part_idea(by=world.chair, proposal=b, reason="Two after all.")
    assert excluding() == [{"a", "b"}]


def test_what_is_refused_or_joined_keeps_its_exclusions_for_when_it_comes_back(world):
    """Groups that become one, and what is said of an idea, count for those that do not stand just then."""
    a, b, c, d = ideas_of(world)
    exclude(world, a, b)
    exclude(world, c, d)
    refuse_proposal(by=world.chair, proposal=d, reason="The council's duty.")
    assert excluding() == [{"a", "b"}]
    exclude(world, b, c)
    assess_proposal(by=world.chair, proposal=d, costs=Costs(1_00, 0), reason="It is not, after all.")
    assert excluding() == [{"a", "b", "c", "d"}]

    refuse_proposal(by=world.chair, proposal=d, reason="The council's duty.")
    for idea in (a, b):
        stand_alone(by=world.chair, proposal=idea, reason="There is another hall.")
    assert excluding() == []
    assess_proposal(by=world.chair, proposal=d, costs=Costs(1_00, 0), reason="It is not, after all.")
    assert excluding() == [{"c", "d"}]


def test_an_idea_that_stands_alone_does_so_with_what_was_joined_with_it(world):
    a, b, c, _ = ideas_of(world)
    exclude(world, b, c)
    join_ideas(by=world.chair, ideas=[b], into=a, reason="The same hall.")
    stand_alone(by=world.chair, proposal=a, reason="There is a second hall.")
    assert excluding() == []
    part_idea(by=world.chair, proposal=b, reason="Not the same after all.")
    assert (excluding(), said()) == ([], [])


def test_what_is_said_of_a_joined_idea_stays_with_it_and_the_other_keeps_its_own(world):
    """c, joined with a, excludes e. Then the panel says it of a and d. Nobody ever said it of c and d, or a and e."""
    a, c, d, e = ideas_of(world, "acde")
    exclude(world, c, e)
    join_ideas(by=world.chair, ideas=[c], into=a, reason="The same hall.")
    exclude(world, a, d)
    assert excluding() == [{"a", "d", "e"}]
    part_idea(by=world.chair, proposal=c, reason="Not the same after all.")
    assert (excluding(), said()) == ([{"a", "d"}, {"c", "e"}], ["ad", "ce"])


def test_ideas_that_are_joined_take_nothing_back_of_what_was_said_of_them(world):
    """a stands alone with b in it: that b excludes a was said of the two, and holds again once they are parted."""
    a, b, c, _ = ideas_of(world)
    exclude(world, a, b)
    exclude(world, b, c)
    join_ideas(by=world.chair, ideas=[b], into=a, reason="The same hall.")
    stand_alone(by=world.chair, proposal=a, reason="There is a second hall.")
    assert (excluding(), said()) == ([], ["ab"])
    part_idea(by=world.chair, proposal=b, reason="Two after all.")
    assert excluding() == [{"a", "b"}]


def test_a_group_of_which_one_idea_is_left_is_none_on_the_ballot(world, shaped):
    """Other groups are numbered as they stand on it."""
    a, b, c = shaped.proposals.order_by("pk")
    exclude(world, a, b)
    refuse_proposal(by=world.chair, proposal=a, reason="The council's duty.")
    freeze_round(by=world.chair, round=shaped)

    assert [project.group for project in Project.objects.order_by("place")] == [0, 0]
    assert all("group" not in project for project in json.loads(bytes(Round.objects.get().rules))["projects"])
    with pytest.raises(PhaseError, match="The vote is fixed"):
        exclude(world, b, c)


def test_a_vote_with_projects_that_exclude_each_other(world, shaped):
    """Both would fit the money; the garden has fewer votes, and leaves."""
    hub, hall, garden = shaped.proposals.order_by("pk")
    exclude(world, garden, hall)
    note = "Only one of this and “Pocket Garden” can be paid for."
    chair, address = signed_in(world.chair), f"/rounds/{shaped.pk}/"
    assert note in text_of(chair.get(f"{address}preview/"))
    assert note in text_of(chair.get(f"{address}shaping/"))
    round = freeze_round(by=world.chair, round=shaped)
    page = text_of(Client().get(address))
    assert note in page
    assert "“Hall Repairs” or “Pocket Garden”. It is the one that comes first when votes are counted." in page
    assert note in text_of(Client().get(f"{address}paper/"))
    assert [project.group for project in rules_sheet(round).projects] == ["", "1", "1"]

    advance_clock(to=round.voting_opens_at)
    round = published(world, round, [["2", "3"]] * 3 + [["2"], ["1"], ["1"]])
    lines = ProjectResult.objects.filter(is_decisive=True).select_related("project").order_by("project__place")
    assert [line.order for line in lines] == [None, 1, None]
    assert lines[2].reason == "Not funded: it needs £12,000, and only one of it and Hall Repairs could be funded."
    data = bundle_of(round=round, meta=pabulib_meta(round))
    assert json.loads(unpack(data)["result.json"])["winners"] == ["2"]
    assert "the winners' prices add up and fit into the money (too few ballots to publish them all)" in verify(data)


def test_the_panel_says_on_a_page_which_ideas_exclude_each_other(world):
    a, b, *_ = ideas_of(world)
    chair = signed_in(world.chair)
    assert "It excludes others" in text_of(chair.get(f"/rounds/{a.round_id}/shaping/"))
    address = f"/ideas/{a.pk}/exclude/"
    assert "Some ideas cannot both be carried out" in text_of(chair.get(address))
    refused = chair.post(address, {"ideas": [], "reason": "One hall."})
    assert (refused.status_code, said()) == (400, [])
    assert "Choose an answer to “Which ideas does it exclude?”" in text_of(refused)
    saved = chair.post(address, {"ideas": [b.pk], "reason": "One hall, two uses."}, follow=True)
    assert "Only one of this and “b” can be paid for." in text_of(saved)
    assert "Only one of this idea and others can be paid for" in text_of(saved)
    assert "Only one of this and “a” can be paid for." in text_of(Client().get(f"/rounds/{a.round_id}/ideas/"))
    address = f"/ideas/{b.pk}/beside/"
    assert "It can be paid for beside “a”." in text_of(chair.get(address))
    assert "Enter the reason" in text_of(chair.post(address, {"reason": ""}))
    saved = chair.post(address, {"reason": "There is a second hall."}, follow=True)
    assert "can be paid for beside the others again" in text_of(saved)
    again = chair.post(address, {"reason": "There is a second hall."})
    assert (again.status_code, "does not exclude any other" in text_of(again)) == (400, True)
    assert signed_in(world.residents[0]).get(address).status_code == 403
