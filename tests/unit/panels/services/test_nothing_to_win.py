"""Whoever has something to win in a vote has no say in who may vote in it and handles none of its paper."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from panels.errors import KeeperError, PanelError, ResidenceError
from panels.models import Keeper, ModerationCase, Proposal, Residence, RollEntry, Round
from panels.selectors.moderation import cases_waiting_for
from panels.selectors.paper import has_project_at_home
from panels.services import (
    Costs,
    appoint_keeper,
    assess_proposal,
    check_document,
    declare_residence,
    enter_at_table,
    freeze_round,
    issue_envelope,
    join_ideas,
    judge_match,
    judge_place,
    make_cards,
    open_box,
    print_labels,
    publish_result,
    receive_envelope,
    refuse_proposal,
    release_cards,
    review_bursts,
    spoil_envelope,
    vote_on_resolution,
    vouch_for_residence,
)
from panels.services.ideas_moderation import decide_case
from tests.unit.panels.builders import World, moves_in, person
from tests.unit.panels.services.test_decisions import move
from tests.unit.panels.services.test_ideas_moderation import hidden, reported
from tests.unit.panels.services.test_residence import details
from tests.unit.panels.services.test_routes import order
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
Act = Callable[[World, Round, User], object]


def newcomer(world: World) -> Residence:
    return declare_residence(by=person(), neighbourhood=world.place, details=details(postcode=""))


def a_label(world: World, round: Round, *, is_out: bool = False) -> str:
    label = print_labels(by=world.chair, round=round, count=1)[0]
    if is_out:
        entry = RollEntry.objects.get(round=round, user=world.residents[2])
        issue_envelope(by=world.members[2], round=round, serial=label.serial, entry=entry)
    return label.serial


def some_entry(world: World, round: Round) -> RollEntry:
    return RollEntry.objects.get(round=round, user=world.residents[2])


def two_entries(world: World, round: Round) -> tuple[RollEntry, RollEntry]:
    return some_entry(world, round), RollEntry.objects.get(round=round, user=world.residents[3])


def cards(world: World) -> object:
    return make_cards(by=world.officer, neighbourhood=world.place, order=order())


ACTS: dict[str, Act] = {
    "vouch": lambda world, round, by: vouch_for_residence(by=by, residence=newcomer(world)),
    "issue": lambda world, round, by: issue_envelope(
        by=by, round=round, serial=a_label(world, round), entry=some_entry(world, round)
    ),
    "receive": lambda world, round, by: receive_envelope(by=by, round=round, serial=a_label(world, round, is_out=True)),
    "spoil": lambda world, round, by: spoil_envelope(
        by=by, round=round, serial=a_label(world, round, is_out=True), reason="It is torn."
    ),
    "table": lambda world, round, by: enter_at_table(by=by, round=round, details=details()),
    "take cards": lambda world, round, by: release_cards(by=by, batch=cards(world)),
    "judge pair": lambda world, round, by: judge_match(
        by=by, entries=two_entries(world, round), is_same=True, reason="I asked."
    ),
    "review": lambda world, round, by: review_bursts(by=by, round=round, note="All is well."),
    "judge place": lambda world, round, by: judge_place(
        by=by, question=newcomer(world).place_question, neighbourhood=world.place, reason="I know the street."
    ),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_member_who_lives_with_a_proposer_is_refused(world, voting, act):
    member = world.members[3]
    moves_in(member, with_=world.residents[0])  # of whose projects the vote is
    with pytest.raises(DomainError, match="You or your household have (a project in this|an idea in this place)"):
        act(world, voting, member)


def test_an_officer_who_lives_with_a_proposer_makes_no_cards_and_sees_no_document(world, voting):
    moves_in(world.officer, with_=world.residents[0])
    home = newcomer(world)
    with pytest.raises(NotAllowedError, match="an idea in this place's vote"):
        cards(world)
    with pytest.raises(NotAllowedError, match="an idea in this place's vote"):
        check_document(by=world.officer, residence=home, kind="bill", is_enough=True)


def test_no_voucher_while_voters_can_still_show_where_they_live_and_one_again_afterwards(world, voting):
    home, author = newcomer(world), world.residents[0]
    advance_clock(to=voting.show_by - timedelta(hours=1))
    with pytest.raises(ResidenceError, match="an idea in this place's vote"):
        vouch_for_residence(by=author, residence=home)
    advance_clock(to=voting.show_by + timedelta(seconds=1))
    assert vouch_for_residence(by=author, residence=home).vouches.count() == 1


def test_whose_idea_was_joined_with_one_that_stands_has_something_to_win_until_that_is_gone(world):
    round = world.round_for_ideas()
    joined, into = (world.idea(round, title, by=world.residents[n]) for n, title in enumerate(("Small Hub", "Hub")))
    join_ideas(by=world.officer, ideas=[joined], into=into, reason="They are one.")
    moves_in(world.members[3], with_=world.residents[0])
    assert [has_project_at_home(who, round) for who in (world.residents[0], world.members[3])] == [True, True]
    assert not has_project_at_home(world.residents[2], round)
    with acting("system:test", "refused for a test"):
        Proposal.objects.filter(pk=into.pk).update(state="refused", reason="No.", assessed_by=world.officer)
    assert not has_project_at_home(world.residents[0], round)


def test_nobody_with_a_project_in_the_vote_keeps_a_key_of_it(world):
    round = world.round_for_ideas()
    world.idea(round, "Hub", by=world.members[1])
    with pytest.raises(KeeperError, match="have a project in this vote"):
        appoint_keeper(by=world.chair, round=round, body=Keeper.Body.PANEL, email=world.members[1].email)
    assert not Keeper.objects.exists()


OWN: dict[str, Callable[[World, Proposal, User], object]] = {
    "accept": lambda world, idea, by: assess_proposal(by=by, proposal=idea, costs=Costs(1_00, 0), reason="Cheap."),
    "refuse": lambda world, idea, by: refuse_proposal(by=by, proposal=idea, reason="No."),
}
RIVAL: dict[str, Callable[[World, Proposal, User], object]] = {
    "refuse": OWN["refuse"],
    "join": lambda world, idea, by: join_ideas(
        by=by, ideas=[idea], into=world.idea(idea.round, "Another", by=world.residents[2]), reason="They are one."
    ),
    "hide": lambda world, idea, by: decide_case(by=by, case=reported(world, idea), hides=True, reason="It is rude."),
}


@pytest.mark.parametrize("act", OWN.values(), ids=OWN)
def test_nobody_works_out_an_idea_of_their_household_or_one_it_was_joined_with(world, act):
    round = world.round_for_ideas()
    mine, other = world.idea(round, "Hub", by=world.residents[0]), world.idea(round, "Hall", by=world.residents[1])
    moves_in(world.members[3], with_=world.residents[0])
    with pytest.raises(NotAllowedError, match="This idea is your own, or of your household"):
        act(world, mine, world.members[3])
    join_ideas(by=world.officer, ideas=[mine], into=other, reason="They are one.")
    with pytest.raises(NotAllowedError, match="This idea is your own, or of your household"):
        act(world, other, world.members[3])
    assert {idea.state for idea in round.proposals.exclude(state="merged")} == {"submitted"}
    assert act(world, other, world.chair).state in {"accepted", "refused"}


@pytest.mark.parametrize("act", RIVAL.values(), ids=RIVAL)
def test_nobody_with_an_idea_in_the_vote_takes_another_out_of_it(world, act):
    round = world.round_for_ideas()
    world.idea(round, "Mine", by=world.members[3])
    rival = world.idea(round, "Rival", by=world.residents[1])
    with pytest.raises(NotAllowedError, match="You or your household have an idea in this vote"):
        act(world, rival, world.members[3])
    act(world, rival, world.officer)
    assert not round.proposals.standing().filter(pk=rival.pk).exists()


def test_what_waits_to_be_looked_at_is_not_on_the_list_of_who_has_an_idea_in_the_vote(world):
    round = world.round_for_ideas()
    case = reported(world, world.idea(round, "Rival", by=world.residents[1]))
    assert list(cases_waiting_for(world.members[3], core_now())) == [case]
    world.idea(round, "Mine", by=world.members[3])
    assert not cases_waiting_for(world.members[3], core_now())
    assert list(cases_waiting_for(world.chair, core_now())) == [case]


def test_no_vote_is_fixed_while_the_author_of_an_idea_just_hidden_can_still_ask(world, shaped):
    case = hidden(world, shaped.proposals.first())
    with pytest.raises(PanelError, match="hidden a short time ago"):
        freeze_round(by=world.chair, round=shaped)
    soon = ModerationCase.objects.can_be_appealed(case.decided_at + timedelta(days=3) - timedelta(seconds=1))
    assert list(soon) == [case]
    assert not ModerationCase.objects.can_be_appealed(case.decided_at + timedelta(days=3))


def test_a_member_whose_household_has_a_project_in_the_vote_is_out_of_the_count(world, box):
    open_box(by=world.chair, round=box, keys=world.keys)
    publish_result(by=world.chair, round=box)
    moves_in(world.members[3], with_=world.residents[0])
    decision = move(world, box)
    given = vote_on_resolution(by=world.members[3], resolution=decision, vote="for")
    assert (given.is_conflicted, given.conflict) == (True, "They or their household have a project in this vote.")
    assert not vote_on_resolution(by=world.chair, resolution=decision, vote="for").is_conflicted
    page = signed_in(world.members[3]).get(f"/decisions/{decision.pk}/")
    assert "not counted (They or their household have a project in this vote.)" in text_of(page)
