"""Every step of an idea, told to whoever put it forward, and the support of residents."""

from importlib import import_module

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from panels.errors import PanelError, PhaseError, ProposalError
from panels.models import IdeaStep, IdeaSupport, Proposal, Residence, Round
from panels.selectors.ideas import ideas, ideas_of
from panels.services import Costs, assess_proposal, freeze_round, join_ideas, part_idea, refuse_proposal
from panels.services.ideas import support_idea, take_back_support
from tests.unit.panels.builders import person

pytestmark = pytest.mark.django_db


def test_steps_say_what_why_and_in_what_role_and_the_proposer_is_told(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    assess_proposal(by=world.officer, proposal=idea, costs=Costs(5_000_00, 0), reason="A quote.")
    refuse_proposal(by=world.chair, proposal=idea, reason="The council does it.")

    steps = IdeaStep.objects.filter(proposal=idea).order_by("pk")
    assert [(step.kind, step.role) for step in steps] == [
        ("put_forward", "proposer"),
        ("costed", "officer"),
        ("refused", "panel"),
    ]
    assert steps[1].capital_pence == 5_000_00
    told = OutgoingMessage.objects.filter(to=idea.author.email).order_by("pk")
    assert [message.subject for message in told] == ["Your idea: Warm Halls"] * 2
    assert "The panel says: The council does it." in told[1].body


def test_ideas_from_before_steps_were_kept_get_their_first_one(world):
    """As the migration writes it; nothing is written twice."""
    noted, round = world.idea(world.round_for_ideas(), "Warm Halls"), Round.objects.get()
    with acting("system:test", "before steps were kept"):
        old = Proposal.objects.create(round=round, author=world.residents[1], title="Old", what="Old.", kind="meet")
    first_steps = import_module("panels.migrations.0017_objections_and_the_table").FIRST_STEPS
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(first_steps)

    step = IdeaStep.objects.get(proposal=old)
    assert (step.kind, step.role, step.taken_by, step.taken_at) == (
        "put_forward",
        "proposer",
        old.author,
        old.submitted_at,
    )
    assert IdeaStep.objects.get(proposal=noted).taken_by == noted.author


def test_nobody_is_told_what_they_did_themselves(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls", by=world.chair)
    assert not OutgoingMessage.objects.filter(to=world.chair.email).exists()
    assess_proposal(by=world.members[1], proposal=idea, costs=Costs(1_00, 0), reason="A quote.")
    assert OutgoingMessage.objects.filter(to=world.chair.email).count() == 1


def test_support_counts_once_and_can_be_taken_back(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    first = support_idea(by=world.residents[1], proposal=idea)
    assert support_idea(by=world.residents[1], proposal=idea) == first
    assert ideas().get(pk=idea.pk).supporters == 1

    take_back_support(by=world.residents[1], proposal=idea)
    take_back_support(by=world.residents[1], proposal=idea)
    assert ideas().get(pk=idea.pk).supporters == 0


def test_support_is_for_residents_others_ideas_and_before_the_freeze(world, shaped):
    first, second, _ = shaped.proposals.order_by("pk")
    with pytest.raises(ProposalError, match="people who live here"):
        support_idea(by=person(), proposal=first)
    with pytest.raises(ProposalError, match="your own idea"):
        support_idea(by=world.residents[0], proposal=first)
    refuse_proposal(by=world.chair, proposal=second, reason="The council does it.")
    with pytest.raises(ProposalError, match="does not stand"):
        support_idea(by=world.residents[1], proposal=second)
    freeze_round(by=world.chair, round=shaped)
    for act in (support_idea, take_back_support):
        with pytest.raises(PhaseError, match="The vote is fixed"):
            act(by=world.residents[1], proposal=first)


def test_who_was_found_to_live_elsewhere_puts_no_idea_forward(world):
    round = world.round_for_ideas()
    with acting("system:test", "found for a test"):
        Residence.objects.filter(user=world.residents[1]).update(placed_by="elsewhere", level="declared", shown_at=None)
    with pytest.raises(ProposalError, match="Ideas come from people who live here"):
        world.idea(round, "Hub", by=world.residents[1])
    assert not round.proposals.exists()


def test_supporters_of_joined_ideas_are_counted_as_people(world):
    round = world.round_for_ideas()
    first, second = (world.idea(round, title) for title in ("Warm Halls", "Cosy Halls"))
    for voter, idea in ((1, first), (1, second), (2, second)):
        support_idea(by=world.residents[voter], proposal=idea)
    join_ideas(by=world.chair, ideas=[second], into=first, reason="The same.")

    assert [idea.supporters for idea in ideas_of(round)] == [2, 0]


def test_few_supporters_do_not_move_an_idea_up(world):
    """Ten do; with one fewer the order would give away what the page does not say."""
    round = world.round_for_ideas()
    first, second = (world.idea(round, title) for title in ("Warm Halls", "Cosy Halls"))
    people = [*world.residents[1:], *world.more_residents(5)]
    for number, resident in enumerate(people):
        support_idea(by=resident, proposal=second)
        ahead = ideas_of(round, order="support").first()
        assert ahead == (first if number < 9 else second)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"kind": "refused", "role": "panel"}, "says_why"),
        ({"kind": "put_forward", "role": "friend"}, "role_known"),
    ],
)
def test_a_step_needs_a_reason_and_a_role(world, fields, rule):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        IdeaStep.objects.create(proposal=idea, taken_by=world.chair, **fields)


def test_a_step_is_never_changed_and_support_is_given_once(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    with pytest.raises(DatabaseError), transaction.atomic():
        IdeaStep.objects.update(reason="Rewritten.")
    support_idea(by=world.residents[1], proposal=idea)
    with pytest.raises(IntegrityError, match="_once"), acting("system:test", "by hand"):
        IdeaSupport.objects.create(proposal=idea, user=world.residents[1])


def test_ideas_are_joined_together_and_everybody_is_told_why(world):
    round = world.round_for_ideas()
    first, second, third = (
        world.idea(round, title, by=by)
        for title, by in zip(("Warm Halls", "Cosy Halls", "Snug Halls"), world.residents, strict=False)
    )
    joined = join_ideas(by=world.chair, ideas=[second, third], into=first, reason="The same halls.")

    assert [idea.merged_into for idea in joined] == [first, first]
    for resident, count in zip(world.residents, (2, 1, 1), strict=False):
        told = OutgoingMessage.objects.filter(to=resident.email)
        assert ["The same halls." in message.body for message in told] == [True] * count
    assert join_ideas(by=world.chair, ideas=[second], into=first, reason="Once more.") == []
    assert [step.kind for step in first.steps.order_by("pk")] == ["put_forward", "took_in", "took_in"]


def test_what_was_joined_before_goes_along(world):
    round = world.round_for_ideas()
    first, second, third = (world.idea(round, title) for title in ("Warm Halls", "Cosy Halls", "Snug Halls"))
    join_ideas(by=world.chair, ideas=[third], into=second, reason="The same.")
    joined = join_ideas(by=world.chair, ideas=[second], into=first, reason="The same halls.")

    assert joined == [second, third]
    assert set(first.joined.all()) == {second, third}


def test_ideas_that_cannot_be_joined(world):
    round = world.round_for_ideas()
    first, second, third = (world.idea(round, title) for title in ("Warm Halls", "Cosy Halls", "Snug Halls"))
    other = world.idea(world.round_for_ideas(), "Elsewhere")
    for ideas_, sentence in (([first], "same vote"), ([other], "same vote"), ([], "same vote")):
        with pytest.raises(ProposalError, match=sentence):
            join_ideas(by=world.chair, ideas=ideas_, into=first, reason="The same.")
    join_ideas(by=world.chair, ideas=[third], into=second, reason="The same.")
    with pytest.raises(ProposalError, match="joined with another idea already"):
        join_ideas(by=world.chair, ideas=[third], into=first, reason="The same.")
    with pytest.raises(ProposalError, match="joined with another"):
        refuse_proposal(by=world.chair, proposal=third, reason="Never.")
    with pytest.raises(ProposalError, match="The reason is missing"):
        join_ideas(by=world.chair, ideas=[second], into=first, reason=" ")
    with pytest.raises(NotAllowedError):
        join_ideas(by=world.residents[0], ideas=[second], into=first, reason="The same.")


def test_parted_ideas_wait_to_be_worked_out_again(world, shaped):
    first, second, _ = shaped.proposals.order_by("pk")
    join_ideas(by=world.chair, ideas=[second], into=first, reason="The same.")
    parted = part_idea(by=world.chair, proposal=second, reason="Not the same after all.")

    assert (parted.state, parted.merged_into) == ("submitted", None)
    assert [first.steps.last().kind, second.steps.last().kind] == ["let_go", "parted"]
    with pytest.raises(ProposalError, match="not joined with another"):
        part_idea(by=world.chair, proposal=second, reason="Once more.")
    with pytest.raises(PanelError, match="has not been worked out"):
        freeze_round(by=world.chair, round=shaped)
    join_ideas(by=world.chair, ideas=[second], into=first, reason="The same.")
    freeze_round(by=world.chair, round=shaped)
    with pytest.raises(PhaseError, match="The vote is fixed"):
        part_idea(by=world.chair, proposal=second, reason="Too late.")
